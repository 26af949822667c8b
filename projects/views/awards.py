"""成果台账: awards by level and name with distinct projects, registering, verifying, removing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from attachments.selectors import files_of
from attachments.services import ACCEPT
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.exports import Export, download
from projects import lists, results, services
from projects.forms.common import VersionedForm
from projects.forms.results import AwardForm
from projects.forms.steps import ReasonForm
from projects.models import LISTED_OR_LATER, Award, Level
from projects.services.awarding import changing_refusal, may_register, may_verify
from projects.services.importing import may_import
from projects.views.detail import find_flagship
from projects.views.lists import choices, neighbours, picked_ids, understood


@login_required
@require_safe
def award_list(request: SignedInRequest) -> HttpResponse:
    """The ledger, the latest year first, with its numbers: distinct projects, and awards."""
    user, today = request.user, local_day(timezone.now())
    if not lists.sees_projects(user):
        raise Http404
    filters, schools = understood(request)
    found = lists.awards_found(user, filters, schools)
    page = lists.page(found.select_related("project__school"), request.GET.get("cursor", ""), "-year")
    awards: list[Award] = page.rows
    files = files_of(awards)
    seen = Award.objects.visible_to(user)
    context = {
        "filters": filters,
        "awards": [(award, files[subject_of(award)], award.verified_at is None and may_verify(user, award)) for award in awards],
        "levels": results.by_level(seen.counted(today)),
        "names": results.by_name(seen.counted(today)),
        "unverified": seen.filter(verified_at__isnull=True).count(),
        "level_options": [lists.Option(level.value, level.label, level == filters.level) for level in Level],
        "may_import": may_import(user),
        "export_query": lists.address(request.GET),
        **choices(request, filters),
        **neighbours(request, page),
    }  # fmt: skip
    return render(request, "projects/award_list.html", context)


@login_required
@require_GET
def awards_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The ledger under its present filters, or the rows ticked, as a file; who took it is recorded."""
    user, at = request.user, timezone.now()
    if not lists.sees_projects(user) or kind not in ("csv", "xlsx"):
        raise Http404
    filters, schools = understood(request)
    found = lists.awards_found(user, filters, schools)
    picked = picked_ids(request)
    rows = (found.filter(pk__in=picked) if picked else found).select_related("project__school")
    lines = [lists.exported_award(award) for award in rows.order_by("-year", "-pk")]
    said = {**filters.in_address(), **({"picked": str(len(picked))} if picked else {})}
    number = services.record_export(rows=len(lines), filters=said, kind=kind, what="award", by=user, at=at)
    return download(Export("成果台账", lists.AWARD_COLUMNS, lines, user.name, at, number), kind)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def award_new(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """登记成果 of a listed project, with its certificate."""
    project = find_flagship(request.user, pk)
    if not may_register(request.user, project.school_id) or project.status not in LISTED_OR_LATER:
        raise Http404
    form = AwardForm(request.POST or None, initial={"year": local_day(timezone.now()).year})
    if request.method == "POST" and form.is_valid():
        files = request.FILES.getlist("certificate_file")
        try:
            services.register_award(project=project, new=form.value(), files=files, by=request.user, at=timezone.now())
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, "成果已登记")
            return redirect(f"{project.get_absolute_url()}#awards")
    context = {"project": project, "form": form, "accept": ACCEPT, "award": None}
    return render(request, "projects/award_form.html", context, status=422 if form.errors else 200)


def _refuse(form: VersionedForm, error: DomainError) -> None:
    if isinstance(error, InvalidInput):
        form.refuse(error.faults)
    else:
        form.add_error(None, str(error))


def _find(request: SignedInRequest, pk: UUID) -> Award:
    rows = Award.objects.visible_to(request.user).select_related("project__school", "project__leader")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def award_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """更正成果, or add a certificate."""
    award = _find(request, pk)
    if changing_refusal(award, request.user) is not None:
        raise Http404
    names = ("level", "name", "year", "prize", "issuer", "certificate", "awarded_on", "version")
    form = AwardForm(request.POST or None, initial={name: getattr(award, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            _correct(request, award, form)
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, "成果已更正")
            return redirect(f"{award.project.get_absolute_url()}#awards")
    context: dict[str, Any] = {"project": award.project, "form": form, "accept": ACCEPT, "award": award}
    return render(request, "projects/award_form.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _correct(request: SignedInRequest, award: Award, form: AwardForm) -> None:
    """The words and the certificate: both or neither."""
    by, at = request.user, timezone.now()
    services.edit_award(award=award, new=form.value(), version=form.seen_version(), by=by, at=at)
    for upload in request.FILES.getlist("certificate_file"):
        services.add_certificate(award=award, upload=upload, by=by, at=at)


@login_required
@require_POST
def award_verify(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """核验成果."""
    award = _find(request, pk)
    raw = request.POST.get("version", "")
    version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
    try:
        services.verify_award(award=award, version=version, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已核验：{award.name}")
    back = request.POST.get("back") == "ledger"
    return redirect("projects:awards") if back else redirect(f"{award.project.get_absolute_url()}#awards")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def award_remove(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """删去成果."""
    award = _find(request, pk)
    if changing_refusal(award, request.user) is not None:
        raise Http404
    form = ReasonForm(request.POST or None, initial={"version": award.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.remove_award(
                award=award, version=form.seen_version(), by=request.user, at=timezone.now(), **form.asked()
            )
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, "成果已删去")
            return redirect(f"{award.project.get_absolute_url()}#awards")
    context = {
        "project": award.project, "form": form, "title": f"删去成果：{award.name}", "submit": "删去成果", "danger": True,
        "text": "删去后不再计入统计，证书一并移除，不能恢复。理由学校和组织科都看得到。",
    }  # fmt: skip
    return render(request, "projects/small_form.html", context, status=422 if form.errors else 200)
