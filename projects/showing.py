"""How a project reads on its page: nodes, tasks, facts, changes, what happened."""

from datetime import date
from typing import Any
from uuid import UUID

from accounts.models import User
from audit.models import Event
from audit.registry import kind_of
from audit.services import subject_of
from checklists import showing as task_showing
from checklists.models import OPEN, Task, TaskStatus
from checklists.selectors import evidence_counts
from common.dates import local_day
from projects import lists
from projects.models import ChangeKind, ChangeRequest, Flagship, FlagshipStatus, Milestone
from schools.access import can
from schools.models import Person
from schools.permissions import SchoolPerm

S = FlagshipStatus
EVENTS_SHOWN = 60
LATE = {"returned", "terminated", "change_refused", "declined"}


def nodes(project: Flagship, today: date) -> list[dict[str, Any]]:
    """The five nodes with the day of each, done or due."""
    days = (
        (project.applied_at, None, f"{project.applied_by.name}报送" if project.applied_by else ""),
        (project.listed_on, None, f"核定 {project.budget:,.0f} 元" if project.budget is not None else ""),
        (project.started_at, None, ""),
        (project.mid_checked_at, project.mid_due_on, project.mid_opinion[:20]),
        (project.concluded_at, project.ends_on, project.get_grade_display()),
    )
    states = lists.nodes_of(project, today)
    return [
        {"name": name, "state": state, "done": _day(done), "due": due, "note": note}
        for name, state, (done, due, note) in zip(lists.NODES.split("、"), states, days, strict=True)
    ]


def _day(value: Any) -> date | None:
    return local_day(value) if hasattr(value, "hour") else value


def task_rows(project: Flagship, user: User, today: date) -> list[dict[str, Any]]:
    """Milestones; from the start on as their tasks stand. Three queries."""
    rows = list(
        Milestone.objects.filter(project=project).select_related("responsible", "task__responsible").order_by("order")
    )
    files = evidence_counts([row.task_id for row in rows if row.task_id is not None])
    open_to = (
        set(Task.objects.visible_to(user).filter(milestone__in=rows).values_list("pk", flat=True)) if rows else set()
    )
    return [_task_row(row, files, open_to, today) for row in rows]


def _task_row(row: Milestone, files: dict[UUID, int], open_to: set[UUID], today: date) -> dict[str, Any]:
    task = row.task
    if task is None:
        return {"row": row, "who": row.responsible.name, "due_on": row.due_on, "url": "", "tag": None, "open": False}
    return {
        "row": row,
        "who": task.responsible.name,
        "due_on": task.due_on,
        "url": task.get_absolute_url() if task.pk in open_to else "",
        "tag": (task_showing.TAGS[TaskStatus(task.status)], task.get_status_display()),
        "open": task.status in OPEN,
        "urgency": task_showing.urgency(task.status, task.due_on, today),
        "files": files.get(task.pk, 0),
    }


def facts_of(project: Flagship) -> list[dict[str, str]]:
    """Team and money in a list."""
    asked, budget = project.funds_asked, project.budget
    pairs = (
        ("领雁人", f"{project.leader_text}（书记）" if project.leader_text else ""),
        ("申请经费", f"{asked:,.2f} 元" if asked is not None else ""),
        ("核定经费", f"{budget:,.2f} 元" if budget is not None else ""),
        ("中期检查", str(project.mid_due_on or "")),
        ("完成期限", str(project.ends_on or "")),
        ("延期前", str(project.ended_before or "")),
        ("来源", "由组织科导入" if project.imported_at else ""),
    )
    return [{"label": label, "value": value} for label, value in pairs if value]


def change_rows(project: Flagship) -> list[dict[str, Any]]:
    """Requests, the latest first; leaders by name."""
    changes = list(
        ChangeRequest.objects.filter(project=project)
        .select_related("requested_by", "decided_by")
        .order_by("-requested_at")
    )
    wanted = [change.value for change in changes if change.kind == ChangeKind.LEADER]
    names = (
        {str(pk): name for pk, name in Person.objects.filter(pk__in=wanted).values_list("pk", "name")} if wanted else {}
    )
    kinds = {"requested": "wait", "approved": "done", "refused": "back"}
    return [
        {
            "change": change,
            "value": names.get(change.value, "") if change.kind == ChangeKind.LEADER else change.value,
            "tag": (kinds[change.status], change.get_status_display()),
        }
        for change in changes
    ]


def timeline(project: Flagship, user: User) -> list[dict[str, Any]]:
    """What happened, newest first. Who reviews is told to the organisation section alone."""
    events = Event.objects.filter(subject=subject_of(project)).order_by("-seq")
    if not can(user, SchoolPerm.REVIEW, project.school_id):
        events = events.exclude(kind__startswith="projects.review.")
    rows = []
    for event in events[:EVENTS_SHOWN]:
        name = event.kind.rpartition(".")[2]
        reason = event.data.get("reason") or event.data.get("why")
        what = event.data.get("what")
        rows.append(
            {
                "kind": "x" if name in LATE else "d",
                "on": event.at,
                "text": kind_of(event.kind).label + (f"：{what}" if what else ""),
                "note": event.actor_name + (f"：{reason}" if reason else ""),
            }
        )
    return rows
