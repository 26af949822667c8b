"""推进清单: the table is written in place, row by row. Every step works as a plain form, and with htmx swaps the table alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from common.errors import Difference, DomainError, InvalidInput, Stale
from pilots.forms.rows import RowForm
from pilots.models import FoundationKind, Plan, PlanRow
from pilots.plan_checks import lacks_of
from pilots.plan_guards import may_edit
from pilots.plans import editions_of
from pilots.rows import EXPORTED, RowView, exported, rows_context, rows_url
from pilots.services import rows as services
from pilots.views.common import said, taken, today, version_in
from pilots.views.plans import seen_plan, show_plan

CELLS = ("target", "measures", "due_on", "responsible", *("kind", "units", "evidence", "after", "clause", "note"))
MOVES = (("up", "上移", "arrow-up"), ("down", "下移", "arrow-down"))


@dataclass
class Editor:
    """The row that is open for writing; `row` None is a new one of that work. `cell` gets the focus."""

    form: RowForm
    row: PlanRow | None
    kind: str
    cell: str = "target"
    refusal: str = ""
    differences: Sequence[Difference] = field(default_factory=tuple)
    moves: Sequence[tuple[str, str, str]] = MOVES


def seen_row(request: SignedInRequest, pk: UUID) -> PlanRow:
    """The row within sight, or 404."""
    rows = PlanRow.objects.visible_to(request.user).select_related("plan__school", "responsible", "clause__policy")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def plan_rows(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The table; `?edit=` and `?add=` open a row for writing."""
    plan = seen_plan(request.user, pk)
    return _show(request, plan, _asked_for(plan, request))


def _asked_for(plan: Plan, request: SignedInRequest) -> Editor | None:
    if not may_edit(plan, request.user):
        return None
    cell = request.GET.get("cell", "")
    cell = cell if cell in CELLS else "target"
    kind = request.GET.get("add", "")
    if kind:
        return _new_row(plan, kind)
    try:
        row = (
            plan.rows.select_related("responsible", "clause__policy")
            .filter(pk=UUID(request.GET.get("edit", "")))
            .first()
        )
    except ValueError:
        return None
    return Editor(RowForm(plan, row, today=today()), row, row.kind, cell) if row else None


def _new_row(plan: Plan, kind: str) -> Editor:
    kind = kind if kind in FoundationKind.values else ""
    return Editor(RowForm(plan, None, today=today(), kind=kind), None, kind)


def _show(request: SignedInRequest, plan: Plan, editor: Editor | None, status: int = 200) -> HttpResponse:
    """The table alone for htmx, else the plan's page with it."""
    extra = rows_context(plan, request.user, request, editor)
    if getattr(request, "htmx", False):
        return _swapped(request, plan, extra, status)
    problems = []
    if editor is not None and (editor.refusal or editor.form.errors):
        problems = [{"text": editor.refusal, "target": ""}] if editor.refusal else []
        for name, texts in editor.form.errors.items():
            target = "" if name == "__all__" else editor.form[name].id_for_label
            problems += [{"text": str(text), "target": target} for text in texts]
    return show_plan(request, plan, problems=problems, rows=extra, status=status)


def _swapped(request: SignedInRequest, plan: Plan, extra: dict[str, Any], status: int) -> HttpResponse:
    """The table alone, and with it what is still missing before the plan can be handed in."""
    lacks = lacks_of(plan) if may_edit(plan, request.user) else []
    more = {"swapped": True, "lacks": lacks, "newest": editions_of(plan.school)[0]}
    return render(request, "pilots/_partials/plan_rows.html", extra | more, status=status)


@login_required
@require_POST
def row_add(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """添加任务."""
    plan = seen_plan(request.user, pk)
    kind = request.POST.get("kind", "")
    return _save(request, plan, None, Editor(RowForm(plan, None, request.POST, today=today(), kind=kind), None, kind))


@login_required
@require_POST
def row_save(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """保存 a row; when somebody was quicker, what differs stands beside what was typed."""
    row = seen_row(request, pk)
    plan = seen_plan(request.user, row.plan_id)
    return _save(request, plan, row, Editor(RowForm(plan, row, request.POST, today=today()), row, row.kind))


def _save(request: SignedInRequest, plan: Plan, row: PlanRow | None, editor: Editor) -> HttpResponse:
    form, status = editor.form, 422
    valid = form.is_valid()
    try:
        if valid and row is None:
            saved = services.add_row(plan=plan, row=form.value(), by=request.user, at=timezone.now())
        elif valid and row is not None:
            new, version = form.value(), form.seen_version()
            saved = services.change_row(row=row, new=new, version=version, by=request.user, at=timezone.now())
    except InvalidInput as faults:
        form.refuse(faults.faults)
    except DomainError as refusal:
        return _refused(request, editor, refusal)
    else:
        if valid:
            return _done(request, plan, f"已保存第 {saved.order} 项", saved)
    bad = [name for name in CELLS if name in form.errors]
    editor.cell = bad[0] if bad else "target"
    return _show(request, plan, editor, status)


def _refused(request: SignedInRequest, editor: Editor, refusal: DomainError) -> HttpResponse:
    """What was typed stays; it carries the present version, so that the next 保存 is meant."""
    plan = seen_plan(request.user, editor.form.plan.pk)
    editor.refusal = str(refusal)
    if isinstance(refusal, Stale):
        editor.differences = refusal.differences
        now = plan.rows.filter(pk=editor.row.pk).first() if editor.row else None
        if now is None:
            return _notice(request, plan, refusal)
        typed = editor.form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
        typed["version"] = str(now.version)
        editor.form.data = typed
    if not may_edit(plan, request.user):
        return _notice(request, plan, refusal)
    return _show(request, plan, editor, refusal.status)


def _notice(request: SignedInRequest, plan: Plan, refusal: DomainError) -> HttpResponse:
    """The table as it is, and why the step was refused."""
    extra = rows_context(plan, request.user, request) | {"row_refusal": str(refusal)}
    if getattr(request, "htmx", False):
        return _swapped(request, plan, extra, 409)
    return show_plan(request, plan, problems=said(refusal), rows=extra, status=refusal.status)


def _done(request: SignedInRequest, plan: Plan, words: str, row: PlanRow | None = None) -> HttpResponse:
    """Back to the table, or on to the row that is to be written next (`then`: a row and a cell, or a work)."""
    then = request.POST.get("then", "")
    if not getattr(request, "htmx", False):
        messages.success(request, words)
        where = f"?{urlencode(_then_query(then))}" if then else RowView.read(request.GET).address()
        return redirect(f"{rows_url(plan)}{where}{f'#row-{row.pk}' if row and not then else ''}")
    if then:
        query = request.GET.copy()
        query.update(_then_query(then))
        request.GET = query  # type: ignore[assignment]  # the table is shown as if it had been asked for so
    plan = seen_plan(request.user, plan.pk)
    response = _show(request, plan, _asked_for(plan, request) if then else None)
    response["HX-Trigger"] = json.dumps({"toast": {"text": words}, "row-saved": {"row": str(row.pk) if row else ""}})
    return response


def _then_query(then: str) -> dict[str, str]:
    first, _, cell = then.partition(":")
    return {"add": cell[:20] or "other"} if first == "add" else {"edit": first[:36], "cell": cell[:20]}


@login_required
@require_POST
def row_remove(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """删去这一项."""
    row = seen_row(request, pk)
    plan, words = seen_plan(request.user, row.plan_id), f"已删去第 {row.order} 项"
    try:
        services.remove_row(row=row, version=version_in(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _notice(request, plan, refusal)
    return _done(request, plan, words)


@login_required
@require_POST
def row_move(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """上移 or 下移."""
    row = seen_row(request, pk)
    plan = seen_plan(request.user, row.plan_id)
    if request.POST.get("do") not in ("up", "down"):
        raise Http404
    try:
        moved = services.move_row(row=row, up=request.POST["do"] == "up", by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _notice(request, plan, refusal)
    return _done(request, plan, f"已移到第 {moved.order} 项", moved)


@login_required
@require_safe
def rows_export(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """The table under its present filters as a file that can be imported again; who took it is recorded."""
    plan, view = seen_plan(request.user, pk), RowView.read(request.GET)
    rows: list[Any] = exported(plan, request.user, today(), view)
    filters = {name: value for name, value in (("view", view.view), ("who", view.who)) if value}
    title = f"{plan.school.short_name}推进清单"
    return taken(
        request, kind, what="rows", title=title, columns=EXPORTED, rows=rows, filters=filters | {"plan": str(plan.pk)}
    )
