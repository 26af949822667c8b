"""项目清单 and 活动: entering, mending, concluding; the work of a project as tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.services import attach, check_upload
from checklists.models import SourceKind
from checklists.services import NewTask, open_checklist
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault
from communities.models import Activity, Community, Demand, JointProject, Way
from communities.services.base import (
    EARLIEST,
    STALE,
    day_faults,
    lock,
    lock_community_of,
    locked_community,
    locked_row,
    member_faults,
    refuse_outsiders,
    tell,
    text_fault,
)
from schools import access
from schools.models import Appointment, Person, School
from schools.permissions import SchoolPerm

MOST_TASKS, MOST_PEOPLE = 20, 99999


@dataclass(frozen=True)
class ProjectInput:
    """A joint project as typed; `schools` are the other members that take part."""

    title: str
    way: str
    responsible: Person
    starts_on: date
    ends_on: date
    schools: Sequence[School] = ()
    demands: Sequence[Demand] = ()
    content: str = ""


@dataclass(frozen=True)
class ActivityInput:
    """An activity as typed; `host` gives, `schools` take part."""

    way: str
    held_on: date
    title: str
    host: School
    schools: Sequence[School]
    people: int
    text: str = ""
    project: JointProject | None = None


@transaction.atomic
def add_project(*, community: Community, school: School, new: ProjectInput, by: User, at: datetime) -> JointProject:
    """登记项目 of the school whose person is responsible."""
    community = locked_community(community)
    refuse_outsiders(community, school, by)
    made = JointProject(community=community, school=school)
    _check_project(made, new, at)
    _write_project(made, new, at)
    tell("communities.project.listed", community, by, at, on=made, url=made.get_absolute_url(), way=new.way)
    return made


@transaction.atomic
def edit_project(
    *, project: JointProject, new: ProjectInput, version: int | None, by: User, at: datetime
) -> JointProject:
    """修改项目, until it is concluded."""
    project = _open_project(project, version, by)
    _check_project(project, new, at)
    _write_project(project, new, at)
    tell("communities.project.edited", project.community, by, at, on=project, url=project.get_absolute_url())
    return project


@transaction.atomic
def plan_project(
    *, project: JointProject, tasks: Sequence[NewTask], version: int | None, by: User, at: datetime
) -> JointProject:
    """安排任务: the project's work becomes tasks with 四明确 of the responsible school; they run from now."""
    project = _open_project(project, version, by)
    if not access.can(by, SchoolPerm.ASSIGN_TASK, project.school_id):
        raise NotAllowed("任务由负责学校的书记或校长安排，党政办可以录入。")
    if project.checklist_id is not None:
        raise WrongState("这个项目已经安排过任务。在推进清单里办理。")
    if not 1 <= len(tasks) <= MOST_TASKS:
        raise one_fault("tasks", f"写 1 至 {MOST_TASKS} 项任务")
    if faults := list(_task_faults(project, tasks, at)):
        raise InvalidInput(faults)
    project.checklist = open_checklist(
        school=project.school, source=project, kind=SourceKind.COMMUNITY, title=project.title,
        url=project.get_absolute_url(), tasks=tasks, by=by, at=at,
    )  # fmt: skip
    project.commit(at)
    tell(
        "communities.project.planned", project.community, by, at, on=project, url=project.get_absolute_url(),
        tasks=len(tasks),
    )  # fmt: skip
    return project


@transaction.atomic
def conclude_project(
    *, project: JointProject, result: str, on: date, version: int | None, by: User, at: datetime
) -> JointProject:
    """登记成效: the project is done."""
    project = _open_project(project, version, by)
    faults = list(text_fault("result", result, "写明成效", 500, 4))
    if not project.starts_on <= on <= local_day(at):
        faults.append(Fault("on", f"完成日期要在 {project.starts_on} 至今天（{local_day(at)}）之间"))
    if faults:
        raise InvalidInput(faults)
    project.result, project.concluded_on = result.strip(), on
    project.commit(at)
    tell("communities.project.concluded", project.community, by, at, on=project, url=project.get_absolute_url())
    return project


@transaction.atomic
def record_activity(
    *, community: Community, new: ActivityInput, files: Sequence[UploadedFile] = (), by: User, at: datetime
) -> Activity:
    """登记活动, by the school that gave it."""
    community = locked_community(community)
    refuse_outsiders(community, new.host, by)
    made = Activity(community=community, recorded_by=by)
    _write_activity(made, new, files, by, at)
    tell("communities.activity.recorded", community, by, at, on=made, url=made.get_absolute_url(), way=new.way)
    return made


@transaction.atomic
def edit_activity(
    *, activity: Activity, new: ActivityInput, files: Sequence[UploadedFile] = (), version: int | None, by: User,
    at: datetime,
) -> Activity:  # fmt: skip
    """修改活动; files are added, none is taken away."""
    activity = _locked_activity(activity, version)
    refuse_outsiders(activity.community, activity.host, by)
    refuse_outsiders(activity.community, new.host, by)
    _write_activity(activity, new, files, by, at)
    tell("communities.activity.edited", activity.community, by, at, on=activity, url=activity.get_absolute_url())
    return activity


def _locked_activity(activity: Activity, version: int | None) -> Activity:
    lock_community_of(activity)
    lock(activity)
    found = Activity.objects.select_related("community__lead_school", "host").get(pk=activity.pk)
    if version is not None and version != found.version:
        raise Stale(STALE)
    return found


def _open_project(project: JointProject, version: int | None, by: User) -> JointProject:
    project = locked_row(project, version)
    refuse_outsiders(project.community, project.school, by)
    if project.withdrawn_at is not None:
        raise WrongState("这个项目已经撤下，不能再改。")
    if project.concluded_on is not None:
        raise WrongState("这个项目已经登记成效，不能再改。")
    return project


def _check_project(project: JointProject, new: ProjectInput, at: datetime) -> None:
    faults = [*text_fault("title", new.title, "写项目名称", 60, 2), *text_fault("content", new.content, "内容", 500)]
    faults += day_faults(new.starts_on, new.ends_on)
    faults += member_faults(project.community, new.schools, at)
    if new.way not in Way.values:
        faults.append(Fault("way", f"从{'、'.join(Way.labels)}里选一类"))
    held = Appointment.objects.on(local_day(at)).filter(person=new.responsible, school=project.school)
    if not held.exists():
        faults.append(
            Fault("responsible", f"{new.responsible.name}现在不在{project.school.short_name}任职，选一位在任的人")
        )
    if any(demand.community_id != project.community_id for demand in new.demands):
        faults.append(Fault("demands", "从这个共同体的需求里选"))
    if faults:
        raise InvalidInput(faults)


def _write_project(project: JointProject, new: ProjectInput, at: datetime) -> None:
    project.title, project.way, project.responsible = new.title.strip(), new.way, new.responsible
    project.starts_on, project.ends_on, project.content = new.starts_on, new.ends_on, new.content.strip()
    project.commit(at)
    project.schools.set([school for school in new.schools if school.pk != project.school_id])
    project.demands.set(new.demands)


def _task_faults(project: JointProject, tasks: Sequence[NewTask], at: datetime) -> list[Fault]:
    today = local_day(at)
    rows = Appointment.objects.on(today).filter(school=project.school_id)
    held = set(rows.values_list("person_id", flat=True))
    faults: list[Fault] = []
    for number, task in enumerate(tasks):
        faults += text_fault(f"tasks.{number}.target", task.target, "写目标任务", 300, 2)
        faults += text_fault(f"tasks.{number}.measures", task.measures, "写推进措施", 500, 2)
        if task.due_on < today:
            faults.append(Fault(f"tasks.{number}.due_on", f"完成时限要在今天（{today}）或之后"))
        if task.responsible.pk not in held:
            faults.append(Fault(f"tasks.{number}.responsible", f"{task.responsible.name}现在不在负责学校任职"))
    return faults


def _write_activity(
    activity: Activity, new: ActivityInput, files: Sequence[UploadedFile], by: User, at: datetime
) -> None:
    for upload in files:
        check_upload(upload)
    _check_activity(activity, new, at)
    activity.way, activity.held_on, activity.title = new.way, new.held_on, new.title.strip()
    activity.host, activity.people, activity.text = new.host, new.people, new.text.strip()
    activity.project = new.project
    activity.commit(at)
    activity.schools.set([school for school in new.schools if school.pk != new.host.pk])
    for upload in files:
        attach(upload=upload, on=activity, school=new.host, by=by, at=at)


def _check_activity(activity: Activity, new: ActivityInput, at: datetime) -> None:
    today = local_day(at)
    faults = [*text_fault("title", new.title, "写活动名称", 60, 2), *text_fault("text", new.text, "情况", 2000)]
    faults += member_faults(activity.community, new.schools, at)
    if new.way not in Way.values:
        faults.append(Fault("way", f"从{'、'.join(Way.labels)}里选一类"))
    if not EARLIEST <= new.held_on <= today:
        faults.append(Fault("held_on", f"活动日期写今天（{today}）或之前的日子"))
    if not 1 <= new.people <= MOST_PEOPLE:
        faults.append(Fault("people", f"参加人数写 1 至 {MOST_PEOPLE} 的整数"))
    if new.project is not None and new.project.community_id != activity.community_id:
        faults.append(Fault("project", "从这个共同体的项目里选"))
    if faults:
        raise InvalidInput(faults)
