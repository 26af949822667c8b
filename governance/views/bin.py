"""回收站: drafts put aside, and back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError
from governance.binning import MOST_SHOWN, binned, binned_meetings, binned_topics, sees_bin
from governance.models import Meeting, Topic
from governance.services import bin as recycle

PUT_ASIDE = "已移入回收站，30 天内可以恢复"


@login_required
@require_safe
def bin_page(request: SignedInRequest) -> HttpResponse:
    """The drafts the account may bring back, the latest first."""
    if not sees_bin(request.user):
        raise Http404
    rows = binned(request.user, timezone.now())
    return render(request, "governance/bin.html", {"rows": rows, "cut": len(rows) >= MOST_SHOWN, "most": MOST_SHOWN})


def _version(request: SignedInRequest) -> int | None:
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else None


@login_required
@require_POST
def meeting_delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """移入回收站: reversible, so it is done at once and can be taken back."""
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user), pk=pk)
    try:
        recycle.delete_meeting(meeting=meeting, version=_version(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect(meeting)
    messages.success(request, PUT_ASIDE)
    return redirect("governance:bin")


@login_required
@require_POST
def topic_delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The same for the draft of a topic."""
    topic = get_object_or_404(Topic.objects.visible_to(request.user), pk=pk)
    try:
        recycle.delete_topic(topic=topic, version=_version(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect(topic)
    messages.success(request, PUT_ASIDE)
    return redirect("governance:bin")


@login_required
@require_POST
def meeting_restore(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """恢复 a meeting that lies in the account's own bin."""
    meeting = next((row for row in binned_meetings(request.user) if row.pk == pk), None)
    if meeting is None:
        raise Http404
    try:
        meeting, lost = recycle.restore_meeting(meeting=meeting, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("governance:bin")
    messages.success(request, "会议草稿已恢复")
    if lost:
        messages.warning(request, f"有 {lost} 项议题已另行安排，议程里只留下文字。核对议程后再发通知")
    return redirect(meeting)


@login_required
@require_POST
def topic_restore(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """恢复 a topic that lies in the account's own bin."""
    topic = next((row for row in binned_topics(request.user) if row.pk == pk), None)
    if topic is None:
        raise Http404
    try:
        topic = recycle.restore_topic(topic=topic, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("governance:bin")
    messages.success(request, "议题草稿已恢复")
    return redirect(topic)
