"""The steps of a task, each with its form: one door for all rows of `states.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from checklists import forms, services, showing
from checklists.guards import refusal
from checklists.models import Task, TaskStatus
from checklists.selectors import history_of
from checklists.sources import NOTHING, said_of
from checklists.states import TASK
from checklists.views import seen_task
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.middleware import safe_next
from common.transitions import Transition

NO_VERSION = -1  # a form without a readable version counts as stale


@dataclass(frozen=True)
class Step:
    """How a row of the table is asked for: its form, its service, what the page says before and after."""

    form: type[forms.StepForm]
    call: Callable[..., Task]
    done: str
    consequence: str = ""


STEPS: dict[str, Step] = {
    "progress": Step(forms.ProgressForm, services.progress, "已登记进展"),
    "submit": Step(
        forms.SubmitForm,
        services.submit,
        "已标为完成，等待确认销号",
        "标为完成后由另一个人核对佐证、确认销号；确认之前时限照走。写一句完成情况或传一份佐证；先前登记过的，可以直接标为完成。",
    ),
    "close": Step(
        forms.StepForm, services.close, "已确认销号", "确认销号后，这项任务算作完成，不再提醒；责任人会收到通知。"
    ),
    "return": Step(
        forms.ReasonForm,
        services.send_back,
        "已退回补充，责任人会收到提醒",
        "任务退回责任人继续办理，时限照走；已登记的进展和佐证都保留。",
    ),
    "reschedule": Step(
        forms.RescheduleForm,
        services.reschedule,
        "时限已改为 {task.due_on}",
        "原来的时限会留在记录里，提醒按新的时限重新安排。",
    ),
    "hand_to": Step(
        forms.HandForm, services.hand_to, "已转交{task.responsible}", "任务连同进展和佐证一起转交，两个人都会收到通知。"
    ),
    "cancel": Step(
        forms.ReasonForm, services.cancel, "任务已终止", "终止后不能恢复，也不再提醒。决议的任务终止，区教育局看得到。"
    ),
    "reopen": Step(
        forms.RescheduleForm,
        services.reopen,
        "已重新办理，时限 {task.due_on}",
        "任务回到“进行中”，按新的时限提醒责任人。",
    ),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_step(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """The form of a step (GET), and the step itself (POST). A refusal comes back on the form, with all that was typed."""
    at = timezone.now()
    task, row = seen_task(request, pk), TASK.get(name)
    if row is None:
        raise Http404
    today = local_day(at)
    if request.method != "POST":
        return _page(request, task, row, STEPS[name].form(task=task, today=today), today)
    form = STEPS[name].form(request.POST, request.FILES, task=task, today=today)
    status = 422
    if form.is_valid():
        try:
            changed = STEPS[name].call(task=task, version=_version(request), **form.asked(), by=request.user, at=at)
        except InvalidInput as faults:
            form.take(faults)
        except DomainError as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, STEPS[name].done.format(task=changed))
            return redirect(safe_next(_next(request)) or changed)
    return _page(request, seen_task(request, pk), row, form, today, status)


def _version(request: SignedInRequest) -> int:
    try:
        return int(request.POST.get("version", NO_VERSION))
    except ValueError:
        return NO_VERSION


def _next(request: SignedInRequest) -> str:
    return request.POST.get("next") or request.GET.get("next", "")


def _page(
    request: SignedInRequest, task: Task, row: Transition, form: forms.StepForm, today: date, status: int = 200
) -> HttpResponse:
    """The form's page. A step that is not open to this person now is said in words, and there is no button."""
    closed_door = "" if form.errors else _closed_door(task, row, request)
    may = not _closed_door(task, row, request)
    context: dict[str, Any] = {
        "task": task,
        "today": today,
        "step": row,
        "words": STEPS[row.name].consequence,
        "form": form,
        "closed_door": closed_door,
        "may": may,
        "again": [upload.name for upload in request.FILES.getlist("evidence")],
        "due_words": showing.due_words(task.status, task.due_on, today),
        "kind": showing.urgency(task.status, task.due_on, today),
        "tag_kind": showing.TAGS[TaskStatus(task.status)],
        "next": safe_next(_next(request)) or task.get_absolute_url(),
        "history": history_of(task),
        "most_files": forms.MOST_FILES,
        "most_megabytes": settings.UPLOAD_LIMIT // 1048576,
        "icon": showing.ICONS.get(row.name),
        "warning": said_of([task]).get(task.pk, NOTHING).warning if row.name == "submit" else "",
    }
    return render(request, "checklists/action.html", context, status=status)


def _closed_door(task: Task, row: Transition, request: SignedInRequest) -> str:
    """Why the step cannot be taken by this person now, or an empty text."""
    if task.status not in row.sources:
        return f"现在是“{task.get_status_display()}”，不能{row.label}。"
    return refusal(task, row, request.user) or ""
