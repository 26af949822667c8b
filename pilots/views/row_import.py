"""导入 and 粘贴 into the checklist: upload or paste, look at every line with its faults, then write it all at once."""

import json
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from checklists.selectors import in_office
from common.errors import DomainError, InvalidInput, one_fault
from common.exports import OPTIONS, XLSX, attachment, neutral
from pilots.forms.rows import TableForm
from pilots.models import FoundationKind, Plan
from pilots.plan_guards import editing_refusal, may_write
from pilots.row_table import COLUMNS, MOST_LINES, Table, from_file, from_paste
from pilots.rows import rows_url
from pilots.services.row_import import CHANGED, NEW, SAME, Preview, import_rows, look
from pilots.views.common import today
from pilots.views.plans import seen_plan
from schools.roster.table import MAX_BYTES

HINTS = {
    "number": "可以空；前置任务按它对应", "kind": "五项工程之一，可以空", "target": "必填，300 字以内",
    "measures": "必填，2,000 字以内", "due_on": "必填，写成 2026-11-20", "responsible": "必填，本校现在任职的人的姓名",
    "units": "可以空", "evidence": "可以空", "after": "要先完成的任务的序号，如 3、5", "clause": "文号 条号，可以空",
    "note": "可以空",
}  # fmt: skip
LONGEST_CELL = 2500
ALWAYS = ("kind", "target", "measures", "due_on", "responsible")
NO_TABLE = "核对过的表没有传全。重新上传或粘贴一次。"


def _plan(request: SignedInRequest, pk: UUID) -> Plan:
    """The plan, for those who write it."""
    plan = seen_plan(request.user, pk)
    if not may_write(request.user, plan.school_id):
        raise Http404
    return plan


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rows_import(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """A file or pasted cells; nothing is written, the next page shows what they would do."""
    plan = _plan(request, pk)
    if editing_refusal(plan):
        return redirect(rows_url(plan))
    if request.method != "POST":
        return _start(request, plan, TableForm(initial={"kind": request.GET.get("kind", "")}))
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, plan, form, 422)
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    try:
        table = from_file(file.read(MAX_BYTES + 1)) if file else from_paste(text, request.POST.get("start", ""))
    except InvalidInput as refusal:
        form.add_error("file" if file else "text", str(refusal))
        return _start(request, plan, form, 422)
    return _check(request, plan, table, form.cleaned_data["kind"], name=file.name if file else "")


def _start(request: SignedInRequest, plan: Plan, form: TableForm, status: int = 200) -> HttpResponse:
    context = {
        "plan": plan,
        "form": form,
        "columns": [(COLUMNS[name], hint) for name, hint in HINTS.items()],
        "max_megabytes": MAX_BYTES // 1024 // 1024,
        "max_rows": MOST_LINES,
        "url": rows_url(plan),
    }
    return render(request, "pilots/rows_import.html", context, status=status)


def _check(
    request: SignedInRequest, plan: Plan, table: Table, kind: str, *, name: str, refusal: str = "", status: int = 0
) -> HttpResponse:
    preview = look(plan=plan, table=table, kind=kind, today=today())
    shown = [column for column in COLUMNS if column in ALWAYS or (column != "number" and preview.says(column))]
    context = {
        "plan": plan,
        "preview": preview,
        "columns": [COLUMNS[column] for column in shown],
        "lines": _lines(preview, shown),
        "new": preview.number_of(NEW),
        "changed": preview.number_of(CHANGED),
        "same": preview.number_of(SAME),
        "table": json.dumps(
            {"lines": table.lines, "columns": table.columns, "kind": kind, "name": name}, ensure_ascii=False
        ),
        "people": [(person.name, posts) for person, posts in in_office(plan.school_id, today())],
        "notes": table.notes,
        "refusal": refusal,
        "url": rows_url(plan),
    }
    return render(request, "pilots/rows_check.html", context, status=status or (422 if preview.faults else 200))


def _lines(preview: Preview, shown: list[str]) -> list[dict[str, Any]]:
    """Cells in order: the words, what is wrong, what stood there before, and the name of the field that mends it."""
    return [
        {
            "number": line.number,
            "state": "fault" if line.faults else line.state,
            "cells": [
                {
                    "label": COLUMNS[name],
                    "text": _shown(line, name),
                    "fault": line.faults.get(name, ""),
                    "before": line.changes.get(name, ""),
                    "name": f"c-{line.number - 1}-{name}",
                    "kind": name,
                    "long": name in ("target", "measures"),
                }
                for name in shown
            ],
        }
        for line in preview.lines
    ]


def _shown(line: Any, name: str) -> str:
    if name in line.cells or name != "kind":
        return str(line.cells.get(name, ""))
    kind = line.values.get("kind", "")
    return str(FoundationKind(kind).label) if kind in FoundationKind.values else ""


@login_required
@require_POST
def rows_confirm(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """导入 itself; cells mended on the page are read anew, and as long as one is wrong nothing is written."""
    plan = _plan(request, pk)
    try:
        table, kind, name = _posted(request)
    except InvalidInput as refusal:
        messages.error(request, str(refusal))
        return redirect("pilots:rows-import", plan.pk)
    seen = request.POST.get("seen", "")
    try:
        done = import_rows(plan=plan, table=table, kind=kind, seen=seen, name=name, by=request.user, at=timezone.now())
    except InvalidInput:
        return _check(request, plan, table, kind, name=name)
    except DomainError as refusal:
        if editing_refusal(plan):
            messages.error(request, str(refusal))
            return redirect(rows_url(plan))
        return _check(request, plan, table, kind, name=name, refusal=str(refusal), status=409)
    messages.success(request, f"已添加 {done.number_of(NEW)} 项，修改 {done.number_of(CHANGED)} 项")
    return redirect(rows_url(plan))


def _posted(request: SignedInRequest) -> tuple[Table, str, str]:
    """The table as it was shown, with the cells that were mended; anything else in the field is refused."""
    try:
        kept = json.loads(request.POST.get("table", ""))
        lines = [{str(k): str(v)[:LONGEST_CELL] for k, v in line.items() if k in COLUMNS} for line in kept["lines"]]
        columns = [name for name in kept["columns"] if name in COLUMNS]
        kind, name = str(kept["kind"]), str(kept["name"])[:100]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise one_fault("table", NO_TABLE) from None
    if not 0 < len(lines) <= MOST_LINES:
        raise one_fault("table", NO_TABLE)
    for number, line in enumerate(lines):
        for field in COLUMNS:
            if (mended := request.POST.get(f"c-{number}-{field}")) is not None:
                line[field] = mended.replace("\x00", "").strip()[:LONGEST_CELL]
    return Table(lines, columns), kind if kind in FoundationKind.values else "", name


@login_required
@require_safe
def rows_template_file(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The workbook to fill in: header with remarks, works and people of this school to choose from."""
    plan = _plan(request, pk)
    people = [person.name for person, _ in in_office(plan.school_id, today())]
    return attachment(_workbook(people), f"{plan.school.short_name}推进清单模板.xlsx", XLSX)


def _workbook(people: list[str]) -> bytes:
    import xlsxwriter  # as in common.exports: at the first file

    out = BytesIO()
    with xlsxwriter.Workbook(out, {**OPTIONS, "constant_memory": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#e8eff6", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("推进清单")
        sheet.freeze_panes(1, 0)
        for place, (name, title) in enumerate(COLUMNS.items()):
            sheet.set_column(place, place, 34 if name in ("target", "measures") else 14, text)
            sheet.write_string(0, place, title, head)
            sheet.write_comment(0, place, HINTS[name], {"x_scale": 1.6})
        places = {name: place for place, name in enumerate(COLUMNS)}
        offered = {"kind": FoundationKind.labels, "responsible": [neutral(name) for name in people]}
        for name, words in offered.items():
            if words and len(",".join(words)) < 250:
                options = {"validate": "list", "source": words, "error_type": "warning"}
                sheet.data_validation(1, places[name], MOST_LINES, places[name], options)
    return out.getvalue()
