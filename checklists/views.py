"""Pages of the checklists: my own, all that one may see, one task. The steps are taken in `actions.py`."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from checklists import selectors, services, showing
from checklists.filters import ALL, OPEN, TaskFilter
from checklists.guards import open_actions, refusal
from checklists.models import OPEN as OPEN_STATES
from checklists.models import Progress, Task, TaskQuerySet, TaskStatus
from checklists.sources import NOTHING, said_of
from checklists.states import TASK
from common.dates import local_day
from common.exports import Export, download
from common.keyset import BadCursor, Page, page_of
from common.middleware import safe_next
from schools import access
from schools.permissions import Post, SchoolPerm

PAGE = 50
LATEST_DONE = 3
CARD = (
    "target", "status", "due_on", "version", "school_id", "order", "closed_at", "responsible_post",
    "responsible__name", "responsible__account_id", "checklist__title", "checklist__source_kind",
)  # fmt: skip
ROW = (
    "id", "target", "measures", "due_on", "status", "responsible_post", "responsible__name", "school__short_name",
    "checklist__title", "closed_at",
)  # fmt: skip


def _page(rows: Any, order: str, cursor: str) -> Page:
    """The page of that cursor; a cursor that is none leads to the first page."""
    try:
        return page_of(rows, order=order, size=PAGE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order=order, size=PAGE)


def _beside(page: Page, address: str) -> dict[str, str]:
    """Addresses of the pages before and after."""
    joint = "&cursor=" if len(address) > 1 else "cursor="
    return {
        "previous_url": f"{address}{joint}{page.previous}" if page.previous else "",
        "next_url": f"{address}{joint}{page.next}" if page.next else "",
    }


# ---- 我的推进清单 ----


@login_required
@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """The signed-in person's tasks by urgency, and what waits for this person's 确认销号."""
    user, today, back = request.user, local_day(timezone.now()), request.get_full_path()
    view = request.GET.get("view", "")
    view = view if view in ("done", "all") else "open"
    cursor = request.GET.get("cursor", "")
    rows, order = _own_rows(user, view, first=not cursor)
    page = _page(rows.select_related("responsible", "checklist").only(*CARD), order, cursor)
    counts = selectors.my_counts(user, today)
    still_open = [task for task in page.rows if task.status in OPEN_STATES]
    done = [task for task in page.rows if task.status == TaskStatus.CLOSED]
    context = {
        "today": today,
        "view": view,
        "counts": counts,
        "groups": showing.own_groups(still_open, user, today, back) if view == "open" else [],
        "cards": showing.own_cards(page.rows, user, today, back) if view == "all" else [],
        "done": sorted(done, key=lambda task: task.closed_at, reverse=True) if view != "all" else [],
        "more_done": counts.closed - len(done) if view == "open" else 0,
        "segments": _segments(counts, view),
        "back": urlencode({"next": back}),
        "closing": _closing(user, today, back) if view == "open" and not cursor else [],
        "closing_first": not access.holds_post(user, Post.PRINCIPAL) or not still_open,
        **_beside(page, "?" if view == "open" else f"?view={view}"),
    }
    return render(request, "checklists/mine.html", context)


def _own_rows(user: User, view: str, first: bool) -> tuple[TaskQuerySet, str]:
    """Rows and order of a view. The first page of what is open also brings what was closed last."""
    rows = selectors.my_tasks(user)
    closed = rows.filter(status=TaskStatus.CLOSED)
    if view == "done":
        return closed, "-closed_at"
    if view == "all":
        return rows, "-due_on"
    if not first:
        return rows.open(), "due_on"
    latest = closed.order_by("-closed_at", "-pk").values("pk")[:LATEST_DONE]
    return rows.open() | rows.filter(pk__in=latest), "due_on"


def _segments(counts: selectors.MyCounts, view: str) -> list[dict[str, Any]]:
    home = reverse("checklists:mine")
    return [
        {"label": "未完成", "url": home, "current": view == "open", "count": counts.open},
        {"label": "已完成", "url": f"{home}?view=done", "current": view == "done", "count": counts.closed},
        {"label": "全部", "url": f"{home}?view=all", "current": view == "all", "count": counts.all},
    ]


def _closing(user: User, today: date, back: str) -> list[dict[str, Any]]:
    """Cards of 待我确认销号, the most urgent first; nothing is asked of the database for those it cannot fall to."""
    if not selectors.may_close_somewhere(user):
        return []
    words = Progress.objects.filter(task=OuterRef("pk")).exclude(text="").order_by("-at", "-pk").values("text")[:1]
    rows = (
        selectors.to_close(user, today)
        .select_related("responsible", "school")
        .only(*(name for name in CARD if not name.startswith("checklist")), "school__short_name")
        .annotate(last_words=Subquery(words))
        .order_by("due_on", "pk")[:PAGE]
    )
    return [showing.closing_card(task, today, back) for task in rows]


# ---- all tasks ----


@login_required
@require_safe
def list_tasks(request: SignedInRequest) -> HttpResponse:
    """All tasks the account may see: its school's, or those of all its schools."""
    user, today = request.user, local_day(timezone.now())
    filters = TaskFilter.read(request.GET)
    rows = filters.apply(Task.objects.visible_to(user), user, today)
    page = _page(rows.values(*ROW), filters.order, request.GET.get("cursor", ""))
    files = selectors.evidence_counts(row["id"] for row in page.rows) if page.rows else {}
    for row in page.rows:
        _dress(row, today, files.get(row["id"], 0))
    scope = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    context = {
        "today": today,
        "rows": page.rows,
        "filters": filters,
        "views": _views(filters),
        "export_query": filters.address(),
        "back": urlencode({"next": request.get_full_path()}),
        "many_schools": scope.everywhere or len(scope.ids) > 1,
        **_beside(page, filters.address()),
    }
    return render(request, "checklists/list.html", context)


@login_required
@require_safe
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; a fact says who took it and how many rows there were."""
    at = timezone.now()
    user, today, filters = request.user, local_day(at), TaskFilter.read(request.GET)
    found = filters.apply(Task.objects.visible_to(user), user, today)
    rows = list(found.order_by(filters.order, "-pk" if filters.order.startswith("-") else "pk").values(*ROW))
    number = services.record_export(rows=len(rows), filters=filters.address(), kind=kind, by=user, at=at)
    return download(
        Export("任务", showing.EXPORTED, (showing.exported(row, today) for row in rows), user.name, at, number), kind
    )


def _dress(row: dict[str, Any], today: date, files: int) -> None:
    """Add to a row what the table prints of it."""
    status = TaskStatus(row["status"])
    row["files"] = files
    row["open"] = status in OPEN_STATES
    row["urgency"] = showing.urgency(status, row["due_on"], today)
    row["tag"], row["words"] = showing.TAGS[status], status.label


def _views(filters: TaskFilter) -> list[dict[str, Any]]:
    """The views as links that keep the other filters."""
    views = [
        ("未完成", {"status": OPEN, "overdue": False}),
        ("逾期", {"status": OPEN, "overdue": True}),
        ("待确认", {"status": TaskStatus.SUBMITTED.value, "overdue": False}),
        ("已完成", {"status": TaskStatus.CLOSED.value, "overdue": False}),
        ("全部", {"status": ALL, "overdue": False}),
    ]
    return [
        {
            "label": label,
            "url": filters.address(**change),
            "current": (filters.status, filters.overdue) == (change["status"], change["overdue"]),
        }
        for label, change in views
    ]


# ---- one task ----

MAIN = ("submit", "progress", "close", "return")


def seen_task(request: SignedInRequest, pk: UUID) -> Task:
    """The task, for those who may see it; 404 for everybody else."""
    rows = Task.objects.visible_to(request.user).select_related(
        "school", "checklist", "responsible", "submitted_by", "closed_by", "cancelled_by"
    )
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def show_task(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One task: its 四明确, where it comes from, what happened, and what may happen next."""
    user, today = request.user, local_day(timezone.now())
    task = seen_task(request, pk)
    back = safe_next(request.GET.get("next", ""))
    here = back or task.get_absolute_url()
    steps = {
        step.name: {
            "step": step,
            "url": showing.action_url(task.pk, step.name, here),
            "icon": showing.ICONS.get(step.name),
        }
        for step in open_actions(task, user)
    }
    main = [steps.pop(name) for name in MAIN if name in steps]
    close = TASK.get("close")
    own = task.responsible.account_id == user.pk
    context = {
        "task": task,
        "today": today,
        "tag_kind": showing.TAGS[TaskStatus(task.status)],
        "is_open": task.is_open(),
        "late": task.is_overdue(today),
        "due_words": showing.due_words(task.status, task.due_on, today),
        "source_url": selectors.source_url(task, user),
        "said": said_of([task]).get(task.pk, NOTHING),
        "history": selectors.history_of(task),
        "main": main,
        "side": list(steps.values()),
        "waits_for": refusal(task, close, user) if close and task.status == TaskStatus.SUBMITTED else None,
        "own": own,
        "back": back or reverse("checklists:mine" if own else "checklists:list"),
        "many_schools": len({a.school_id for a in access.rights_of(user).appointments}) != 1,
    }
    return render(request, "checklists/task.html", context)
