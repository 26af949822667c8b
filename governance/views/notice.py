"""What the page of a meeting says of its notice: who has read it, and what can be taken along."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from governance.guards import is_head, may_record
from governance.models import Invitation, Meeting, MeetingStatus
from governance.services.invitations import note_notice_read
from schools import access

NOTICE_READ = "governance.meeting.notice_read"
WITH_FILE = (MeetingStatus.CALLED, MeetingStatus.HELD)


@dataclass(frozen=True)
class Notice:
    """What the page of a called meeting says of its notice. `people` are named to who may record and to the head alone."""

    read: int
    total: int
    people: list[dict[str, Any]]


def notice_of(meeting: Meeting, user: User, at: datetime) -> Notice | None:
    """The notice, noted as read when its reader opens the meeting. One query, for meetings that were called."""
    if meeting.called_at is None:
        return None
    rows = list(
        Invitation.objects.filter(meeting=meeting)
        .order_by("person__py", "pk")
        .values("person", "person__name", "read_at")
    )
    me = access.person_of(user)
    for row in rows:
        if row["person"] == me and row["read_at"] is None and note_notice_read(meeting=meeting, by=user, at=at):
            row["read_at"] = at
    told = may_record(meeting, user) or is_head(meeting, user)
    people = [{"name": row["person__name"], "at": row["read_at"]} for row in rows] if told else []
    people.sort(key=lambda one: one["at"] is not None)
    read = sum(row["read_at"] is not None for row in rows)
    return Notice(read, len(rows), people)


def links_of_notice(meeting: Meeting) -> list[dict[str, Any]]:
    """The pack, when there are materials, and the calendar file of a called meeting. Expects the items."""
    links: list[dict[str, Any]] = []
    if any(item.materials for item in meeting.items.all()):
        links.append({"label": "材料包", "icon": "download", "primary": False, "route": "governance:pack"})
    if meeting.called_at is not None and meeting.status in WITH_FILE:
        links.append(
            {"label": "加到日历", "icon": "calendar-event", "primary": False, "route": "governance:calendar-file"}
        )
    return links
