"""公开稿: the minutes as the public gets them, the names that are hidden besides, and 公开 by the head of the body (A68)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.exports import attachment
from governance.documents import docx_minutes
from governance.guards import is_head
from governance.models import Meeting, Publication, Secrecy
from governance.publishing import digest_of, kept_of, may_open, publication_of
from governance.reference import reference_for
from governance.services.document_exports import record_paper
from governance.services.publishing import hide_names, publish_minutes
from governance.views.documents import DOCX, find, origin
from governance.views.record import version_seen
from schools.permissions import HEAD_POST


def _find(request: SignedInRequest, pk: UUID) -> tuple[Meeting, Publication | None]:
    meeting = find(request, pk)
    if not may_open(meeting, request.user):
        raise Http404
    return meeting, kept_of(meeting)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publication(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET shows the text; POST keeps the names that are to be hidden, or makes the text public."""
    meeting, kept = _find(request, pk)
    if request.method != "POST":
        return _show(request, meeting, kept, "\n".join(kept.names if kept else ()))
    typed, publish = request.POST.get("names", "")[:5000], request.POST.get("do") == "publish"
    act: dict[str, Any] = {"meeting": meeting, "version": version_seen(request.POST), "by": request.user}
    try:
        if publish:
            publish_minutes(**act, at=timezone.now())
        else:
            hide_names(**act, names=typed.replace("、", "\n").splitlines(), at=timezone.now())
    except DomainError as refusal:
        meeting, kept = _find(request, pk)
        status = 422 if isinstance(refusal, InvalidInput) else 409
        names = "\n".join(kept.names if kept else ()) if publish else typed
        return _show(request, meeting, kept, names, problem=str(refusal), status=status)
    messages.success(request, "纪要已公开" if publish else "公开稿已更新，通读一遍再公开")
    return redirect("governance:publication", pk=pk)


def _show(
    request: SignedInRequest,
    meeting: Meeting,
    kept: Publication | None,
    names: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    text = publication_of(meeting, reference_for(meeting), kept.names if kept else ())
    fresh = kept is not None and kept.digest == digest_of(text)
    items = list(meeting.items.all())
    public = sum(item.secrecy == Secrecy.PUBLIC for item in items)
    context = {
        "meeting": meeting,
        "minutes": text,
        "kept": kept,
        "names": names,
        "version": kept.version if kept else 0,
        "published": kept is not None and kept.published_on is not None,
        "fresh": fresh,
        "may_publish": is_head(meeting, request.user) and bool(public) and not fresh,
        "head": HEAD_POST[meeting.body].label,
        "public": public,
        "left_out": len(items) - public,
        "problem": problem,
    }
    return render(request, "governance/publication.html", context, status=status)


@login_required
@require_GET
def publication_docx(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The publication as a Word file."""
    meeting, kept = _find(request, pk)
    at = timezone.now()
    number = record_paper(meeting=meeting, what="publication", by=request.user, at=at)
    text = publication_of(meeting, reference_for(meeting), kept.names if kept else ())
    title = f"{meeting.title()}纪要公开稿"
    return attachment(
        docx_minutes.write(text, title=title, note=origin(request, number, at), at=at), f"{title}.docx", DOCX
    )
