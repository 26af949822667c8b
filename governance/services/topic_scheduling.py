"""列入议程: a topic becomes an item of a meeting, with everything that hangs on it; and comes off again."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from accounts.models import User
from attachments.models import Attachment
from attachments.services import copy_to
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState, one_fault
from common.transitions import Transition
from governance.guards import may_record
from governance.models import (
    AgendaItem,
    ItemReader,
    Matter,
    Meeting,
    MeetingStatus,
    PriorStep,
    Secrecy,
    TalkItem,
    Topic,
    TopicStatus,
)
from governance.selectors import BEFORE_CALLING, judge_meeting, read_for_judging, school_people
from governance.services.agenda import ASIDE, MOST_ITEMS, take_confirmation_back
from governance.services.base import locked, refuse_blocks
from governance.services.invitations import invite
from governance.services.secrecy import restrict_to_body
from governance.services.topic_base import authors_of, begin, finish, lock_meetings
from governance.services.topic_hooks import bring_files_back
from schools.models import Person

SUMMARY, URGENT = 4000, 300
NOT_OVER = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD, MeetingStatus.MINUTED)


@transaction.atomic
def schedule_topic(
    *,
    topic: Topic,
    meeting: Meeting,
    reason: str = "",
    consent: bool = False,
    version: int | None = None,
    by: User,
    at: datetime,
) -> AgendaItem:
    """列入议程, at the end of a draft agenda, which takes 审定 back. After 发会议通知 only as a supplement: the chair consents, the
    reason is written, the rules of 发会议通知 hold for it, and who was invited is told.
    """
    if connection.features.has_select_for_update:
        lock_meetings({meeting.pk, *topic.items.values_list("meeting_id", flat=True)})
    meeting = locked(meeting, with_record=False)
    topic, step = begin(topic, "schedule", by, version)
    supplement = meeting.status == MeetingStatus.CALLED
    matter = _check(topic, meeting, reason, consent, by)
    items = list(meeting.items.all())
    if not supplement:
        take_confirmation_back(meeting, items)
    item = _item(topic, meeting, matter, len(items) + 1, at)
    item.supplement = supplement
    if supplement:
        item.urgent, item.urgent_reason, item.urgent_consent = True, reason.strip(), True
        item.confirmed_by = Person.objects.filter(account=topic.confirmed_by).first()
    else:
        item.urgent, item.urgent_reason = topic.urgent, topic.urgent_reason
        item.urgent_consent = topic.urgent and consent
    _write(item, topic, meeting, by, at)
    meeting.item_count = len(items) + 1
    meeting.commit(at)
    if supplement:
        _supplemented(meeting, item, step, by, at)
    else:
        _agenda_changed(meeting, by, at)
    said = {"meeting": str(meeting.pk), "item": str(item.pk), "supplement": supplement}
    finish(topic, step, by, at, **said, accounts=authors_of(topic))
    return item


def _check(topic: Topic, meeting: Meeting, reason: str, consent: bool, by: User) -> Matter:
    """The matter by which the item is judged, or every fault at once."""
    if (meeting.school_id, meeting.body) != (topic.school_id, topic.body):
        raise one_fault("meeting", f"从本校的{topic.get_body_display()}里选一次还没召开的会议")
    if not may_record(meeting, by):
        raise NotAllowed("列入议程由书记、校长或党政办办理。")
    if meeting.status not in (MeetingStatus.DRAFT, MeetingStatus.CALLED):
        raise WrongState(f"这次会议“{meeting.get_status_display()}”，不能再列入议题。选一次准备中的会议。")
    faults = []
    if meeting.item_count >= MOST_ITEMS:
        faults.append(Fault("meeting", f"一次会议最多 {MOST_ITEMS} 个议题，选另一次会议"))
    if meeting.status == MeetingStatus.CALLED:
        faults += _supplement_faults(reason, consent)
    matter = Matter.objects.filter(catalogue=meeting.catalogue_id, code=topic.matter).first()
    if matter is None:
        named = topic.matter or "这个议题的事项"
        faults.append(Fault("matter", f"这次会议适用的目录里没有 {named}，请书记（校长）暂缓，另报一个事项正确的议题"))
    if faults or matter is None:
        raise InvalidInput(faults)
    return matter


def _supplement_faults(reason: str, consent: bool) -> list[Fault]:
    faults = []
    if not consent:
        faults.append(Fault("consent", "会议通知已发出，补充议题须经主持人同意，同意后勾选"))
    if not 4 <= len(reason.strip()) <= URGENT:
        faults.append(Fault("reason", f"会议通知已发出，写明为什么要补充，4 至 {URGENT} 个字"))
    return faults


def _item(topic: Topic, meeting: Meeting, matter: Matter, order: int, at: datetime) -> AgendaItem:
    """What the item says, taken from the topic. Who is no longer in office on the day of the meeting is left to be chosen."""
    people = {person.pk for person in school_people(meeting.school, local_day(meeting.scheduled_at))}
    return AgendaItem(
        meeting=meeting,
        topic=topic,
        order=order,
        title=topic.title,
        matter=matter,
        summary=summary_of(topic),
        proposer_id=topic.proposer_id if topic.proposer_id in people else None,
        presenter_id=topic.presenter_id if topic.presenter_id in people else None,
        proposed_on=local_day(topic.submitted_at or at),
        minutes_needed=topic.minutes_needed,
        amount=topic.amount,
        secrecy=topic.secrecy,
    )


def summary_of(topic: Topic) -> str:
    """Background and proposal, as much as an item holds; the proposal is what the meeting needs, so it is kept whole if it can be."""
    proposal = f"拟解决意见：{topic.proposal}" if topic.proposal else ""
    room = SUMMARY - len(proposal) - 2
    background = topic.background if len(topic.background) <= room else f"{topic.background[: max(room - 1, 0)]}…"
    return "\n\n".join(part for part in (background, proposal) if part)[:SUMMARY]


def _write(item: AgendaItem, topic: Topic, meeting: Meeting, by: User, at: datetime) -> None:
    """The item with steps, talks, readers and copies of the materials."""
    files = list(Attachment.objects.filter(subject=subject_of(topic)).order_by("created_at", "pk"))
    item.materials = len(files)
    item.commit(at)
    copy_to(files=files, on=item, by=by, at=at)
    steps = topic.steps.order_by("order").values_list("stage", "done_on", "note", "source_item_id")
    PriorStep.objects.bulk_create(
        [
            PriorStep(item=item, order=order, stage=stage, done_on=day, note=note, source_item_id=source)
            for order, (stage, day, note, source) in enumerate(steps, start=1)
        ]
    )
    talks = topic.talk_links.order_by("pk").values_list("talk_id", flat=True)
    TalkItem.objects.bulk_create([TalkItem(item=item, talk_id=talk) for talk in talks])
    if topic.secrecy == Secrecy.RESTRICTED:
        named = set(topic.readers.values_list("person_id", flat=True)) | {item.presenter_id}
        ItemReader.objects.bulk_create([ItemReader(item=item, person_id=pk) for pk in sorted(filter(None, named))])
        restrict_to_body(meeting, [item])


def _supplemented(meeting: Meeting, item: AgendaItem, step: Transition, by: User, at: datetime) -> None:
    """A supplement passes what 发会议通知 asks of every item (R-T13: nothing important), and those invited hear of it."""
    meeting = read_for_judging(Meeting.objects.all(), meeting.pk)
    judged = judge_meeting(meeting, only=BEFORE_CALLING)
    refuse_blocks(meeting, step, [result for result in judged if result.subject == f"items/{item.pk}"], by)
    record(
        "governance.meeting.supplemented", by=by, at=at, on=meeting, school_id=meeting.school_id,
        url=meeting.get_absolute_url(), item=str(item.pk), accounts=invite(meeting, at),
    )  # fmt: skip


def _agenda_changed(meeting: Meeting, by: User, at: datetime) -> None:
    record(
        "governance.meeting.agenda_saved",
        by=by,
        at=at,
        on=meeting,
        school_id=meeting.school_id,
        items=meeting.item_count,
    )


def take_off_agenda(topic: Topic, label: str, by: User, at: datetime) -> None:
    """Remove the topic's item from the agenda it is on; one that has gone out is frozen. The caller holds the locks."""
    if topic.status != TopicStatus.SCHEDULED:
        return
    found = topic.items.filter(meeting__status__in=NOT_OVER, meeting__deleted_at__isnull=True)
    item = found.select_related("meeting__school").order_by("-created_at").first()
    if item is None:
        return
    meeting = item.meeting
    if meeting.status != MeetingStatus.DRAFT:
        raise WrongState(
            f"议题已列入{meeting.title()}，会议通知已发出，不能再{label}。先撤回通知，或在会上作出暂缓、撤回的结论。"
        )
    bring_files_back(item, topic, by, at)
    place = item.order
    item.delete()
    meeting.items.filter(order__gt=place).update(order=F("order") + ASIDE)
    meeting.items.filter(order__gt=ASIDE).update(order=F("order") - ASIDE - 1)
    rest: Sequence[AgendaItem] = list(meeting.items.all())
    take_confirmation_back(meeting, rest)
    meeting.item_count = len(rest)
    meeting.commit(at)
    _agenda_changed(meeting, by, at)
