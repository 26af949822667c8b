"""处理异议 and the scans of the signed original: small forms of the meeting's page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from governance import services
from governance.forms.actions import StepForm
from governance.models import Meeting
from governance.views.meeting_page import Refused, show_meeting
from governance.views.meetings import find_meeting
from governance.views.record import version_seen
from governance.views.signing_panels import SETTLE


@login_required
@require_http_methods(["GET", "POST"])
def objection(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """处理异议 of one member. A visit (after signing in again) leads to the meeting."""
    meeting = find_meeting(request, pk)
    if request.method == "GET":
        return redirect(meeting)
    form = StepForm(SETTLE, request.POST)
    if not form.is_valid():
        problems = [{"text": str(text), "target": "confirming"} for field in form for text in field.errors]
        return _refuse(request, meeting, Refused("还不能处理异议", problems=problems, status=422))
    try:
        services.settle_objection(
            meeting=meeting,
            member=key_of(request.POST.get("member", "")),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
        )
    except DomainError as refusal:
        return _refuse(request, meeting, Refused(refusal.title, str(refusal)))
    messages.success(request, "异议已处理，已请本人确认记录")
    return redirect(meeting)


@login_required
@require_http_methods(["GET", "POST"])
def scans(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Adds scans of the signed original, or removes the one that `remove` names."""
    meeting = find_meeting(request, pk)
    if request.method == "GET":
        return redirect(meeting)
    version = version_seen(request.POST)
    given: dict[str, Any] = {"meeting": meeting, "version": version, "by": request.user, "at": timezone.now()}
    removed = key_of(request.POST.get("remove", ""))
    try:
        if removed is not None:
            services.remove_scan(scan=removed, **given)
        else:
            services.attach_scans(files=request.FILES.getlist("scans"), **given)
    except InvalidInput as refusal:
        problems = [{"text": fault.reason, "target": "id_scans"} for fault in refusal.faults]
        return _refuse(request, meeting, Refused("还没有上传", problems=problems, status=422))
    except DomainError as refusal:
        return _refuse(request, meeting, Refused(refusal.title, str(refusal)))
    messages.success(request, "扫描件已移除" if removed is not None else "签字扫描件已上传")
    return redirect(f"{meeting.get_absolute_url()}#kept")


def key_of(raw: str) -> UUID | None:
    """The id, or None when it is none."""
    try:
        return UUID(raw)
    except ValueError:
        return None


def _refuse(request: SignedInRequest, meeting: Meeting, refused: Refused) -> HttpResponse:
    return show_meeting(request, find_meeting(request, meeting.pk), refused)
