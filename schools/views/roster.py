"""Importing the roster (导入名册): template, upload, check, confirmation."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, Stale
from common.exports import XLSX, Export, attachment, download
from schools.forms import RosterForm
from schools.models import Office, RosterUpload
from schools.roster.columns import COLUMNS
from schools.roster.files import TOO_LARGE
from schools.roster.preview import compare, digest
from schools.roster.table import MAX_BYTES, MAX_ROWS
from schools.roster.template import template
from schools.selectors import stored_roster
from schools.services.roster import check_roster, confirm_import, may_import, recheck_roster, rows_of
from schools.views.common import refused, require

STEPS = ("下载模板", "上传文件", "核对", "确认导入")
FORM_AROUND_FILE = 64 * 1024  # bytes of a multipart body beside the file
SHOWN = 100  # rows of a group on the page; the downloads have all
RECENT = 5
Status = RosterUpload.Status


@csrf_exempt  # until the size is known: the protection reads the body, and `_upload` has it
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: SignedInRequest) -> HttpResponse:
    """Where an import begins. A body that is too large is refused before it is read."""
    require(may_import(request.user))
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + FORM_AROUND_FILE:
        form = RosterForm(QueryDict(), MultiValueDict())
        form.is_valid()
        form.errors.clear()
        form.add_error("file", TOO_LARGE)
        return _start(request, form, 413)
    return _upload(request)


@csrf_protect
def _upload(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return _start(request, RosterForm(), 200)
    form = RosterForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, form, 422)
    file = form.cleaned_data["file"]
    try:
        upload = check_roster(data=file.read(MAX_BYTES + 1), filename=file.name, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _start(request, form, refused(form, refusal))
    return redirect("schools:roster-check", upload.pk)


def _start(request: SignedInRequest, form: RosterForm, status: int) -> HttpResponse:
    recent = RosterUpload.objects.select_related("uploaded_by", "confirmed_by").defer("rows", "faults")
    context = {
        "form": form,
        "steps": STEPS,
        "columns": COLUMNS,
        "max_megabytes": MAX_BYTES // 1024 // 1024,
        "max_rows": f"{MAX_ROWS:,}",
        "recent": recent.order_by("-created_at", "pk")[:RECENT],
    }
    return render(request, "schools/roster.html", context, status=status)


@login_required
@require_GET
def roster_template(request: SignedInRequest) -> HttpResponse:
    """The template to fill in, with the offices of today."""
    require(may_import(request.user))
    offices = list(Office.objects.order_by("code").values_list("name", flat=True))
    return attachment(template(offices), "学校名册模板.xlsx", XLSX)


@login_required
@require_safe
def roster_check(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What the check of a file found: faults to mend, or what would be new and changed."""
    require(may_import(request.user))
    upload = _found(pk)
    page = "schools/roster_faults.html" if upload.status == Status.FAULTY else "schools/roster_check.html"
    return render(request, page, _context(upload))


@login_required
@require_GET
def roster_faults(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The faults as a list to work through."""
    require(may_import(request.user))
    upload = _found(pk)
    columns = ("行", "列", "现在填的", "哪里不对", "怎么改")
    rows = [[fault["row"], fault["column"], fault["value"], fault["reason"], fault["mend"]] for fault in upload.faults]
    return download(Export("名册要改的行", columns, rows, request.user.name, timezone.now()), "xlsx")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster_confirm(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The last look, and the import itself."""
    require(may_import(request.user))
    upload = _found(pk)
    if request.method != "POST":
        return render(request, "schools/roster_confirm.html", _context(upload))
    said = request.POST.get("version", "")
    version = int(said) if said.isascii() and said.isdecimal() else 0
    try:
        done = confirm_import(upload=upload, version=version, by=request.user, at=timezone.now())
    except DomainError as refusal:
        context = {**_context(_found(pk)), "refusal": refusal, "outdated": isinstance(refusal, Stale)}
        return render(request, "schools/roster_confirm.html", context, status=409)
    counts = done.counts
    messages.success(
        request, f"已导入：新增 {counts['new']} 所，更新 {counts['changed']} 所，不变 {counts['unchanged']} 所"
    )
    return redirect("schools:list")


@login_required
@require_POST
def roster_recheck(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Hold the rows of the file against the schools as they are now."""
    require(may_import(request.user))
    try:
        recheck_roster(upload=_found(pk), by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("schools:roster-check", pk)


def _found(pk: UUID) -> RosterUpload:
    return get_object_or_404(RosterUpload.objects.select_related("uploaded_by", "confirmed_by"), pk=pk)


def _context(upload: RosterUpload) -> dict[str, Any]:
    """An upload beside the schools as they are now."""
    stored = stored_roster()
    rows = rows_of(upload)
    preview = compare(rows, stored)
    waiting = upload.status in (Status.CHECKED, Status.EXPIRED)
    return {
        "upload": upload,
        "steps": [STEPS[0], {"label": STEPS[1], "url": reverse("schools:roster")}, *STEPS[2:]],
        "columns": COLUMNS,
        "counts": upload.counts if upload.status == Status.CONFIRMED else {**upload.counts, **preview.counts},
        "total": len(rows) + upload.counts.get("faulty_rows", 0),
        "to_write": len(preview.new) + len(preview.changed),
        "new": [[column.word(getattr(row, column.field)) for column in COLUMNS] for row in preview.new[:SHOWN]],
        "changed": preview.changed[:SHOWN],
        "untouched": preview.untouched[:SHOWN],
        "faults": upload.faults[: 2 * SHOWN],
        "shown": SHOWN,
        "stale": waiting and (upload.status == Status.EXPIRED or digest(stored) != upload.basis),
        "done": upload.status == Status.CONFIRMED,
    }
