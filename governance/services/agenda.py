"""准备议题: making a meeting, its agenda, calling, recalling, cancelling."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from audit.services import record
from common.dates import local_day, meeting_time
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, require_reason
from governance.guards import may_record
from governance.models import AgendaItem, Form, Matter, Meeting, MeetingStatus, Secrecy
from governance.models.catalogue import in_force
from governance.record import Record
from governance.secrecy import hidden_of
from governance.selectors import BEFORE_CALLING, judge_meeting, members_due, school_people
from governance.services.base import begin, finish, locked, own_person, refuse_blocks
from governance.services.invitations import invite, invited_accounts, withdraw_invitations
from governance.services.secrecy import restrict_to_body, starts_restricted
from governance.services.topic_hooks import release_topics
from schools import access
from schools.models import School
from schools.permissions import HEAD_POST, Body, SchoolPerm

MOST_ITEMS = 50
MOST_MINUTES = 600  # of one item
ASIDE = 1000


@dataclass(frozen=True)
class ItemInput:
    """One line of the agenda. `item` None = new; `matter` is a code of the catalogue or blank."""

    title: str
    item: UUID | None = None
    matter: str = ""
    proposer: UUID | None = None
    proposed_on: date | None = None
    summary: str = ""
    presenter: UUID | None = None
    minutes_needed: int | None = None


@dataclass(frozen=True)
class AgendaInput:
    """The agenda as typed: when, where, who chairs and records, and the items in order."""

    scheduled_at: datetime
    place: str = ""
    chair: UUID | None = None
    delegation_note: str = ""
    recorder: UUID | None = None
    form: str = Form.MEETING
    materials_sent_on: date | None = None
    items: tuple[ItemInput, ...] = ()


@transaction.atomic
def create_meeting(*, school: School, body: Body, agenda: AgendaInput, by: User, at: datetime) -> Meeting:
    """新建会议: body and time. Without a chair the head of the body chairs; the recorder may come later."""
    if not access.can(by, SchoolPerm.RECORD_MINUTES, school.pk):
        raise NotAllowed("新建会议由书记、校长或党政办办理。")
    day = local_day(agenda.scheduled_at)
    meeting = Meeting(
        school=school, body=body, form=agenda.form, scheduled_at=agenda.scheduled_at, catalogue=in_force(day)
    )
    due = members_due(school, body, day)
    head = next((member.person.pk for member in due if HEAD_POST[body] in member.posts), None)
    meeting.due = len(due)
    people = _write_head(meeting, agenda, agenda.chair or head, {member.person.pk for member in due})
    meeting.item_count = len(agenda.items)
    meeting.commit(at)
    _write_items(meeting, agenda.items, {}, people, at)
    record("governance.meeting.drafted", by=by, at=at, on=meeting, school_id=school.pk, url=meeting.get_absolute_url())
    return meeting


@transaction.atomic
def save_agenda(*, meeting: Meeting, agenda: AgendaInput, version: int | None, by: User, at: datetime) -> Meeting:
    """Write the agenda. A change of the items after 审定 takes the confirmation back; a called agenda is frozen."""
    meeting = locked(meeting)
    if not may_record(meeting, by):
        raise NotAllowed("议程由书记、校长或党政办填写。")
    if not agenda_is_open(meeting):
        raise WrongState(f"现在是“{meeting.get_status_display()}”，议程不能再改。")
    if version is not None and version != meeting.version:
        raise Stale("刚才有人改过这份议程。核对下面的内容，再保存一次。")
    due = members_due(meeting.school, meeting.body, local_day(agenda.scheduled_at))
    known = meeting.catalogue_id
    if meeting.status == MeetingStatus.DRAFT:
        meeting.due = len(due)
        meeting.catalogue = in_force(local_day(agenda.scheduled_at))
    stored = {item.pk: item for item in meeting.items.all()}
    agenda = keep_withheld(agenda, stored.values(), by)
    same = _as_typed(agenda.items) == _as_stored(stored.values())
    people = _write_head(meeting, agenda, agenda.chair, {member.person.pk for member in due})
    release_topics(meeting=meeting, keep=[line.item for line in agenda.items], by=by, at=at)
    if not same or meeting.catalogue_id != known:  # the same codes are other matters in another version
        _write_items(meeting, agenda.items, stored, people, at)
    if not same:
        take_confirmation_back(meeting, stored.values())
    meeting.item_count = len(agenda.items)
    meeting.commit(at)
    record(
        "governance.meeting.agenda_saved",
        by=by,
        at=at,
        on=meeting,
        school_id=meeting.school_id,
        items=meeting.item_count,
    )
    return meeting


def _as_typed(lines: Sequence[ItemInput]) -> list[ItemInput]:
    return [replace(line, title=line.title.strip(), summary=line.summary.strip()) for line in lines]


def _as_stored(items: Iterable[AgendaItem]) -> list[ItemInput]:
    return [line_of(item) for item in items]


def line_of(item: AgendaItem) -> ItemInput:
    """A stored item as a line of the agenda."""
    return ItemInput(
        item.title,
        item=item.pk,
        matter=item.matter.code if item.matter else "",
        proposer=item.proposer_id,
        proposed_on=item.proposed_on,
        summary=item.summary,
        presenter=item.presenter_id,
        minutes_needed=item.minutes_needed,
    )


def keep_withheld(agenda: AgendaInput, items: Iterable[AgendaItem], by: User) -> AgendaInput:
    """Items this account may not read stay as they are stored, whatever was typed for them: they move, and nothing else."""
    items = list(items)
    if not (hidden := hidden_of(by, items)):
        return agenda
    stored: dict[UUID | None, ItemInput] = {item.pk: line_of(item) for item in items if item.pk in hidden}
    if not stored.keys() <= {line.item for line in agenda.items}:
        raise InvalidInput([Fault("items", "限定人员议题由知悉人移出议程。刷新页面，放回原处再保存")])
    return replace(agenda, items=tuple(stored.get(line.item, line) for line in agenda.items))


def take_confirmation_back(meeting: Meeting, items: Iterable[AgendaItem]) -> None:
    """Any change of the items clears 审定议程, at the meeting and at each item; `items` are those the caller has read and may
    save later. The caller commits.
    """
    meeting.agenda_confirmed_at = meeting.agenda_confirmed_by = None
    meeting.items.update(confirmed_by=None)
    for item in items:
        item.confirmed_by = None


def agenda_is_open(meeting: Meeting) -> bool:
    """In preparation, or held without having been called: a meeting entered afterwards still gets its items."""
    entered_afterwards = meeting.status == MeetingStatus.HELD and meeting.called_at is None
    return meeting.status == MeetingStatus.DRAFT or entered_afterwards


def _write_head(meeting: Meeting, agenda: AgendaInput, chair: UUID | None, due: set[UUID]) -> set[UUID]:
    """Time, place, chair, recorder; returns the people in office that day, from whom proposers are chosen."""
    faults = []
    people = {p.pk for p in school_people(meeting.school, local_day(agenda.scheduled_at))}
    if chair is not None and chair not in due:
        faults.append(Fault("chair", "主持人要从应到成员里选"))
    if agenda.recorder is not None and agenda.recorder not in people:
        faults.append(Fault("recorder", "记录人要从本校当日在任的人里选"))
    if agenda.recorder is not None and agenda.recorder == chair:
        faults.append(Fault("recorder", "主持人不兼记录人，另选一位（R-A09）"))
    if agenda.form not in Form.values:
        faults.append(Fault("form", "从开会、传阅、会签、个别征求意见里选"))
    if meeting.status == MeetingStatus.HELD and agenda.scheduled_at != meeting.scheduled_at:
        faults.append(Fault("scheduled_at", "已登记召开，时间不能再改"))
    if faults:
        raise InvalidInput(faults)
    meeting.scheduled_at, meeting.place = agenda.scheduled_at, agenda.place.strip()[:80]
    meeting.chair_id, meeting.recorder_id = chair, agenda.recorder
    meeting.delegation_note = agenda.delegation_note.strip()[:300]
    meeting.form, meeting.materials_sent_on = agenda.form, agenda.materials_sent_on
    return people


def _write_items(
    meeting: Meeting, lines: Sequence[ItemInput], stored: dict[UUID, AgendaItem], people: set[UUID], at: datetime
) -> None:
    """Make the stored items equal to the lines: same ids kept, the rest removed, order as given."""
    codes = {line.matter for line in lines if line.matter}
    matters = {m.code: m for m in Matter.objects.filter(catalogue=meeting.catalogue, code__in=codes).only("code")}
    faults = _item_faults(lines, stored, matters, people)
    if faults:
        raise InvalidInput(faults)
    kept = {line.item for line in lines if line.item is not None}
    if stored:
        meeting.items.exclude(pk__in=kept).delete()
        meeting.items.update(order=F("order") + ASIDE)  # a place is free before another item takes it
    new: list[AgendaItem] = []
    restricted: list[AgendaItem] = []
    for order, line in enumerate(lines, start=1):
        item = stored[line.item] if line.item is not None else AgendaItem(meeting=meeting)
        item.order, item.title, item.summary = order, line.title.strip(), line.summary.strip()
        if starts_restricted(item.matter.code if item.matter else "", line.matter):
            item.secrecy = Secrecy.RESTRICTED
            restricted.append(item)
        item.matter = matters[line.matter] if line.matter else None
        item.proposer_id, item.proposed_on = line.proposer, line.proposed_on
        item.presenter_id, item.minutes_needed = line.presenter, line.minutes_needed
        if line.item is not None:
            item.commit(at)
        else:
            item.stamp(at)
            new.append(item)
    AgendaItem.objects.bulk_create(new)
    restrict_to_body(meeting, restricted)


def _item_faults(
    lines: Sequence[ItemInput], stored: dict[UUID, AgendaItem], matters: dict[str, Matter], people: set[UUID]
) -> list[Fault]:
    faults = []
    if len(lines) > MOST_ITEMS:
        faults.append(Fault("items", f"一次会议最多 {MOST_ITEMS} 个议题，现在有 {len(lines)} 个，分到几次会上"))
    for number, line in enumerate(lines):
        where, words = f"items[{number}]", f"第 {number + 1} 项"
        if line.matter and line.matter not in matters:
            faults.append(Fault(f"{where}.matter", f"{words}：目录里没有 {line.matter}，重新选事项"))
        if line.item is not None and line.item not in stored:
            faults.append(Fault(f"{where}.item", f"{words}已被他人删除，重新添加"))
        faults += [Fault(f"{where}.{name}", f"{words}：{said}") for name, said in _line_faults(line, people)]
    return faults


def _line_faults(line: ItemInput, people: set[UUID]) -> Iterator[tuple[str, str]]:
    if not line.title.strip():
        yield "title", "写议题名称"
    if len(line.title) > 200:
        yield "title", "议题名称写到 200 字以内"
    if line.proposer is not None and line.proposer not in people:
        yield "proposer", "提出人要从本校在任的人里选"
    if line.presenter is not None and line.presenter not in people:
        yield "presenter", "汇报人要从本校在任的人里选"
    if line.minutes_needed is not None and not 1 <= line.minutes_needed <= MOST_MINUTES:
        yield "minutes_needed", f"时长写 1 至 {MOST_MINUTES} 分钟"


@transaction.atomic
def confirm_agenda(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """审定议程: at least one item, each with its matter; notes at each item who confirmed it."""
    meeting, step = begin(meeting, "confirm_agenda", by, version, with_record=False)
    items = list(meeting.items.all())
    if not items:
        raise InvalidInput([Fault("items", "议程还没有议题，先添加议题")])
    faults = [
        Fault(f"items[{i.order - 1}].matter", f"第 {i.order} 项还没归到目录事项，先选事项")
        for i in items
        if i.matter is None
    ]
    if faults:
        raise InvalidInput(faults)
    meeting.items.update(confirmed_by=own_person(by))
    meeting.agenda_confirmed_by, meeting.agenda_confirmed_at = by, at
    return finish(meeting, step, by, at)


@transaction.atomic
def call_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """发会议通知: the agenda is confirmed, the place is known (R-T04, R-M01), and no rule blocks.

    From now on the agenda is frozen, and the members are told.
    """
    meeting, step = begin(meeting, "call", by, version, with_record=False)
    if meeting.agenda_confirmed_at is None:
        head = HEAD_POST[meeting.body].label
        raise WrongState(f"议程还没审定，请{head}先审定议程。")
    if not meeting.place:
        raise WrongState("还没有写开会地点。在议程里补上，再发会议通知。")
    nothing_yet = Record(meeting.chair_id, meeting.delegation_note, meeting.recorder_id)
    refuse_blocks(meeting, step, judge_meeting(meeting, nothing_yet, only=BEFORE_CALLING), by)
    meeting.called_by, meeting.called_at = by, at
    told = {"when": meeting_time(meeting.scheduled_at), "place": meeting.place, "items": meeting.item_count}
    return finish(meeting, step, by, at, accounts=invite(meeting, at), **told)


@transaction.atomic
def recall_meeting(*, meeting: Meeting, reason: str, version: int | None = None, by: User, at: datetime) -> Meeting:
    """撤回通知: before the start, with a reason; the agenda can be changed again."""
    meeting, step = begin(meeting, "recall", by, version, with_record=False)
    reason = require_reason(reason)
    if at >= meeting.scheduled_at:
        raise WrongState("会议时间已到，通知不能再撤回。没有开成的会议，请取消会议或登记流会。")
    accounts = withdraw_invitations(meeting)
    meeting.called_by = meeting.called_at = None
    return finish(meeting, step, by, at, reason=reason, accounts=accounts)


@transaction.atomic
def cancel_meeting(*, meeting: Meeting, reason: str, version: int | None = None, by: User, at: datetime) -> Meeting:
    """取消会议: with a reason."""
    meeting, step = begin(meeting, "cancel", by, version, with_record=False)
    reason = require_reason(reason)
    accounts = invited_accounts(meeting) if meeting.called_at else []
    meeting.cancelled_by, meeting.cancelled_at = by, at
    release_topics(meeting=meeting, by=by, at=at)
    return finish(meeting, step, by, at, reason=reason, accounts=accounts)
