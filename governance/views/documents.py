"""The papers of a meeting on screen, in print and as Word files: minutes (纪要), votes, attendance, excerpts of decisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.dates import SHANGHAI
from common.exports import attachment
from governance import services, shown
from governance.documents import attendance_sheet, docx_minutes, vote_sheet
from governance.documents import excerpt as excerpts
from governance.documents.reading import for_minutes, printed_minutes
from governance.further import judge_record
from governance.guards import may_record, open_actions
from governance.minutes_text import Minutes
from governance.models import Decision, Meeting, MeetingStatus
from governance.reading import is_bureau_reading
from governance.reference import reference_for
from governance.secrecy import hidden_of, opened_of
from governance.services.document_exports import record_excerpt, record_paper
from governance.views.marks import marks_of
from governance.views.steps import buttons, stage_of
from schools.permissions import HEAD_POST

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def find(request: SignedInRequest, pk: UUID) -> Meeting:
    """The meeting with all its papers need, as far as this account may see it."""
    return get_object_or_404(for_minutes(Meeting.objects.visible_to(request.user)), pk=pk)


def note_read(request: SignedInRequest, meeting: Meeting) -> frozenset[str]:
    """Note what is read: by the bureau (R-M08), and of restricted items. Answers the ids of those whose words stay out."""
    hidden = hidden_of(request.user, meeting.items.all())
    if request.method == "GET":
        trace(request, meeting)
        if opened := opened_of(meeting.items.all(), hidden):
            services.note_opened(meeting=meeting, opened=opened, by=request.user, at=timezone.now())
    return frozenset(map(str, hidden))


def trace(request: SignedInRequest, meeting: Meeting) -> None:
    """The bureau's reading of a meeting that has a record is noted each time."""
    if request.method == "GET" and is_bureau_reading(meeting.status, request.user):
        services.note_reading(meeting=meeting, by=request.user, at=timezone.now())


def has_minutes(meeting: Meeting) -> bool:
    """Without a record there are none, and none of a meeting that was called off or lapsed."""
    return meeting.held_at is not None and meeting.status != MeetingStatus.CANCELLED


def origin(request: SignedInRequest, number: int, at: datetime) -> str:
    """Who took the file away, when, and under which number."""
    return f"导出人：{request.user.name}　时间：{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}　编号：{number}"


@login_required
@require_safe
def minutes(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The minutes as they print; unsigned ones are marked as a draft."""
    meeting = find(request, pk)
    if not has_minutes(meeting):
        return redirect(meeting)
    reference = reference_for(meeting)
    hidden = note_read(request, meeting)
    text = printed_minutes(meeting, reference, hidden)
    context: dict[str, Any] = {
        "meeting": meeting,
        "minutes": text,
        "tag": shown.status_tag(meeting),
        "catalogue_status": shown.catalogue_status(meeting.catalogue),
        "may_edit": meeting.status == MeetingStatus.HELD and may_record(meeting, request.user),
    }
    if not text.signed:
        places = {f"items/{item.pk}": f"第 {item.order} 项" for item in meeting.items.all()}
        judged = judge_record(meeting, reference=reference)
        results = [result for result in judged if result.subject.removeprefix("items/") not in hidden]
        marks = marks_of(meeting, request.user, results, reference)
        context["results"] = [marks.named(result, where=places.get(result.subject, "")) for result in results]
        context["head"] = HEAD_POST[meeting.body].label
        steps = [step for step in open_actions(meeting, request.user) if step.name == "sign"]
        stage = stage_of(meeting, any(result.blocks for result in judged))
        context["actions"] = buttons(meeting, steps, timezone.now(), stage)
    return render(request, "governance/meeting_minutes.html", context)


@login_required
@require_GET
def minutes_docx(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The minutes as a Word file."""
    meeting = find(request, pk)
    if not has_minutes(meeting):
        return redirect(meeting)
    at = timezone.now()
    number = record_paper(meeting=meeting, what="minutes", by=request.user, at=at)
    note = origin(request, number, at)
    content = docx_minutes.build(meeting, reference_for(meeting), note_read(request, meeting), note)
    draft = "" if meeting.signed_at else "（草稿）"
    return attachment(content, f"{meeting.title()}纪要{draft}.docx", DOCX)


@login_required
@require_safe
def votes(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The sheet of votes."""
    meeting = find(request, pk)
    if not has_minutes(meeting):
        return redirect(meeting)
    sheet = vote_sheet.vote_sheet_of(meeting, note_read(request, meeting))
    context = {"meeting": meeting, "sheet": sheet, "head": vote_sheet.HEAD}
    return render(request, "governance/sheet_votes.html", context)


@login_required
@require_GET
def votes_docx(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The sheet of votes as a Word file."""
    meeting = find(request, pk)
    if not has_minutes(meeting):
        return redirect(meeting)
    at = timezone.now()
    sheet = vote_sheet.vote_sheet_of(meeting, note_read(request, meeting))
    number = record_paper(meeting=meeting, what="votes", by=request.user, at=at)
    content = vote_sheet.build(sheet, author=meeting.school.name, note=origin(request, number, at), at=at)
    return attachment(content, f"{sheet.title}.docx", DOCX)


def _has_attendance(meeting: Meeting) -> bool:
    """From the first draft on; a meeting that lapsed keeps its attendance, one that was called off has none."""
    return meeting.status != MeetingStatus.CANCELLED or meeting.lapsed


@login_required
@require_safe
def attendance(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The sheet to sign at the door, and afterwards the one with the attendance on record."""
    meeting = find(request, pk)
    if not _has_attendance(meeting):
        return redirect(meeting)
    trace(request, meeting)
    context = {
        "meeting": meeting,
        "sheet": attendance_sheet.attendance_sheet_of(meeting),
        "head": attendance_sheet.HEAD,
        "observers_head": attendance_sheet.OBSERVERS_HEAD,
    }
    return render(request, "governance/sheet_attendance.html", context)


@login_required
@require_GET
def attendance_docx(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The attendance sheet as a Word file."""
    meeting = find(request, pk)
    if not _has_attendance(meeting):
        return redirect(meeting)
    trace(request, meeting)
    at = timezone.now()
    sheet = attendance_sheet.attendance_sheet_of(meeting)
    number = record_paper(meeting=meeting, what="attendance", by=request.user, at=at)
    content = attendance_sheet.build(sheet, author=meeting.school.name, note=origin(request, number, at), at=at)
    return attachment(content, f"{sheet.title}.docx", DOCX)


def _decided(request: SignedInRequest, pk: UUID) -> tuple[Decision, Minutes]:
    """The decision with the minutes it stands in. Those of items that the account may not read are not visible to it."""
    found = Decision.objects.visible_to(request.user).select_related("item__proposer", "school")
    decision = get_object_or_404(found, pk=pk)
    decision.meeting = for_minutes(Meeting.objects.all()).get(pk=decision.meeting_id)
    if request.method == "GET":
        trace(request, decision.meeting)
        if opened := opened_of([decision.item], ()):
            services.note_opened(meeting=decision.meeting, opened=opened, by=request.user, at=timezone.now())
    return decision, printed_minutes(decision.meeting, reference_for(decision.meeting))


@login_required
@require_safe
def excerpt(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One decision in the words of the minutes."""
    decision, text = _decided(request, pk)
    context = {"decision": decision, "meeting": decision.meeting, "excerpt": excerpts.excerpt_of(decision, text)}
    return render(request, "governance/sheet_excerpt.html", context)


@login_required
@require_GET
def excerpt_docx(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The excerpt as a Word file."""
    decision, text = _decided(request, pk)
    at = timezone.now()
    number = record_excerpt(decision=decision, by=request.user, at=at)
    content = excerpts.build(excerpts.excerpt_of(decision, text), note=origin(request, number, at), at=at)
    return attachment(content, f"决议摘录_{decision.number}.docx", DOCX)
