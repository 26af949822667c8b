"""Meetings: the list, a new one, the page of one."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.exports import Export, download
from common.htmx import partial
from common.templatetags.bound_fields import problems_of
from governance import lists, services, shown
from governance.drafts import Roster, roster_on
from governance.forms.agenda import EARLIEST, LATEST, NewMeetingForm, Options
from governance.models import Meeting
from governance.reading import is_bureau_reading
from governance.services.exports import record_export
from governance.views.meeting_page import show_meeting
from schools import access
from schools.models import School
from schools.permissions import HEAD_POST, Body, Post, SchoolPerm


@login_required
@require_safe
def meeting_list(request: SignedInRequest) -> HttpResponse:
    """Meetings of one's school, or of all schools for the bureau; latest first."""
    sight = lists.sight_of(request.user)
    rows = lists.school_rows(request.user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = lists.filters_from(request.GET, schools)
    page = lists.meetings_page(request.user, filters, schools, request.GET.get("cursor", ""))
    today = local_day(timezone.now())
    context = {
        "sight": sight,
        "filters": filters,
        "meetings": [(meeting, shown.status_tag(meeting)) for meeting in page.rows],
        "bodies": body_views(request, sight, filters.body),
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "statuses": [lists.Option(v, label, v == filters.status) for v, label in lists.STATUSES.items()],
        "years": lists.year_options(today, filters.year),
        "findings": [lists.Option(v, label, v == filters.findings) for v, label in lists.FINDINGS.items()],
        "may_record": bool(access.school_ids(request.user, SchoolPerm.RECORD_MINUTES)),
        "export_query": lists.address(request.GET),
        "clear_url": lists.address(request.GET, status=None, school=None, year=None, findings=None),
        **neighbours(request, page.previous, page.next),
    }
    return render(request, "governance/meeting_list.html", context)


@login_required
@require_GET
def meetings_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    sight = lists.sight_of(request.user)
    if not sight or kind not in ("csv", "xlsx"):
        raise Http404
    rows = lists.school_rows(request.user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = lists.filters_from(request.GET, schools)
    found = lists.meetings_found(request.user, filters, schools).order_by("-scheduled_at", "-pk")
    lines = [lists.exported(meeting) for meeting in found]
    at = timezone.now()
    number = record_export(rows=len(lines), filters=filters.in_address(), kind=kind, by=request.user, at=at)
    return download(Export("会议", lists.EXPORT_COLUMNS, lines, request.user.name, at, number), kind)


def body_views(request: SignedInRequest, sight: lists.Sight, current: str) -> list[dict[str, Any]]:
    """全部 and the two meetings as views with addresses; nothing to choose when only one may be seen."""
    if len(sight.bodies) < 2:
        return []
    words = [("", "全部"), *((body.value, body.label) for body in sight.bodies)]
    return [
        {"label": label, "url": lists.address(request.GET, body=value or None), "current": value == current}
        for value, label in words
    ]


def neighbours(request: SignedInRequest, previous: str | None, following: str | None) -> dict[str, str]:
    """Addresses of the pages before and after, with the same filters."""
    return {
        "previous_url": lists.address(request.GET, cursor=previous) if previous else "",
        "next_url": lists.address(request.GET, cursor=following) if following else "",
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_new(request: SignedInRequest) -> HttpResponse:
    """新建会议: which body, when, where, who records; the members due follow from the date."""
    scope = access.school_ids(request.user, SchoolPerm.RECORD_MINUTES)
    if not scope:
        raise Http404
    schools = list(School.objects.filter(pk__in=scope.ids).order_by("py", "pk"))
    given = request.POST if request.method == "POST" else request.GET
    school = next((school for school in schools if school.code == given.get("school")), schools[0])
    body = given.get("body", "") if given.get("body") in Body.values else Body.PARTY.value
    roster = roster_on(school, body, local_day(_moment(given.get("scheduled_at", "")) or timezone.now()))
    if request.method != "POST":
        initial = {"body": body, "recorder": _usual_recorder(request, roster)}
        initial |= {name: given[name] for name in ("scheduled_at", "place", "recorder") if given.get(name)}
        form = NewMeetingForm(_options(roster), initial=initial)
        return _show_new(request, form, schools, school, body, roster)
    form = NewMeetingForm(_options(roster), request.POST)
    if not form.is_valid():
        return _show_new(request, form, schools, school, body, roster, status=422)
    agenda = services.AgendaInput(
        form.cleaned_data["scheduled_at"], form.cleaned_data["place"], recorder=form.recorder_id()
    )
    try:
        meeting = services.create_meeting(
            school=school, body=Body(form.cleaned_data["body"]), agenda=agenda, by=request.user, at=timezone.now()
        )
    except InvalidInput as refusal:
        for fault in refusal.faults:
            form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
        return _show_new(request, form, schools, school, body, roster, status=422)
    except DomainError as refusal:
        return _show_new(request, form, schools, school, body, roster, status=409, refusal=str(refusal))
    messages.success(request, "会议已新建，接着填议程")
    return redirect("governance:agenda", pk=meeting.pk)


def _show_new(
    request: SignedInRequest,
    form: NewMeetingForm,
    schools: list[School],
    school: School,
    body: str,
    roster: Roster,
    *,
    status: int = 200,
    refusal: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "problems": problems_of([form]) if status == 422 else [],
        "refusal": refusal,
        "schools": schools,
        "school": school,
        "body": body,
        "due": [{"name": m.person.name, "post": roster.labels[m.person.pk]} for m in roster.due],
        "head": HEAD_POST[Body(body)].label,
        "day": _moment(str(form["scheduled_at"].value() or "")),
        "today": local_day(timezone.now()),
    }
    return render(request, partial(request, "governance/meeting_new.html"), context, status=status)


def _options(roster: Roster) -> Options:
    return Options(roster.choices([m.person for m in roster.due]), roster.choices(roster.people), [])


def _usual_recorder(request: SignedInRequest, roster: Roster) -> str:
    """The clerk who types, else the first 党政办 in office; nobody when the school has none."""
    clerks = [str(p.pk) for p in roster.people if Post.CLERK.label in roster.labels[p.pk]]
    me = str(access.person_of(request.user))
    return me if me in clerks else next(iter(clerks), "")


def _moment(raw: str) -> datetime | None:
    """A typed time, or None when it makes no sense."""
    try:
        typed = datetime.fromisoformat(raw)
        aware = typed if timezone.is_aware(typed) else timezone.make_aware(typed)
    except (ValueError, OverflowError):
        return None
    return aware if EARLIEST <= aware.year <= LATEST else None


@login_required
@require_safe
def meeting_detail(request: SignedInRequest, pk: str) -> HttpResponse:
    """One meeting. The bureau's reading of a record is noted each time and shown to the school (R-M08)."""
    meeting = find_meeting(request, pk)
    if request.method == "GET" and is_bureau_reading(meeting.status, request.user):
        services.note_reading(meeting=meeting, by=request.user, at=timezone.now())
    return show_meeting(request, meeting)


def find_meeting(request: SignedInRequest, pk: object) -> Meeting:
    """The meeting within sight of this account, or 404."""
    rows = Meeting.objects.visible_to(request.user)
    people = ("chair", "recorder", "signed_by", "minuted_by", "agenda_confirmed_by", "catalogue")
    return get_object_or_404(rows.select_related("school", "publication__published_by", *people), pk=pk)
