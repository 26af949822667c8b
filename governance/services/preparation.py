"""会前准备 of one item: the steps done before the meeting, materials, 临时动议, amount, 复议."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload, detach
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_record
from governance.models import AgendaItem, Decision, Meeting, MeetingStatus, Outcome, PriorStep
from governance.models.preparation import TALK_STAGE
from governance.secrecy import WITHHELD, hidden_of
from governance.services.agenda import agenda_is_open, take_confirmation_back
from governance.services.base import locked
from schools.permissions import Body

PRINCIPAL_MEETING = "principal_meeting"
OPEN = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD)
MOST_STEPS = 30
MOST_FILES = 9
MOST_AMOUNT = Decimal("999999999999.99")


@dataclass(frozen=True)
class StepInput:
    """One step as typed. With `source` (an item of the principal's meeting) the day is that meeting's."""

    stage: str
    done_on: date | None = None
    note: str = ""
    source: UUID | None = None


@dataclass(frozen=True)
class Preparation:
    """What is prepared for one item. `amount` is in 元; `reconsiders` a decision of the same school."""

    steps: tuple[StepInput, ...] = ()
    urgent: bool = False
    urgent_reason: str = ""
    urgent_consent: bool = False
    amount: Decimal | None = None
    reconsiders: UUID | None = None


@dataclass(frozen=True)
class Prepared:
    """What is prepared for one item, with files to be added to it."""

    item: UUID
    preparation: Preparation
    files: tuple[UploadedFile, ...] = ()


@transaction.atomic
def prepare_items(
    *, meeting: Meeting, prepared: Sequence[Prepared], version: int | None = None, by: User, at: datetime
) -> Meeting:
    """Write what is prepared for items of one meeting, until the minutes are sent for signature.

    What belongs to the agenda itself (临时动议, amount, 复议) changes only while the agenda is open and then takes 审定 back;
    steps and materials may be completed later, since they only record what happened.
    """
    meeting = _begin(meeting, version, by)
    items = {item.pk: item for item in meeting.items.all()}
    if any(entry.item not in items for entry in prepared):
        raise WrongState("这个议题已经移出议程。")
    if hidden_of(by, [items[entry.item] for entry in prepared]):
        raise NotAllowed(WITHHELD)
    if faults := [fault for entry in prepared for fault in _faults(meeting, items[entry.item], entry, local_day(at))]:
        raise InvalidInput(faults)
    for entry in prepared:
        found = items[entry.item]
        _write_own(meeting, found, entry.preparation, items.values())
        for upload in entry.files:
            attach(upload=upload, on=found, school=meeting.school, by=by, at=at)
        found.materials += len(entry.files)
        found.commit(at)
    _write_steps([(items[entry.item], entry.preparation.steps) for entry in prepared])
    return _finish(meeting, by, at, items=[str(entry.item) for entry in prepared])


@transaction.atomic
def remove_material(
    *, meeting: Meeting, item: UUID, attachment: UUID, version: int | None, by: User, at: datetime
) -> Meeting:
    """Take a file off an item, as long as what is prepared can be changed."""
    meeting = _begin(meeting, version, by)
    found = next((row for row in meeting.items.all() if row.pk == item), None)
    if found is None:
        raise WrongState("这个议题已经移出议程。")
    if hidden_of(by, [found]):
        raise NotAllowed(WITHHELD)
    file = Attachment.objects.filter(pk=attachment, subject=subject_of(found)).first()
    if file is None:
        raise WrongState("这份材料已经移除。")
    detach(attachment=file, by=by, at=at)
    AgendaItem.objects.filter(pk=found.pk, materials__gt=0).update(materials=F("materials") - 1)
    return _finish(meeting, by, at, items=[str(item)], removed=file.name)


def closed_reason(meeting: Meeting, by: User) -> str:
    """Why this account cannot change what is prepared now, or an empty text."""
    if not may_record(meeting, by):
        return "会前准备由书记、校长或党政办填写。"
    if meeting.status not in OPEN:
        return f"现在是“{meeting.get_status_display()}”，会前准备不能再改。"
    return ""


def _begin(meeting: Meeting, version: int | None, by: User) -> Meeting:
    meeting = locked(meeting, with_record=False)
    if not may_record(meeting, by):
        raise NotAllowed(closed_reason(meeting, by))
    if why := closed_reason(meeting, by):
        raise WrongState(why)
    if version is not None and version != meeting.version:
        raise Stale("刚才有人改过这次会议。核对下面的内容，再保存一次。")
    return meeting


def _finish(meeting: Meeting, by: User, at: datetime, **data: object) -> Meeting:
    meeting.commit(at)
    record(
        "governance.meeting.item_prepared", by=by, at=at, on=meeting, school_id=meeting.school_id,
        url=meeting.get_absolute_url(), **data,
    )  # fmt: skip
    return meeting


def _write_own(meeting: Meeting, item: AgendaItem, new: Preparation, items: Iterable[AgendaItem]) -> None:
    """What is part of the agenda; `_faults` has refused changes of a frozen one."""
    reason = new.urgent_reason.strip() if new.urgent else ""
    own = (new.urgent, reason, new.urgent and new.urgent_consent, new.amount, new.reconsiders)
    if own == (item.urgent, item.urgent_reason, item.urgent_consent, item.amount, item.reconsiders_id):
        return
    item.urgent, item.urgent_reason, item.urgent_consent, item.amount, item.reconsiders_id = own
    if meeting.agenda_confirmed_at is not None:
        take_confirmation_back(meeting, items)


def _write_steps(written: Sequence[tuple[AgendaItem, Sequence[StepInput]]]) -> None:
    """The steps of each item as a whole: what was typed is the truth."""
    days = _days_of({step.source for _, steps in written for step in steps if step.source})
    PriorStep.objects.filter(item__in=[item for item, _ in written]).delete()
    PriorStep.objects.bulk_create(
        [
            PriorStep(
                item=item,
                order=order,
                stage=step.stage,
                done_on=days[step.source] if step.source else step.done_on,
                note=step.note.strip(),
                source_item_id=step.source,
            )
            for item, steps in written
            for order, step in enumerate(steps, start=1)
        ]
    )


def _days_of(items: set[UUID]) -> dict[UUID, date]:
    rows = AgendaItem.objects.filter(pk__in=items).values_list("pk", "meeting__scheduled_at")
    return {pk: local_day(at) for pk, at in rows} if items else {}


def sources_for(meeting: Meeting) -> "dict[UUID, AgendaItem]":
    """Items that a signed principal's meeting of the school proposed to the Party meeting, latest first."""
    rows = AgendaItem.objects.filter(
        meeting__school=meeting.school_id,
        meeting__body=Body.PRINCIPAL,
        meeting__status__in=(MeetingStatus.SIGNED, MeetingStatus.ARCHIVED),
        meeting__scheduled_at__lt=meeting.scheduled_at,
        outcome=Outcome.PROPOSED_TO_PARTY,
    )
    latest = rows.select_related("meeting", "matter").order_by("-meeting__scheduled_at", "order")[:100]
    return {row.pk: row for row in latest}


def _faults(meeting: Meeting, item: AgendaItem, entry: Prepared, today: date) -> list[Fault]:
    new, files = entry.preparation, entry.files
    faults = _own_faults(meeting, item, new)
    stages = set(meeting.catalogue.stages) if meeting.catalogue else set()
    sources = sources_for(meeting) if any(step.source for step in new.steps) else {}
    if len(new.steps) > MOST_STEPS:
        faults.append(Fault("steps", f"前置环节最多 {MOST_STEPS} 条，合并几条再保存"))
    for number, step in enumerate(new.steps):
        faults += step_faults(f"steps[{number}]", step, stages, set(sources), today)
    if len(files) > MOST_FILES:
        faults.append(Fault("files", f"一次最多传 {MOST_FILES} 份，现在有 {len(files)} 份，分两次传"))
    for upload in files[:MOST_FILES]:
        try:
            check_upload(upload)
        except InvalidInput as refusal:
            faults += [Fault("files", fault.reason) for fault in refusal.faults]
    return faults


def step_faults(path: str, step: StepInput, stages: set[str], sources: set[UUID], today: date) -> list[Fault]:
    """What is wrong with one step as typed; `sources` are the items of the principal's meeting it may come from."""
    faults = []
    if step.stage == TALK_STAGE:
        faults.append(Fault(f"{path}.stage", "书记校长会前沟通在“书记校长沟通”里登记，关联这个议题"))
    elif step.stage not in stages:
        faults.append(Fault(f"{path}.stage", "从目录的环节里选一个"))
    if step.source is not None and step.stage != PRINCIPAL_MEETING:
        faults.append(Fault(f"{path}.source", "只有校长办公会议研究这一环节关联校长办公会议的议题"))
    if step.source is not None and step.source not in sources:
        faults.append(Fault(f"{path}.source", "从本校已签发、报党组织会议的校长办公会议议题里选"))
    if step.done_on is not None and step.done_on > today:
        faults.append(Fault(f"{path}.done_on", "日期还没有到，完成后再登记"))
    if len(step.note) > 300:
        faults.append(Fault(f"{path}.note", "情况写到 300 字以内"))
    return faults


def _own_faults(meeting: Meeting, item: AgendaItem, new: Preparation) -> list[Fault]:
    faults = []
    if new.urgent and len(new.urgent_reason.strip()) > 300:
        faults.append(Fault("urgent_reason", "紧急事由写到 300 字以内"))
    if new.amount is not None and not 0 <= new.amount <= MOST_AMOUNT:
        faults.append(Fault("amount", "金额写成不小于 0 的数，单位是元"))
    if new.reconsiders is not None and new.reconsiders != item.reconsiders_id:
        known = Decision.objects.filter(pk=new.reconsiders, school=meeting.school_id).exists()
        if not known:
            faults.append(Fault("reconsiders", "从本校的决议里选"))
    frozen = not agenda_is_open(meeting)
    reason = new.urgent_reason.strip() if new.urgent else ""
    changed = {
        "urgent": (new.urgent, reason, new.urgent and new.urgent_consent)
        != (item.urgent, item.urgent_reason, item.urgent_consent),
        "amount": new.amount != item.amount,
        "reconsiders": new.reconsiders != item.reconsiders_id,
    }
    if frozen:
        said = "会议通知已发出，议程不能再改。要改先撤回通知"
        faults += [Fault(name, said) for name, other in changed.items() if other]
    return faults
