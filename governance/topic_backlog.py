"""待上会议题 of one meeting: what may be put on its agenda now, for the panel beside the agenda."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from governance.guards import may_record
from governance.models import Meeting, MeetingStatus, Topic, TopicStatus

MOST = 100


@dataclass(frozen=True)
class Backlog:
    """`supplement`: the notice is out, so that each asks for a reason and consent."""

    topics: Sequence[Topic] = ()
    withheld: int = 0
    supplement: bool = False
    open: bool = False


def backlog_of(user: User, meeting: Meeting) -> Backlog:
    """Topics of that school and body that are 待上会, those confirmed first at the head; empty for who does not type agendas."""
    takes = meeting.status in (MeetingStatus.DRAFT, MeetingStatus.CALLED)
    if not takes or not may_record(meeting, user):
        return Backlog()
    rows = Topic.objects.visible_to(user).filter(
        school=meeting.school_id, body=meeting.body, status=TopicStatus.CONFIRMED
    )
    topics = list(rows.readable_by(user).select_related("proposer").order_by("confirmed_at", "pk")[:MOST])
    withheld = rows.count() - len(topics) if len(topics) < MOST else 0
    return Backlog(topics, withheld, meeting.status == MeetingStatus.CALLED, open=True)
