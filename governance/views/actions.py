"""One door for every step of a meeting: a question first where it is asked for, then the service of that name."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from common.errors import DomainError, InvalidInput, Stale
from common.transitions import Transition
from governance import services, shown
from governance.errors import BreaksProcedure
from governance.forms.actions import StepForm
from governance.guards import refusal
from governance.models import Meeting
from governance.reference import reference_for
from governance.states import MEETING
from governance.views.marks import marks_of
from governance.views.meeting_page import Refused, checks_before_calling, show_meeting
from governance.views.meetings import find_meeting
from governance.views.steps import CONSEQUENCES, DONE, question_of

SERVICES: dict[str, Callable[..., Meeting]] = {
    "confirm_agenda": services.confirm_agenda,
    "call": services.call_meeting,
    "recall": services.recall_meeting,
    "hold": services.hold_meeting,
    "minute": services.minute_meeting,
    "return": services.return_meeting,
    "confirm_record": services.confirm_record,
    "object": services.object_to_record,
    "sign": services.sign_meeting,
    "archive": services.archive_meeting,
    "cancel": services.cancel_meeting,
    "fail_quorum": services.lapse_meeting,
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_action(request: SignedInRequest, pk: str, name: str) -> HttpResponse:
    """GET asks, POST does. What is refused shows on the meeting's page, in the service's own words."""
    step = MEETING.get(name)
    if step is None:
        raise Http404
    meeting = find_meeting(request, pk)
    if request.method != "POST":
        return _ask(request, meeting, step)
    form = StepForm(step, request.POST, auto_id=f"id_{step.name}_%s")
    if not form.is_valid():
        title = f"还不能{step.label}"
        return _refuse(request, meeting, Refused(title, name=name, form=form, problems=_problems(form), status=422))
    values = {"reason": form.cleaned_data["reason"]} if step.needs_reason else {}
    try:
        meeting = SERVICES[name](
            meeting=meeting, version=form.cleaned_data["version"], by=request.user, at=timezone.now(), **values
        )
    except DomainError as error:
        return _refuse(request, meeting, _said(error, meeting, step, form, request.user))
    messages.success(request, _result(meeting, name))
    return redirect(meeting)


def _ask(request: SignedInRequest, meeting: Meeting, step: Transition) -> HttpResponse:
    """The question on a page of its own, for browsers without scripts and links from elsewhere."""
    out_of_turn = meeting.status not in step.sources
    why = f"现在是“{meeting.get_status_display()}”，不能{step.label}。" if out_of_turn else ""
    context = {
        "meeting": meeting,
        "step": step,
        "tag": shown.status_tag(meeting),
        "why": why or refusal(meeting, step, request.user),
        "question": question_of(step, meeting),
        "consequence": CONSEQUENCES[step.name],
        "heavy": step.name in ("cancel", "fail_quorum"),
        "form": StepForm(step, initial={"version": meeting.version}),
        "checks": checks_before_calling(meeting, request.user) if step.name == "call" else [],
    }
    return render(request, "governance/action.html", context)


def _refuse(request: SignedInRequest, meeting: Meeting, refused: Refused) -> HttpResponse:
    """The meeting's page as it is now (the refused step has changed nothing), with the refusal on top."""
    return show_meeting(request, find_meeting(request, meeting.pk), refused)


def _said(error: DomainError, meeting: Meeting, step: Transition, form: StepForm, user: User) -> Refused:
    if isinstance(error, BreaksProcedure):
        marks = marks_of(meeting, user, error.findings, reference_for(meeting))
        places = {f"items/{item.pk}": f"第 {item.order} 项" for item in meeting.items.all()}
        findings = [marks.named(result, where=places.get(result.subject, "")) for result in error.findings]
        title = f"有 {error.count} 处要先处理，才能{step.label}"
        return Refused(title, error.withheld, findings=findings, name=step.name)
    if isinstance(error, InvalidInput):
        ways = [{"text": fault.reason, "target": _target(fault.path, form)} for fault in error.faults]
        asked = form if any(fault.path == "reason" for fault in error.faults) else None
        return Refused(f"还不能{step.label}", problems=ways, name=step.name, form=asked, status=422)
    differences = error.differences if isinstance(error, Stale) else ()
    asked = form if step.needs_reason else None
    return Refused(error.title, str(error), differences=differences, name=step.name, form=asked)


def _target(path: str, form: StepForm) -> str:
    """Where on the page the fault is: the reason's field, or the item."""
    if path in form.fields:
        return str(form[path].id_for_label)
    number = path.removeprefix("items[").partition("]")[0]
    return f"item-{int(number) + 1}" if number.isdigit() else "items"


def _problems(form: StepForm) -> list[dict[str, str]]:
    return [{"text": str(text), "target": str(field.id_for_label)} for field in form for text in field.errors]


def _result(meeting: Meeting, name: str) -> str:
    """The result in words."""
    if name == "sign":
        count = meeting.decisions.count()
        return f"已签发，形成 {count} 项决议" if count else "已签发，没有形成决议"
    return DONE[name]
