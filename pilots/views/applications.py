"""选点: the list of schools with their applications, and the page of one with its four steps."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.templatetags.bound_fields import problems_of
from pilots import selection_lists as lists
from pilots.forms.selection import ApplicationForm, DecideForm, ImplementForm
from pilots.models import Application, ApplicationStatus, Batch
from pilots.selection_guards import may_edit, may_write, open_application_actions
from pilots.selection_panels import STEPS_TOLD, history_of, steps_of, tag_of
from pilots.selection_steps import sample_of
from pilots.services import selection as services
from pilots.services.selection_bulk import NAMES
from pilots.views.common import moved, said, seen_school, sees_schools, taken, today, version_in
from schools.models import School
from schools.providers import rules_adopted_on
from schools.services.pilot import mark_implemented, may_mark

DONE = {
    "nominate": "已自荐，等下一步办理",
    "recommend": "已推荐，等局级审核",
    "exempt": "已登记免推荐，等局级审核",
    "approve": "已通过，批次 {application.batch.name}",
    "return": "已退回学校修改",
}
CHOICES = {"recommend": "同意推荐", "exempt": "登记免推荐", "approve": "审核通过", "return": "退回修改"}


@login_required
@require_safe
def application_list(request: SignedInRequest) -> HttpResponse:
    """Views by what is to be done, with their counts; those who act tick schools and decide about them together."""
    user = request.user
    sees_schools(user)
    filters = lists.filters_from(request.GET)
    found = lists.schools_found(user, filters)
    counts = lists.VIEWS.counts(found)
    page = lists.page_of_schools(lists.VIEWS.within(found, filters.view), request.GET.get("cursor", ""))
    rows = [_line(school, request) for school in page.rows]
    own = School.objects.visible_to(user).first() if not lists.many_schools(user) else None
    context = {
        "rows": rows,
        "filters": filters,
        "segments": lists.VIEWS.segments(filters, counts),
        "choices": lists.choices(user, filters) if own is None else {},
        "today": today(),
        "pick": _bulk_names([row["actions"] for row in rows]) if own is None else [],
        "own": own,
        "export_query": filters.address(),
        **moved(request, page.previous, page.next),
    }
    return render(request, "pilots/application_list.html", context)


def _line(school: School, request: SignedInRequest) -> dict[str, Any]:
    application = lists.application_of(school)
    steps = open_application_actions(application, request.user) if application is not None else []
    names = {step.name for step in steps}
    return {
        "school": school,
        "application": application,
        "tag": tag_of(application),
        "sample": sample_of(school.size, school.foundation, school.location),
        "actions": names,
        "pickable": bool(names & {"recommend", "approve"}),
    }


def _bulk_names(rows: Sequence[set[str]]) -> list[tuple[str, str]]:
    """What may be done with at least one row of the page, as value and words."""
    every = set().union(*rows) if rows else set()
    return [(name, CHOICES[name]) for name in NAMES if name in every]


@login_required
@require_safe
def applications_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file."""
    sees_schools(request.user)
    filters = lists.filters_from(request.GET)
    found = lists.with_application(lists.VIEWS.within(lists.schools_found(request.user, filters), filters.view))
    rows = [lists.exported(school) for school in found.order_by("code")]
    return taken(
        request, kind, what="applications", title="试点申报", columns=lists.COLUMNS, rows=rows,
        filters=filters.in_address(),
    )  # fmt: skip


# ---- one application ----


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def application_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """The application of one school: what it wrote, every opinion, and the step that is this account's to take."""
    school = seen_school(request.user, code)
    application = _application(school)
    if request.method != "POST":
        return _show(request, school, application)
    if application is None:
        raise Http404
    return (
        _nominate(request, school, application)
        if request.POST.get("do") == "nominate"
        else _decide(request, school, application)
    )


def _application(school: School) -> Application | None:
    return Application.objects.with_people().filter(school=school).first()


def _nominate(request: SignedInRequest, school: School, application: Application) -> HttpResponse:
    try:
        services.nominate(application=application, version=version_in(request), by=request.user, at=timezone.now())
    except InvalidInput as error:
        return _show(request, school, _application(school), problems=said(error), status=422)
    except DomainError as error:
        return _show(request, school, _application(school), problems=said(error), status=409)
    messages.success(request, DONE["nominate"])
    return redirect("pilots:application", code=school.code)


def _decide(request: SignedInRequest, school: School, application: Application) -> HttpResponse:
    form = _decide_form(application, request, request.POST)
    if not form.is_valid():
        return _show(request, school, application, form=form, problems=problems_of([form]), status=422)
    given, name = form.cleaned_data, form.cleaned_data["do"]
    try:
        changed = _take(name, application, given, form.seen_version(), request)
    except InvalidInput as error:
        form.refuse(error.faults)
        return _show(request, school, application, form=form, problems=problems_of([form]), status=422)
    except DomainError as error:
        return _show(request, school, _application(school), form=form, problems=said(error), status=409)
    messages.success(request, DONE[name].format(application=changed))
    return redirect("pilots:application", code=school.code)


def _take(
    name: str, application: Application, given: dict[str, Any], version: int, request: SignedInRequest
) -> Application:
    shared: dict[str, Any] = {
        "application": application, "version": version, "by": request.user, "at": timezone.now(),
    }  # fmt: skip
    if name == "return":
        return services.return_application(reason=given["text"], mend_by=given["mend_by"], **shared)
    if name == "approve":
        batch = Batch.objects.filter(pk=given["batch"]).first() if given["batch"] else None
        return services.approve(batch=batch, opinion=given["text"], **shared)
    step = services.recommend if name == "recommend" else services.exempt
    return step(opinion=given["text"], **shared)


def _decide_form(application: Application, request: SignedInRequest, data: Any = None) -> DecideForm:
    """Every conclusion that leads on from here; the service says who may draw it."""
    open_now = {step.name for step in open_application_actions(application, request.user)} & set(CHOICES)
    steps = [(name, words) for name, words in CHOICES.items() if name in open_now or (data is not None)]
    initial = {
        "do": steps[0][0] if steps else "",
        "batch": str(application.batch_id or ""),
        "version": application.version,
        "mend_by": today() + timedelta(days=7),
    }
    return DecideForm(steps, Batch.objects.order_by("-opens_on", "pk"), data, initial=initial)


def _show(
    request: SignedInRequest,
    school: School,
    application: Application | None,
    *,
    form: DecideForm | None = None,
    implement: ImplementForm | None = None,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    names = {step.name for step in open_application_actions(application, request.user)} if application else set()
    if form is None and application is not None and names & set(CHOICES):
        form = _decide_form(application, request)
    elif not names & set(CHOICES):
        form = None
    marks = may_mark(request.user, school)
    context = {
        "school": school,
        "application": application,
        "opinions": list(application.opinions.select_related("by").order_by("-at", "-pk")) if application else [],
        "steps": steps_of(school, application),
        "tag": tag_of(application),
        "register": sample_of(school.size, school.foundation, school.location),
        "form": form,
        "conclusion": "教办推荐" if names & {"recommend", "exempt"} else "审核结论",
        "may_nominate": "nominate" in names,
        "may_edit": may_edit(application, request.user) if application else may_write(request.user, school.pk),
        "implement": (implement or ImplementForm(initial={"version": school.version, "implemented_on": today()}))
        if marks
        else None,
        "rules_on": rules_adopted_on(school.pk) if marks else None,
        "events": history_of(school, STEPS_TOLD, 30),
        "today": today(),
        "problems": problems,
        "many": lists.many_schools(request.user),
    }
    return render(request, "pilots/application_detail.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def implement(request: SignedInRequest, code: str) -> HttpResponse:
    """登记全面实施; a GET leads to the application, where the form stands."""
    school = seen_school(request.user, code)
    if request.method != "POST":
        return redirect("pilots:application", code=code)
    form = ImplementForm(request.POST)
    status = 422
    if form.is_valid():
        on, version = form.cleaned_data["implemented_on"], form.seen_version()
        try:
            mark_implemented(school=school, on=on, version=version, by=request.user, at=timezone.now())
        except InvalidInput as error:
            form.refuse(error.faults)
        except DomainError as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, f"已登记{school.short_name}全面实施")
            return redirect("pilots:application", code=code)
    problems = problems_of([form])
    return _show(request, school, _application(school), implement=form, problems=problems, status=status)


# ---- the school's form ----


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def application_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """填写自荐: saved as a draft; 书记 may nominate in the same go."""
    school = seen_school(request.user, code)
    application = _application(school)
    if not may_write(request.user, school.pk):
        raise Http404
    if application is not None and not may_edit(application, request.user):
        return redirect("pilots:application", code=code)
    form = _application_form(school, application, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _show_form(request, school, application, form)
    if not form.is_valid():
        return _show_form(request, school, application, form, problems=problems_of([form]), status=422)
    return _save(request, school, application, form)


def _application_form(school: School, application: Application | None, data: Any = None) -> ApplicationForm:
    words = sample_of(school.size, school.foundation, school.location)
    initial: dict[str, Any] = {"sample": words, "version": 0}
    if application is not None:
        initial = {name: getattr(application, name) for name in ("reasons", "conditions", "sample", "version")}
        initial["batch"] = str(application.batch_id or "")
    return ApplicationForm(Batch.objects.order_by("-opens_on", "pk"), data, initial=initial)


def _save(
    request: SignedInRequest, school: School, application: Application | None, form: ApplicationForm
) -> HttpResponse:
    at, nominates = timezone.now(), request.POST.get("do") == "nominate"
    try:
        saved = services.write_application(
            school=school, application=application, new=form.value(), version=form.seen_version(), nominates=nominates,
            by=request.user, at=at,
        )  # fmt: skip
    except InvalidInput as error:
        form.refuse(error.faults)
        return _show_form(request, school, application, form, problems=problems_of([form]), status=422)
    except DomainError as error:
        found: Sequence[Difference] = error.differences if isinstance(error, Stale) else ()
        current = _application(school)
        if current is not None:
            form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
            form.data["version"] = str(current.version)  # type: ignore[index]
        return _show_form(request, school, current, form, problems=said(error), differences=found, status=409)
    messages.success(request, DONE["nominate"] if saved.status != ApplicationStatus.DRAFT and nominates else "已存草稿")
    return redirect("pilots:application", code=school.code)


def _show_form(
    request: SignedInRequest,
    school: School,
    application: Application | None,
    form: ApplicationForm,
    *,
    problems: Sequence[dict[str, str]] = (),
    differences: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    last = application.opinions.order_by("-at", "-pk").select_related("by").first() if application else None
    may = services.nominating_refusal(school, application, request.user) is None
    context = {
        "school": school,
        "application": application,
        "form": form,
        "returned": last if application is not None and application.status == ApplicationStatus.RETURNED else None,
        "may_nominate": may,
        "problems": problems,
        "differences": differences,
        "today": today(),
    }
    return render(request, "pilots/application_edit.html", context, status=status)
