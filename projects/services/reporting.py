"""中期表、结题表 and 变更申请: what the school hands in of a running project."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState, one_fault, require_reason
from deadlines.services import move_deadline
from projects.guards import may_review
from projects.models import (
    RUNNING,
    ChangeKind,
    ChangeRequest,
    ChangeStatus,
    Flagship,
    FlagshipStatus,
    Report,
    ReportKind,
)
from projects.services.base import clock_runs, locked, of_perm, of_school, stop_clock, tell
from projects.services.drafting import MemberInput, leader_of, team_faults, write_team
from schools import access
from schools.permissions import SchoolPerm

S = FlagshipStatus
ASKED = {
    ReportKind.MID: {"done": "写节点完成情况", "next_steps": "写下一步打算"},
    ReportKind.FINAL: {"results": "写成果清单", "judgement": "写自评"},
}
TEXTS = ("done", "deviation", "next_steps", "results", "spread", "judgement")
OPEN_FOR = {ReportKind.MID: (S.RUNNING,), ReportKind.FINAL: (S.RUNNING, S.MID_CHECKED, S.EXTENDED)}
LONGEST = 2000


def may_report(project: Flagship, user: User) -> bool:
    """书记、校长、党政办 of the school write reports and ask for changes."""
    return access.can(user, SchoolPerm.EDIT_PLAN, project.school_id)


@transaction.atomic
def submit_report(
    *, project: Flagship, kind: str, texts: Mapping[str, str], spent: Decimal | None = None,
    version: int | None = None, by: User, at: datetime,
) -> Report:  # fmt: skip
    """报送中期表、结题表; may be sent anew until the bureau has checked."""
    project = locked(project, version)
    if not may_report(project, by):
        raise NotAllowed("中期表、结题表由本校书记、校长、党政办报送。")
    if kind not in ReportKind.values:
        raise one_fault("kind", "从中期表、结题表里选")
    which = ReportKind(kind)
    if project.status not in OPEN_FOR[which]:
        raise WrongState(f"现在是“{project.get_status_display()}”，不用报送{which.label}。")
    given = {name: texts.get(name, "").strip() for name in TEXTS}
    _check_report(which, given, spent)
    report = Report.objects.filter(project=project, kind=kind).first()
    if report is None:
        report = Report(project=project, kind=kind, due_on=_due(project, which, at))
    for name, text in given.items():
        setattr(report, name, text)
    report.spent, report.submitted_by, report.submitted_at = spent, by, at
    report.commit(at)
    stop_clock(report, at)
    project.commit(at)
    tell("reported", project, by, at, accounts=of_perm(project.school, at, SchoolPerm.REVIEW), what=which.label)
    return report


def _check_report(which: ReportKind, given: Mapping[str, str], spent: Decimal | None) -> None:
    faults = [Fault(name, words) for name, words in ASKED[which].items() if not given[name]]
    faults += [Fault(name, f"写到 {LONGEST} 字以内") for name, text in given.items() if len(text) > LONGEST]
    if spent is not None and not 0 <= spent < 10**8:
        faults.append(Fault("spent", "已用经费写元，0 或以上"))
    if faults:
        raise InvalidInput(faults)


def _due(project: Flagship, kind: ReportKind, at: datetime) -> Any:
    return (project.mid_due_on if kind == ReportKind.MID else project.ends_on) or local_day(at)


@transaction.atomic
def request_change(
    *, project: Flagship, kind: str, value: str, reason: str, version: int | None = None, by: User, at: datetime
) -> ChangeRequest:
    """申请变更 of a listed project. Of the leader `value` is a person's id, of the team one name (and duty) a line."""
    project = locked(project, version)
    if not may_report(project, by):
        raise NotAllowed("变更由本校书记、校长、党政办申请。")
    if project.status not in RUNNING:
        raise WrongState(f"现在是“{project.get_status_display()}”，不能申请变更。")
    if kind not in ChangeKind.values:
        raise one_fault("kind", "从列出的变更事项里选")
    if ChangeRequest.objects.filter(project=project, kind=kind, status=ChangeStatus.REQUESTED).exists():
        raise WrongState(f"{ChangeKind(kind).label}的变更已在审，等组织科答复。")
    value, reason = value.strip(), require_reason(reason)
    _check_value(project, kind, value, at)
    change = ChangeRequest(
        project=project, kind=kind, before=_before(project, kind), value=value, reason=reason, requested_by=by,
        requested_at=at,
    )  # fmt: skip
    change.commit(at)
    project.commit(at)
    told = of_perm(project.school, at, SchoolPerm.REVIEW)
    tell("change_requested", project, by, at, accounts=told, what=ChangeKind(kind).label)
    return change


@transaction.atomic
def decide_change(
    *, change: ChangeRequest, approve: bool, answer: str = "", version: int | None = None, by: User, at: datetime
) -> ChangeRequest:
    """同意变更: it takes effect at once; 不同意 says why. Never by who asked for it."""
    project = locked(change.project)
    change = ChangeRequest.objects.get(pk=change.pk)
    if not may_review(project, by) or change.requested_by_id == by.pk:
        raise NotAllowed("变更由组织科审批，不由申请人自己审。")
    if change.status != ChangeStatus.REQUESTED or (version is not None and version != change.version):
        raise WrongState("这项变更已经办过。刷新页面看最新情况。")
    change.answer = answer.strip()[:500] if approve else require_reason(answer)
    if approve:
        _check_value(project, change.kind, change.value, at)
        _apply(project, change, at)
    change.status = ChangeStatus.APPROVED if approve else ChangeStatus.REFUSED
    change.decided_by, change.decided_at = by, at
    change.commit(at)
    project.commit(at)
    what = "change_approved" if approve else "change_refused"
    tell(what, project, by, at, accounts=of_school(project, at), what=change.get_kind_display(), reason=change.answer)
    return change


def members_in(text: str) -> list[MemberInput]:
    """One member a line: the name, and behind a blank or comma the duty."""
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, _, duty = line.replace("，", " ").replace(",", " ").partition(" ")
        found.append(MemberInput(name=name, duty=duty.strip()))
    return found


def shown_value(change: ChangeRequest, names: Mapping[str, str]) -> str:
    """What it is to become, in words."""
    return names.get(change.value, "") if change.kind == ChangeKind.LEADER else change.value


def _person(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _check_value(project: Flagship, kind: str, value: str, at: datetime) -> None:
    if not value:
        raise one_fault("value", "写改成什么")
    if len(value) > 4000:
        raise one_fault("value", "写到 4000 字以内")
    if kind == ChangeKind.LEADER and _no_secretary(project, value, at):
        raise one_fault("value", "新的主持人要是现任书记")
    if kind == ChangeKind.TITLE and _no_title(project, value):
        raise one_fault("value", "项目名称 2 至 80 个字，不与本校别的项目同名")
    if kind == ChangeKind.TEAM and (faults := team_faults(project.school, members_in(value))):
        raise one_fault("value", faults[0].reason)


def _no_secretary(project: Flagship, value: str, at: datetime) -> bool:
    wanted = _person(value)
    return wanted is None or leader_of(project.school, wanted, local_day(at)) is None


def _no_title(project: Flagship, value: str) -> bool:
    same = Flagship.objects.filter(school=project.school, title=value).exclude(pk=project.pk)
    return not 2 <= len(value) <= 80 or same.exists()


def _before(project: Flagship, kind: str) -> str:
    if kind == ChangeKind.LEADER:
        return project.leader_text
    if kind == ChangeKind.TEAM:
        return "\n".join(f"{m.name} {m.duty}".strip() for m in project.team.order_by("order", "pk"))
    return str(getattr(project, kind))


def _apply(project: Flagship, change: ChangeRequest, at: datetime) -> None:
    """Approved: the project is as was asked for; reminders go to the new leader."""
    if change.kind == ChangeKind.TEAM:
        known = {member.name: member.person_id for member in project.team.all()}
        write_team(project, [MemberInput(m.name, known.get(m.name), m.duty) for m in members_in(change.value)])
    elif change.kind == ChangeKind.LEADER:
        project.leader = leader_of(project.school, _person(change.value), local_day(at))
        project.leader_name = project.leader.name if project.leader else project.leader_name
        for report in Report.objects.filter(project=project, submitted_at__isnull=True):
            if project.leader is not None and clock_runs(report):
                move_deadline(on=report, due_on=report.due_on, responsible=project.leader, at=at)
    else:
        setattr(project, change.kind, change.value)
