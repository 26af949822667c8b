"""What a meeting's own steps mean for the topics on its agenda. Called by them, in their transaction, under the meeting's lock."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from attachments.models import Attachment
from attachments.services import copy_to, detach
from audit.services import subject_of
from governance.models import AgendaItem, Meeting, Outcome, Topic, TopicStatus
from governance.services.topic_base import authors_of, tell

BY_OUTCOME: dict[str, tuple[TopicStatus, str, str]] = {
    Outcome.DEFERRED: (TopicStatus.POSTPONED, "postponed", "会议暂缓"),
    Outcome.WITHDRAWN: (TopicStatus.WITHDRAWN, "withdrawn", "会议撤回"),
}


def release_topics(*, meeting: Meeting, keep: Iterable[UUID | None] | None = None, by: User, at: datetime) -> None:
    """Topics of items that leave the agenda go back to 待上会: all of them when the meeting does not take place, else those whose
    item is not in `keep`. What was added to such an item as material goes back with the topic.
    """
    items = _scheduled(meeting)
    if keep is not None:
        items = items.exclude(pk__in=[pk for pk in keep if pk is not None])
    for item, topic in _with_topics(items):
        if keep is not None:
            bring_files_back(item, topic, by, at)
        topic.status = TopicStatus.CONFIRMED
        topic.commit(at)
        tell("released", topic, by, at, meeting=str(meeting.pk), accounts=authors_of(topic))


def conclude_topics(*, meeting: Meeting, by: User, at: datetime) -> None:
    """签发 concludes the topics: 已议, but 暂缓上会 and 已撤回 where the meeting said so."""
    for item, topic in _with_topics(_scheduled(meeting)):
        status, fact, reason = BY_OUTCOME.get(item.outcome, (TopicStatus.CONCLUDED, "concluded", ""))
        topic.status = status
        topic.reason = reason
        topic.commit(at)
        said = {"reason": reason} if reason else {"outcome": item.outcome}
        tell(fact, topic, by, at, meeting=str(meeting.pk), accounts=authors_of(topic), **said)


def _scheduled(meeting: Meeting) -> QuerySet[AgendaItem]:
    """Items with a topic that waits for this meeting. Most meetings have read their items already: no topic, no query."""
    if not any(item.topic_id for item in meeting.items.all()):
        return AgendaItem.objects.none()
    return AgendaItem.objects.filter(meeting=meeting, topic__status=TopicStatus.SCHEDULED)


def _with_topics(items: Iterable[AgendaItem]) -> list[tuple[AgendaItem, Topic]]:
    """The items in order, each with its topic under lock, read anew."""
    found = {item.topic_id: item for item in items if item.topic_id is not None}
    if not found:
        return []
    rows = Topic.objects.filter(pk__in=list(found), status=TopicStatus.SCHEDULED).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().values_list("pk", flat=True))
    return sorted(((found[topic.pk], topic) for topic in rows), key=lambda pair: pair[0].order)


def bring_files_back(item: AgendaItem, topic: Topic, by: User, at: datetime) -> None:
    """Files that were added at the item go to the topic; copies of the topic's own are dropped."""
    files = list(Attachment.objects.filter(subject=subject_of(item)).order_by("created_at", "pk"))
    if not files:
        return
    known = set(Attachment.objects.filter(subject=subject_of(topic)).values_list("file", flat=True))
    copy_to(files=[file for file in files if file.file.name not in known], on=topic, by=by, at=at)
    for file in files:
        detach(attachment=file, by=by, at=at)
