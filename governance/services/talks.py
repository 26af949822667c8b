"""书记校长沟通: recording, correcting and deleting a talk. Date and topic are all that is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.further import judge_record
from governance.models import AgendaItem, Meeting, MeetingStatus, Talk, TalkItem, TalkResult
from governance.secrecy import WITHHELD, hidden_talks
from governance.selectors import read_for_judging
from governance.services.base import count_findings
from governance.talks import CLOSED, NOT_THEIRS, NOT_YET_SIGNED, is_closed, may_keep, refusal
from schools.models import School

SHORTEST, LONGEST, LONGEST_NOTE, MOST_ITEMS = 2, 300, 500, 50
EARLIEST = date(2000, 1, 1)
WITH_RECORD = (MeetingStatus.HELD, MeetingStatus.MINUTED)


@dataclass(frozen=True)
class TalkInput:
    """A talk as typed: `result` one of `TalkResult` or blank, `items` of meetings that are not signed yet."""

    held_on: date
    topics: str
    result: str = ""
    note: str = ""
    items: Sequence[UUID] = field(default_factory=tuple)


@transaction.atomic
def record_talk(*, school: School, talk: TalkInput, by: User, at: datetime) -> Talk:
    """登记沟通, by 书记 or 校长, or by 党政办 on their behalf; not where one person holds both posts."""
    if why := refusal(by, school):
        raise NotAllowed(why) if why == NOT_THEIRS else WrongState(why)
    items = _items(by, school.pk, talk.items, frozenset())
    _check(talk, items, at)
    made = Talk(school=school, recorded_by=by)
    _write(made, talk, items, at)
    _tell("recorded", made, by, at, items=len(items))
    return made


@transaction.atomic
def edit_talk(*, talk: Talk, new: TalkInput, version: int | None, by: User, at: datetime) -> Talk:
    """更正沟通, as long as no meeting it was about is signed. A stale version is refused with what differs."""
    talk = _locked(talk, by)
    linked = frozenset(talk.links.values_list("item_id", flat=True))
    if version is not None and version != talk.version:
        raise Stale(differences=differences(talk, linked, new))
    items = _items(by, talk.school_id, new.items, linked)
    if is_closed(talk):
        raise WrongState(CLOSED)
    _check(new, items, at)
    _write(talk, new, items, at, linked)
    _tell("edited", talk, by, at, items=len(items))
    return talk


@transaction.atomic
def delete_talk(*, talk: Talk, version: int | None, by: User, at: datetime) -> None:
    """删去沟通 that was entered by mistake, as long as no meeting it was about is signed. The API tells of it as a tombstone."""
    talk = _locked(talk, by)
    if version is not None and version != talk.version:
        raise Stale("刚才有人改过这条沟通。看过最新内容再删。")
    linked = frozenset(talk.links.values_list("item_id", flat=True))
    _lock_meetings(linked)
    if is_closed(talk):
        raise WrongState(CLOSED)
    talk.links.all().delete()
    talk.deleted_at = at
    talk.commit(at)
    _judge_again(linked, at)
    _tell("deleted", talk, by, at, items=len(linked))


def differences(talk: Talk, linked: Iterable[UUID], new: TalkInput) -> list[Difference]:
    """Where the stored talk and the typed one differ, in words."""
    labels = {"": "没有说", **dict(TalkResult.choices)}
    pairs = [
        ("held_on", "沟通日期", str(talk.held_on), str(new.held_on)),
        ("topics", "沟通主题", talk.topics, new.topics.strip()),
        ("result", "结果", labels[talk.result], labels.get(new.result, new.result)),
        ("note", "说明", talk.note or "–", new.note.strip() or "–"),
    ]
    found = [Difference(*pair) for pair in pairs if pair[2] != pair[3]]
    theirs, yours = set(linked), set(new.items)
    if theirs != yours:
        found.append(Difference("items", "涉及议题", f"{len(theirs)} 项", f"{len(yours)} 项"))
    return found


def _locked(talk: Talk, by: User) -> Talk:
    """The talk under its lock, read anew; deleted meanwhile or another's school are refused."""
    rows = Talk.with_deleted.select_related("school")
    if connection.features.has_select_for_update:
        Talk.with_deleted.select_for_update().only("pk").get(pk=talk.pk)
    talk = rows.get(pk=talk.pk)
    if not may_keep(by, talk.school_id):
        raise NotAllowed(NOT_THEIRS)
    if hidden_talks(by, [talk.pk]):
        raise NotAllowed(WITHHELD)
    if talk.deleted_at is not None:
        raise WrongState("这条沟通已经删去。回到列表看最新情况。")
    return talk


def _items(by: User, school: UUID, wanted: Sequence[UUID], linked: frozenset[UUID]) -> list[AgendaItem]:
    """The items under the locks of their meetings: none is signed between this look and the end of the transaction.

    Those that are new to the talk are of meetings of the school that are not signed yet, and readable; others stay as they were.
    """
    _lock_meetings({*wanted, *linked})
    rows = AgendaItem.objects.readable_by(by).filter(pk__in=wanted).select_related("meeting")
    found = {item.pk: item for item in rows}
    own = {pk for pk, item in found.items() if item.meeting.school_id == school}
    fit = linked | {pk for pk in own if found[pk].meeting.status in NOT_YET_SIGNED}
    return [found[pk] for pk in dict.fromkeys(wanted) if pk in own & fit]


def _lock_meetings(items: Iterable[UUID]) -> None:
    rows = Meeting.objects.filter(pk__in=AgendaItem.objects.filter(pk__in=items).values("meeting_id")).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().values_list("pk", flat=True))


def _check(new: TalkInput, items: Sequence[AgendaItem], at: datetime) -> None:
    today = local_day(at)
    faults = []
    if not EARLIEST <= new.held_on <= today:
        faults.append(Fault("held_on", f"沟通日期写今天（{today}）或之前的日子"))
    if not SHORTEST <= len(new.topics.strip()) <= LONGEST:
        faults.append(Fault("topics", f"写明沟通了什么，{SHORTEST} 至 {LONGEST} 个字"))
    if new.result not in ("", *TalkResult.values):
        faults.append(Fault("result", "从一致、基本一致、有分歧里选一个，或者不选"))
    if len(new.note.strip()) > LONGEST_NOTE:
        faults.append(Fault("note", f"说明写到 {LONGEST_NOTE} 字以内"))
    if len(new.items) > MOST_ITEMS:
        faults.append(Fault("items", f"一次沟通最多关联 {MOST_ITEMS} 个议题"))
    elif len(items) < len(set(new.items)):
        faults.append(Fault("items", "从本校还没签发的会议里选议题；有议题已签发或不在了，刷新页面再选"))
    if faults:
        raise InvalidInput(faults)


def _write(
    talk: Talk, new: TalkInput, items: Sequence[AgendaItem], at: datetime, linked: frozenset[UUID] = frozenset()
) -> None:
    talk.held_on, talk.topics = new.held_on, new.topics.strip()
    talk.result, talk.note = new.result, new.note.strip()
    talk.commit(at)
    chosen = {item.pk for item in items}
    talk.links.exclude(item__in=chosen).delete()
    TalkItem.objects.bulk_create([TalkItem(talk=talk, item_id=pk) for pk in sorted(chosen - linked)])
    _judge_again(chosen | linked, at)


def _judge_again(items: Iterable[UUID], at: datetime) -> None:
    """The rules ask for talks: meetings they were about have changed, too, and where there is a record its findings count anew.

    Their version stays: what somebody types at them meanwhile is not touched by a talk.
    """
    meetings = Meeting.objects.kept().filter(items__in=items, status__in=NOT_YET_SIGNED).distinct()
    for pk, status in meetings.values_list("pk", "status"):
        changed = {"updated_at": at}
        if status in WITH_RECORD:
            meeting = read_for_judging(Meeting.objects.all(), pk)
            count_findings(meeting, judge_record(meeting))
            changed |= {name: getattr(meeting, name) for name in ("findings_block", "findings_warn", "findings_waived")}
        Meeting.objects.filter(pk=pk).update(**changed)


def _tell(what: str, talk: Talk, by: User, at: datetime, items: int) -> None:
    record(
        f"governance.talk.{what}", by=by, at=at, on=talk, school_id=talk.school_id, url=talk.get_absolute_url(),
        held_on=str(talk.held_on), result=talk.result, items=items,
    )  # fmt: skip
