"""One resource, demand, project or activity: reading it, booking it, taking it down."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from attachments.selectors import files_of
from audit.services import subject_of
from checklists.models import Task
from common.dates import local_day
from common.templatetags.bound_fields import problems_of
from communities import services
from communities.forms.entries import BookingForm
from communities.guards import edits_for, is_bureau
from communities.models import Activity, Booking, Demand, JointProject, Resource, ResourcePeriod
from communities.selectors import gaps_of, plans_of
from communities.showing import demand_tag, project_tag, resource_tag, with_booked, with_places
from communities.views.common import attempt, members_of, seen, writes_for

MOST_BOOKINGS = 200


def find(request: SignedInRequest, rows: QuerySet[Any], pk: UUID) -> Any:
    """The entry within sight, or 404."""
    return get_object_or_404(rows.visible_to(request.user).select_related("community__lead_school"), pk=pk)  # type: ignore[attr-defined]


def may_edit(request: SignedInRequest, entry: Any) -> bool:
    """Whether the account may mend the entry."""
    schools = writes_for(entry.community, request.user)
    return entry.withdrawn_at is None and any(school.pk == entry.school_id for school in schools)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resource(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """资源 with its periods and bookings; POST books, or takes it down."""
    rows = with_places(Resource.objects.select_related("school"))
    found = find(request, rows, pk)
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        return _withdraw(request, found, rows)
    form = _booking_form(request, found)
    status = 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            made, status, problems = attempt(lambda: services.book(by=request.user, at=timezone.now(), **form.value()))
            if made is not None:
                messages.success(request, f"已预约 {made.amount}：{found.title}")
                return redirect(found)
            for problem in problems:
                form.add_error(None, problem["text"])
    return _show_resource(request, found, form, status)


def _booking_form(request: SignedInRequest, found: Resource) -> BookingForm | None:
    """For members' 书记、校长、党政办, as long as there is something to book."""
    community, today = found.community, local_day(timezone.now())
    schools = [one for one in writes_for(community, request.user) if one.pk != found.school_id]
    if edits_for(request.user, community.lead_school_id):
        schools = [one for one in members_of(community) if one.pk != found.school_id]
    periods = list(
        ResourcePeriod.objects.counted().filter(resource=found, ends_on__gte=today).order_by("starts_on", "pk")
    )
    if found.withdrawn_at or community.status != "active" or not schools or not periods:
        return None
    wishes = Demand.objects.standing().filter(community=community, school__in=schools, kind=found.kind)
    data = request.POST if request.method == "POST" else None
    chosen = {"amount": 1, "demand": request.GET.get("demand", "")}
    open_wishes = list(wishes.filter(ends_on__gte=today).select_related("school").order_by("school__code", "pk"))
    return BookingForm(data, periods=periods, schools=schools, wishes=open_wishes, initial=chosen)


def _show_resource(
    request: SignedInRequest, found: Any, form: BookingForm | None, status: int = 200, problems: Any = ()
) -> HttpResponse:
    today = local_day(timezone.now())
    bookings = Booking.objects.filter(period__resource=found).select_related("school", "demand", "period", "booked_by")
    mine = {school.pk for school in writes_for(found.community, request.user)}
    cancels = found.school_id in mine or edits_for(request.user, found.community.lead_school_id)
    context = {
        "entry": found,
        "community": found.community,
        "today": today,
        "tag": resource_tag(found, today),
        "periods": ResourcePeriod.objects.counted().filter(resource=found).order_by("starts_on", "pk"),
        "bookings": [
            (one, one.cancelled_at is None and (cancels or one.school_id in mine))
            for one in bookings.order_by("-created_at", "-pk")[:MOST_BOOKINGS]
        ],
        "form": form,
        "may_edit": may_edit(request, found),
        "problems": problems or (problems_of([form]) if form is not None and form.is_bound else []),
    }
    return render(request, "communities/resource.html", context, status=status)


def _withdraw(request: SignedInRequest, found: Any, rows: QuerySet[Any]) -> HttpResponse:
    done, status, problems = attempt(
        lambda: services.withdraw_entry(entry=found, version=seen(request), by=request.user, at=timezone.now())
    )
    if done is not None:
        messages.success(request, f"已撤下：{found.title}")
        return redirect("communities:community-lists", pk=found.community_id)
    found = find(request, rows, found.pk)
    if isinstance(found, Resource):
        return _show_resource(request, found, _unbound(request, found), status, problems)
    return (
        _show_demand(request, found, status, problems)
        if isinstance(found, Demand)
        else _show_project(request, found, status, problems)
    )


def _unbound(request: SignedInRequest, found: Resource) -> BookingForm | None:
    form = _booking_form(request, found)
    if form is not None:
        form.is_bound = False
    return form


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def demand(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """需求 with what was booked for it and why the rest is missing; POST takes it down."""
    rows = with_booked(Demand.objects.select_related("school"))
    found = find(request, rows, pk)
    if request.method == "POST":
        return _withdraw(request, found, rows)
    return _show_demand(request, found)


def _show_demand(request: SignedInRequest, found: Any, status: int = 200, problems: Any = ()) -> HttpResponse:
    today = local_day(timezone.now())
    matched = plans_of([found.community_id], today)[found.community_id]
    bookings = Booking.objects.filter(demand=found).select_related("period__resource__school")
    context = {
        "entry": found,
        "community": found.community,
        "today": today,
        "tag": demand_tag(found, today),
        "bookings": bookings.order_by("-created_at", "-pk")[:MOST_BOOKINGS],
        "gap": next((gap for gap in gaps_of(matched) if gap.demand.pk == found.pk), None),
        "lines": [(period, line) for one, period, line in matched.lines() if one.pk == found.pk],
        "projects": found.projects.filter(withdrawn_at__isnull=True).order_by("-created_at", "pk"),
        "may_edit": may_edit(request, found),
        "problems": problems,
    }
    return render(request, "communities/demand.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """共同体项目 with its tasks and activities; POST takes it down."""
    rows = JointProject.objects.select_related("school", "responsible", "checklist")
    found = find(request, rows, pk)
    if request.method == "POST":
        return _withdraw(request, found, rows)
    return _show_project(request, found)


def _show_project(request: SignedInRequest, found: Any, status: int = 200, problems: Any = ()) -> HttpResponse:
    today = local_day(timezone.now())
    tasks = Task.objects.visible_to(request.user).filter(checklist=found.checklist_id).select_related("responsible")
    edits = may_edit(request, found) and found.concluded_on is None
    context = {
        "entry": found,
        "community": found.community,
        "today": today,
        "tag": project_tag(found, today),
        "schools": found.schools.order_by("code"),
        "demands": found.demands.select_related("school").order_by("created_at", "pk"),
        "tasks": tasks.order_by("order", "pk") if found.checklist_id else [],
        "activities": found.activities.select_related("host").order_by("-held_on", "-pk"),
        "may_edit": edits,
        "may_plan": edits and found.checklist_id is None and edits_for(request.user, found.school_id),
        "problems": problems,
    }
    return render(request, "communities/project.html", context, status=status)


@login_required
@require_safe
def activity(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """活动 with its files."""
    rows = Activity.objects.select_related("host", "project", "recorded_by")
    found = find(request, rows, pk)
    community = found.community
    edits = edits_for(request.user, found.host_id) or is_bureau(request.user, community)
    context = {
        "entry": found,
        "community": community,
        "schools": found.schools.order_by("code"),
        "files": files_of([found])[subject_of(found)],
        "may_edit": edits and community.status != "ended",
    }
    return render(request, "communities/activity.html", context)
