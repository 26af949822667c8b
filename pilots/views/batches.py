"""批次: the list with places and dates, one batch with its schools, and the form of 组织科."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from pilots.forms.selection import BatchForm
from pilots.models import Application, ApplicationStatus, Batch
from pilots.selection_guards import keeps_batches
from pilots.selection_panels import STATUS_TAGS, tag_of
from pilots.services.batches import change_batch, create_batch
from pilots.views.common import said, sees_schools, taken, today
from schools.models import PilotStatus

COLUMNS = ("代码", "批次", "启动日期", "自荐截止", "推荐截止", "审核截止", "名额", "已通过", "已全面实施")
FIELDS = ("code", "name", "quota", "opens_on", "nominate_by", "recommend_by", "review_by", "note", "version")


def counted(user: User) -> QuerySet[Batch]:
    """Batches with how many schools within sight are in them."""
    approved = Q(applications__status=ApplicationStatus.APPROVED)
    done = Q(applications__school__pilot_status=PilotStatus.IMPLEMENTED)
    seen = Q(applications__in=Application.objects.visible_to(user).values("pk"))
    rows = Batch.objects.visible_to(user).annotate(
        taken=Count("applications", filter=approved),
        approved=Count("applications", filter=approved & seen),
        implemented=Count("applications", filter=approved & seen & done),
    )
    return rows.order_by("opens_on", "pk")


@login_required
@require_safe
def batch_list(request: SignedInRequest) -> HttpResponse:
    """All batches in the order they open."""
    sees_schools(request.user)
    context = {"batches": list(counted(request.user)), "may_keep": keeps_batches(request.user), "today": today()}
    return render(request, "pilots/batch_list.html", context)


@login_required
@require_safe
def batches_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list as a file."""
    sees_schools(request.user)
    rows = [_exported(batch) for batch in counted(request.user)]
    return taken(request, kind, what="batches", title="试点批次", columns=COLUMNS, rows=rows, filters={})


def _exported(batch: Any) -> list[str | int | None]:
    """One of `counted` as a line of the exported table."""
    days = (batch.opens_on, batch.nominate_by, batch.recommend_by, batch.review_by)
    shown = [str(day) if day else "" for day in days]
    return [batch.code, batch.name, *shown, batch.quota, batch.approved, batch.implemented]


@login_required
@require_safe
def batch_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One batch: its dates, and its schools with where each stands."""
    sees_schools(request.user)
    batch = get_object_or_404(counted(request.user), code=code)
    rows = Application.objects.visible_to(request.user).filter(batch=batch).select_related("school__office", "batch")
    context = {
        "batch": batch,
        "rows": [
            {
                "application": row,
                "tag": tag_of(row),
                "pilot": (STATUS_TAGS[PilotStatus(row.school.pilot_status)], row.school.get_pilot_status_display()),
            }
            for row in rows.order_by("school__code")
        ],
        "may_keep": keeps_batches(request.user),
        "today": today(),
    }
    return render(request, "pilots/batch_detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: SignedInRequest) -> HttpResponse:
    """登记批次."""
    if not keeps_batches(request.user):
        raise Http404
    return _form(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """修改批次."""
    if not keeps_batches(request.user):
        raise Http404
    return _form(request, get_object_or_404(Batch, code=code))


def _form(request: SignedInRequest, batch: Batch | None) -> HttpResponse:
    initial: dict[str, Any] = {name: getattr(batch, name) for name in FIELDS} if batch else {"version": 0}
    if request.method != "POST":
        return _show(request, batch, BatchForm(initial=initial))
    form = BatchForm(request.POST, initial=initial)
    if not form.is_valid():
        return _show(request, batch, form, problems_of([form]), 422)
    shared: dict[str, Any] = {"new": form.value(), "by": request.user, "at": timezone.now()}
    try:
        if batch is None:
            saved = create_batch(**shared)
        else:
            saved = change_batch(batch=batch, version=form.seen_version(), **shared)
    except InvalidInput as error:
        form.refuse(error.faults)
        return _show(request, batch, form, problems_of([form]), 422)
    except DomainError as error:
        return _show(request, batch, form, said(error), 409)
    messages.success(request, f"已保存{saved.name}")
    return redirect(saved)


def _show(
    request: SignedInRequest,
    batch: Batch | None,
    form: BatchForm,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {"batch": batch, "form": form, "problems": problems}
    return render(request, "pilots/batch_edit.html", context, status=status)
