"""回收站: who may delete drafts, and what lies in the bin of an account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from common.dates import local_day
from governance.guards import may_record
from governance.models import AgendaItem, Meeting, MeetingStatus, Topic, TopicStatus
from governance.secrecy import hidden_of
from governance.topic_guards import is_author, may_read_topic
from schools import access
from schools.permissions import SchoolPerm

KEPT_FOR = timedelta(days=30)
MOST_SHOWN = 100


def meeting_refusal(meeting: Meeting, user: User) -> str | None:
    """Why this account may not delete or restore the draft (in Chinese), or None: who may record, and reads all its items."""
    if not may_record(meeting, user):
        return "会议草稿由书记、校长或党政办删去和恢复。"
    if hidden_of(user, meeting.items.all()):
        return "议程里有限定人员议题，由知悉人删去和恢复。"
    return None


def topic_refusal(topic: Topic, user: User) -> str | None:
    """Why this account may not delete or restore the draft, or None: its authors alone."""
    return None if is_author(topic, user) else "议题草稿由提出人或代为填报的人删去和恢复。"


def may_delete_meeting(meeting: Meeting, user: User) -> bool:
    """Whether the page offers 移入回收站."""
    return meeting.status == MeetingStatus.DRAFT and meeting_refusal(meeting, user) is None


def may_delete_topic(topic: Topic, user: User) -> bool:
    """Whether the page offers 移入回收站."""
    return topic.status == TopicStatus.DRAFT and topic_refusal(topic, user) is None and may_read_topic(user, topic)


def sees_bin(user: User) -> bool:
    """Who may make drafts has a bin."""
    rights = (SchoolPerm.RECORD_MINUTES, SchoolPerm.PROPOSE_TOPIC)
    return any(access.school_ids(user, right) for right in rights)


@dataclass(frozen=True)
class Binned:
    """One draft in the bin, and how long it stays."""

    what: Meeting | Topic
    kind: str
    title: str
    body: str
    items: int
    days_left: int


def binned_meetings(user: User) -> list[Meeting]:
    """Deleted drafts of the schools whose meetings the account may record, the latest first."""
    rows = Meeting.objects.filter(
        deleted_at__isnull=False, school__in=access.school_ids(user, SchoolPerm.RECORD_MINUTES).ids
    )
    found = list(rows.select_related("school", "deleted_by").order_by("-deleted_at", "-pk")[:MOST_SHOWN])
    items = AgendaItem.objects.filter(meeting__in=found)
    hidden = hidden_of(user, items)
    closed = {item.meeting_id for item in items if item.pk in hidden}
    return [meeting for meeting in found if meeting.pk not in closed]


def binned_topics(user: User) -> list[Topic]:
    """Deleted drafts of the account's own, the latest first."""
    person = access.person_of(user)
    rows = Topic.objects.filter(
        deleted_at__isnull=False, school__in=access.school_ids(user, SchoolPerm.PROPOSE_TOPIC).ids
    )
    rows = rows.filter(entered_by=user) | (rows.filter(proposer=person) if person else rows.none())
    return list(rows.select_related("school", "deleted_by", "proposer").order_by("-deleted_at", "-pk")[:MOST_SHOWN])


def binned(user: User, at: datetime) -> list[Binned]:
    """Everything in the account's bin, the latest first. Five statements."""
    rows: list[Meeting | Topic] = [*binned_meetings(user), *binned_topics(user)]
    rows.sort(key=lambda row: (row.deleted_at, row.pk), reverse=True)
    return [
        Binned(
            row,
            "meeting" if isinstance(row, Meeting) else "topic",
            row.title() if isinstance(row, Meeting) else row.title,
            row.body,
            row.item_count if isinstance(row, Meeting) else 0,
            max(0, (local_day(row.deleted_at + KEPT_FOR) - local_day(at)).days) if row.deleted_at else 0,
        )
        for row in rows
    ]
