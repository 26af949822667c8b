"""签收情况: who has read and signed one document, 催办; and the receipts of the account's own schools and offices."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError
from pilots.models import Policy, PolicyReading, PolicyReceipt, ReceiptStatus
from pilots.policy_guards import open_receipt_actions
from pilots.services.receipts import remind_all, remind_receipt
from pilots.views.common import key_in, sees_schools, taken, today, version_in
from pilots.views.policies import seen_policy

VIEWS = (("", "全部"), ("pending", "待签收"), ("late", "逾期未签"), ("signed", "已签收"))
COLUMNS = ("学校或教办", "状态", "签收期限", "首次阅读", "阅读人", "签收时间", "签收人", "最近催办")
MOST = 500


def receipts_of(user: User, policy: Policy) -> QuerySet[PolicyReceipt]:
    """Within sight, schools by code and then offices."""
    rows = (
        PolicyReceipt.objects.visible_to(user)
        .filter(policy=policy)
        .select_related("policy", "school__office", "office", "signed_by")
    )
    return rows.annotate(
        first_read=Min("readings__at"), sorted=Coalesce("school__code", F("office__code"))
    ).order_by(F("school__code").asc(nulls_last=True), "office__code", "pk")  # fmt: skip


def narrowed(rows: QuerySet[PolicyReceipt], view: str) -> QuerySet[PolicyReceipt]:
    """One of the views."""
    wanted = {
        "pending": Q(status=ReceiptStatus.PENDING, closed_at=None),
        "late": Q(status=ReceiptStatus.PENDING, closed_at=None, due_on__lt=today()),
        "signed": Q(status=ReceiptStatus.SIGNED),
    }
    return rows.filter(wanted[view]) if view in wanted else rows


@login_required
@require_safe
def receipt_list(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Who read, who signed, who is late, and 催办."""
    policy = seen_policy(request.user, pk)
    view = request.GET.get("view", "")
    every = receipts_of(request.user, policy)
    rows = list(narrowed(every, view)[:MOST])
    readers = _readers(rows)
    lines = [_line(row, request.user, readers) for row in rows]
    context = {
        "policy": policy,
        "lines": lines,
        "segments": [
            {"label": label, "url": f"?view={name}" if name else "?", "current": name == view,
             "count": narrowed(every, name).count()}
            for name, label in VIEWS
        ],
        "may_remind": any(line["remind"] for line in lines),
        "today": today(),
        "view": view,
    }  # fmt: skip
    return render(request, "pilots/receipt_list.html", context)


def _readers(rows: list[PolicyReceipt]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    readings = PolicyReading.objects.filter(receipt__in=rows).order_by("at", "pk")
    for receipt, name in readings.values_list("receipt_id", "reader__name"):
        found.setdefault(receipt, []).append(name)
    return found


def _line(row: PolicyReceipt, user: User, readers: dict[UUID, list[str]]) -> dict[str, Any]:
    return {
        "receipt": row,
        "tag": tag_of(row),
        "first_read": row.first_read,  # type: ignore[attr-defined]  # annotated
        "readers": "、".join(readers.get(row.pk, [])),
        "remind": "remind" in {step.name for step in open_receipt_actions(row, user)},
        "reminded_today": row.reminded_at is not None and local_day(row.reminded_at) == today(),
    }


def tag_of(row: PolicyReceipt) -> tuple[str, str]:
    """Kind and words of the tag; late is computed."""
    if row.closed_at is not None:
        return "none", "不用再签"
    late = row.is_late(today())
    if row.status == ReceiptStatus.SIGNED:
        return ("warn", "逾期签收") if late else ("done", "已签收")
    if late and row.due_on is not None:
        return "bad", f"逾期 {(today() - row.due_on).days} 天"
    return "wait", "待签收"


@login_required
@require_safe
def receipts_export(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """The list as a file."""
    policy = seen_policy(request.user, pk)
    view = request.GET.get("view", "")
    rows = list(narrowed(receipts_of(request.user, policy), view))
    readers = _readers(rows)
    lines = [
        [
            row.place,
            tag_of(row)[1],
            str(row.due_on or ""),
            _moment(row.first_read),  # type: ignore[attr-defined]  # annotated
            "、".join(readers.get(row.pk, [])),
            _moment(row.signed_at),
            row.signed_by.name if row.signed_by else "",
            _moment(row.reminded_at),
        ]
        for row in rows
    ]
    filters = {"policy": str(policy.pk), "view": view}
    return taken(request, kind, what="receipts", title="签收情况", columns=COLUMNS, rows=lines, filters=filters)


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remind(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """催办 one (`receipt` in the form) or all who have not signed."""
    policy = seen_policy(request.user, pk)
    back = redirect("pilots:receipts", pk=policy.pk)
    if request.method != "POST":
        return back
    raw, at = request.POST.get("receipt", ""), timezone.now()
    try:
        if raw:
            one = get_object_or_404(PolicyReceipt.objects.visible_to(request.user), policy=policy, pk=key_in(raw))
            remind_receipt(receipt=one, version=version_in(request), by=request.user, at=at)
            messages.success(request, f"已催办{one.place}")
        else:
            messages.success(request, f"已催办 {remind_all(policy=policy, by=request.user, at=at)} 处")
    except DomainError as error:
        messages.error(request, str(error))
    return back


@login_required
@require_safe
def my_receipts(request: SignedInRequest) -> HttpResponse:
    """The receipts of my schools and offices: what is open first, then what was signed."""
    sees_schools(request.user)
    rows = PolicyReceipt.objects.visible_to(request.user).select_related("policy", "school", "office", "signed_by")
    view = request.GET.get("view", "")
    chosen = narrowed(rows, view).order_by("-status", F("due_on").asc(nulls_last=True), "-policy__issued_on", "pk")
    context = {
        "lines": [{"receipt": row, "tag": tag_of(row)} for row in chosen[:MOST]],
        "segments": [
            {"label": label, "url": f"?view={name}" if name else "?", "current": name == view,
             "count": narrowed(rows, name).count()}
            for name, label in VIEWS
        ],
        "today": today(),
        "many": rows.values("school", "office").distinct().count() > 1,
    }  # fmt: skip
    return render(request, "pilots/receipt_mine.html", context)
