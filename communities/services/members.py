"""加入 and 退出: members come and go on a date, the lead school stays."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState, one_fault, require_reason
from communities.guards import BY_LEAD, agreement_of, latest_signed, may_dismiss
from communities.models import Booking, Community, CommunityStatus, Membership
from communities.services.agreements import void_consents
from communities.services.base import begin, finish
from schools.models import School

MOST_AT_ONCE = 48
LEAD_STAYS = "牵头校不能退出。要换牵头校，先终止协议，再另行发起。"


@transaction.atomic
def join(
    *, community: Community, schools: Sequence[School], on: date | None = None, version: int | None = None, by: User, at: datetime
) -> Community:  # fmt: skip
    """加入. Before the signing members begin with the agreement; later from the given day on, and their 书记 is asked to consent."""
    community, step = begin(community, "join", by, version)
    agreement = agreement_of(community)
    if agreement is None:
        raise WrongState("先拟定协议的期限，再加入学校。")
    first = agreement.starts_on if community.status == CommunityStatus.DRAFT else on or local_day(at)
    if faults := _join_faults(community, schools, first):
        raise InvalidInput(faults)
    for school in schools:
        Membership.objects.create(community=community, school=school, joined_on=first)
    if agreement.signed_at is None:
        void_consents(agreement)
    names = "、".join(school.short_name for school in schools)
    return finish(community, step, by, at, said=f"{names}加入", joined_on=str(first), codes=[s.code for s in schools])


def _join_faults(community: Community, schools: Sequence[School], first: date) -> list[Fault]:
    if not schools or len(schools) > MOST_AT_ONCE:
        return [Fault("schools", f"写 1 至 {MOST_AT_ONCE} 所学校")]
    faults = []
    if signed := latest_signed(community):
        begins = (
            Membership.objects.filter(community=community).order_by("joined_on").values_list("joined_on", flat=True)
        )
        if not begins[0] <= first <= signed.until:
            faults.append(Fault("on", f"加入日期要在协议期内（{begins[0]} 至 {signed.until}）"))
    inside = Membership.objects.filter(community=community, school__in=schools).staying(first)
    names = inside.order_by("school__code").values_list("school__short_name", flat=True)
    if names:
        faults.append(Fault("schools", f"{'、'.join(names)}在那一天（{first}）已经是成员校"))
    return faults


@transaction.atomic
def leave(
    *, community: Community, school: School, on: date, reason: str, version: int | None = None, by: User, at: datetime
) -> Community:
    """退出: `on` is the last day. By 书记 of the school or 组织科; before the signing also by who prepares the agreement."""
    community, step = begin(community, "leave", by, version)
    if school.pk == community.lead_school_id:
        raise WrongState(LEAD_STAYS)
    if not may_dismiss(community, by, school.pk):
        raise NotAllowed(BY_LEAD.replace("牵头校", school.short_name).format("退出"))
    reason = require_reason(reason)
    found = Membership.objects.filter(community=community, school=school, left_on__isnull=True).first()
    if found is None:
        raise WrongState(f"{school.short_name}不是这个共同体现在的成员校。")
    if community.status == CommunityStatus.DRAFT:
        found.delete()
    else:
        _end_membership(found, on, by, at)
    agreement = agreement_of(community)
    if agreement is not None and agreement.signed_at is None:
        void_consents(agreement)
    return finish(
        community, step, by, at, said=f"{school.short_name}退出", reason=reason, left_on=str(on), school=school.code,
        schools=[str(school.pk)],
    )  # fmt: skip


def _end_membership(found: Membership, on: date, by: User, at: datetime) -> None:
    """The last day, and an end to what would only begin after it."""
    today = local_day(at)
    if not max(found.joined_on, today) <= on:
        raise one_fault("on", f"最后一天要在今天（{today}）或之后，也不早于加入日期")
    found.left_on = on
    found.save()
    later = Booking.objects.standing().filter(period__resource__community=found.community, period__starts_on__gt=on)
    theirs = later.filter(school=found.school) | later.filter(period__resource__school=found.school)
    for booking in theirs.order_by("pk"):
        booking.cancelled_at, booking.cancelled_by = at, by
        booking.cancel_reason = f"{found.school.short_name}退出共同体"
        booking.commit(at)
