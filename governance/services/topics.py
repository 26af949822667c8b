"""议题: from the draft to 同意上会. The topic's row is its lock; on an agenda, the meeting's row is locked before it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.models import Event
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState, one_fault, require_reason
from governance.models import Secrecy, Talk, TalkResult, Topic, TopicStatus
from governance.models.catalogue import in_force
from governance.services.topic_base import (
    STALE,
    authors_of,
    begin,
    finish,
    give_number,
    holders_of,
    locked_topic,
    refuse_unreadable,
    tell,
)
from governance.services.topic_input import Reader, TopicInput, differences, matter_faults, missing_faults
from governance.services.topic_scheduling import take_off_agenda
from governance.topic_guards import (
    editing_refusal,
    editing_state_refusal,
    may_assign,
    proposing_refusal,
    screening_clerks,
)
from schools.models import Appointment, Person, School
from schools.permissions import HEAD_POST, Body, Post

LONGEST_OPINION = 500


@transaction.atomic
def create_topic(*, school: School, body: str, new: TopicInput, by: User, at: datetime) -> Topic:
    """填写议题: a draft, by a member of the leadership team, or by 党政办 for the member who is named as proposer. A title will do."""
    if why := proposing_refusal(school, by):
        raise NotAllowed(why)
    if body not in Body.values:
        raise one_fault("body", "从党组织会议、校长办公会议里选")
    topic = Topic(school=school, body=body, entered_by=by)
    reader = Reader(topic, new, by, at)
    reader.check()
    reader.write(at)
    tell("drafted", topic, by, at)
    return topic


@transaction.atomic
def edit_topic(*, topic: Topic, new: TopicInput, version: int | None = None, by: User, at: datetime) -> Topic:
    """修改议题: by its authors and who was asked to write it, until it is sent in; by who screens it until then. A stale version is
    refused with what differs.
    """
    topic = locked_topic(topic)
    if why := editing_state_refusal(topic):
        raise WrongState(why)
    if why := editing_refusal(topic, by):
        raise NotAllowed(why)
    refuse_unreadable(topic, by)
    if version is not None and version != topic.version:
        raise Stale(differences=differences(topic, new))
    reader = Reader(topic, new, by, at)
    reader.check()
    changed = reader.write(at)
    if topic.status == TopicStatus.SUBMITTED and (faults := missing_faults(topic)):
        raise InvalidInput(faults)
    tell("edited", topic, by, at, fields=changed)
    return topic


@transaction.atomic
def assign_topic(*, topic: Topic, person: UUID | None, version: int | None = None, by: User, at: datetime) -> Topic:
    """请谁填写: a colleague in office at the school may write the draft until it is sent in; he is told. None takes it back."""
    topic = locked_topic(topic)
    if not may_assign(topic, by):
        raise NotAllowed("请人填写由提出人或填报人办理，送初审以前可以。")
    if version is not None and version != topic.version:
        raise Stale(STALE)
    colleague = _colleague(topic, person, at) if person is not None else None
    topic.assignee = colleague
    topic.commit(at)
    told = [str(colleague.account_id)] if colleague is not None else []
    tell("assigned", topic, by, at, person=str(person) if person else None, accounts=told)
    return topic


def _colleague(topic: Topic, person: UUID, at: datetime) -> Person:
    held = Appointment.objects.on(local_day(at)).filter(school=topic.school_id, person=person)
    found = held.filter(person__account__isnull=False).select_related("person").first()
    if found is None:
        raise one_fault("person", "从本校在任、有账号的人里选")
    return found.person


@transaction.atomic
def submit_topic(*, topic: Topic, version: int | None = None, by: User, at: datetime) -> Topic:
    """送初审: title, matter, background, basis and proposal are there. The first time it gets its number of the year."""
    topic, step = begin(topic, "submit", by, version)
    faults = missing_faults(topic)
    faults += matter_faults(in_force(local_day(at)), topic.body, topic.matter)
    if faults:
        raise InvalidInput(faults)
    give_number(topic, at)
    topic.submitted_by, topic.submitted_at = by, at
    topic.screened_by = topic.screened_at = None
    topic.reason = ""
    clerks = screening_clerks(topic, local_day(at))
    return finish(topic, step, by, at, accounts=list(map(str, clerks)) or holders_of(topic, at, *HEAD_POST.values()))


@transaction.atomic
def screen_topic(*, topic: Topic, version: int | None = None, by: User, at: datetime) -> Topic:
    """通过初审, by 党政办, never by who sent it in."""
    topic, step = begin(topic, "screen", by, version)
    topic.screened_by, topic.screened_at = by, at
    return finish(topic, step, by, at, accounts=holders_of(topic, at, HEAD_POST[topic.body]))


@transaction.atomic
def confirm_topic(*, topic: Topic, opinion: str = "", version: int | None = None, by: User, at: datetime) -> Topic:
    """同意上会, by the head of the body; not while secretary and principal disagree about it (R-T10)."""
    topic, step = begin(topic, "confirm", by, version)
    if len(opinion.strip()) > LONGEST_OPINION:
        raise one_fault("opinion", f"审定意见写到 {LONGEST_OPINION} 字以内")
    if not topic.matter:
        raise one_fault("matter", "议题还没选事项。退回修改，请提出人选好事项再送初审")
    last = latest_talk(topic)
    if last is not None and last.result == TalkResult.DISAGREED:
        raise WrongState(f"{last.held_on} 的会前沟通有分歧，暂缓上会。书记、校长进一步沟通并登记结果后，再同意上会。")
    topic.head_opinion, topic.reason = opinion.strip(), ""
    topic.confirmed_by, topic.confirmed_at = by, at
    return finish(topic, step, by, at, accounts=authors_of(topic))


def latest_talk(topic: Topic) -> Talk | None:
    """The latest talk linked to the topic, or to an item it had on an agenda."""
    talks = Talk.objects.filter(about=topic) | Talk.objects.filter(items__topic=topic)
    return talks.distinct().order_by("-held_on", "-created_at", "-pk").first()


@transaction.atomic
def return_topic(*, topic: Topic, reason: str, version: int | None = None, by: User, at: datetime) -> Topic:
    """退回修改, by who may do the next step, with a reason."""
    topic, step = begin(topic, "return", by, version)
    topic.reason = require_reason(reason)
    return finish(topic, step, by, at, reason=topic.reason, accounts=authors_of(topic))


@transaction.atomic
def postpone_topic(*, topic: Topic, reason: str, version: int | None = None, by: User, at: datetime) -> Topic:
    """暂缓上会, by the head of the body, with a reason; from an agenda that has not gone out it is taken off."""
    topic, step = begin(topic, "postpone", by, version)
    topic.reason = require_reason(reason)
    take_off_agenda(topic, step.label, by, at)
    return finish(topic, step, by, at, reason=topic.reason, accounts=authors_of(topic))


@transaction.atomic
def withdraw_topic(*, topic: Topic, reason: str, version: int | None = None, by: User, at: datetime) -> Topic:
    """撤回议题, by its proposer, with a reason; from an agenda that has not gone out it is taken off."""
    topic, step = begin(topic, "withdraw", by, version)
    topic.reason = require_reason(reason)
    sent = topic.submitted_at is not None
    take_off_agenda(topic, step.label, by, at)
    told = holders_of(topic, at, Post.CLERK, HEAD_POST[topic.body]) if sent else []
    return finish(topic, step, by, at, reason=topic.reason, accounts=told)


@transaction.atomic
def note_topic_reading(*, topic: Topic, by: User, at: datetime) -> None:
    """Reading a restricted topic is recorded, once a person and day (A22)."""
    if topic.secrecy != Secrecy.RESTRICTED:
        return
    read = Event.objects.filter(kind="governance.topic.read", subject=subject_of(topic), actor_id=by.pk)
    latest = read.order_by("-seq").values_list("at", flat=True).first()
    if latest is None or local_day(latest) != local_day(at):
        record("governance.topic.read", by=by, at=at, on=topic, school_id=topic.school_id)


def note_file_of_topic(user: User, topic: UUID, at: datetime) -> None:
    """A file of a topic was taken."""
    found = Topic.objects.filter(pk=topic, secrecy=Secrecy.RESTRICTED).first()
    if found is not None:
        note_topic_reading(topic=found, by=user, at=at)
