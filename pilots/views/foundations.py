"""五项工程: the table of all schools, the five works of one with their texts and tasks, 登记完成, and comparison with peers."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from pilots import matrix, selection_lists
from pilots.forms.foundations import AdoptedTextForm
from pilots.foundations import Work, evidence_of, register_of, tasks_of, works_of
from pilots.models import FoundationKind
from pilots.plan_lists import own_school
from pilots.plans import current_of
from pilots.services import foundations as services
from pilots.views.common import moved, said, seen_school, sees_schools, taken, today
from schools import access
from schools.adoptions import signed_decisions
from schools.models import School
from schools.permissions import SchoolPerm


@login_required
@require_safe
def foundation_matrix(request: SignedInRequest) -> HttpResponse:
    """五项工程一览. Who works at one school goes straight to its works."""
    user = request.user
    sees_schools(user)
    if own := own_school(user):
        return redirect("pilots:foundations", own.code)
    filters = matrix.filters_from(request.GET)
    found = matrix.schools_found(user, filters, today())
    counts = matrix.VIEWS.counts(found)
    page = matrix.page_of_lines(matrix.VIEWS.within(found, filters.view), request.GET.get("cursor", ""), today())
    context = {
        "lines": page.rows,
        "counts": counts,
        "works": matrix.done_by_work(found),
        "filters": filters,
        "segments": matrix.VIEWS.segments(filters, counts),
        "choices": selection_lists.choices(user, filters),
        "done_url": filters.address(view="done"),
        "late_url": filters.address(view="late"),
        "export_query": filters.address(),
        **moved(request, page.previous, page.next),
    }
    return render(request, "pilots/foundation_matrix.html", context)


@login_required
@require_safe
def foundations_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The table under its present filters as a file."""
    sees_schools(request.user)
    filters = matrix.filters_from(request.GET)
    found = matrix.VIEWS.within(matrix.schools_found(request.user, filters, today()), filters.view)
    rows = [matrix.exported(line) for line in matrix.lines_of(found.select_related("office").order_by("code"), today())]
    return taken(
        request, kind, what="foundations", title="五项工程一览", columns=matrix.COLUMNS, rows=rows,
        filters=filters.in_address(),
    )  # fmt: skip


@login_required
@require_safe
def peers(request: SignedInRequest) -> HttpResponse:
    """Schools of the same size, foundation and location: medians, and the schools in sight in the order of their codes."""
    sees_schools(request.user)
    groups = matrix.groups_of(request.user, today())
    opened = matrix.opened_of(groups, request.GET.get("group", ""), request.GET.get("school", ""))
    context = {
        "groups": groups,
        "opened": opened,
        "lines": matrix.peer_lines(request.user, opened) if opened else [],
        "measures": [(label, unit) for label, unit in matrix.MEASURES.values()],
        "least": matrix.LEAST,
        "many": selection_lists.many_schools(request.user),
    }
    return render(request, "pilots/foundation_peers.html", context)


@login_required
@require_safe
def foundations(request: SignedInRequest, code: str) -> HttpResponse:
    """The five works of one school: text in force and its register, the decision that adopted it, tasks and evidence."""
    school = seen_school(request.user, code)
    works = works_of([school.pk], today())[school.pk]
    texts, tasks = register_of(school, request.user), tasks_of(school, request.user)
    context = {
        "school": school,
        "plan": current_of(school),
        "works": [(work, texts.get(kind, []), tasks.get(kind, [])) for kind, work in works.items()],
        "done": sum(work.state == "d" for work in works.values()),
        "registers": access.can(request.user, SchoolPerm.SUBMIT_PLAN, school.pk),
        "many": selection_lists.many_schools(request.user),
        "today": today(),
    }
    return render(request, "pilots/foundation_works.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def foundation_register(request: SignedInRequest, code: str, kind: str) -> HttpResponse:
    """登记完成, or of a work that is done 登记新文本, by 书记."""
    school = seen_school(request.user, code)
    if kind not in FoundationKind.values or not access.can(request.user, SchoolPerm.SUBMIT_PLAN, school.pk):
        raise Http404
    work = works_of([school.pk], today())[school.pk][kind]
    form = _form(request, school, work)
    if request.method != "POST":
        return _show(request, school, work, form)
    if not form.is_valid():
        return _show(request, school, work, form, problems=problems_of([form]), status=422)
    try:
        services.register_text(
            school=school, kind=kind, text=form.value(), files=request.FILES.getlist("files"),
            version=form.seen_version(), by=request.user, at=timezone.now(),
        )  # fmt: skip
    except InvalidInput as refusal:
        form.refuse(refusal.faults)
        return _show(request, school, work, form, problems=problems_of([form]), status=422)
    except DomainError as refusal:
        return _show(request, school, work, form, problems=said(refusal), status=refusal.status)
    messages.success(request, f"{work.label}已登记")
    return redirect("pilots:foundations", school.code)


def _form(request: SignedInRequest, school: School, work: Work) -> AdoptedTextForm:
    adoptions, evidence = signed_decisions(school.pk, request.user), evidence_of(school, work.kind)
    stored = work.foundation
    initial: dict[str, Any] = {"version": stored.version if stored else 0}
    if stored and stored.text_title:
        initial["title"] = stored.text_title
    data = request.POST if request.method == "POST" else None
    return AdoptedTextForm(adoptions, evidence, data, today=today(), initial=initial)


def _show(
    request: SignedInRequest,
    school: School,
    work: Work,
    form: AdoptedTextForm,
    *,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "school": school,
        "work": work,
        "form": form,
        "problems": problems,
        "label": "登记新文本" if work.state == "d" else "登记完成",
        "again": [upload.name for upload in request.FILES.getlist("files")],
    }
    return render(request, "pilots/foundation_register.html", context, status=status)
