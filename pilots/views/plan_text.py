"""Writing a plan: its sections, the bureau's remarks beside them, its files."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.templatetags.bound_fields import problems_of
from pilots.forms.plans import PlanForm, RemarkForm
from pilots.models import Plan, PlanAnnotation
from pilots.plan_guards import editing_refusal, may_write
from pilots.plans import annotations_of, sections_of
from pilots.services import plan_files
from pilots.services import plans as services
from pilots.views.common import said
from pilots.views.plans import seen_plan, show_plan


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The sections as one long form, each with the bureau's remarks beside it. Saving does not hand in."""
    plan = seen_plan(request.user, pk)
    if not may_write(request.user, plan.school_id):
        raise Http404
    if request.method != "POST":
        if editing_refusal(plan):
            return redirect(plan)
        return _show(request, plan, _form(plan))
    form = _form(plan, request.POST)
    if not form.is_valid():
        return _show(request, plan, form, problems=problems_of([form]), status=422)
    try:
        saved = services.edit_plan(
            plan=plan, new=form.value(), version=form.seen_version(), by=request.user, at=timezone.now()
        )
    except InvalidInput as refusal:
        form.refuse(refusal.faults)
        return _show(request, plan, form, problems=problems_of([form]), status=422)
    except DomainError as refusal:
        return _refused(request, form, refusal, pk)
    messages.success(request, "已保存")
    return redirect(f"{saved.get_absolute_url()}?tab=text")


def _form(plan: Plan, data: Any = None) -> PlanForm:
    return PlanForm(plan, sections_of(plan), data)


def _refused(request: SignedInRequest, form: PlanForm, error: DomainError, pk: UUID) -> HttpResponse:
    """What was typed stays; when somebody was quicker, what differs stands above it and the next 保存 is meant."""
    plan = seen_plan(request.user, pk)
    found: Sequence[Difference] = error.differences if isinstance(error, Stale) else ()
    form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
    form.data["version"] = str(plan.version)  # type: ignore[index]
    return _show(request, plan, form, problems=said(error), differences=found, status=error.status)


def _show(
    request: SignedInRequest,
    plan: Plan,
    form: PlanForm,
    *,
    problems: Sequence[dict[str, str]] = (),
    differences: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    views = sections_of(plan, annotations_of(plan))
    context = {
        "plan": plan,
        "form": form,
        "sections": list(zip(views, form.sections(), strict=True)),
        "problems": problems,
        "differences": differences,
    }
    return render(request, "pilots/plan_edit.html", context, status=status)


@login_required
@require_POST
def plan_annotate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """写批注, beside a section or the 推进清单."""
    plan, form = seen_plan(request.user, pk), RemarkForm(request.POST)
    if not form.is_valid():
        return show_plan(request, plan, problems=problems_of([form]), remark=form, status=422)
    remark = services.Remark(form.cleaned_data["key"], form.cleaned_data["text"])
    try:
        services.annotate(plan=plan, remark=remark, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return show_plan(request, plan, problems=said(refusal), remark=form, status=refusal.status)
    messages.success(request, "批注已写上")
    return redirect(f"{plan.get_absolute_url()}?tab=text#s-{remark.key or 'rows'}")


@login_required
@require_POST
def annotation_settle(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """标为已改."""
    seen = Plan.objects.visible_to(request.user)
    annotation = get_object_or_404(PlanAnnotation.objects.select_related("plan__school").filter(plan__in=seen), pk=pk)
    plan = annotation.plan
    try:
        services.settle_annotation(annotation=annotation, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return show_plan(request, seen_plan(request.user, plan.pk), problems=said(refusal), status=refusal.status)
    messages.success(request, "已标为已改")
    return redirect(f"{plan.get_absolute_url()}?tab=text#s-{annotation.key or 'rows'}")


@login_required
@require_POST
def files_post(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """附件: add files, or take one away, while the plan is with the school."""
    plan = seen_plan(request.user, pk)
    try:
        if request.POST.get("remove"):
            _remove(request, plan)
        else:
            uploads = request.FILES.getlist("files")
            plan_files.add_files(plan=plan, files=uploads, by=request.user, at=timezone.now())
            messages.success(request, f"已传 {len(uploads)} 份附件")
    except DomainError as refusal:
        return show_plan(request, seen_plan(request.user, pk), problems=said(refusal), status=refusal.status)
    return redirect(f"{plan.get_absolute_url()}?tab=files")


def _remove(request: SignedInRequest, plan: Plan) -> None:
    try:
        key = UUID(request.POST["remove"])
    except ValueError:
        raise Http404 from None
    plan_files.remove_file(plan=plan, file=key, by=request.user, at=timezone.now())
    messages.success(request, "附件已删去")
