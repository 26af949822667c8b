"""实施评估: the bureau's list of schools with both results, and the sheet of one; the school reads its result."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.templatetags.bound_fields import problems_of
from pilots import selection_lists
from pilots.evaluations import current_form, form_of, may_evaluate, result_tag, total_of
from pilots.forms.evaluations import EvaluationSheet
from pilots.models import Evaluation, EvaluationKind, EvaluationResult
from pilots.services.evaluations import NOT_YET, write_evaluation
from pilots.views.common import moved, said, seen_school, sees_schools, taken, today
from schools.models import PilotStatus, School

RUNNING = (PilotStatus.IMPLEMENTING, PilotStatus.IMPLEMENTED)


@login_required
@require_safe
def evaluation_list(request: SignedInRequest) -> HttpResponse:
    """Every school of the rollout with both evaluations; `?view=` a result narrows to it."""
    user = request.user
    sees_schools(user)
    filters, view = _filters(request)
    found = _found(request, filters, view)
    page = selection_lists.page_of_schools(found, request.GET.get("cursor", ""))
    context = {
        "rows": _lines(request, page.rows),
        "kinds": [str(label) for label in EvaluationKind.labels],
        "filters": filters,
        "view": view,
        "results": [("none", "中期未评"), *EvaluationResult.choices],
        "choices": selection_lists.choices(user, filters) if selection_lists.many_schools(user) else {},
        "export_query": f"{filters.address()}{'&' if filters.in_address() else ''}{f'view={view}' if view else ''}",
        **moved(request, page.previous, page.next),
    }
    return render(request, "pilots/evaluation_list.html", context)


def _filters(request: SignedInRequest) -> tuple[selection_lists.Filters, str]:
    view = request.GET.get("view", "")
    known = view if view in ("none", *EvaluationResult.values) else ""
    return replace(selection_lists.filters_from(request.GET), view=""), known


def _found(request: SignedInRequest, filters: selection_lists.Filters, view: str) -> QuerySet[School]:
    """Schools within sight; with a view those whose mid-term evaluation has that result, or none yet."""
    rows = selection_lists.schools_found(request.user, filters)
    seen = Evaluation.objects.visible_to(request.user).filter(concluded_at__isnull=False)
    mid = seen.filter(school=OuterRef("pk"), kind=EvaluationKind.MID_TERM).values("result")[:1]
    rows = rows.annotate(mid_term=Subquery(mid))
    if not view:
        return rows
    return rows.filter(mid_term__isnull=True) if view == "none" else rows.filter(mid_term=view)


def _lines(request: SignedInRequest, schools: Sequence[School]) -> list[dict[str, Any]]:
    seen = Evaluation.objects.visible_to(request.user).filter(school__in=schools).prefetch_related("answers")
    known = {(row.school_id, row.kind): row for row in seen}
    return [
        {
            "school": school,
            "cells": [_cell(school, kind, known.get((school.pk, kind.value)), request) for kind in EvaluationKind],
        }
        for school in schools
    ]


def _cell(
    school: School, kind: EvaluationKind, evaluation: Evaluation | None, request: SignedInRequest
) -> dict[str, Any]:
    begins = evaluation is None and school.pilot_status in RUNNING and may_evaluate(request.user, school.pk)
    return {
        "kind": kind.value,
        "label": kind.label,
        "evaluation": evaluation,
        "tag": result_tag(evaluation) if evaluation else None,
        "total": total_of(evaluation) if evaluation else None,
        "begins": begins,
    }


COLUMNS = (
    "学校代码",
    "学校",
    *(f"{kind}{part}" for kind in EvaluationKind.labels for part in ("结论", "日期", "得分")),
)


@login_required
@require_safe
def evaluations_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file."""
    sees_schools(request.user)
    filters, view = _filters(request)
    lines = _lines(request, list(_found(request, filters, view).order_by("code")))
    rows = [
        [line["school"].code, line["school"].name, *(value for cell in line["cells"] for value in _exported(cell))]
        for line in lines
    ]
    shown = filters.in_address() | ({"view": view} if view else {})
    return taken(request, kind, what="evaluations", title="实施评估", columns=COLUMNS, rows=rows, filters=shown)


def _exported(cell: dict[str, Any]) -> list[Any]:
    evaluation = cell["evaluation"]
    if evaluation is None:
        return ["", "", None]
    return [cell["tag"][1], str(evaluation.held_on or ""), cell["total"]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation(request: SignedInRequest, code: str, kind: str) -> HttpResponse:
    """The sheet for 组织科 until it is concluded; afterwards the result, to be read by whoever sees the school."""
    school = seen_school(request.user, code)
    if kind not in EvaluationKind.values:
        raise Http404
    seen = Evaluation.objects.visible_to(request.user).select_related("concluded_by", "drafted_by")
    stored = seen.filter(school=school, kind=kind).prefetch_related("answers").first()
    writes = may_evaluate(request.user, school.pk) and (stored is None or stored.concluded_at is None)
    if stored is None and not writes:
        raise Http404
    if not writes:
        if request.method == "POST":
            return _read(
                request, school, stored, problems=[{"text": "评估已经下结论，不能再改。", "target": ""}], status=409
            )
        return _read(request, school, stored)
    form = form_of(stored) if stored else current_form(kind)
    sheet = EvaluationSheet(form, stored, request.POST if request.method == "POST" else None, today=today())
    return _write(request, school, kind, sheet) if request.method == "POST" else _show(request, school, kind, sheet)


def _read(
    request: SignedInRequest,
    school: School,
    stored: Evaluation | None,
    *,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    if stored is None:
        raise Http404
    answers = {answer.criterion: answer for answer in stored.answers.all()}
    form = form_of(stored)
    context = {
        "school": school,
        "evaluation": stored,
        "tag": result_tag(stored),
        "lines": [(criterion, answers.get(criterion.code)) for criterion in form.criteria],
        "most": form.most,
        "total": total_of(stored),
        "problems": problems,
    }
    return render(request, "pilots/evaluation_detail.html", context, status=status)


def _write(request: SignedInRequest, school: School, kind: str, sheet: EvaluationSheet) -> HttpResponse:
    concludes = request.POST.get("do") == "conclude"
    if not sheet.is_valid():
        return _show(request, school, kind, sheet, problems=problems_of([sheet]), status=422)
    try:
        done = write_evaluation(
            school=school, kind=kind, new=sheet.value(), concludes=concludes, version=sheet.seen_version(),
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except InvalidInput as refusal:
        sheet.refuse(refusal.faults)
        return _show(request, school, kind, sheet, problems=problems_of([sheet]), status=422)
    except DomainError as refusal:
        found = refusal.differences if isinstance(refusal, Stale) else ()
        return _show(request, school, kind, sheet, problems=said(refusal), differences=found, status=refusal.status)
    messages.success(request, f"{done}已下结论" if concludes else "已保存")
    return redirect(done)


def _show(
    request: SignedInRequest,
    school: School,
    kind: str,
    sheet: EvaluationSheet,
    *,
    problems: Sequence[dict[str, str]] = (),
    differences: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    if differences:
        current = Evaluation.objects.get(school=school, kind=kind)
        sheet.data = sheet.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
        sheet.data["version"] = str(current.version)  # type: ignore[index]
    context = {
        "school": school,
        "label": EvaluationKind(kind).label,
        "sheet": sheet,
        "why": "" if school.pilot_status in RUNNING else NOT_YET,
        "problems": problems,
        "differences": differences,
    }
    return render(request, "pilots/evaluation_sheet.html", context, status=status)
