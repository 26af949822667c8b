"""投屏: the running item in large type for the wall of the meeting room. Nothing confidential: no stances, no votes, no restricted words."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.htmx import partial
from governance import services, shown
from governance.models import AgendaItem, Attendance, Meeting, MeetingStatus, Secrecy
from governance.reading import is_bureau_reading
from governance.reference import reference_for
from governance.rules.reference import Reference
from governance.secrecy import SHORT, hidden_of
from governance.selectors import for_record, members_due


@login_required
@require_safe
def presentation(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One item of the agenda; `?item=` says which, the first one without it."""
    meeting = get_object_or_404(for_record(Meeting.objects.visible_to(request.user)), pk=pk)
    items = list(meeting.items.all())
    if meeting.status == MeetingStatus.CANCELLED or not items:
        return redirect(meeting)
    if is_bureau_reading(meeting.status, request.user) and not request.htmx:  # type: ignore[attr-defined]
        services.note_reading(meeting=meeting, by=request.user, at=timezone.now())
    raw = request.GET.get("item", "")
    number = min(max(int(raw), 1), len(items)) if raw.isdecimal() and len(raw) < 4 else 1
    # Who stands before the wall is not known: a restricted item shows no word, whoever signed in.
    closed = hidden_of(request.user, items) | {item.pk for item in items if item.secrecy == Secrecy.RESTRICTED}
    titles = [SHORT if item.pk in closed else item.title for item in items]
    context = {
        "meeting": meeting,
        "number": number,
        "count": len(items),
        "title": titles[number - 1],
        "before": number - 1,
        "after": number + 1 if number < len(items) else 0,
        "next_title": titles[number] if number < len(items) else "",
        "presenter": "" if items[number - 1].pk in closed else _presenter(items[number - 1]),
        "quorum": _quorum(meeting, items[number - 1], reference_for(meeting)),
    }
    return render(request, partial(request, "governance/presentation.html"), context)


def _presenter(item: AgendaItem) -> str:
    return item.presenter.name if item.presenter else ""


def _quorum(meeting: Meeting, item: AgendaItem, reference: Reference) -> dict[str, Any]:
    """应到, 到会 and how many are in the room for this item; the numbers asked for, and whether they are there."""
    members = list(meeting.members.all())
    due = len(members) or len(members_due(meeting.school, meeting.body, local_day(meeting.scheduled_at)))
    present = {member.pk for member in members if member.status == Attendance.PRESENT}
    out = {row.member_id for row in item.presences.all() if row.left or row.recused}
    two_thirds = item.matter is not None and shown.needs_two_thirds(item.matter.code, reference)
    lines = shown.thresholds(meeting.body, due, [item.order] if two_thirds else [], reference)
    needed = lines[-1]["needed"]
    there = len(present - out)
    return {
        "due": due,
        "present": len(present),
        "there": there,
        "needed": needed,
        "label": lines[-1]["label"],
        "enough": there >= needed,
        "begun": meeting.held_at is not None,
    }
