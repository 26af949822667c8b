"""放行: asking for the reason, taking it back, and the list of all that was let pass (放行清单)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.errors import DomainError, InvalidInput
from common.exports import Export, download
from common.templatetags.bound_fields import problems_of
from common.transitions import Transition
from governance import ledgers, lists, services, shown
from governance.forms.actions import StepForm
from governance.guards import refusal
from governance.models import Meeting
from governance.reference import reference_for
from governance.rules.findings import MEETING, Result
from governance.secrecy import hidden_of, kept
from governance.selectors import for_record
from governance.services.exports import record_export
from governance.states import WAIVING
from governance.views.marks import Marks, marks_of
from governance.views.meetings import body_views, neighbours
from governance.waiving import results_now, why_not

STEPS = {step.name: step for step in WAIVING}
LET_PASS, TAKE_BACK = STEPS["waive_rule"], STEPS["withdraw_waiver"]


@dataclass(frozen=True)
class Finding:
    """One finding as it stands on the page, and what may be done with it: nothing when `why` says so."""

    result: Result
    shown: dict[str, Any]
    item: str
    why: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET shows the finding and asks for the reason, or all that can be let pass; POST lets pass, or takes that back."""
    meeting = get_object_or_404(for_record(Meeting.objects.visible_to(request.user)), pk=pk)
    if request.method != "POST":
        return _show(request, meeting, StepForm(LET_PASS, initial={"version": meeting.version}))
    step = TAKE_BACK if request.POST.get("do") == TAKE_BACK.name else LET_PASS
    form = StepForm(step, request.POST)
    if not form.is_valid():
        return _show(request, meeting, form, problems=problems_of([form]), status=422)
    place: dict[str, Any] = {"rule": request.POST.get("rule", ""), "item": _item(request.POST.get("item", ""))}
    act: dict[str, Any] = {"meeting": meeting, "version": form.cleaned_data["version"], **place}
    try:
        if step is LET_PASS:
            act["reason"] = form.cleaned_data["reason"]
            meeting = services.waive_rule(**act, by=request.user, at=timezone.now())
        else:
            meeting = services.withdraw_waiver(**act, by=request.user, at=timezone.now())
    except DomainError as error:
        meeting = for_record(Meeting.objects.all()).get(pk=pk)
        status = 422 if isinstance(error, InvalidInput) else 409
        return _show(request, meeting, form, problems=[{"text": str(error), "target": ""}], status=status)
    said = "已放行，理由写进核查结果，列入放行清单" if step is LET_PASS else "已撤回放行，这条规则照常核查"
    messages.success(request, said)
    order = next((item.order for item in meeting.items.all() if item.pk == place["item"]), None)
    return redirect(f"{meeting.get_absolute_url()}#item-{order}" if order else meeting.get_absolute_url())


def _item(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def _show(
    request: SignedInRequest,
    meeting: Meeting,
    form: StepForm,
    *,
    problems: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """`meeting` was read by `for_record`. Who may not waive sees why, and none of the findings."""
    why = _closed(meeting, request.user, LET_PASS) and _closed(meeting, request.user, TAKE_BACK)
    findings = [] if why else _findings(meeting, request.user)
    chosen = None if why else _chosen(request, findings)
    if chosen is not None:
        chosen.shown["actions"] = []  # the way to this page
    if status != 200:
        form.data = dict(form.data.items()) | {"version": str(meeting.version)}
    context = {
        "meeting": meeting,
        "tag": shown.status_tag(meeting),
        "why": why,
        "chosen": chosen,
        "taken": chosen is not None and chosen.shown["outcome"] == "waived",
        "findings": findings,
        "form": form,
        "problems": problems or [],
        "version": meeting.version,
    }
    return render(request, "governance/waive.html", context, status=status)


def _closed(meeting: Meeting, user: User, step: Transition) -> str | None:
    if meeting.status not in step.sources:
        return f"现在是“{meeting.get_status_display()}”，不能{step.label}。"
    return refusal(meeting, step, user)


def _findings(meeting: Meeting, user: User) -> list[Finding]:
    """What blocks now, and what was let pass, in the engine's order."""
    reference = reference_for(meeting)
    standing = kept(results_now(meeting, reference), hidden_of(user, meeting.items.all()))
    results = [r for r in standing if r.blocks or r.outcome.value == "waived"]
    marks = marks_of(meeting, user, results, reference)
    places = {f"items/{item.pk}": f"第 {item.order} 项《{item.title}》" for item in meeting.items.all()}
    return [
        Finding(
            result,
            marks.named(result, where=places.get(result.subject, "")),
            "" if result.subject == MEETING else result.subject.partition("/")[2],
            _why(result, marks),
        )
        for result in results
    ]


def _why(result: Result, marks: Marks) -> str:
    if marks.waiver_of(result) is not None:
        return ""
    if marks.reference is None:
        return "送签的人不能放行。先退回修改，请另一位记录人送签。"
    return why_not(result.rule, result, marks.reference)


def _chosen(request: SignedInRequest, findings: list[Finding]) -> Finding | None:
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("rule", ""), given.get("item", "")
    return next((found for found in findings if (found.result.rule, found.item) == wanted), None)


# ---- 放行清单 ----


@login_required
@require_safe
def waiver_list(request: SignedInRequest) -> HttpResponse:
    """All that was let pass: of all schools for 组织科 and 督导, of their own for 书记 and 校长; latest first."""
    if not ledgers.sees_waivers(request.user):
        raise Http404
    sight = lists.sight_of(request.user)
    rows = lists.school_rows(request.user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = ledgers.filters_from(request.GET, schools)
    page = ledgers.waivers_page(request.user, filters, schools, request.GET.get("cursor", ""))
    topics = shown.rule_topics()
    withheld = ledgers.waivers_withheld(request.user, page.rows)
    context = {
        "sight": sight,
        "filters": filters,
        "waivers": [
            (waiver, topics[waiver.rule], shown.status_tag(waiver.meeting), waiver.pk in withheld)
            for waiver in page.rows
        ],
        "bodies": body_views(request, sight, filters.body),
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "rules": [
            lists.Option(rule, f"{topics[rule]} {rule}", rule == filters.rule) for rule in ledgers.waivable_rules()
        ],
        "export_query": lists.address(request.GET),
        **neighbours(request, page.previous, page.next),
    }
    return render(request, "governance/waiver_list.html", context)


@login_required
@require_GET
def waivers_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    if not ledgers.sees_waivers(request.user) or kind not in ("csv", "xlsx"):
        raise Http404
    schools = {code: pk for pk, code, _, _ in lists.school_rows(request.user)}
    filters = ledgers.filters_from(request.GET, schools)
    found = list(ledgers.waivers_found(request.user, filters, schools).order_by("-waived_at", "-pk"))
    withheld = ledgers.waivers_withheld(request.user, found)
    lines = [ledgers.exported_waiver(waiver, withheld) for waiver in found]
    at = timezone.now()
    number = record_export(
        rows=len(lines), filters=filters.in_address(), kind=kind, what="waivers", by=request.user, at=at
    )
    return download(Export("放行清单", ledgers.WAIVER_COLUMNS, lines, request.user.name, at, number), kind)
