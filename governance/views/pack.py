"""The pack of all materials of a meeting, as one ZIP."""

from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from governance.models import AgendaItem
from governance.pack import pack_of, streamed
from governance.secrecy import hidden_of, opened_of
from governance.services.invitations import note_pack_taken
from governance.services.secrecy import note_opened
from governance.views.meetings import find_meeting


@login_required
@require_safe
def pack(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    """Everything this account may read of the meeting's materials; who took it is recorded."""
    meeting = find_meeting(request, pk)
    prefetch_related_objects([meeting], Prefetch("items", AgendaItem.objects.order_by("order")))
    items = list(meeting.items.all())
    hidden = hidden_of(request.user, items)
    readable = [item for item in items if item.pk not in hidden]
    made = pack_of(meeting, readable)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type="application/zip")
    else:
        note_opened(meeting=meeting, opened=opened_of(items, hidden), by=request.user, at=timezone.now())
        note_pack_taken(
            meeting=meeting, items=readable, files=len(made.papers), size=made.size, by=request.user, at=timezone.now()
        )
        response = StreamingHttpResponse(streamed(made), content_type="application/zip")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{meeting}材料.zip')}"
    return response
