"""What this app adds to a school's page: its recent meetings for those who may see them, and its open tasks."""

from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from checklists.models import Task, TaskStatus
from checklists.showing import urgency
from common.dates import days_left_text, local_day
from governance.lists import sight_of
from governance.models import Meeting
from governance.shown import status_tag
from reports.showing import task_url
from schools.models import School
from schools.panels import add_panel

MOST_MEETINGS, MOST_TASKS = 6, 6
MEETING = (
    "body", "year", "serial", "scheduled_at", "status", "lapsed", "due", "present", "findings_block", "findings_warn",
    "school__short_name",
)  # fmt: skip
TASK = ("id", "target", "due_on", "status", "responsible__name")


def register_panels() -> None:
    """Called once at start."""
    add_panel("reports/_partials/school_meetings.html", meetings)
    add_panel("reports/_partials/school_tasks.html", tasks, "side")


def meetings(school: School, user: User) -> dict[str, Any] | None:
    """The latest meetings the account sees of this school; nothing for those who see no meetings."""
    sight = sight_of(user)
    if not sight:
        return None
    rows = Meeting.objects.visible_to(user).filter(school=school).select_related("school").only(*MEETING)
    latest = rows.order_by("-scheduled_at", "-pk")[:MOST_MEETINGS]
    narrowed = f"?school={school.code}" if sight.many else ""
    return {
        "meetings": [{"meeting": meeting, "tag": status_tag(meeting)} for meeting in latest],
        "all_url": reverse("governance:meetings") + narrowed,
    }


def tasks(school: School, user: User) -> dict[str, Any]:
    """The open tasks of the school, the most urgent first, and how many of all are overdue."""
    today = local_day(timezone.now())
    rows = Task.objects.visible_to(user).filter(school=school).open()
    rows = rows.annotate(overdue=Window(Count("pk", filter=Q(due_on__lt=today)))).order_by("due_on", "pk")
    shown = list(rows.values(*TASK, "overdue")[:MOST_TASKS])
    every = f"{reverse('checklists:list')}?school={school.code}"
    return {
        "tasks": [
            {
                "target": row["target"],
                "url": task_url(row["id"]),
                "due": days_left_text(row["due_on"], today),
                "kind": urgency(row["status"], row["due_on"], today),
                "note": f"{row['responsible__name']}，{TaskStatus(row['status']).label}",
            }
            for row in shown
        ],
        "overdue": shown[0]["overdue"] if shown else 0,
        "all_url": every,
        "overdue_url": f"{every}&overdue=1",
    }
