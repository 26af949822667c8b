"""A person's calendar feed: the meetings he was called to, and the days by which his tasks are due."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import User
from checklists.models import Task
from checklists.selectors import my_tasks
from governance.calendar_files import calendar_of, event_of, timed
from governance.models import Invitation, Meeting
from schools import access

BACK = timedelta(days=180)
MOST = 500  # of each kind
NAME = "会议与任务"


def feed_of(user: User, at: datetime) -> bytes:
    """The calendar file by the rights of this moment. Six queries at most, whatever it holds."""
    return calendar_of([*map(event_of, _meetings(user, at)), *map(_due, _tasks(user))], name=NAME)


def _meetings(user: User, at: datetime) -> list[Meeting]:
    """Called ones and cancelled ones; a notice that was taken back takes the meeting out."""
    called = Exists(Invitation.objects.filter(meeting=OuterRef("pk"), person=access.person_of(user)))
    rows = Meeting.objects.visible_to(user).filter(called, scheduled_at__gte=at - BACK).select_related("school")
    return list(timed(rows).order_by("-scheduled_at", "-pk")[:MOST])


def _tasks(user: User) -> list[Task]:
    return list(my_tasks(user).open().select_related("checklist").order_by("due_on", "pk")[:MOST])


def _due(task: Task) -> Any:
    """The day by which a task is due. What follows from a restricted item leaves the portal without its words."""
    from icalendar import Event

    url = f"{settings.PORTAL_URL}{task.get_absolute_url()}"
    words = "限定人员议题的会后任务" if task.checklist.restricted else task.target
    event = Event()
    event.add("uid", f"{task.pk}@{settings.MESSAGE_ID_DOMAIN}")
    event.add("sequence", task.version)
    event.add("dtstamp", task.updated_at.astimezone(UTC))
    event.add("dtstart", task.due_on)
    event.add("dtend", task.due_on + timedelta(days=1))
    event.add("summary", f"到期：{words}")
    event.add("description", f"登录后登记进展、标为完成：{url}")
    event.add("url", url)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    return event
