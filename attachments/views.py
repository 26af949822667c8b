"""The one download door."""

from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from attachments.models import Attachment
from attachments.registry import may_read, opened


@login_required
@require_GET
def download(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    """The file, for those who may see its subject; never shown inside the site (attachment, nosniff)."""
    attachment = get_object_or_404(Attachment, pk=pk)
    if not may_read(request.user, attachment.subject):
        raise Http404
    opened(request.user, attachment.subject, timezone.now())
    response = FileResponse(attachment.file.open("rb"), content_type=attachment.media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(attachment.name)}"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
