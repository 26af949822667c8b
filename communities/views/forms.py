"""Entering and mending entries of the three lists and activities; tasks and result of a project."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.formsets import BaseFormSet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.templatetags.bound_fields import problems_of
from communities import services
from communities.forms.common import VersionedForm
from communities.forms.entries import (
    ActivityForm,
    ConcludeForm,
    DemandForm,
    EntryForm,
    PeriodForms,
    ProjectForm,
    ResourceForm,
    TaskForms,
)
from communities.models import Activity, Community, Demand, JointProject, Resource
from communities.views.common import attempt, find_community, members_of, seen, writes_for
from communities.views.entries import find, may_edit
from schools.models import Appointment, Person, School

TITLES = {"resource": "登记资源", "demand": "登记需求", "project": "登记项目", "activity": "登记活动"}
EDITS = {"resource": "修改资源", "demand": "修改需求", "project": "修改项目", "activity": "修改活动"}
METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(METHODS)
def entry_new(request: SignedInRequest, pk: UUID, what: str) -> HttpResponse:
    """A new entry of a member the account writes for."""
    community = find_community(request, pk)
    schools = writes_for(community, request.user)
    if what not in TITLES or not schools:
        raise Http404
    form, periods = _forms(request, what, community, schools, None)
    calls: dict[str, Callable[..., Any]] = {
        "resource": services.add_resource, "demand": services.add_demand, "project": services.add_project,
    }  # fmt: skip

    def save() -> Any:
        given: dict[str, Any] = {"community": community, "by": request.user, "at": timezone.now()}
        if what == "activity":
            return services.record_activity(new=form.value(), files=form.cleaned_data["evidence"], **given)
        return calls[what](school=form.chosen(), new=_value(form, periods), **given)

    return _answer(request, community, TITLES[what], form, periods, save, "已登记")


@login_required
@require_http_methods(METHODS)
def resource_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改资源 and its periods."""
    return _edit(
        request, "resource", find(request, Resource.objects.select_related("school"), pk), services.edit_resource
    )


@login_required
@require_http_methods(METHODS)
def demand_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改需求."""
    return _edit(request, "demand", find(request, Demand.objects.select_related("school"), pk), services.edit_demand)


@login_required
@require_http_methods(METHODS)
def project_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改项目."""
    found = find(request, JointProject.objects.select_related("school"), pk)
    return _edit(request, "project", found, services.edit_project)


@login_required
@require_http_methods(METHODS)
def activity_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改活动; files are added."""
    found = find(request, Activity.objects.select_related("host"), pk)
    schools = writes_for(found.community, request.user)
    if found.host_id not in {school.pk for school in schools}:
        raise Http404
    form, _ = _forms(request, "activity", found.community, schools, found)

    def save() -> Any:
        return services.edit_activity(
            activity=found, new=form.value(), files=form.cleaned_data["evidence"], version=seen(request),
            by=request.user, at=timezone.now(),
        )  # fmt: skip

    return _answer(request, found.community, EDITS["activity"], form, None, save, "已保存")


def _edit(request: SignedInRequest, what: str, found: Any, service: Callable[..., Any]) -> HttpResponse:
    if not may_edit(request, found):
        raise Http404
    form, periods = _forms(request, what, found.community, [found.school], found)

    def save() -> Any:
        new = _value(form, periods)
        return service(**{what: found, "new": new, "version": seen(request), "by": request.user, "at": timezone.now()})

    return _answer(request, found.community, EDITS[what], form, periods, save, "已保存")


def _value(form: Any, periods: BaseFormSet | None) -> Any:
    if periods is None:
        return form.value()
    rows = [one for one in periods.forms if one.has_changed() or one.initial]
    return form.value([one.value() for one in rows if not one.cleaned_data.get("DELETE")])


def _answer(
    request: SignedInRequest, community: Community, title: str, form: EntryForm, rows: BaseFormSet | None,
    save: Callable[[], Any], said: str,
) -> HttpResponse:  # fmt: skip
    """GET shows the form, POST saves; a refusal comes back on it with all that was typed."""
    status, problems = 200, []
    if request.method == "POST":
        status = 422
        if all([form.is_valid(), rows is None or rows.is_valid()]):
            made, status, _ = attempt(save, form)
            if made is not None:
                messages.success(request, f"{said}：{made}")
                return redirect(made)
        problems = problems_of([form, rows] if rows is not None else [form])
    context = {
        "community": community, "title": title, "form": form, "rows": rows, "problems": problems,
        "back": request.GET.get("back", ""),
    }  # fmt: skip
    return render(request, "communities/entry_form.html", context, status=status)


def _forms(
    request: SignedInRequest, what: str, community: Community, schools: list[School], found: Any
) -> tuple[Any, BaseFormSet | None]:
    posted = request.method == "POST"
    data = (request.POST, request.FILES) if posted else (None, None)
    today = local_day(timezone.now())
    initial = _initial(what, found, community, today)
    if what == "resource":
        before = _periods(found)
        rows = PeriodForms(request.POST if posted else None, prefix="periods", initial=before)
        rows.extra = 1 if before else 2
        return ResourceForm(*data, schools=schools, initial=initial), rows
    if what == "demand":
        return DemandForm(*data, schools=schools, initial=initial), None
    members = [one for one in members_of(community) if len(schools) > 1 or one.pk != schools[0].pk]
    if what == "activity":
        projects = list(JointProject.objects.standing().filter(community=community).order_by("-created_at", "pk"))
        return ActivityForm(*data, schools=schools, members=members, projects=projects, initial=initial), None
    wishes = list(Demand.objects.standing().filter(community=community).select_related("school").order_by("pk"))
    people = people_of(schools, today)
    form = ProjectForm(*data, schools=schools, people=people, members=members, wishes=wishes, initial=initial)
    return form, None


def people_of(schools: list[School], today: date) -> list[tuple[Person, str]]:
    """Everybody in office at those schools, with post."""
    held = Appointment.objects.on(today).filter(school__in=schools).select_related("person", "school")
    found: dict[UUID, tuple[Person, str]] = {}
    for one in held.order_by("school__code", "rank", "pk"):
        where = f"{one.school.short_name} " if len(schools) > 1 and one.school else ""
        found.setdefault(one.person_id, (one.person, f"{where}{one.person.name}（{one.get_post_display()}）"))
    return list(found.values())


def _initial(what: str, found: Any, community: Community, today: date) -> dict[str, Any]:
    if found is None:
        year = date(today.year, 12, 31)
        return {"starts_on": today, "ends_on": min(community.until or year, year), "held_on": today}
    names = {
        "resource": ("kind", "title", "subject", "note"),
        "demand": ("kind", "title", "subject", "starts_on", "ends_on", "amount", "expectation"),
        "project": ("title", "way", "starts_on", "ends_on", "content"),
        "activity": ("way", "title", "held_on", "people", "text"),
    }
    initial = {name: getattr(found, name) for name in names[what]} | {"version": found.version}
    initial["school"] = (found.host if what == "activity" else found.school).code
    if what in ("project", "activity"):
        initial["partners"] = list(found.schools.values_list("code", flat=True))
    if what == "project":
        initial["responsible"] = str(found.responsible_id)
        initial["demands"] = [str(pk) for pk in found.demands.values_list("pk", flat=True)]
    if what == "activity":
        initial["project"] = str(found.project_id or "")
    return initial


def _periods(found: Resource | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    rows = found.periods.order_by("starts_on", "pk")
    return [
        {
            "key": one.pk,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
            "times": one.times,
            "capacity": one.capacity,
        }
        for one in rows
    ]


@login_required
@require_http_methods(METHODS)
def project_tasks(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """安排任务: tasks with 四明确 for people of the responsible school."""
    found = _project(request, pk)
    today = local_day(timezone.now())
    data = request.POST if request.method == "POST" else None
    rows = TaskForms(data, prefix="tasks", form_kwargs={"people": people_of([found.school], today)})
    form = VersionedForm(data, initial={"version": found.version})

    def save() -> Any:
        tasks = [one.value() for one in rows.forms if one.has_changed()]
        return services.plan_project(
            project=found, tasks=tasks, version=form.seen(), by=request.user, at=timezone.now()
        )

    return _answer(request, found.community, f"安排任务：{found.title}", form, rows, save, "已安排任务")  # type: ignore[arg-type]


@login_required
@require_http_methods(METHODS)
def project_result(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """登记成效."""
    found = _project(request, pk)
    initial = {"version": found.version, "on": local_day(timezone.now())}
    form = ConcludeForm(request.POST if request.method == "POST" else None, initial=initial)

    def save() -> Any:
        given = {name: form.cleaned_data[name] for name in ("result", "on")}
        return services.conclude_project(
            project=found, version=form.seen(), by=request.user, at=timezone.now(), **given
        )

    return _answer(request, found.community, f"登记成效：{found.title}", form, None, save, "已登记成效")  # type: ignore[arg-type]


def _project(request: SignedInRequest, pk: UUID) -> Any:
    found = find(request, JointProject.objects.select_related("school"), pk)
    if not may_edit(request, found):
        raise Http404
    return found
