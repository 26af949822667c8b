"""Decisions (决议): the list, and one with its loop and its tasks."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from checklists.models import Task, TaskStatus
from common.dates import local_day
from governance import lists, services, shown
from governance.models import Decision
from governance.secrecy import opened_of
from governance.views.meeting_page import TASK_TAGS
from governance.views.meetings import body_views, neighbours


@login_required
@require_safe
def decision_list(request: SignedInRequest) -> HttpResponse:
    """Decisions of one's school, or of all schools for the bureau; latest first."""
    sight = lists.sight_of(request.user)
    today = local_day(timezone.now())
    rows = lists.school_rows(request.user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = lists.filters_from(request.GET, schools)
    page = lists.decisions_page(request.user, filters, schools, request.GET.get("cursor", ""), today)
    withheld = lists.decisions_withheld(request.user, filters, schools, today)
    work = lists.work_of([decision.checklist_id for decision in page.rows], today)
    context = {
        "sight": sight,
        "filters": filters,
        "withheld": withheld,
        "most_withheld": withheld == lists.MOST_WITHHELD,
        "decisions": [(decision, work.get(decision.checklist_id, lists.Work())) for decision in page.rows],
        "bodies": body_views(request, sight, filters.body),
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "years": lists.year_options(today, filters.year),
        "export_query": lists.address(request.GET),
        "late_url": lists.address(request.GET, late=None if filters.late else "1"),
        "clear_url": lists.address(request.GET, school=None, year=None, late=None),
        **neighbours(request, page.previous, page.next),
    }
    return render(request, "governance/decision_list.html", context)


@login_required
@require_safe
def decision_detail(request: SignedInRequest, pk: str) -> HttpResponse:
    """One decision: its text, where the loop stands, and its tasks."""
    found = Decision.objects.visible_to(request.user).select_related(
        "school", "meeting__school", "item__matter__catalogue"
    )
    decision = get_object_or_404(found, pk=pk)
    at = timezone.now()
    today = local_day(at)
    if request.method == "GET":
        opened = opened_of([decision.item], ())
        services.note_opened(meeting=decision.meeting, opened=opened, by=request.user, at=at)
    rows = Task.objects.filter(checklist=decision.checklist_id).select_related("responsible").order_by("order", "pk")
    tasks = list(rows)
    work = lists.work_of_tasks(tasks, today)
    context = {
        "decision": decision,
        "meeting": decision.meeting,
        "item": decision.item,
        "today": today,
        "work": work,
        "tasks": [(task, (TASK_TAGS[TaskStatus(task.status)], task.get_status_display())) for task in tasks],
        "loop_notes": loop_notes(decision, tasks, work),
        "days": f"第 {(today - decision.decided_on).days + 1} 天",
        "votes": votes_text(decision),
        "catalogue_status": shown.catalogue_status(decision.item.matter.catalogue) if decision.item.matter else "",
        "next_due": min((task.due_on for task in tasks if task.is_open()), default=None),
    }
    return render(request, "governance/decision_detail.html", context)


def loop_notes(decision: Decision, tasks: list[Task], work: lists.Work) -> list[str]:
    """A short note at each stage of the ring; stages that have not begun carry none."""
    decided = f"{decision.decided_on:%m-%d} {decision.outcome_label}"
    return [decided, f"{work.closed} / {work.total} 项完成" if tasks else "没有任务", "", "", ""]


def votes_text(decision: Decision) -> str:
    """“赞成 5 票，反对 0 票，弃权 1 票”, or nothing when no votes were counted."""
    item = decision.item
    if item.agree is None:
        return ""
    return f"赞成 {item.agree} 票，反对 {item.disagree} 票，弃权 {item.abstain} 票"
