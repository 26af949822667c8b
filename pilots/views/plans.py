"""一校一案: the list of all schools, and the page of one edition with its five works, 推进清单, text, files and history."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from audit.models import Event
from audit.registry import kind_of
from audit.services import subject_of
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from pilots import plan_lists as lists
from pilots.forms.plans import RemarkForm, TermForm
from pilots.foundations import works_of
from pilots.models import Plan
from pilots.plan_checks import Lack, NotComplete, lacks_of
from pilots.plan_guards import may_annotate, may_edit, open_plan_actions, starting_refusal
from pilots.plans import (
    annotations_of,
    attachments_of,
    current_of,
    edition_before,
    editions_of,
    sections_of,
    tag_of,
)
from pilots.rows import rows_context
from pilots.services import plans as services
from pilots.views.common import moved, said, seen_school, sees_schools, taken, today, version_in

TABS = {"rows": "推进清单", "text": "方案全文", "files": "附件与版本"}
MOST_EVENTS = 30


def seen_plan(user: User, pk: UUID) -> Plan:
    """The edition within sight, or 404."""
    return get_object_or_404(Plan.objects.visible_to(user).with_people(), pk=pk)


@login_required
@require_safe
def plan_list(request: SignedInRequest) -> HttpResponse:
    """Views by state with their counts. Who works at one school goes straight to its plan."""
    sees_schools(request.user)
    if own := lists.own_school(request.user):
        return redirect("pilots:plan-of-school", own.code)
    filters = lists.filters_from(request.GET)
    found = lists.schools_found(request.user, filters)
    page = lists.page_of_lines(lists.VIEWS.within(found, filters.view), request.GET.get("cursor", ""), today())
    context = {
        "lines": page.rows,
        "filters": filters,
        "segments": lists.VIEWS.segments(filters, lists.VIEWS.counts(found)),
        "choices": lists.selection_lists.choices(request.user, filters),
        "today": today(),
        "export_query": filters.address(),
        **moved(request, page.previous, page.next),
    }
    return render(request, "pilots/plan_list.html", context)


@login_required
@require_safe
def plans_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file."""
    sees_schools(request.user)
    filters = lists.filters_from(request.GET)
    found = lists.VIEWS.within(lists.schools_found(request.user, filters), filters.view).select_related("office")
    rows = [lists.exported(line) for line in lists.lines_of(found.order_by("code"), today())]
    return taken(
        request, kind, what="plans", title="一校一案", columns=lists.COLUMNS, rows=rows, filters=filters.in_address()
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_of_school(request: SignedInRequest, code: str) -> HttpResponse:
    """Leads to the school's edition in force; where there is none yet, 书记、校长 or 党政办 begins the first."""
    school = seen_school(request.user, code)
    if request.method != "POST" and (plan := current_of(school)) is not None:
        return redirect(plan)
    why = starting_refusal(school, request.user) or ""
    day = today()
    initial = {"starts_on": day, "ends_on": day.replace(year=day.year + 1, day=min(day.day, 28))}
    form = TermForm(request.POST or None, initial=initial)
    status, problems = 200, []
    if request.method == "POST":
        status, problems = 422, problems_of([form])
        if form.is_valid():
            try:
                plan = services.start_plan(school=school, by=request.user, at=timezone.now(), **form.cleaned_data)
            except InvalidInput as refusal:
                form.refuse(refusal.faults)
                problems = problems_of([form])
            except DomainError as refusal:
                status, problems = refusal.status, said(refusal)
            else:
                messages.success(request, "已开始编制第 1 版。写好各章和推进清单，由书记报送")
                return redirect("pilots:plan-edit", plan.pk)
    context = {"school": school, "form": None if why else form, "why": why, "problems": problems}
    return render(request, "pilots/plan_start.html", context, status=status)


@login_required
@require_safe
def plan_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One edition, in three tabs: 推进清单, 方案全文, 附件与版本."""
    return show_plan(request, seen_plan(request.user, pk))


def show_plan(
    request: SignedInRequest,
    plan: Plan,
    *,
    lacks: list[Lack] | None = None,
    problems: list[dict[str, str]] | None = None,
    remark: RemarkForm | None = None,
    rows: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `lacks` and `problems` say why a step was refused. `rows`: the table as the step left it."""
    user = request.user
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS and rows is None else "text" if remark else "rows"
    edits = may_edit(plan, user)
    steps = {step.name: step for step in open_plan_actions(plan, user)}
    context: dict[str, Any] = {
        "plan": plan,
        "tag": tag_of(plan),
        "works": list(works_of([plan.school_id], today())[plan.school_id].values()),
        "tab": tab,
        "tabs": [{"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS.items()],
        "steps": steps,
        "edits": edits,
        "lacks": lacks if lacks is not None else lacks_of(plan) if edits else [],
        "refused": lacks is not None,
        "problems": problems or [],
        "before": edition_before(plan),
        "today": today(),
        "many": lists.selection_lists.many_schools(user),
        "newest": editions_of(plan.school)[0],
        **(_tab(request, plan, tab, remark) if rows is None else rows),
    }
    return render(request, "pilots/plan_detail.html", context, status=status)


def _tab(request: SignedInRequest, plan: Plan, tab: str, remark: RemarkForm | None) -> dict[str, Any]:
    """What only the chosen tab prints."""
    if tab == "rows":
        return rows_context(plan, request.user, request)
    annotations = annotations_of(plan)
    if tab == "text":
        return {
            "sections": sections_of(plan, annotations),
            "beside_rows": [annotation for annotation in annotations if not annotation.key],
            "annotates": may_annotate(plan, request.user),
            "settles": may_edit(plan, request.user),
            "remark": remark,
        }
    return {"files": attachments_of(plan), "editions": editions_of(plan.school), "events": history_of(plan)}


def history_of(plan: Plan) -> list[dict[str, Any]]:
    """What happened to this edition, the newest first, as `_components/timeline.html` takes it."""
    events = Event.objects.filter(subject=subject_of(plan)).order_by("-seq")[:MOST_EVENTS]
    return [
        {
            "on": event.at,
            "text": kind_of(event.kind).label,
            "note": "，".join(filter(None, [event.actor_name, event.data.get("reason") or event.data.get("text", "")])),
            "kind": "",
        }
        for event in events
    ]


DONE = {"submit": "方案已报送，等组织科审核", "revise": "已开始编制第 {plan.edition} 版，改好后由书记报送"}
STEPS = {"submit": services.submit_plan, "revise": services.revise_plan}


@login_required
@require_POST
def plan_action(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """报送方案 and 编制新版. A refusal stands on the page, each lack with its link."""
    plan = seen_plan(request.user, pk)
    if name not in STEPS:
        raise Http404
    try:
        changed = STEPS[name](plan=plan, version=version_in(request), by=request.user, at=timezone.now())
    except NotComplete as refusal:
        return show_plan(request, seen_plan(request.user, pk), lacks=list(refusal.lacks), status=409)
    except DomainError as refusal:
        return show_plan(request, seen_plan(request.user, pk), problems=said(refusal), status=refusal.status)
    messages.success(request, DONE[name].format(plan=changed))
    return redirect("pilots:plan-edit", changed.pk) if name == "revise" else redirect(changed)
