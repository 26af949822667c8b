"""清单模板: the bureau's list and pages, and how a school takes one into its draft."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from pilots.forms.rows import TemplateForm, refuse_template, template_forms, template_value
from pilots.models import FoundationKind, Template, TemplateStatus
from pilots.plan_guards import editing_refusal, may_write
from pilots.rows import OTHERS, rows_url
from pilots.services import templates as services
from pilots.states import TEMPLATE
from pilots.views.common import key_in, said, sees_schools, today, version_in
from pilots.views.plans import seen_plan

TAGS = {TemplateStatus.DRAFT: "none", TemplateStatus.PUBLISHED: "done", TemplateStatus.WITHDRAWN: "back"}
DONE = {"publish": "模板已发布，学校可以套用", "withdraw": "模板已停用，已经套用的任务不受影响"}
STEPS = {"publish": services.publish_template, "withdraw": services.withdraw_template}


def _seen(request: SignedInRequest, pk: UUID) -> Template:
    return get_object_or_404(Template.objects.visible_to(request.user).select_related("published_by"), pk=pk)


def _writer(request: SignedInRequest) -> None:
    if not services.may_write_templates(request.user):
        raise Http404


def _tag(template: Template) -> tuple[str, str]:
    return TAGS[TemplateStatus(template.status)], template.get_status_display()


@login_required
@require_safe
def template_list(request: SignedInRequest) -> HttpResponse:
    """All templates within sight, published ones first."""
    sees_schools(request.user)
    rows = Template.objects.visible_to(request.user).select_related("published_by").annotate(number=Count("rows"))
    order = {TemplateStatus.PUBLISHED: 0, TemplateStatus.DRAFT: 1, TemplateStatus.WITHDRAWN: 2}
    found = sorted(rows, key=lambda template: (order[TemplateStatus(template.status)], template.name))
    context = {
        "templates": [(template, _tag(template)) for template in found],
        "writes": services.may_write_templates(request.user),
    }
    return render(request, "pilots/template_list.html", context)


@login_required
@require_safe
def template_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One template by the five works."""
    return _detail(request, _seen(request, pk))


def _detail(
    request: SignedInRequest, template: Template, problems: Sequence[dict[str, str]] = (), status: int = 200
) -> HttpResponse:
    rows = list(template.rows.select_related("clause__policy").order_by("order", "pk"))
    writes = services.may_write_templates(request.user)
    context = {
        "template": template,
        "tag": _tag(template),
        "groups": [
            (label, [row for row in rows if row.kind == kind])
            for kind, label in (*FoundationKind.choices, ("", OTHERS))
            if any(row.kind == kind for row in rows)
        ],
        "total": len(rows),
        "writes": writes,
        "edits": writes and template.status == TemplateStatus.DRAFT,
        "steps": {step.name: step for step in TEMPLATE.open_from(template.status)} if writes else {},
        "problems": problems,
    }
    return render(request, "pilots/template_detail.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template_new(request: SignedInRequest) -> HttpResponse:
    """起草模板; `?from=` begins with the rows of another."""
    _writer(request)
    source = _seen(request, key_in(request.GET["from"])) if "from" in request.GET else None
    head, lines = template_forms(source, request.POST or None, copies=True)
    return _write(request, None, head, lines)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改模板 while it is drafted."""
    _writer(request)
    template = _seen(request, pk)
    if template.status != TemplateStatus.DRAFT and request.method != "POST":
        return redirect(template)
    head, lines = template_forms(template, request.POST or None)
    return _write(request, template, head, lines)


def _write(request: SignedInRequest, template: Template | None, head: TemplateForm, lines: Any) -> HttpResponse:
    if request.method != "POST":
        return _form(request, template, head, lines)
    if not (head.is_valid() & lines.is_valid()):
        return _form(request, template, head, lines, problems_of([head, lines]), 422)
    new, filled = template_value(head, lines)
    try:
        if template is None:
            saved = services.draft_template(new=new, by=request.user, at=timezone.now())
        else:
            seen = head.cleaned_data.get("version")
            version = -1 if seen is None else seen
            saved = services.edit_template(
                template=template, new=new, version=version, by=request.user, at=timezone.now()
            )
    except InvalidInput as refusal:
        refuse_template(head, filled, refusal.faults)
        return _form(request, template, head, lines, problems_of([head, lines]), 422)
    except DomainError as refusal:
        return _form(request, template, head, lines, said(refusal), refusal.status)
    messages.success(request, f"已保存，共 {len(new.rows)} 项")
    return redirect(saved)


def _form(
    request: SignedInRequest,
    template: Template | None,
    head: TemplateForm,
    lines: Any,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {"template": template, "head": head, "lines": lines, "problems": problems}
    return render(request, "pilots/template_edit.html", context, status=status)


@login_required
@require_POST
def template_action(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """发布模板, 停用模板."""
    template = _seen(request, pk)
    if name not in STEPS:
        raise Http404
    try:
        STEPS[name](template=template, version=version_in(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _detail(request, _seen(request, pk), said(refusal), refusal.status)
    messages.success(request, DONE[name])
    return redirect(template)


# ---- a school takes one ----


@login_required
@require_safe
def take_list(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Published templates to choose from."""
    plan = seen_plan(request.user, pk)
    if not may_write(request.user, plan.school_id):
        raise Http404
    if editing_refusal(plan):
        return redirect(rows_url(plan))
    offered = list(Template.objects.published().annotate(number=Count("rows")).order_by("name", "pk"))
    return render(
        request, "pilots/template_take_list.html", {"plan": plan, "templates": offered, "url": rows_url(plan)}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: SignedInRequest, pk: UUID, template: UUID) -> HttpResponse:
    """What the template would add to this plan, with days and people; POST adds it."""
    plan = seen_plan(request.user, pk)
    if not may_write(request.user, plan.school_id):
        raise Http404
    chosen = get_object_or_404(Template.objects.published(), pk=template)
    problems: Sequence[dict[str, str]] = ()
    status = 200
    if request.method == "POST":
        try:
            number = services.take_template(plan=plan, template=chosen, by=request.user, at=timezone.now())
        except DomainError as refusal:
            problems, status = said(refusal), refusal.status
        else:
            messages.success(request, f"已从模板添加 {number} 项")
            return redirect(rows_url(plan))
    offered = services.offered_to(plan, chosen, today())
    context: dict[str, Any] = {
        "plan": plan,
        "template": chosen,
        "offered": offered,
        "new": sum(not one.known for one in offered),
        "known": sum(one.known for one in offered),
        "open": sum(one.person is None and not one.known for one in offered),
        "problems": problems,
        "url": rows_url(plan),
    }
    return render(request, "pilots/template_take.html", context, status=status)
