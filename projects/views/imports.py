"""导入已有项目和成果: template, upload, check, confirmation."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError
from common.exports import OPTIONS, XLSX, Export, attachment, download, neutral
from projects.forms.results import UploadForm
from projects.models import ProjectUpload
from projects.services.importing import check_table, confirm_table, look, may_import
from projects.tables import MOST_ROWS, TABLES, Column
from schools.roster.files import TOO_LARGE
from schools.roster.table import MAX_BYTES

STEPS = ("下载模板", "上传文件", "核对", "确认导入")
TITLES = {"projects": "导入项目", "awards": "导入成果"}
FORM_AROUND_FILE = 64 * 1024
RECENT = 5
Status = ProjectUpload.Status


def _require(request: SignedInRequest, what: str = "projects") -> None:
    if what not in TABLES or not may_import(request.user):
        raise Http404


@csrf_exempt  # until the size is known: the protection reads the body, and `_upload` has it
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_start(request: SignedInRequest, what: str) -> HttpResponse:
    """Where an import begins. A body that is too large is refused before it is read."""
    _require(request, what)
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + FORM_AROUND_FILE:
        form = UploadForm(QueryDict(), MultiValueDict())
        form.is_valid()
        form.errors.clear()
        form.add_error("file", TOO_LARGE)
        return _start(request, what, form, 413)
    return _upload(request, what)


@csrf_protect
def _upload(request: SignedInRequest, what: str) -> HttpResponse:
    if request.method != "POST":
        return _start(request, what, UploadForm(), 200)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, what, form, 422)
    file = form.cleaned_data["file"]
    try:
        upload = check_table(
            data=file.read(MAX_BYTES + 1), filename=file.name, what=what, by=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        form.add_error("file", str(refusal))
        return _start(request, what, form, 422)
    return redirect("projects:import-check", upload.pk)


def _start(request: SignedInRequest, what: str, form: UploadForm, status: int) -> HttpResponse:
    recent = ProjectUpload.objects.filter(what=what).select_related("uploaded_by").defer("rows", "faults")
    context = {
        "what": what,
        "title": TITLES[what],
        "form": form,
        "steps": STEPS,
        "columns": TABLES[what],
        "max_megabytes": MAX_BYTES // 1024 // 1024,
        "max_rows": f"{MOST_ROWS:,}",
        "recent": recent.order_by("-created_at", "pk")[:RECENT],
    }
    return render(request, "projects/import_start.html", context, status=status)


@login_required
@require_GET
def import_template(request: SignedInRequest, what: str) -> HttpResponse:
    """The template to fill in: header with remarks, an example row, drop-downs."""
    _require(request, what)
    return attachment(_template(TABLES[what]), f"{TITLES[what]}模板.xlsx", XLSX)


def _template(columns: Sequence[Column]) -> bytes:
    import xlsxwriter  # as in common.exports: at the first file

    out = BytesIO()
    with xlsxwriter.Workbook(out, {**OPTIONS, "constant_memory": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#e8eff6", "border": 1, "text_wrap": True})
        faint = book.add_format({"font_color": "#69645c"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("导入")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 16, text)
            sheet.write_string(0, place, column.title, head)
            sheet.write_comment(0, place, column.hint, {"x_scale": 1.6})
            sheet.write_string(1, place, neutral(column.example), faint)
            offered = list(dict.fromkeys(column.words))
            if offered and len("".join(offered)) + len(offered) < 250 and column.field != "areas":
                sheet.data_validation(1, place, MOST_ROWS, place, {"validate": "list", "source": offered})
    return out.getvalue()


def _found(request: SignedInRequest, pk: UUID) -> ProjectUpload:
    _require(request)
    return get_object_or_404(ProjectUpload.objects.select_related("uploaded_by", "confirmed_by"), pk=pk)


@login_required
@require_safe
def import_check(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What the check found: cells to mend, or what would be new, what is known, what looks like a double."""
    return render(request, "projects/import_check.html", _context(_found(request, pk)))


def _context(upload: ProjectUpload) -> dict[str, Any]:
    columns = TABLES[upload.what]
    done, faulty = upload.status == Status.CONFIRMED, upload.status == Status.FAULTY
    preview = None if done or faulty else look(upload.what, upload.rows, timezone.now())
    return {
        "upload": upload,
        "title": TITLES[upload.what],
        "steps": [STEPS[0], {"label": STEPS[1], "url": reverse("projects:import", args=[upload.what])}, *STEPS[2:]],
        "columns": columns,
        "counts": upload.counts,
        "faults": upload.faults,
        "done": done,
        "faulty": faulty,
        "stale": bool(preview and preview.faults),
        "new": _cells(columns, preview.new) if preview else [],
        "near": [(cells, row["like"]) for cells, row in zip(_cells(columns, preview.near), preview.near, strict=True)]
        if preview
        else [],
        "known": len(preview.known) if preview else upload.counts.get("known", 0),
        "total": len(upload.rows),
        "back": "projects:flagships" if upload.what == "projects" else "projects:awards",
    }


def _cells(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows in the words of the file."""
    return [[_word(column, row[column.field]) for column in columns] for row in rows]


def _word(column: Column, value: Any) -> str:
    words = {stands_for: word for word, stands_for in reversed(list(column.words.items()))}
    if isinstance(value, list):
        return "、".join(words[one] for one in value)
    return words.get(value, str(value))


@login_required
@require_GET
def import_faults(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The faults as a list to work through."""
    upload = _found(request, pk)
    columns = ("行", "列", "现在填的", "哪里不对", "怎么改")
    rows = [[fault["row"], fault["column"], fault["value"], fault["reason"], fault["mend"]] for fault in upload.faults]
    return download(Export("要改的格", columns, rows, request.user.name, timezone.now()), "xlsx")


@login_required
@require_http_methods(["POST"])
def import_confirm(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """导入 itself."""
    upload = _found(request, pk)
    raw = request.POST.get("version", "")
    version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
    near = request.POST.get("near") == "yes"
    try:
        done = confirm_table(upload=upload, near=near, version=version, by=request.user, at=timezone.now())
    except DomainError as refusal:
        context = _context(_found(request, pk)) | {"refusal": refusal}
        return render(request, "projects/import_check.html", context, status=409)
    left = f"，{done.counts['left']} 行疑似重复没有导入" if done.counts["left"] else ""
    messages.success(request, f"已导入 {done.counts['new']} 行，{done.counts['known']} 行原来就有{left}")
    return redirect("projects:flagships" if upload.what == "projects" else "projects:awards")
