"""The page of one project: nodes, tasks, results, opinions, reviews, what happened; and its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from attachments.services import ACCEPT
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from common.transitions import Transition
from projects import lists, results, scoring
from projects.experts import experts_for
from projects.forms.steps import AdviceForm, AssignForm, CheckForm
from projects.guards import leads, may_advise, may_edit, may_review, refusal
from projects.models import CRITERIA, Award, Flagship, FlagshipStatus, Report
from projects.services.awarding import changing_refusal, may_register, may_verify
from projects.services.filing import files_refusal
from projects.services.reporting import OPEN_FOR, may_report
from projects.showing import change_rows, facts_of, nodes, task_rows, timeline
from projects.states import FLAGSHIP
from projects.views.steps import CONSEQUENCES, QUESTIONS, SERVICES, buttons, said_after, step_form

S = FlagshipStatus


@dataclass(frozen=True)
class Refused:
    """A step that was refused: in which words, with which faults, and what was typed."""

    title: str
    text: str = ""
    problems: Sequence[dict[str, str]] = ()
    name: str = ""
    form: Any = None
    status: int = 409


def refused(error: DomainError, title: str, name: str, form: Any) -> Refused:
    """A refusal of the service as the page shows it."""
    if isinstance(error, InvalidInput):
        form.refuse(error.faults)
        return Refused(title, problems=problems_of([form]), name=name, form=form, status=422)
    return Refused(error.title, str(error), name=name, form=form)


def find_flagship(user: User, pk: object) -> Flagship:
    """The project within sight of this account, or 404."""
    people = ("applied_by", "office_by", "checked_by", "listed_by", "mid_checked_by", "extended_by", "concluded_by")
    rows = lists.with_next(Flagship.objects.visible_to(user)).select_related(*people, "school__office", "terminated_by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def flagship_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One project."""
    return show(request, find_flagship(request.user, pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flagship_action(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """GET asks, POST does. What is refused shows on the project's page, in the service's own words."""
    step, user = FLAGSHIP.get(name), request.user
    if step is None:
        raise Http404
    project = find_flagship(user, pk)
    if request.method != "POST":
        return ask(request, project, step)
    form = step_form(step, project, request.POST)
    if not form.is_valid():
        faults = problems_of([form])
        return show(request, project, Refused(f"还不能{step.label}", problems=faults, name=name, form=form, status=422))
    try:
        project = SERVICES[name](
            project=project, version=form.seen_version(), by=user, at=timezone.now(), **form.asked()
        )
    except DomainError as error:
        return show(request, find_flagship(user, pk), refused(error, f"还不能{step.label}", name, form))
    messages.success(request, said_after(step, project))
    seen = Flagship.objects.visible_to(user).filter(pk=project.pk).exists()
    return redirect(project) if seen else redirect("projects:flagships")


def ask(request: SignedInRequest, project: Flagship, step: Transition) -> HttpResponse:
    """The question on a page of its own, for browsers without scripts and links from elsewhere."""
    out_of_turn = project.status not in step.sources
    why = f"现在是“{project.get_status_display()}”，不能{step.label}。" if out_of_turn else ""
    context = {
        "project": project,
        "step": step,
        "why": why or refusal(project, step, request.user),
        "question": QUESTIONS[step.name],
        "consequence": CONSEQUENCES[step.name],
        "form": step_form(step, project),
    }
    return render(request, "projects/flagship_action.html", context)


def show(request: SignedInRequest, project: Flagship, wrong: Refused | None = None) -> HttpResponse:
    """The page, with what was refused above it."""
    user, today = request.user, local_day(timezone.now())
    again = (wrong.name, wrong.form) if wrong is not None and wrong.form is not None else None
    reports = {report.kind: report for report in Report.objects.filter(project=project).select_related("submitted_by")}
    panel = scoring.panel_of(project, user)
    context = {
        "project": project,
        "refused": wrong,
        "today": today,
        "tag": lists.tag_of(project, today),
        "nodes": nodes(project, today),
        "tasks": task_rows(project, user, today),
        "facts": facts_of(project),
        "team": list(project.team.select_related("person").order_by("order", "pk")),
        "areas": [area.get_area_display() for area in project.areas.order_by("pk")],
        "awards": _awards(project, user),
        "reports": _reports(project, user, reports),
        "changes": change_rows(project),
        "panel": panel,
        "criteria": CRITERIA,
        "files": files_of([project])[subject_of(project)],
        "accept": ACCEPT,
        "cases": list(results.cases_of(project, user)),
        "timeline": timeline(project, user),
        **_ways(project, user),
        **_forms(project, user, again, panel),
        "buttons": buttons(project, user, again),
    }
    return render(request, "projects/flagship_detail.html", context, status=wrong.status if wrong else 200)


def _awards(project: Flagship, user: User) -> list[dict[str, Any]]:
    awards = list(Award.objects.filter(project=project).order_by("-year", "level", "pk"))
    files = files_of(awards)
    for award in awards:
        award.project = project
    return [
        {
            "award": award,
            "files": files[subject_of(award)],
            "may_verify": award.verified_at is None and may_verify(user, award),
            "may_change": changing_refusal(award, user) is None,
        }
        for award in awards
    ]


def _reports(project: Flagship, user: User, stored: dict[str, Report]) -> list[dict[str, Any]]:
    rows = []
    for kind, states in OPEN_FOR.items():
        report = stored.get(kind)
        may = may_report(project, user) and project.status in states
        if may or (report is not None and report.submitted_at is not None):
            rows.append({"kind": kind, "label": kind.label, "report": report, "may": may})
    return rows


def _ways(project: Flagship, user: User) -> dict[str, bool]:
    """What else this account may do here."""
    listed = project.status not in (S.DRAFT, S.APPLIED)
    return {
        "may_edit": may_edit(project, user),
        "may_discard": may_edit(project, user) and project.status == S.DRAFT and not project.round,
        "may_change": may_report(project, user) and project.status in (S.LISTED, S.RUNNING, S.MID_CHECKED, S.EXTENDED),
        "may_decide": may_review(project, user),
        "may_award": listed and may_register(user, project.school_id),
        "may_file": files_refusal(project, user) is None,
        "leads": leads(project, user),
    }


def _forms(project: Flagship, user: User, again: tuple[str, Any] | None, panel: scoring.Panel | None) -> dict[str, Any]:
    """教办意见, 初审 and 指派评审, each for whom it is for."""
    given = dict([again]) if again is not None else {}
    initial = {"version": project.version}
    found: dict[str, Any] = {}
    if may_advise(project, user) and project.checked_at is None:
        stated = {"backs": "no" if project.office_backs is False else "yes", "advice": project.office_advice}
        found["advice_form"] = given.get("advise") or AdviceForm(
            initial=initial | (stated if project.office_at else {}), auto_id="id_advise_%s"
        )
    if project.status == S.APPLIED and project.checked_at is None and may_review(project, user):
        found["check_form"] = given.get("check") or CheckForm(initial=initial, auto_id="id_check_%s")
    if panel is not None and panel.may_assign:
        found["assign_form"] = given.get("assign") or AssignForm(
            experts_for(project), initial=initial, auto_id="id_assign_%s"
        )
    return found
