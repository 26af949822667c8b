"""The steps of `states.py`: from 报送申报 to 结题. The project's row is the lock."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from checklists.models import OPEN, SourceKind, Task
from checklists.services import NewTask, open_checklist
from common.dates import local_day
from common.errors import Fault, InvalidInput, WrongState, one_fault, require_reason
from deadlines.services import move_deadline, open_deadline
from projects.guards import reviews_refusal
from projects.models import Flagship, Grade, Milestone, Report, ReportKind, Review, ReviewStatus
from projects.services.base import begin, clock_runs, finish, of_perm, of_school, one_at_a_time, stop_clock, together
from projects.services.drafting import FlagshipInput, draft_flagship, missing_faults
from projects.services.numbers import NUMBER, next_number
from schools.models import Appointment, School
from schools.permissions import SchoolPerm

TERM_DAYS = 730  # 周期两年, where the application names no other (structures.md 3.2)
LONGEST_OPINION = 500
MOST_BUDGET = 10**8


@transaction.atomic
def apply_flagship(*, project: Flagship, version: int | None = None, by: User, at: datetime) -> Flagship:
    """报送申报: 书记, the form complete. Opinions and reviews of an earlier application no longer count."""
    project, step = begin(project, "apply", by, version)
    today = local_day(at)
    if faults := missing_faults(project, today):
        raise InvalidInput(faults)
    project.ends_on = project.ends_on or today + timedelta(days=TERM_DAYS)
    project.mid_due_on = project.mid_due_on or today + (project.ends_on - today) / 2
    if not today < project.mid_due_on < project.ends_on:
        raise InvalidInput([Fault("mid_due_on", f"中期检查时间要在今天（{today}）之后、完成期限之前")])
    project.applied_by, project.applied_at = by, at
    project.round += 1
    project.reason = project.office_advice = project.check_note = ""
    project.office_backs = project.office_by = project.office_at = project.checked_by = project.checked_at = None
    told = of_perm(project.school, at, SchoolPerm.RECOMMEND, SchoolPerm.REVIEW)
    return finish(project, step, by, at, accounts=told)


@transaction.atomic
def apply_at_once(*, school: School, new: FlagshipInput, by: User, at: datetime) -> Flagship:
    """Draft and 报送 in one go: other systems know no drafts."""
    return apply_flagship(project=draft_flagship(school=school, new=new, by=by, at=at), by=by, at=at)


@transaction.atomic
def return_flagship(*, project: Flagship, reason: str, version: int | None = None, by: User, at: datetime) -> Flagship:
    """退回修改: office or bureau, with a reason; open reviews end."""
    project, step = begin(project, "return", by, version)
    project.reason = require_reason(reason)
    waiting = Review.objects.filter(project=project, round=project.round, status=ReviewStatus.ASSIGNED)
    for review in waiting:
        review.status, review.reason = ReviewStatus.WITHDRAWN, "申报已退回修改"
        stop_clock(review, at)
        review.commit(at)
    return finish(project, step, by, at, accounts=of_school(project, at), reason=project.reason)


@transaction.atomic
def list_flagship(
    *, project: Flagship, budget: Decimal | None, number: str = "", version: int | None = None, by: User, at: datetime,
) -> Flagship:  # fmt: skip
    """立项: number and budget, all reviews in. Without a number the next one of the year is given."""
    project, step = begin(project, "list", by, version)
    if why := reviews_refusal(project):
        raise WrongState(why)
    one_at_a_time()
    today = local_day(at)
    number = number.strip().upper() or next_number(today.year)
    faults = _listing_faults(number, budget)
    if faults:
        raise InvalidInput(faults)
    project.number, project.budget = number, budget
    project.listed_by, project.listed_at, project.listed_on = by, at, today
    told = together(of_school(project, at), of_perm(project.school, at, SchoolPerm.RECOMMEND))
    return finish(project, step, by, at, accounts=told, number=number, budget=str(budget))


def _listing_faults(number: str, budget: Decimal | None) -> list[Fault]:
    faults = []
    if NUMBER.fullmatch(number) is None:
        faults.append(Fault("number", "编号用字母、数字、短横线，4 至 20 位，如 LY-2026-01"))
    elif Flagship.objects.filter(number=number).exists():
        faults.append(Fault("number", f"编号 {number} 已经用过，换一个，或留空由系统编"))
    if budget is None or not 0 <= budget < MOST_BUDGET:
        faults.append(Fault("budget", "写核定经费（元），没有经费写 0"))
    return faults


@transaction.atomic
def start_flagship(*, project: Flagship, version: int | None = None, by: User, at: datetime) -> Flagship:
    """启动实施: the leader; team and milestones are there. Milestones become tasks, reports get their deadlines."""
    project, step = begin(project, "start", by, version)
    milestones = list(project.milestones.select_related("responsible").order_by("order", "pk"))
    if faults := _plan_faults(project, milestones, local_day(at)):
        raise InvalidInput(faults)
    checklist = open_checklist(
        school=project.school, source=project, kind=SourceKind.PROJECT, title=f"{project.number} {project.title}",
        url=project.get_absolute_url(), tasks=_tasks(project, milestones, at), by=by, at=at,
    )  # fmt: skip
    opened = list(checklist.tasks.order_by("order"))
    for milestone, task in zip(milestones, opened, strict=True):
        milestone.task = task
    Milestone.objects.bulk_update(milestones, ["task"])
    for kind, day in ((ReportKind.MID, project.mid_due_on), (ReportKind.FINAL, project.ends_on)):
        if day is not None:
            _owe(project, kind, day, at)
    project.started_by, project.started_at = by, at
    told = together(of_school(project, at), of_perm(project.school, at, SchoolPerm.RECOMMEND, SchoolPerm.REVIEW))
    return finish(project, step, by, at, accounts=told, milestones=len(milestones))


def _plan_faults(project: Flagship, milestones: list[Milestone], today: date) -> list[Fault]:
    faults = []
    if not project.team.exists():
        faults.append(Fault("team", "先写项目组成员，再启动实施"))
    if not milestones:
        faults.append(Fault("milestones", "先写节点，四明确齐全，再启动实施"))
    for row in milestones:
        if row.due_on < today:
            faults.append(Fault("milestones", f"节点“{row.target}”的时限已过，改成今天（{today}）或之后"))
    held = Appointment.objects.on(today).filter(school=project.school_id)
    serving = set(held.values_list("person_id", flat=True))
    for row in milestones:
        if row.responsible_id not in serving:
            faults.append(
                Fault("milestones", f"{row.responsible.name}已不在本校任职，给节点“{row.target}”换一位责任人")
            )
    return faults


def _tasks(project: Flagship, milestones: list[Milestone], at: datetime) -> list[NewTask]:
    held = Appointment.objects.on(local_day(at)).filter(school=project.school_id).order_by("-rank", "-pk")
    posts = {appointment.person_id: appointment.get_post_display() for appointment in held}
    return [
        NewTask(row.target, row.measures, row.due_on, row.responsible, posts.get(row.responsible_id, ""), row.units)
        for row in milestones
    ]


def _owe(project: Flagship, kind: ReportKind, day: date, at: datetime) -> None:
    """The report the leader owes by that day, with reminders."""
    report = Report(project=project, kind=kind, due_on=day)
    report.commit(at)
    if project.leader is not None:
        open_deadline(
            on=report, school=project.school, title=f"报送{kind.label}：{project.title}", url=report.get_absolute_url(),
            responsible=project.leader, due_on=day, at=at,
        )  # fmt: skip


@transaction.atomic
def mid_check_flagship(
    *, project: Flagship, opinion: str = "", version: int | None = None, by: User, at: datetime
) -> Flagship:
    """通过中期: the bureau."""
    project, step = begin(project, "mid_check", by, version)
    project.mid_opinion = _opinion(opinion)
    project.mid_checked_by, project.mid_checked_at = by, at
    close_reports(project, at, ReportKind.MID)
    return finish(project, step, by, at, accounts=_school_and_office(project, at))


@transaction.atomic
def extend_flagship(
    *, project: Flagship, ends_on: date, reason: str = "", version: int | None = None, by: User, at: datetime
) -> Flagship:
    """同意延期, once, to a new day: the deadline moves along."""
    project, step = begin(project, "extend", by, version)
    floor = max(local_day(at), project.ends_on or date.min)
    if ends_on <= floor:
        raise one_fault("ends_on", f"新的完成期限要在 {floor} 之后")
    project.ended_before, project.ends_on = project.ends_on, ends_on
    project.extended_by, project.extended_at = by, at
    report = Report.objects.filter(project=project, kind=ReportKind.FINAL).first()
    if report is not None:
        report.due_on = ends_on
        report.commit(at)
        if project.leader is not None and clock_runs(report):
            move_deadline(on=report, due_on=ends_on, responsible=project.leader, at=at)
    told = _school_and_office(project, at)
    return finish(project, step, by, at, accounts=told, ends_on=ends_on.isoformat(), why=reason.strip()[:500])


@transaction.atomic
def conclude_flagship(
    *, project: Flagship, grade: str, opinion: str = "", version: int | None = None, by: User, at: datetime
) -> Flagship:
    """通过结题, excellent or good."""
    project, step = begin(project, "conclude", by, version)
    if grade not in Grade.values:
        raise one_fault("grade", "结题等次从优秀、合格里选一个")
    project.grade, project.end_opinion = grade, _opinion(opinion)
    project.concluded_by, project.concluded_at = by, at
    close_reports(project, at)
    return finish(project, step, by, at, accounts=_school_and_office(project, at), grade=grade)


@transaction.atomic
def terminate_flagship(
    *, project: Flagship, reason: str, version: int | None = None, by: User, at: datetime
) -> Flagship:
    """终止项目, with a reason. Its open tasks stay with the school, which ends them with a reason of its own."""
    project, step = begin(project, "terminate", by, version)
    project.reason = require_reason(reason)
    project.terminated_by, project.terminated_at = by, at
    close_reports(project, at)
    left = Task.objects.filter(milestone__project=project, status__in=OPEN).count()
    told = _school_and_office(project, at)
    return finish(project, step, by, at, accounts=told, reason=project.reason, open_tasks=left)


def close_reports(project: Flagship, at: datetime, *kinds: str) -> None:
    """Nothing more is said of reports that are no longer owed."""
    rows = Report.objects.filter(project=project, submitted_at__isnull=True)
    for report in rows.filter(kind__in=kinds) if kinds else rows:
        stop_clock(report, at)


def _opinion(text: str) -> str:
    if len(text.strip()) > LONGEST_OPINION:
        raise one_fault("opinion", f"意见写到 {LONGEST_OPINION} 字以内")
    return text.strip()


def _school_and_office(project: Flagship, at: datetime) -> list[str]:
    return together(of_school(project, at), of_perm(project.school, at, SchoolPerm.RECOMMEND))
