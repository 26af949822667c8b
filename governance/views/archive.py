"""归档与检查: dossiers of a school and period, their progress and their files; the collection workbooks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.exports import XLSX, attachment
from common.htmx import partial
from common.templatetags.bound_fields import problems_of
from governance import collection
from governance.forms.archive import PeriodForm
from governance.models import Dossier, DossierStatus
from governance.services.archive_exports import record_collection
from governance.services.dossier import request_dossier, take_dossier
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

SHOWN = 20
TAGS = {
    DossierStatus.QUEUED: "wait",
    DossierStatus.RUNNING: "go",
    DossierStatus.DONE: "done",
    DossierStatus.FAILED: "bad",
    DossierStatus.EXPIRED: "none",
}


def schools_of(user: User) -> list[School]:
    """Schools whose meetings the account sees as a whole; 404 for everybody else."""
    scope = access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
    if not scope or user.is_machine:
        raise Http404
    rows = School.objects.all() if scope.everywhere else School.objects.filter(pk__in=scope.ids)
    return list(rows.order_by("py", "pk"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: SignedInRequest) -> HttpResponse:
    """The account's dossiers with their progress; POST asks for a new one."""
    schools = schools_of(request.user)
    if request.method != "POST":
        return _show(request, schools, PeriodForm(schools, initial=_this_year(schools)))
    form = PeriodForm(schools, request.POST)
    if not form.is_valid():
        return _show(request, schools, form, status=422)
    given = form.cleaned_data
    try:
        request_dossier(
            school=form.chosen(), body=given["body"], since=given["since"], until=given["until"], by=request.user,
            at=timezone.now(),
        )  # fmt: skip
    except InvalidInput as refusal:
        for fault in refusal.faults:
            form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
        return _show(request, schools, form, status=422)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, schools, form, status=409)
    messages.success(request, "已开始生成检查卷宗，可以离开这一页，完成后会提醒你")
    return redirect("governance:archive")


def _this_year(schools: list[School]) -> dict[str, Any]:
    today = local_day(timezone.now())
    return {"since": date(today.year, 1, 1), "until": today, "school": schools[0].code if len(schools) == 1 else ""}


def _show(request: SignedInRequest, schools: list[School], form: PeriodForm, status: int = 200) -> HttpResponse:
    at = timezone.now()
    dossiers = list(
        Dossier.objects.filter(started_by=request.user).select_related("school").order_by("-created_at", "-pk")[:SHOWN]
    )
    context = {
        "form": form,
        "problems": problems_of([form]) if form.is_bound else [],
        "dossiers": [(dossier, _tag(dossier, at)) for dossier in dossiers],
        "live": any(dossier.is_live() for dossier in dossiers),
        "books": collection.BOOKS.values(),
        "many": len(schools) > 1,
        "now": at,
    }
    return render(request, partial(request, "governance/archive.html"), context, status=status)


def _tag(dossier: Dossier, at: datetime) -> tuple[str, str]:
    """A file whose week is over is not offered, whether it has been removed yet or not."""
    over = dossier.status == DossierStatus.DONE and dossier.expires_at is not None and dossier.expires_at <= at
    status = DossierStatus.EXPIRED if over else DossierStatus(dossier.status)
    return TAGS[status], status.label


@login_required
@require_GET
def dossier_download(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    """The ZIP, for the one who asked for it."""
    dossier = get_object_or_404(Dossier.objects.select_related("school"), pk=pk, started_by=request.user)
    try:
        dossier = take_dossier(dossier=dossier, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("governance:archive")
    name = f"检查卷宗_{dossier.school.short_name}_{dossier.since:%Y%m%d}-{dossier.until:%Y%m%d}.zip"
    response = FileResponse(dossier.file.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_GET
def collection_book(request: SignedInRequest, name: str) -> HttpResponse:
    """One of the three collection workbooks for the school and period in the address; who took it is recorded."""
    schools = schools_of(request.user)
    book = collection.BOOKS.get(name)
    form = PeriodForm(schools, request.GET)
    if book is None or request.GET.get("school", "") not in {"", *form.schools}:
        raise Http404
    if not form.is_valid():
        return _show(request, schools, form, status=422)
    school, since, until = form.chosen(), form.cleaned_data["since"], form.cleaned_data["until"]
    rows = collection.rows_of(book, request.user, school, since, until)
    at = timezone.now()
    number = record_collection(
        school=school, book=book.name, since=since, until=until, rows=len(rows), by=request.user, at=at
    )
    origin = f"{book.title}　{school.name}　{since} 至 {until}　导出人：{request.user.name}　编号：{number}"
    title = f"{book.title}_{school.short_name}_{since:%Y%m%d}-{until:%Y%m%d}.xlsx"
    return attachment(collection.to_xlsx(book, rows, origin), title, XLSX)
