"""大额标准 of a school: its history, and 书记's form for a new amount."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from governance.forms.procedures import LimitForm
from governance.models import SchoolLimit
from governance.procedures import may_adopt
from governance.services import limits as services
from governance.views.model_texts import as_uuid
from governance.views.school_rules import limits_context
from schools.models import School
from schools.views.common import visible_school


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def school_limits(request: SignedInRequest, code: str) -> HttpResponse:
    """All amounts with their dates; one that is not yet in force can be taken back."""
    school = visible_school(request.user, code)
    if request.method != "POST":
        return _show(request, school, LimitForm())
    if request.POST.get("do") == "withdraw":
        return _withdraw(request, school)
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _show(request, school, form, status=422)
    try:
        services.register_limit(school=school, by=request.user, at=timezone.now(), **form.cleaned_data)
    except InvalidInput as refusal:
        for fault in refusal.faults:
            form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
        return _show(request, school, form, status=422)
    except DomainError as refusal:
        return _show(request, school, form, refusal=str(refusal), status=refusal.status)
    messages.success(request, "已登记大额标准，区教育局看得到")
    return redirect("governance:school-limits", code=school.code)


def _withdraw(request: SignedInRequest, school: School) -> HttpResponse:
    rows = SchoolLimit.objects.filter(school=school).select_related("school")
    limit = get_object_or_404(rows, pk=as_uuid(request.POST.get("limit", "")))
    try:
        services.withdraw_limit(limit=limit, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _show(request, school, LimitForm(), refusal=str(refusal), status=refusal.status)
    messages.success(request, "已撤销还没有执行的标准")
    return redirect("governance:school-limits", code=school.code)


def _show(
    request: SignedInRequest, school: School, form: LimitForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    today = local_day(timezone.now())
    context: dict[str, Any] = {
        "school": school,
        "form": form,
        "today": today,
        "may_register": may_adopt(request.user, school.pk),
        "refusal": refusal,
        **limits_context(school, today),
    }
    return render(request, "governance/school_limits.html", context, status=status)
