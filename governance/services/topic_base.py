"""What every step of a topic shares: lock, version, person, state, fact; numbers and who is told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, Stale, WrongState
from common.transitions import Transition
from governance.models import Meeting, Secrecy, Topic
from governance.topic_guards import NOT_READABLE, may_read_topic, topic_refusal
from governance.topic_states import TOPIC
from schools.models import Appointment, Person, School

STALE = "刚才有人办理过这个议题。看过最新情况再办。"


def locked_topic(topic: Topic) -> Topic:
    """The topic under its lock, read anew. On an agenda, its meeting is locked first, as everything about an agenda does."""
    if connection.features.has_select_for_update:
        on_agenda = topic.items.order_by("meeting_id").values_list("meeting_id", flat=True)
        lock_meetings(on_agenda)
        Topic.objects.select_for_update().only("pk").get(pk=topic.pk)
    found = Topic.objects.select_related("school", "proposer", "entered_by").get(pk=topic.pk)
    if found.deleted_at is not None:
        raise WrongState("这个议题已经删去，在回收站里。先还原再办理。")
    return found


def lock_meetings(meetings: Iterable[UUID]) -> None:
    """In the order of their ids, so that two callers never wait for each other."""
    list(Meeting.objects.select_for_update().filter(pk__in=list(meetings)).order_by("pk").values_list("pk", flat=True))


def begin(topic: Topic, name: str, by: User, version: int | None) -> tuple[Topic, Transition]:
    """Lock, check version, state and person. A late second caller hears that things have moved on."""
    topic = locked_topic(topic)
    if version is not None and version != topic.version:
        raise Stale(STALE)
    step = TOPIC.require(name, topic.status)
    if why := topic_refusal(topic, step, by):
        raise NotAllowed(why)
    refuse_unreadable(topic, by)
    return topic, step


def refuse_unreadable(topic: Topic, by: User) -> None:
    """Nobody handles what he may not read."""
    if not may_read_topic(by, topic):
        raise NotAllowed(NOT_READABLE)


def finish(topic: Topic, step: Transition, by: User, at: datetime, **data: Any) -> Topic:
    """Set the state, save, record the fact."""
    if step.target is not None:
        topic.status = step.target
    topic.commit(at)
    tell(step.event.rpartition(".")[2], topic, by, at, **data)
    return topic


def tell(what: str, topic: Topic, by: User, at: datetime, **data: Any) -> None:
    """Record a fact about the topic; of a restricted one notices say no more than that there is something."""
    if topic.secrecy == Secrecy.RESTRICTED:
        data["restricted"] = True
    record(
        f"governance.topic.{what}",
        by=by,
        at=at,
        on=topic,
        school_id=topic.school_id,
        url=topic.get_absolute_url(),
        **data,
    )


def give_number(topic: Topic, at: datetime) -> None:
    """The next number of the school's year; numbers of a school are given one at a time."""
    if topic.serial is not None:
        return
    if connection.features.has_select_for_update:
        School.objects.select_for_update().only("pk").get(pk=topic.school_id)
    year = local_day(at).year
    last = Topic.objects.filter(school=topic.school_id, year=year).aggregate(last=Max("serial"))["last"]
    topic.year, topic.serial = year, (last or 0) + 1


def authors_of(topic: Topic) -> list[str]:
    """Accounts of the proposer, of who entered it, and of who was asked to write it."""
    people = Person.objects.filter(pk__in=[pk for pk in (topic.proposer_id, topic.assignee_id) if pk])
    accounts = set(people.values_list("account_id", flat=True)) | {topic.entered_by_id}
    return sorted(str(account) for account in accounts if account)


def holders_of(topic: Topic, at: datetime, *posts: str) -> list[str]:
    """Accounts of who holds one of those posts at the school that day."""
    held = Appointment.objects.on(local_day(at)).holding(*posts).filter(school=topic.school_id)
    accounts = held.filter(person__account__isnull=False).values_list("person__account_id", flat=True)
    return sorted({str(account) for account in accounts})
