"""日志: the facts of the portal, for the auditor alone. For everybody else this page does not exist."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedInRequest
from audit.services import record
from common.exports import Export, download
from common.keyset import BadCursor, Page, page_of
from reports import services
from reports.selectors import audit_log as log
from schools import access
from schools.permissions import SchoolPerm

SIZE = 50


def _require_auditor(request: SignedInRequest) -> None:
    if not access.system_can(request.user, SchoolPerm.READ_AUDIT):
        raise Http404


@login_required
@require_GET
def audit_log(request: SignedInRequest) -> HttpResponse:
    """The facts, newest first. Each reading is a fact of its own."""
    _require_auditor(request)
    narrowed = log.LogFilter.read(request.GET)
    page = _page(narrowed, request.GET.get("cursor", "")[:400])
    with transaction.atomic():
        record("audit.log.read", by=request.user, at=timezone.now(), filters=narrowed.given(), rows=len(page.rows))
    context = {
        "rows": log.dressed(page.rows),
        "narrowed": narrowed,
        "kinds": [(code, label, code == narrowed.kind) for code, label in log.labels().items()],
        "filtered": bool(narrowed.given()),
        "last": log.LAST,
        "export_query": narrowed.address(),
        "previous_url": narrowed.address(cursor=page.previous) if page.previous else "",
        "next_url": narrowed.address(cursor=page.next) if page.next else "",
    }
    return render(request, "reports/audit.html", context)


@login_required
@require_GET
def audit_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The facts under the present filters as a file, newest first, at most `MOST`; taking them away is a fact too."""
    _require_auditor(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    narrowed, at = log.LogFilter.read(request.GET), timezone.now()
    rows = list(log.events(narrowed).order_by("-seq")[: log.MOST + 1])
    lines = log.exported(rows[: log.MOST])
    filters = narrowed.given()
    number = services.record_export(
        rows=len(lines), filters=filters, kind=kind, what="audit.log", by=request.user, at=at
    )
    if len(rows) > log.MOST:
        lines.append([None, "", f"只含最近 {log.MOST} 条。更早的按日期筛选后再导出"])
    return download(Export("日志", log.COLUMNS, lines, request.user.name, at, number), kind)


def _page(narrowed: log.LogFilter, cursor: str) -> Page:
    try:
        return page_of(log.events(narrowed), order="-seq", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(log.events(narrowed), order="-seq", size=SIZE)


@login_required
@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    """Walk the hash chain and say whether it holds; the result is recorded too."""
    _require_auditor(request)
    whole = request.POST.get("scope") == "all"
    count, broken = log.verify(whole=whole)
    with transaction.atomic():
        record(
            "audit.log.verified", by=request.user, at=timezone.now(), whole=whole, rows=count,
            broken=broken.seq if broken else None,
        )  # fmt: skip
    if broken is None:
        messages.success(request, f"已核对{'全部' if whole else '最近'} {count} 条记录，前后相接，没有改动")
    else:
        messages.error(
            request,
            f"第 {broken.seq} 条记录{broken.why}，它之前的 {count} 条没有改动。保留数据库现状，报告安全管理员。",
        )
    return redirect("reports:audit")
