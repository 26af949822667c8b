"""案例库: the list with its search, one case, entering and publishing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from attachments.selectors import files_of
from attachments.services import ACCEPT
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.exports import Export, download
from projects import library, lists, services
from projects.forms.results import CaseForm
from projects.models import Flagship, Level, SelectedCase
from projects.models.cases import enters_cases, reads_cases
from projects.views.lists import choices, neighbours
from schools.models import School


@login_required
@require_safe
def case_list(request: SignedInRequest) -> HttpResponse:
    """Selected cases, the latest year first; found by words in text and files."""
    user = request.user
    if not reads_cases(user):
        raise Http404
    filters = lists.filters_from(request.GET, ())
    found = library.about(lists.cases_found(user, filters), filters.q)
    page = lists.page(found.select_related("school"), request.GET.get("cursor", ""), "-year")
    context = {
        "filters": filters,
        "cases": page.rows,
        "level_options": [lists.Option(level.value, level.label, level == filters.level) for level in Level],
        "may_enter": enters_cases(user),
        "export_query": lists.address(request.GET),
        "years": choices(request, filters)["years"],
        **neighbours(request, page),
    }
    return render(request, "projects/case_list.html", context)


@login_required
@require_GET
def cases_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    user, at = request.user, timezone.now()
    if not reads_cases(user) or kind not in ("csv", "xlsx"):
        raise Http404
    filters = lists.filters_from(request.GET, ())
    found = library.about(lists.cases_found(user, filters), filters.q).select_related("school", "project")
    lines = [lists.exported_case(case) for case in found.order_by("-year", "-pk")]
    number = services.record_export(
        rows=len(lines), filters=filters.in_address(), kind=kind, what="case", by=user, at=at
    )
    return download(Export("案例库", lists.CASE_COLUMNS, lines, user.name, at, number), kind)


def _find(request: SignedInRequest, pk: UUID) -> SelectedCase:
    rows = SelectedCase.objects.visible_to(request.user).select_related("school", "project", "entered_by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def case_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One case."""
    return _show(request, _find(request, pk))


def _show(request: SignedInRequest, case: SelectedCase, problems: Any = (), status: int = 200) -> HttpResponse:
    known = Flagship.objects.visible_to(request.user)
    seen = case.project is not None and known.filter(pk=case.project.pk).exists()
    context = {
        "case": case,
        "files": files_of([case])[subject_of(case)],
        "may_enter": enters_cases(request.user),
        "project_seen": seen,
        "accept": ACCEPT,
        "problems": problems,
    }
    return render(request, "projects/case_detail.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: SignedInRequest) -> HttpResponse:
    """录入案例."""
    if not enters_cases(request.user):
        raise Http404
    schools = list(School.objects.order_by("py", "pk"))
    given = request.POST if request.method == "POST" else request.GET
    school = next((school for school in schools if school.code == given.get("school")), None)
    form = CaseForm(_projects(school), request.POST or None, initial={"year": local_day(timezone.now()).year})
    if request.method == "POST" and school is None:
        form.add_error(None, "选学校")
    elif request.method == "POST" and school is not None and form.is_valid():
        try:
            case = services.enter_case(school=school, new=form.value(), by=request.user, at=timezone.now())
        except InvalidInput as error:
            form.refuse(error.faults)
        else:
            messages.success(request, "案例已录入，发布以后各校都能看")
            return redirect(case)
    context = {"form": form, "schools": schools, "school": school, "case": None}
    return render(request, "projects/case_form.html", context, status=422 if form.errors else 200)


def _projects(school: School | None) -> list[tuple[str, str]]:
    rows = Flagship.objects.exclude(number="").order_by("number")
    rows = rows.filter(school=school) if school is not None else rows
    return [(str(pk), f"{number} {title}") for pk, number, title in rows.values_list("pk", "number", "title")]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改案例."""
    case = _find(request, pk)
    if not enters_cases(request.user):
        raise Http404
    names = ("title", "level", "named", "year", "authors", "summary", "text", "version")
    initial = {name: getattr(case, name) for name in names} | {"project": str(case.project_id or "")}
    form = CaseForm(_projects(case.school), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_case(
                case=case, new=form.value(), version=form.seen_version(), by=request.user, at=timezone.now()
            )
        except InvalidInput as error:
            form.refuse(error.faults)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "案例已保存")
            return redirect(case)
    context = {"form": form, "schools": [], "school": case.school, "case": case}
    return render(request, "projects/case_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def case_act(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """发布、撤下, files added or removed."""
    case, by, at = _find(request, pk), request.user, timezone.now()
    if not enters_cases(by):
        raise Http404
    do, raw = request.POST.get("do", ""), request.POST.get("version", "")
    version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
    try:
        if do == "publish":
            services.publish_case(case=case, version=version, by=by, at=at)
            messages.success(request, "案例已发布，各校都能看")
        elif do == "withdraw":
            services.withdraw_case(case=case, version=version, by=by, at=at)
            messages.success(request, "案例已撤下，只有组织科看得到")
        else:
            _files(request, case, do)
    except InvalidInput as error:
        faults = [{"text": fault.reason, "target": "id_materials"} for fault in error.faults]
        return _show(request, _find(request, pk), faults, 422)
    except DomainError as error:
        return _show(request, _find(request, pk), [{"text": str(error), "target": ""}], 409)
    return redirect(case)


def _files(request: SignedInRequest, case: SelectedCase, do: str) -> None:
    by, at, uploads = request.user, timezone.now(), request.FILES.getlist("materials")
    if do.startswith("remove-"):
        file = next((one for one in files_of([case])[subject_of(case)] if f"remove-{one.pk}" == do), None)
        if file is None:
            raise Http404
        services.detach_from_case(case=case, attachment=file.pk, by=by, at=at)
        messages.success(request, f"已移除 {file.name}")
    elif uploads:
        with transaction.atomic():
            for upload in uploads:
                services.attach_to_case(case=case, upload=upload, by=by, at=at)
        messages.success(request, f"已添加 {len(uploads)} 份附件")
    else:
        messages.warning(request, "先选要添加的文件")
