"""The calendar file of a meeting."""

from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from governance.calendar_files import meeting_file
from governance.services.invitations import is_unread, note_notice_read
from governance.views.meetings import find_meeting


@login_required
@require_safe
def calendar_file(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The meeting as a calendar file; a cancelled one says so, one that was never called has none."""
    meeting = find_meeting(request, pk)
    if meeting.called_at is None:
        raise Http404
    if request.method == "GET" and is_unread(meeting, request.user):
        note_notice_read(meeting=meeting, by=request.user, at=timezone.now())
    response = HttpResponse(meeting_file(meeting), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{meeting}.ics')}"
    return response
