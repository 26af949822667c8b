"""局级审核 of a plan: the points to check, judgement and conclusion; and two editions side by side."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from pilots.forms.plans import ROWS, ReviewForm
from pilots.models import Plan
from pilots.plan_guards import open_plan_actions
from pilots.plans import (
    annotations_of,
    differences_between,
    edition_before,
    editions_of,
    rows_of,
    sections_of,
    tag_of,
)
from pilots.review import points_of
from pilots.services import plans as services
from pilots.views.common import said, today
from pilots.views.plans import seen_plan
from schools import access
from schools.permissions import SchoolPerm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_review(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The review, for who reviews; once it is concluded, the plan's own page."""
    plan = seen_plan(request.user, pk)
    if not access.can(request.user, SchoolPerm.REVIEW, plan.school_id):
        raise Http404
    names = {step.name for step in open_plan_actions(plan, request.user)}
    if request.method != "POST" and not names & {"approve", "return"}:
        return redirect(plan)
    form = _form(plan, request)
    if request.method != "POST":
        return _show(request, plan, form)
    if not form.is_valid():
        return _show(request, plan, form, problems=problems_of([form]), status=422)
    try:
        _conclude(plan, form, request)
    except InvalidInput as refusal:
        form.refuse(refusal.faults)
        return _show(request, plan, form, problems=problems_of([form]), status=422)
    except DomainError as refusal:
        return _show(request, seen_plan(request.user, pk), form, problems=said(refusal), status=refusal.status)
    return redirect(plan)


def _form(plan: Plan, request: SignedInRequest) -> ReviewForm:
    annotations = annotations_of(plan)
    points = points_of(plan, sections_of(plan), rows_of(plan), annotations, today())
    return ReviewForm(plan, points, request.POST if request.method == "POST" else None, today=today())


def _conclude(plan: Plan, form: ReviewForm, request: SignedInRequest) -> None:
    at, version = timezone.now(), form.seen_version()
    if form.cleaned_data["result"] == "approve":
        services.approve_plan(plan=plan, judged=form.judged(), version=version, by=request.user, at=at)
        messages.success(request, f"{plan}已通过，清单开始计时")
        return
    services.return_plan(
        plan=plan, reason=form.cleaned_data["reason"], mend_by=form.cleaned_data["mend_by"], points=form.remarks(),
        judged=form.judged(), version=version, by=request.user, at=at,
    )  # fmt: skip
    messages.success(request, f"{plan}已退回，学校会收到要改的地方")


def _show(
    request: SignedInRequest,
    plan: Plan,
    form: ReviewForm,
    *,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    annotations = annotations_of(plan)
    before = edition_before(plan)
    sections = sections_of(plan, annotations)
    context = {
        "plan": plan,
        "tag": tag_of(plan),
        "form": form,
        "judgements": form.judgements(),
        "checked": sum(point.checked for point in form.points),
        "sections": [(section, form[f"point_{section.key}"]) for section in sections],
        "beside_rows": form[f"point_{ROWS}"],
        "rows": rows_of(plan),
        "differences": differences_between(before, plan) if before else None,
        "problems": problems,
        "today": today(),
    }
    return render(request, "pilots/plan_review.html", context, status=status)


@login_required
@require_safe
def plan_compare(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """This edition beside an earlier or later one of the school (`?with=` its number), by default the one before."""
    plan = seen_plan(request.user, pk)
    editions = editions_of(plan.school)
    asked = request.GET.get("with", "")
    other = next((edition for edition in editions if str(edition.edition) == asked and edition.pk != plan.pk), None)
    other = other or edition_before(plan) or next((e for e in editions if e.pk != plan.pk), None)
    pair = sorted(filter(None, [plan, other]), key=lambda edition: edition.edition)
    context = {
        "plan": plan,
        "other": other,
        "editions": [edition for edition in editions if edition.pk != plan.pk],
        "differences": differences_between(*pair) if other is not None else None,
    }
    return render(request, "pilots/plan_compare.html", context)
