"""What every change of a community shares: lock, version, person, state, fact."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection, models

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, NotAllowed, Stale, WrongState
from common.models import Tracked
from common.transitions import Transition
from communities.guards import ENDED, edits_for, is_bureau, is_member, refusal
from communities.models import Community, CommunityStatus
from communities.states import COMMUNITY
from schools.models import School

STALE = "刚才有人改过这份内容。看过最新情况再办。"
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
Row = TypeVar("Row", bound=Tracked)


def lock(row: models.Model) -> None:
    """Queue on the row until the end of the transaction (SQLite has one writer anyway)."""
    if connection.features.has_select_for_update:
        type(row)._default_manager.select_for_update().only("pk").get(pk=row.pk)


def locked_community(community: Community, version: int | None = None) -> Community:
    """The community under its lock, read anew."""
    lock(community)
    found = Community.objects.select_related("lead_school").get(pk=community.pk)
    if version is not None and version != found.version:
        raise Stale(STALE)
    return found


def begin(community: Community, name: str, by: User, version: int | None) -> tuple[Community, Transition]:
    """Lock, check version, state and person. A late second caller hears that things have moved on."""
    community = locked_community(community, version)
    step = COMMUNITY.require(name, community.status)
    if why := refusal(community, step, by):
        raise NotAllowed(why)
    return community, step


def finish(community: Community, step: Transition, by: User, at: datetime, **data: Any) -> Community:
    """Set the state, save, record the fact."""
    if step.target is not None:
        community.status = step.target
    community.commit(at)
    tell(step.event, community, by, at, **data)
    return community


def tell(
    kind: str,
    community: Community,
    by: User,
    at: datetime,
    *,
    on: models.Model | None = None,
    url: str = "",
    **data: Any,
) -> None:
    """Record a fact of the community, or of something in it, under the number of its lead school.

    Of something in it: other systems learn that the community changed, too; its version stays, for its own words did not.
    """
    if on is not None:
        Community.objects.filter(pk=community.pk).update(updated_at=at)
    record(
        kind, by=by, at=at, on=on or community, school_id=community.lead_school_id, url=url or community.get_absolute_url(),
        community=str(community.pk), **data,
    )  # fmt: skip


def lock_community_of(row: models.Model) -> None:
    """Queue on the community something belongs to."""
    if connection.features.has_select_for_update:
        Community.objects.select_for_update().only("pk").get(pk=row.community_id)  # type: ignore[attr-defined]


def locked_row(row: Row, version: int | None) -> Row:
    """A row of the lists under its lock, read anew with its community, whose row comes first: nobody waits in a circle."""
    lock_community_of(row)
    lock(row)
    found: Row = type(row)._default_manager.select_related("community__lead_school", "school").get(pk=row.pk)
    if version is not None and version != found.version:
        raise Stale(STALE)
    return found


def refuse_ended(community: Community) -> None:
    """Nothing is written once the agreement has ended."""
    if community.status == CommunityStatus.ENDED:
        raise WrongState(ENDED)


def refuse_outsiders(community: Community, school: School, by: User) -> None:
    """Entries are written by 书记、校长、党政办 of the member they belong to; 组织科 may mend them."""
    refuse_ended(community)
    if not (edits_for(by, school.pk) or is_bureau(by, community)):
        raise NotAllowed(f"{school.short_name}的条目由该校书记、校长或党政办登记。")
    if not is_member(community, school.pk):
        raise WrongState(f"{school.short_name}不是这个共同体现在的成员校。")


def day_faults(starts_on: date, ends_on: date, first: str = "starts_on", last: str = "ends_on") -> list[Fault]:
    """Faults of a pair of days."""
    if not EARLIEST <= starts_on <= LATEST:
        return [Fault(first, "日期写成 2026-09-01 这样，年份在 2000 至 2099 之间")]
    if not starts_on <= ends_on <= LATEST:
        return [Fault(last, f"结束日期要在 {starts_on} 当天或之后")]
    return []


def text_fault(path: str, text: str, words: str, longest: int, shortest: int = 0) -> Iterable[Fault]:
    """The fault of a text that is too short or too long."""
    if not shortest <= len(text.strip()) <= longest:
        yield Fault(path, f"{words}，{shortest} 至 {longest} 个字" if shortest else f"{words}写到 {longest} 字以内")


def member_faults(community: Community, schools: Iterable[School], at: datetime, path: str = "schools") -> list[Fault]:
    """A fault for every school that is no member."""
    members = set(community.memberships.staying(local_day(at)).values_list("school_id", flat=True))
    names = [school.short_name for school in schools if school.pk not in members]
    return [Fault(path, f"{'、'.join(names)}不是这个共同体现在的成员校，从成员校里选")] if names else []
