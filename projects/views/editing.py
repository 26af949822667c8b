"""起草和修改申报: the sheet, the team and the milestones on one page; 报送 from the same page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from checklists.selectors import in_office
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from projects import services
from projects.forms.flagships import Sheet
from projects.guards import may_edit
from projects.models import Flagship, FlagshipStatus
from projects.services import FlagshipInput
from projects.services.drafting import input_of
from projects.views.detail import find_flagship
from schools import access
from schools.models import Person, School
from schools.permissions import SchoolPerm

Choices = list[tuple[str, str]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flagship_new(request: SignedInRequest) -> HttpResponse:
    """起草申报 for one's school."""
    ids = access.school_ids(request.user, SchoolPerm.EDIT_PLAN).ids
    schools = list(School.objects.filter(pk__in=ids).order_by("py", "pk")) if ids else []
    if not schools:
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    school = next((school for school in schools if school.code == given.get("school")), schools[0])
    return _page(request, school, None, FlagshipInput(title="", kind=""), schools)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flagship_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改申报; of a listed project the team and the milestones."""
    project = find_flagship(request.user, pk)
    if not access.can(request.user, SchoolPerm.EDIT_PLAN, project.school_id):
        raise Http404
    if not may_edit(project, request.user):
        messages.warning(request, f"现在是“{project.get_status_display()}”，不能再改申报。")
        return redirect(project)
    return _page(request, project.school, project, input_of(project), [project.school])


def _page(
    request: SignedInRequest, school: School, project: Flagship | None, stored: FlagshipInput, schools: list[School]
) -> HttpResponse:
    planning = project is not None and project.status == FlagshipStatus.LISTED
    posted = request.POST if request.method == "POST" else None
    people, serving = _people(school, stored)
    sheet = Sheet(stored, project.version if project else 0, people, serving, posted, planning=planning)
    context = {"school": school, "schools": schools, "project": project, "sheet": sheet, "planning": planning}
    context["may_send"] = not planning and access.can(request.user, SchoolPerm.SUBMIT_PLAN, school.pk)
    do = request.POST.get("do", "")
    if posted is None or do.startswith("more-"):
        return render(request, "projects/flagship_form.html", context | {"problems": [], "dirty": bool(do)})
    if not sheet.is_valid():
        return _wrong(request, context, problems_of(sheet.parts), 422)
    try:
        saved = _save(request, school, project, sheet, stored, send=do == "send" and bool(context["may_send"]))
    except InvalidInput as error:
        sheet.form.refuse(fault for fault in error.faults if fault.path in sheet.form.fields)
        rest = [fault for fault in error.faults if fault.path not in sheet.form.fields]
        targets = {"team": "team", "milestones": "milestones"}
        problems = problems_of([sheet.form]) + [
            {"text": fault.reason, "target": targets.get(fault.path, "")} for fault in rest
        ]
        return _wrong(request, context, problems, 422)
    except DomainError as error:
        return _wrong(request, context, [{"text": str(error), "target": ""}], 409)
    sent = saved.status == FlagshipStatus.APPLIED
    messages.success(request, "申报已报送，等教办意见和初审" if sent else "已保存")
    return redirect(saved)


def _wrong(request: SignedInRequest, context: dict[str, Any], problems: Any, status: int) -> HttpResponse:
    return render(
        request, "projects/flagship_form.html", context | {"problems": problems, "dirty": True}, status=status
    )


@transaction.atomic
def _save(
    request: SignedInRequest, school: School, project: Flagship | None, sheet: Sheet, stored: FlagshipInput, *, send: bool
) -> Flagship:  # fmt: skip
    """Save, and send when asked: both or neither."""
    by, at, new = request.user, timezone.now(), sheet.value(stored)
    if project is None:
        saved = services.draft_flagship(school=school, new=new, by=by, at=at)
    else:
        version = sheet.form.seen_version()
        saved = services.edit_flagship(project=project, new=new, version=version, by=by, at=at)
    return services.apply_flagship(project=saved, by=by, at=at) if send else saved


def _people(school: School, stored: FlagshipInput) -> tuple[Choices, Choices]:
    """People of the school, and those in office with their posts."""
    own = Person.objects.filter(school=school).order_by("py", "pk").values_list("pk", "name")
    serving = in_office(school.pk, local_day(timezone.now()))
    known = {str(person.pk) for person, _ in serving}
    left = Person.objects.filter(pk__in=[row.responsible for row in stored.milestones if row.responsible])
    extra = [(str(person.pk), f"{person.name}（已离任）") for person in left if str(person.pk) not in known]
    return [(str(pk), name) for pk, name in own], [(str(p.pk), f"{p.name}（{posts}）") for p, posts in serving] + extra


@login_required
@require_POST
def flagship_discard(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """删去草稿."""
    project = find_flagship(request.user, pk)
    raw = request.POST.get("version", "")
    version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
    try:
        services.discard_flagship(project=project, version=version, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(project)
    messages.success(request, "草稿已删去")
    return redirect("projects:flagships")
