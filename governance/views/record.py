"""The record of a meeting (会议记录) and its running check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import Difference, DomainError, Fault, InvalidInput, NotAllowed, Stale
from governance import services
from governance.drafts import roster_on
from governance.errors import BreaksProcedure
from governance.forms.record import read
from governance.forms.record_steps import press, take
from governance.forms.sheet import Sheet, place, posted, written
from governance.further import judge_record
from governance.guards import may_record
from governance.models import Meeting, MeetingStatus
from governance.observing import seats_of
from governance.reading import is_bureau_reading
from governance.record import differences, record_of
from governance.secrecy import hidden_of, opened_of
from governance.selectors import for_record, names_of
from governance.views import record_findings, record_page
from governance.views.marks import marks_of
from governance.views.record_desk import Desk
from governance.views.record_items import item_rows
from governance.views.record_observers import change_observers, is_about_observers, observer_fields
from governance.views.record_review import NOT_REVIEWED, change_review, is_about_review, review_fields
from governance.views.record_secrecy import fill_withheld
from governance.views.steps import steps_of
from schools import access
from schools.permissions import HEAD_POST

NOT_SEATED = "列席还没有登记"


@dataclass
class Answer:
    """What the page says beside the record: a refusal, its places, the fields two clerks differ about."""

    status: int = 200
    title: str = ""
    text: str = ""
    faults: Sequence[Fault] = ()
    problems: Sequence[dict[str, str]] = ()
    differences: Sequence[Difference] = field(default_factory=tuple)
    version: int | None = None  # that the fields were typed from, when it is not the stored one


def find(user: User, pk: UUID) -> Meeting:
    """The meeting with its record, as far as this account may see it."""
    return get_object_or_404(for_record(Meeting.objects.visible_to(user)), pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def record(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The record: to be typed while the meeting is held, to be read afterwards; before 登记召开 there is none."""
    meeting = find(request.user, pk)
    if meeting.held_at is None:
        return redirect(meeting)
    if request.method == "POST":
        return _posted(request, meeting)
    if is_bureau_reading(meeting.status, request.user):
        services.note_reading(meeting=meeting, by=request.user, at=timezone.now())
    opened = opened_of(meeting.items.all(), hidden_of(request.user, meeting.items.all()))
    services.note_opened(meeting=meeting, opened=opened, by=request.user, at=timezone.now())
    if meeting.status == MeetingStatus.HELD and may_record(meeting, request.user):
        return _show(request, meeting, written(record_of(meeting)), Answer())
    return _show_closed(request, meeting, Answer())


@login_required
@require_http_methods(["GET", "POST"])
def record_check(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What the rules say of the record as it is being typed. Writes nothing. A visit (after signing in again) leads to the record."""
    meeting = find(request.user, pk)
    if request.method == "GET" or meeting.held_at is None:
        return redirect("governance:record", pk=pk)
    desk = _desk(request.user, meeting, posted(request.POST), ())
    return render(request, "governance/_partials/record_check.html", _judged(request.user, desk))


def _posted(request: SignedInRequest, meeting: Meeting) -> HttpResponse:
    sheet, button = posted(request.POST), request.POST.get("do", "save")
    fill_withheld(request.user, meeting, sheet)
    if button in ("save", "minute"):
        return _save(request, meeting, sheet, minute=button == "minute")
    if not may_record(meeting, request.user):
        return _show_closed(request, meeting, Answer())
    if is_about_observers(button) or is_about_review(button):
        return _besides(request, meeting, sheet, button)
    answer = Answer(version=version_seen(request.POST))
    if button.startswith("take:"):
        take(sheet, written(record_of(meeting)), button.removeprefix("take:"))
        answer.differences = _differences(meeting, sheet)
    else:
        desk = _desk(request.user, meeting, sheet, ())
        press(sheet, button, desk.head, desk.proposals)
    return _show(request, meeting, sheet, answer)


def _besides(request: SignedInRequest, meeting: Meeting, sheet: Sheet, button: str) -> HttpResponse:
    """Observers, and the last minutes: stored at once. The record as typed stays on the page, with the version it was typed from."""
    change, title = (change_review, NOT_REVIEWED) if is_about_review(button) else (change_observers, NOT_SEATED)
    try:
        change(request.user, meeting, button, request.POST)
    except InvalidInput as refusal:
        problems = [{"url": f"#{place(fault.path)}", "text": fault.reason} for fault in refusal.faults]
        answer = Answer(422, title, faults=refusal.faults, problems=problems, version=version_seen(request.POST))
        return _show(request, meeting, sheet, answer)
    except DomainError as refusal:
        return _refused(request, find(request.user, meeting.pk), sheet, refusal, "")
    return _show(request, meeting, sheet, Answer(version=version_seen(request.POST)))


def _save(request: SignedInRequest, meeting: Meeting, sheet: Sheet, *, minute: bool) -> HttpResponse:
    sheet.drop_blank_tasks()
    new, faults = read(sheet)
    at = timezone.now()
    saved = ""
    try:
        if faults:
            raise InvalidInput(faults)
        meeting = services.save_record(
            meeting=meeting, new=new, version=version_seen(request.POST), by=request.user, at=at
        )
        saved = "记录已保存。"
        if minute:
            services.minute_meeting(meeting=meeting, version=meeting.version, by=request.user, at=at)
    except DomainError as refusal:
        return _refused(request, find(request.user, meeting.pk), sheet, refusal, saved)
    if minute:
        messages.success(request, f"已送签，等{HEAD_POST[meeting.body].label}签发")
        response = _leave(request, meeting.get_absolute_url())
    elif request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
    else:
        messages.success(request, "记录已保存")
        return redirect("governance:record", pk=meeting.pk)
    told = {"version": meeting.version, "at": f"{timezone.localtime(at):%H:%M:%S}"}
    return trigger_client_event(response, "record-saved", told)


def _leave(request: SignedInRequest, url: str) -> HttpResponse:
    """To another page, by way of the script when it asked."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def version_seen(data: Mapping[str, str]) -> int:
    """The version that was on the page; -1, which is never current, when there was none."""
    raw = data.get("version", "")
    return int(raw) if raw.isdecimal() and len(raw) < 10 else -1


def _refused(
    request: SignedInRequest, meeting: Meeting, sheet: Sheet, refusal: DomainError, saved: str
) -> HttpResponse:
    """The page again with all that was typed, and what the refusal says. `meeting` was read anew, for its version."""
    if isinstance(refusal, InvalidInput):
        faults = refusal.faults
        problems = [{"url": f"#{place(fault.path)}", "text": fault.reason} for fault in faults]
        answer = Answer(422, f"{saved}有 {len(faults)} 处要改", faults=faults, problems=problems)
    elif isinstance(refusal, BreaksProcedure):
        desk = _desk(request.user, meeting, sheet, ())
        problems = [
            {
                "url": record_findings.where_of(desk, result)["url"],
                "text": f"{record_findings.where_of(desk, result)['label']}：{result.message}",
            }
            for result in refusal.findings
        ]
        if refusal.withheld:
            problems.append({"url": meeting.get_absolute_url(), "text": refusal.withheld})
        answer = Answer(409, f"{saved}有 {refusal.count} 处要先处理，才能送签", problems=problems)
    else:
        found = _differences(meeting, sheet) if isinstance(refusal, Stale) else ()
        answer = Answer(409, f"{saved}{refusal.title}", str(refusal), differences=found)
    if not saved and not isinstance(refusal, Stale):
        answer.version = version_seen(request.POST)  # what another clerk saved meanwhile was not seen yet
    if isinstance(refusal, NotAllowed) and not may_record(meeting, request.user):
        return _show_closed(request, meeting, answer)
    return _show(request, meeting, sheet, answer)


def _differences(meeting: Meeting, sheet: Sheet) -> list[Difference]:
    """Where the stored record and the typed one differ, in words."""
    roster = roster_on(meeting.school, meeting.body, local_day(meeting.scheduled_at))
    return differences(record_of(meeting), read(sheet)[0], names_of(meeting, roster.people))


def _desk(user: User, meeting: Meeting, sheet: Sheet, faults: Sequence[Fault]) -> Desk:
    hidden = fill_withheld(user, meeting, sheet)
    record, _ = read(sheet)
    desk = Desk(meeting, sheet, record, (), faults, hidden)
    desk.results = judge_record(meeting, record, reference=desk.reference)
    return desk


def _judged(user: User, desk: Desk) -> dict[str, Any]:
    """What changes on the page while it is typed: tags, findings, what is still missing, who sends it for signature."""
    desk.marks = marks_of(desk.meeting, user, desk.results, desk.reference)
    heads, left = record_findings.item_heads(desk), record_findings.missing(desk)
    recorder = desk.recorder
    return {
        "meeting": desk.meeting,
        "items": heads,
        "findings": record_findings.findings_html(desk, desk.by_subject.get("meeting", [])),
        "navigation": record_findings.navigation(desk, heads, left),
        "left": left,
        "left_shown": left[:4],
        "recorder": recorder,
        "mine": recorder is not None and recorder.pk == access.person_of(user),
    }


def _show(request: SignedInRequest, meeting: Meeting, sheet: Sheet, answer: Answer) -> HttpResponse:
    """The form."""
    desk = _desk(request.user, meeting, sheet, answer.faults)
    judged = _judged(request.user, desk)
    context = judged | {
        "items": item_rows(desk, judged["items"]),
        "answer": answer,
        "version": meeting.version if answer.version is None else answer.version,
        "holds": "typed" if request.method == "POST" else "stored",
        "steps": steps_of(meeting),
        "head": record_page.head_fields(desk),
        "head_number": next((n for n, m in enumerate(desk.members, start=1) if m.person_id == desk.head), 0),
        "members": record_page.member_rows(desk),
        "quorum": record_page.quorum(desk),
        "observers": observer_fields(desk, request.POST, refused=answer.title == NOT_SEATED),
        "review": review_fields(request.user, meeting, request.POST, _said_of_review(answer)),
        "errors": desk.errors,
        "check_url": reverse("governance:record-check", args=[meeting.pk]),
        "autosave_url": reverse("governance:record-autosave", args=[meeting.pk]),
    }
    return render(request, "governance/meeting_record.html", context, status=answer.status)


def _said_of_review(answer: Answer) -> str:
    return answer.problems[0]["text"] if answer.title == NOT_REVIEWED else ""


def _show_closed(request: SignedInRequest, meeting: Meeting, answer: Answer) -> HttpResponse:
    """The record to read: it is no longer, or not by this account, to be typed."""
    stored = record_of(meeting)
    desk = Desk(meeting, written(stored), stored, (), hidden=hidden_of(request.user, meeting.items.all()))
    context = {
        "meeting": meeting,
        "answer": answer,
        "closed": True,
        "observers": seats_of(meeting),
        "members": record_page.member_rows(desk),
        "items": record_page.closed_items(desk),
    }
    return render(request, "governance/meeting_record.html", context, status=answer.status)
