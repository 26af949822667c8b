"""文件与签收: the list, one document to read and sign, the form of 组织科, publishing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from audit.services import subject_of
from common.errors import DomainError, InvalidInput
from common.keyset import BadCursor, page_of
from common.templatetags.bound_fields import problems_of
from common.text import clean_term
from pilots.forms.policies import PolicyForm, initial_of
from pilots.models import Element, Policy, PolicyKind, PolicyReceipt, PolicyStatus
from pilots.policies import receipt_counts, to_sign
from pilots.policy_guards import may_edit_policy, may_issue, open_receipt_actions
from pilots.services import policies as services
from pilots.services.receipts import note_reading, sign_receipt
from pilots.views.common import key_in, moved, said, sees_schools, taken, today, version_in
from schools.models import Office, School

SIZE = 50
TAGS = {PolicyStatus.DRAFT: "none", PolicyStatus.PUBLISHED: "done", PolicyStatus.SUPERSEDED: "none"}
WORDS = {PolicyStatus.DRAFT: "起草中", PolicyStatus.PUBLISHED: "现行", PolicyStatus.SUPERSEDED: "已被替代"}
COLUMNS = ("文号", "标题", "文种", "印发日期", "状态", "签收期限", "应签", "已签", "六要素")


def tag_of(policy: Policy) -> tuple[str, str]:
    """Kind and words of its tag."""
    status = PolicyStatus(policy.status)
    return TAGS[status], WORDS[status]


def found(request: SignedInRequest) -> tuple[QuerySet[Policy], dict[str, str]]:
    """Documents within sight under the filters in the address."""
    rows = Policy.objects.visible_to(request.user)
    status, kind = request.GET.get("status", ""), request.GET.get("kind", "")
    filters = {"q": clean_term(request.GET.get("q", ""))}
    if status in PolicyStatus.values:
        rows, filters["status"] = rows.filter(status=status), status
    if kind in PolicyKind.values:
        rows, filters["kind"] = rows.filter(kind=kind), kind
    if filters["q"]:
        rows = rows.filter(Q(title__icontains=filters["q"]) | Q(number__icontains=filters["q"]))
    return rows, {name: value for name, value in filters.items() if value}


@login_required
@require_safe
def policy_list(request: SignedInRequest) -> HttpResponse:
    """The latest first, with how many have signed, and what this account has to sign above it."""
    user = request.user
    sees_schools(user)
    rows, filters = found(request)
    try:
        page = page_of(rows, order="-issued_on", size=SIZE, cursor=request.GET.get("cursor", ""))
    except BadCursor:
        page = page_of(rows, order="-issued_on", size=SIZE)
    counts = receipt_counts(user, [policy.pk for policy in page.rows])
    context = {
        "rows": [{"policy": row, "tag": tag_of(row), "counts": counts.get(row.pk, (0, 0))} for row in page.rows],
        "filters": filters,
        "kinds": [(value, label, value == filters.get("kind")) for value, label in PolicyKind.choices],
        "statuses": [(value, WORDS[PolicyStatus(value)], value == filters.get("status")) for value in PolicyStatus.values
                     if value != PolicyStatus.DRAFT or may_issue(user)],
        "pending": list(to_sign(user)[:20]),
        "may_issue": may_issue(user),
        "today": today(),
        "export_query": f"?{request.GET.urlencode()}",
        **moved(request, page.previous, page.next),
    }  # fmt: skip
    return render(request, "pilots/policy_list.html", context)


@login_required
@require_safe
def policies_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file."""
    sees_schools(request.user)
    rows, filters = found(request)
    policies = list(rows.prefetch_related("clauses").order_by("-issued_on", "-pk"))
    counts = receipt_counts(request.user, [policy.pk for policy in policies])
    lines = [_exported(policy, counts.get(policy.pk, (0, 0))) for policy in policies]
    return taken(request, kind, what="policies", title="文件", columns=COLUMNS, rows=lines, filters=filters)


def _exported(policy: Policy, counts: tuple[int, int]) -> list[str | int | None]:
    return [
        policy.number,
        policy.title,
        policy.get_kind_display(),
        str(policy.issued_on),
        tag_of(policy)[1],
        str(policy.receipt_due_on or ""),
        *counts,
        len({clause.element for clause in policy.clauses.all()}),
    ]


# ---- one document ----


def seen_policy(user: User, pk: UUID) -> Policy:
    """The document within sight, or 404."""
    rows = Policy.objects.visible_to(user).select_related("supersedes", "superseded_by", "published_by", "drafted_by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def policy_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """To read and to sign. Who has to sign leaves the trace that he has read."""
    policy = seen_policy(request.user, pk)
    if request.method == "GET" and policy.status == PolicyStatus.PUBLISHED:
        note_reading(policy=policy, by=request.user, at=timezone.now())
    return _show(request, policy)


def _show(
    request: SignedInRequest, policy: Policy, problems: Sequence[dict[str, str]] = (), status: int = 200
) -> HttpResponse:
    user = request.user
    clauses = list(policy.clauses.all())
    own = PolicyReceipt.objects.visible_to(user).filter(policy=policy)
    mine = list(own.select_related("policy", "school", "office", "signed_by").order_by("pk")[:60])
    due, signed = receipt_counts(user, [policy.pk]).get(policy.pk, (0, 0))
    context = {
        "policy": policy,
        "tag": tag_of(policy),
        "sections": [
            {"label": element.label, "clauses": [clause for clause in clauses if clause.element == element]}
            for element in Element
        ],
        "has_text": bool(clauses),
        "named": len({clause.element for clause in clauses}),
        "elements": len(Element),
        "files": files_of([policy])[subject_of(policy)],
        "to_sign": [row for row in mine if "sign" in {step.name for step in open_receipt_actions(row, user)}],
        "mine": mine if len(mine) <= 2 else [],
        "due": due,
        "signed": signed,
        "left": due - signed,
        "may_edit": may_edit_policy(policy, user),
        "addressees": _addressees(policy),
        "today": today(),
        "problems": problems,
        "replaced_by": getattr(policy, "superseded_by", None) if policy.status == PolicyStatus.SUPERSEDED else None,
    }
    return render(request, "pilots/policy_detail.html", context, status=status)


def _addressees(policy: Policy) -> str:
    if policy.to_all:
        return "全区学校和教办"
    names = [*policy.offices.order_by("code").values_list("name", flat=True)]
    names += policy.schools.order_by("code").values_list("short_name", flat=True)
    return "、".join(names) or "还没有选"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_sign(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """签收 for the school or the office named in the form; a GET leads to the document."""
    policy = seen_policy(request.user, pk)
    if request.method != "POST":
        return redirect(policy)
    rows = PolicyReceipt.objects.visible_to(request.user).filter(policy=policy)
    receipt = rows.filter(pk=key_in(request.POST.get("receipt", ""))).first()
    if receipt is None:
        raise Http404
    try:
        sign_receipt(receipt=receipt, version=version_in(request), by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, policy, said(error), error.status if error.status != 403 else 409)
    messages.success(request, f"已签收《{policy.title}》")
    return redirect(policy)


# ---- 组织科 ----


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: SignedInRequest) -> HttpResponse:
    """起草文件."""
    if not may_issue(request.user):
        raise Http404
    return _form_page(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """修改草稿; what is published is only shown."""
    if not may_issue(request.user):
        raise Http404
    policy = seen_policy(request.user, pk)
    return _form_page(request, policy) if may_edit_policy(policy, request.user) else redirect(policy)


def _form_page(request: SignedInRequest, policy: Policy | None) -> HttpResponse:
    initial: dict[str, Any] = {"to_all": "1", "issued_on": today(), "version": 0, "kind": PolicyKind.NOTICE}
    if policy is not None:
        initial = initial_of(policy)
    form = _form(policy, request.POST if request.method == "POST" else None, initial)
    if request.method != "POST":
        return _show_form(request, policy, form)
    if not form.is_valid():
        return _show_form(request, policy, form, problems_of([form]), 422)
    files = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    shared: dict[str, Any] = {"new": form.value(), "files": files, "by": request.user, "at": timezone.now()}
    try:
        if policy is None:
            saved = services.draft_policy(**shared)
        else:
            saved = services.edit_policy(policy=policy, version=form.seen_version(), **shared)
    except InvalidInput as error:
        form.refuse(error.faults)
        return _show_form(request, policy, form, problems_of([form]), 422)
    except DomainError as error:
        return _show_form(request, policy, form, said(error), 409)
    messages.success(request, "已存草稿，核对后发布")
    return redirect(saved)


def _form(policy: Policy | None, data: Any, initial: dict[str, Any]) -> PolicyForm:
    replaceable = Policy.objects.in_force().filter(superseded_by=None)
    if policy is not None and policy.supersedes_id:
        replaceable = replaceable | Policy.objects.filter(pk=policy.supersedes_id)
    schools, offices = School.objects.order_by("code"), Office.objects.order_by("code")
    return PolicyForm(schools, offices, replaceable.order_by("-issued_on", "pk"), data, initial=initial)


def _show_form(
    request: SignedInRequest,
    policy: Policy | None,
    form: PolicyForm,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "policy": policy,
        "form": form,
        "files": files_of([policy])[subject_of(policy)] if policy else [],
        "again": [file.name for file in request.FILES.getlist("files")],
        "problems": problems,
    }
    return render(request, "pilots/policy_edit.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_publish(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """发布文件, asked for once more with what follows."""
    if not may_issue(request.user):
        raise Http404
    policy = seen_policy(request.user, pk)
    if request.method != "POST":
        return redirect(policy)
    try:
        services.publish_policy(policy=policy, version=version_in(request), by=request.user, at=timezone.now())
    except InvalidInput as error:
        return _show(request, policy, [{"text": f.reason, "target": ""} for f in error.faults], 422)
    except DomainError as error:
        return _show(request, policy, said(error), 409)
    messages.success(request, f"已发布《{policy.title}》")
    return redirect(policy)


@login_required
@require_POST
def policy_discard(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """放弃草稿."""
    policy = seen_policy(request.user, pk)
    try:
        services.discard_policy(policy=policy, version=version_in(request), by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, policy, said(error), 409)
    messages.success(request, "草稿已放弃")
    return redirect("pilots:policies")


@login_required
@require_POST
def policy_file_remove(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """移除附件 of a draft."""
    policy = seen_policy(request.user, pk)
    file = key_in(request.POST.get("file", ""))
    try:
        services.remove_file(policy=policy, file=file, by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, policy, said(error), 409)
    messages.success(request, "附件已移除")
    return redirect("pilots:policy-edit", pk=policy.pk)
