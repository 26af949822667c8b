"""What hangs on a project: files, 教办意见, 初审, reviewers, reports, changes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from attachments.selectors import files_of
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from projects import services
from projects.experts import experts_for
from projects.forms.common import VersionedForm
from projects.forms.steps import AdviceForm, AnswerForm, AssignForm, ChangeForm, CheckForm, ReasonForm, ReportForm
from projects.guards import may_review
from projects.models import RUNNING, ChangeKind, ChangeRequest, Flagship, Report, ReportKind, Review
from projects.services.drafting import secretary_of
from projects.services.reporting import may_report
from projects.views.detail import Refused, find_flagship, refused, show
from schools.models import Person


@login_required
@require_POST
def flagship_files(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Add materials, all of them or none, or take one off."""
    project, by, at = find_flagship(request.user, pk), request.user, timezone.now()
    files, do = request.FILES.getlist("materials"), request.POST.get("do", "")
    try:
        if do.startswith("remove-"):
            known = files_of([project])[subject_of(project)]
            file = next((one for one in known if f"remove-{one.pk}" == do), None)
            if file is None:
                raise Http404
            services.detach_from_flagship(project=project, attachment=file.pk, by=by, at=at)
            messages.success(request, f"已移除 {file.name}")
        elif files:
            with transaction.atomic():
                for upload in files:
                    services.attach_to_flagship(project=project, upload=upload, by=by, at=at)
            messages.success(request, f"已添加 {len(files)} 份材料")
        else:
            messages.warning(request, "先选要添加的文件")
    except InvalidInput as error:
        faults = [{"text": fault.reason, "target": "id_materials"} for fault in error.faults]
        return show(request, find_flagship(request.user, pk), Refused("材料没有改动", problems=faults, status=422))
    except DomainError as error:
        return show(request, find_flagship(request.user, pk), Refused(error.title, str(error)))
    return redirect(f"{project.get_absolute_url()}#materials")


def _take(
    request: SignedInRequest, project: Flagship, name: str, form: VersionedForm, title: str,
    call: Callable[..., Any], done: str,
) -> HttpResponse:  # fmt: skip
    """One form on the project's page: valid, one call, back to the page; or the page with what was typed."""
    if not form.is_valid():
        return show(request, project, Refused(title, problems=problems_of([form]), name=name, form=form, status=422))
    try:
        call(version=form.seen_version(), by=request.user, at=timezone.now(), **form.asked())
    except DomainError as error:
        return show(request, find_flagship(request.user, project.pk), refused(error, title, name, form))
    messages.success(request, done)
    return redirect(project)


@login_required
@require_POST
def flagship_advise(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """教办意见."""
    project = find_flagship(request.user, pk)
    form = AdviceForm(request.POST, auto_id="id_advise_%s")

    def call(**values: Any) -> Any:
        return services.advise_flagship(project=project, **values)

    return _take(request, project, "advise", form, "教办意见没有保存", call, "教办意见已保存")


@login_required
@require_POST
def flagship_check(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """通过初审."""
    project = find_flagship(request.user, pk)
    form = CheckForm(request.POST, auto_id="id_check_%s")

    def call(**values: Any) -> Any:
        return services.check_flagship(project=project, **values)

    return _take(request, project, "check", form, "还不能通过初审", call, "已通过初审，接着指派评审专家")


@login_required
@require_POST
def flagship_assign(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """指派评审. An expert with a tie to the project is not among the choices; one who is named all the same is refused."""
    project = find_flagship(request.user, pk)
    form = AssignForm(experts_for(project), request.POST, auto_id="id_assign_%s")

    def call(reviewer: str, **values: Any) -> Any:
        expert = Person.objects.get(pk=reviewer)
        return services.assign_reviewer(project=project, reviewer=expert, **values)

    return _take(request, project, "assign", form, "还没有指派", call, "已指派，专家会收到提醒")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_withdraw(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """撤换评审: the page names the expert, so it is the organisation section's alone."""
    found = get_object_or_404(Review.objects.select_related("reviewer"), pk=pk)
    project = find_flagship(request.user, found.project_id)
    if not may_review(project, request.user):
        raise Http404
    form = ReasonForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_review(
                review=found, version=form.seen_version(), by=request.user, at=timezone.now(), **form.asked()
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已撤换，另行指派一位")
            return redirect(project)
    context = {
        "project": project, "form": form, "title": f"撤换评审专家{found.reviewer.name}", "submit": "撤换评审",
        "text": "撤换后这位专家不再评分，也不会再收到提醒。另外指派一位。",
    }  # fmt: skip
    return render(request, "projects/small_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flagship_report(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """中期表 or 结题表."""
    project = find_flagship(request.user, pk)
    if kind not in ReportKind.values or not may_report(project, request.user):
        raise Http404
    stored = Report.objects.filter(project=project, kind=kind).first()
    initial = {"version": project.version, **(vars(stored) if stored and stored.submitted_at else {})}
    initial["version"] = project.version
    form = ReportForm(kind, request.POST or None, initial=initial)
    label = ReportKind(kind).label
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_report(
                project=project,
                kind=kind,
                version=form.seen_version(),
                by=request.user,
                at=timezone.now(),
                **form.asked(),
            )
        except InvalidInput as error:
            form.refuse(error.faults)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{label}已报送")
            return redirect(f"{project.get_absolute_url()}#{kind}")
    context = {
        "project": project, "form": form, "title": f"报送{label}", "submit": f"报送{label}",
        "text": "报送后组织科会收到提醒；检查通过之前可以再报。",
    }  # fmt: skip
    return render(request, "projects/small_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flagship_change(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """申请变更: what of the project, chosen in the address, and what it is to become."""
    project = find_flagship(request.user, pk)
    if not may_report(project, request.user):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    kind = given.get("kind", "") if given.get("kind") in ChangeKind.values else ChangeKind.CONTENT.value
    form = ChangeForm(kind, request.POST or None, leaders=_leaders(project), initial=_now(project, kind))
    if request.method == "POST" and form.is_valid():
        try:
            services.request_change(
                project=project,
                kind=kind,
                version=form.seen_version(),
                by=request.user,
                at=timezone.now(),
                **form.asked(),
            )
        except InvalidInput as error:
            form.refuse(error.faults)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "变更已申请，等组织科答复")
            return redirect(f"{project.get_absolute_url()}#changes")
    context = {
        "project": project,
        "form": form,
        "kind": kind,
        "closed": project.status not in RUNNING,
        "kinds": [{"label": k.label, "url": f"?kind={k.value}", "current": k.value == kind} for k in ChangeKind],
    }
    return render(request, "projects/change_form.html", context, status=422 if form.errors else 200)


def _leaders(project: Flagship) -> list[tuple[str, str]]:
    person = secretary_of(project.school, local_day(timezone.now()))
    return [(str(person.pk), f"{person.name}（书记）")] if person else []


def _now(project: Flagship, kind: str) -> dict[str, Any]:
    team = "\n".join(f"{m.name} {m.duty}".strip() for m in project.team.order_by("order", "pk"))
    values = {"title": project.title, "content": project.content, "team": team, "leader": ""}
    return {"version": project.version, "value": values[kind]}


@login_required
@require_POST
def change_decide(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """同意变更 or 不同意变更."""
    found = get_object_or_404(ChangeRequest, pk=pk)
    project = find_flagship(request.user, found.project_id)
    form = AnswerForm(request.POST)
    approve = request.POST.get("do") == "approve"

    def call(**values: Any) -> Any:
        return services.decide_change(change=found, approve=approve, **values)

    done = "已同意变更" if approve else "已答复不同意"
    return _take(request, project, "change", form, "变更没有办成", call, done)
