"""回收站: drafts are put aside, brought back, and purged after 30 days. The facts stay."""

import logging
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import ProtectedError

from accounts.models import User
from attachments.models import Attachment
from attachments.services import detach
from audit.services import record, subject_of
from common.errors import NotAllowed, Stale, WrongState
from governance.binning import KEPT_FOR, meeting_refusal, topic_refusal
from governance.models import AgendaItem, Meeting, MeetingStatus, Topic, TopicStatus
from governance.services.topic_base import authors_of, refuse_unreadable, tell
from governance.services.topic_hooks import release_topics

log = logging.getLogger("portal.bin")
STALE = "刚才有人改过。看过最新内容再办。"
GONE = "这份草稿已经在回收站里。"
BACK = "这份草稿已经恢复。"
Draft = TypeVar("Draft", Meeting, Topic)


def _locked(draft: Draft) -> Draft:
    """The row under its lock, read anew, in the bin or not."""
    rows = type(draft)._default_manager.all()
    if connection.features.has_select_for_update:
        rows.select_for_update().only("pk").get(pk=draft.pk)
    found: Draft = rows.select_related("school").get(pk=draft.pk)
    return found


def _current(draft: Meeting | Topic, version: int | None) -> None:
    if version is not None and version != draft.version:
        raise Stale(STALE)


@transaction.atomic
def delete_meeting(*, meeting: Meeting, version: int | None, by: User, at: datetime) -> Meeting:
    """移入回收站. The topics on its agenda are free for another meeting."""
    meeting = _locked(meeting)
    if meeting.deleted_at is not None:
        raise WrongState(GONE)
    if why := meeting_refusal(meeting, by):
        raise NotAllowed(why)
    if meeting.status != MeetingStatus.DRAFT:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，不能删去。已发通知的会议可以取消。")
    _current(meeting, version)
    release_topics(meeting=meeting, by=by, at=at)
    meeting.deleted_at, meeting.deleted_by = at, by
    meeting.commit(at)
    record("governance.meeting.deleted", by=by, at=at, on=meeting, school_id=meeting.school_id)
    return meeting


@transaction.atomic
def restore_meeting(*, meeting: Meeting, by: User, at: datetime) -> tuple[Meeting, int]:
    """恢复. Topics that still wait are on its agenda again; of those dealt with elsewhere meanwhile the item stays without the link.

    Returns the meeting and how many items lost their topic.
    """
    meeting = _locked(meeting)
    if meeting.deleted_at is None:
        raise WrongState(BACK)
    if why := meeting_refusal(meeting, by):
        raise NotAllowed(why)
    meeting.deleted_at = meeting.deleted_by = None
    lost = _take_topics_back(meeting, by, at)
    meeting.commit(at)
    record("governance.meeting.restored", by=by, at=at, on=meeting, school_id=meeting.school_id, without_topic=lost)
    return meeting, lost


def _take_topics_back(meeting: Meeting, by: User, at: datetime) -> int:
    items = list(AgendaItem.objects.filter(meeting=meeting, topic__isnull=False).order_by("order"))
    rows = Topic.objects.filter(pk__in=[item.topic_id for item in items], status=TopicStatus.CONFIRMED).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    waiting = {topic.pk: topic for topic in rows}
    lost = [item for item in items if item.topic_id not in waiting]
    for item in lost:
        item.topic = None
        item.commit(at)
    for topic in waiting.values():
        topic.status = TopicStatus.SCHEDULED
        topic.commit(at)
        tell("scheduled", topic, by, at, meeting=str(meeting.pk), accounts=authors_of(topic))
    return len(lost)


@transaction.atomic
def delete_topic(*, topic: Topic, version: int | None, by: User, at: datetime) -> Topic:
    """移入回收站: a draft that its authors do not want any more."""
    topic = _locked(topic)
    if topic.deleted_at is not None:
        raise WrongState(GONE)
    if why := topic_refusal(topic, by):
        raise NotAllowed(why)
    refuse_unreadable(topic, by)
    if topic.status != TopicStatus.DRAFT:
        raise WrongState(f"现在是“{topic.get_status_display()}”，不能删去。送过初审的议题可以撤回。")
    _current(topic, version)
    topic.deleted_at, topic.deleted_by = at, by
    topic.commit(at)
    tell("deleted", topic, by, at)
    return topic


@transaction.atomic
def restore_topic(*, topic: Topic, by: User, at: datetime) -> Topic:
    """恢复 a draft of one's own."""
    topic = _locked(topic)
    if topic.deleted_at is None:
        raise WrongState(BACK)
    if why := topic_refusal(topic, by):
        raise NotAllowed(why)
    topic.deleted_at = topic.deleted_by = None
    topic.commit(at)
    tell("restored", topic, by, at)
    return topic


def purge_drafts(*, at: datetime, limit: int = 200) -> int:
    """Remove drafts that have been in the bin for 30 days, each in a transaction of its own; returns how many."""
    before = at - KEPT_FOR
    meetings = Meeting.objects.filter(deleted_at__lt=before).order_by("deleted_at", "pk")[:limit]
    topics = Topic.objects.filter(deleted_at__lt=before).order_by("deleted_at", "pk")[:limit]
    return sum(_purge(meeting, at) for meeting in meetings) + sum(_purge(topic, at) for topic in topics)


def _purge(draft: Draft, at: datetime) -> bool:
    """One draft with its files. What something else still points at stays, and is told in the log."""
    try:
        with transaction.atomic():
            found = _locked(draft)
            if found.deleted_at is None or found.deleted_at >= at - KEPT_FOR:
                return False
            kind = "meeting" if isinstance(found, Meeting) else "topic"
            record(f"governance.{kind}.purged", by=None, at=at, on=found, school_id=found.school_id)
            _drop_files(found, at)
            found.delete()
    except ProtectedError:
        log.exception("draft %s is still pointed at", draft.pk)
        return False
    return True


def _drop_files(draft: Meeting | Topic, at: datetime) -> None:
    owners = [subject_of(draft)]
    if isinstance(draft, Meeting):
        owners += [subject_of(item) for item in draft.items.all()]
    for file in Attachment.objects.filter(subject__in=owners):
        detach(attachment=file, by=None, at=at)
