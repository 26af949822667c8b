"""起草申报: the form of structures.md 3.2 as typed, checked and written. A draft may be half empty; 报送 asks for all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import detach
from audit.services import subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from projects.guards import may_edit
from projects.models import Area, Flagship, FlagshipArea, FlagshipStatus, Kind, Milestone, TeamMember
from projects.services.base import STALE, locked, tell
from schools import access
from schools.models import Appointment, Person, School
from schools.permissions import Post, SchoolPerm

MOST_MEMBERS, MOST_MILESTONES = 12, 12
NOT_THEIRS = "领雁项目由本校书记、校长、党政办起草。"
TEXTS = {
    "title": 80, "problem": 2000, "content": 4000, "outcomes": 2000, "funds_note": 500, "party_opinion": 500,
}  # fmt: skip
DAYS = ("party_met_on", "mid_due_on", "ends_on")
LABELS = {
    "title": "项目名称", "kind": "类别", "problem": "问题与目标", "content": "内容与举措", "outcomes": "预期成果",
    "funds_asked": "申请经费", "funds_note": "经费用途", "party_opinion": "党组织意见", "party_met_on": "党组织会议日期",
    "mid_due_on": "中期检查时间", "ends_on": "完成期限",
}  # fmt: skip
NEEDED = {
    "problem": "写问题与目标：学校的什么问题，要做到什么程度",
    "content": "写内容与举措：打算怎么做",
    "outcomes": "写预期成果：结题时交出什么",
    "party_opinion": "写党组织意见：党组织会议怎么定的",
}


@dataclass(frozen=True)
class MemberInput:
    """A member of the team: somebody the portal knows, or a name."""

    name: str = ""
    person: UUID | None = None
    duty: str = ""


@dataclass(frozen=True)
class MilestoneInput:
    """A milestone with its 四明确."""

    target: str = ""
    measures: str = ""
    due_on: date | None = None
    responsible: UUID | None = None
    units: str = ""


@dataclass(frozen=True)
class FlagshipInput:
    """An application as typed. `leader` None is the secretary of the day."""

    title: str
    kind: str = ""
    leader: UUID | None = None
    areas: tuple[str, ...] = ()
    problem: str = ""
    content: str = ""
    outcomes: str = ""
    funds_asked: Decimal | None = None
    funds_note: str = ""
    party_opinion: str = ""
    party_met_on: date | None = None
    mid_due_on: date | None = None
    ends_on: date | None = None
    team: Sequence[MemberInput] = field(default_factory=tuple)
    milestones: Sequence[MilestoneInput] = field(default_factory=tuple)


def may_draft(user: User, school_id: UUID) -> bool:
    """书记、校长、党政办 of the school (`edit_plan`)."""
    return access.can(user, SchoolPerm.EDIT_PLAN, school_id)


@transaction.atomic
def draft_flagship(*, school: School, new: FlagshipInput, by: User, at: datetime) -> Flagship:
    """起草申报: a draft of the school's own; a name and a kind will do."""
    if not may_draft(by, school.pk):
        raise NotAllowed(NOT_THEIRS)
    project = Flagship(school=school)
    _check(project, new, at)
    _write(project, new, at)
    tell("drafted", project, by, at)
    return project


@transaction.atomic
def edit_flagship(
    *, project: Flagship, new: FlagshipInput, version: int | None = None, by: User, at: datetime
) -> Flagship:
    """修改申报, while it is a draft; once listed and until the start only the team and the milestones."""
    project = locked(project)
    if project.status not in (FlagshipStatus.DRAFT, FlagshipStatus.LISTED):
        raise WrongState(f"现在是“{project.get_status_display()}”，不能再改申报。要改请退回修改，立项以后申请变更。")
    if not may_edit(project, by):
        raise NotAllowed(NOT_THEIRS)
    if version is not None and version != project.version:
        raise Stale(STALE)
    planning = project.status == FlagshipStatus.LISTED
    _check(project, new, at, planning=planning)
    if planning:
        project.commit(at)
    else:
        _write_fields(project, new, at)
    write_team(project, new.team)
    _write_milestones(project, new.milestones)
    tell("planned" if planning else "edited", project, by, at)
    return project


@transaction.atomic
def discard_flagship(*, project: Flagship, version: int | None = None, by: User, at: datetime) -> None:
    """删去草稿 that was never sent in, with its files."""
    project = locked(project, version)
    if not may_draft(by, project.school_id):
        raise NotAllowed(NOT_THEIRS)
    if project.status != FlagshipStatus.DRAFT or project.round:
        raise WrongState("报送过的项目不能删去。")
    for file in Attachment.objects.filter(subject=subject_of(project)):
        detach(attachment=file, by=by, at=at)
    tell("discarded", project, by, at)
    project.delete()


def secretary_of(school: School, day: date) -> Person | None:
    """The secretary in office that day."""
    held = Appointment.objects.on(day).filter(school=school, post=Post.SECRETARY).select_related("person")
    found = held.order_by("rank", "pk").first()
    return found.person if found else None


def leader_of(school: School, wanted: UUID | None, day: date) -> Person | None:
    """The leader: the named one if he is 书记 of the school that day, else the secretary of the day."""
    if wanted is None:
        return secretary_of(school, day)
    held = Appointment.objects.on(day).filter(school=school, post=Post.SECRETARY, person=wanted)
    found = held.select_related("person").first()
    return found.person if found else None


def missing_faults(project: Flagship, day: date) -> list[Fault]:
    """What the form of 3.2 asks for before 报送."""
    faults = [Fault(name, words) for name, words in NEEDED.items() if not getattr(project, name).strip()]
    if project.funds_asked is None:
        faults.append(Fault("funds_asked", "写申请经费，不需要就写 0"))
    if not project.areas.exists():
        faults.append(Fault("areas", "选项目涉及的领域，至少一个"))
    if not project.team.exists():
        faults.append(Fault("team", "写项目组成员，至少一位"))
    if not project.milestones.exists():
        faults.append(Fault("milestones", "写节点，至少一个，四明确齐全"))
    if project.leader is None or leader_of(project.school, project.leader.pk, day) is None:
        faults.append(Fault("leader", "主持人要是现任书记"))
    return faults


def _check(project: Flagship, new: FlagshipInput, at: datetime, *, planning: bool = False) -> None:
    faults = [] if planning else _field_faults(project, new, at)
    faults += team_faults(project.school, new.team) + _milestone_faults(project.school, new.milestones, at)
    if faults:
        raise InvalidInput(faults)


def _field_faults(project: Flagship, new: FlagshipInput, at: datetime) -> list[Fault]:
    faults = [
        Fault(name, f"{LABELS[name]}写到 {most} 字以内")
        for name, most in TEXTS.items()
        if len(getattr(new, name)) > most
    ]
    title = " ".join(new.title.split())
    if len(title) < 2:
        faults.append(Fault("title", "写项目名称，2 至 80 个字"))
    elif Flagship.objects.filter(school=project.school, title=title).exclude(pk=project.pk).exists():
        faults.append(Fault("title", "本校已有同名项目，换一个名称，或修改原来的那个"))
    if new.kind not in Kind.values:
        faults.append(Fault("kind", "从党建+育人、教学、文化、管理里选一类"))
    if set(new.areas) - set(Area.values):
        faults.append(Fault("areas", "从列出的领域里选"))
    if new.funds_asked is not None and not 0 <= new.funds_asked < 10**8:
        faults.append(Fault("funds_asked", "经费写元，0 或以上"))
    if new.leader is not None and leader_of(project.school, new.leader, local_day(at)) is None:
        faults.append(Fault("leader", "主持人要是现任书记"))
    return faults + _day_faults(new, local_day(at))


def _day_faults(new: FlagshipInput, today: date) -> list[Fault]:
    faults = []
    if new.party_met_on is not None and new.party_met_on > today:
        faults.append(Fault("party_met_on", f"党组织会议日期写今天（{today}）或之前"))
    if new.ends_on is not None and new.ends_on <= today:
        faults.append(Fault("ends_on", f"完成期限写今天（{today}）之后的日子"))
    if new.mid_due_on is not None and new.ends_on is not None and new.mid_due_on >= new.ends_on:
        faults.append(Fault("mid_due_on", "中期检查时间要在完成期限之前"))
    return faults


def team_faults(school: School, team: Sequence[MemberInput]) -> list[Fault]:
    """Each member has a name, once; people are the school's own."""
    faults = []
    names = [member.name.strip() for member in team if member.person is None]
    if any(not 2 <= len(name) <= 40 for name in names):
        faults.append(Fault("team", "成员写姓名，2 至 40 个字，或选本校人员"))
    if len(set(names)) < len(names) or len({m.person for m in team if m.person}) < sum(
        m.person is not None for m in team
    ):
        faults.append(Fault("team", "项目组里有人写了两次"))
    if len(team) > MOST_MEMBERS:
        faults.append(Fault("team", f"项目组最多 {MOST_MEMBERS} 位成员"))
    if any(len(member.duty) > 60 for member in team):
        faults.append(Fault("team", "分工写到 60 字以内"))
    wanted = {member.person for member in team if member.person is not None}
    if len(wanted & own_people(school, wanted)) < len(wanted):
        faults.append(Fault("team", "成员从本校人员里选，外校的写姓名和单位"))
    return faults


def own_people(school: School, wanted: Iterable[UUID]) -> set[UUID]:
    """Those of these people who are of the school."""
    return set(Person.objects.filter(school=school, pk__in=set(wanted)).values_list("pk", flat=True))


def _milestone_faults(school: School, milestones: Sequence[MilestoneInput], at: datetime) -> list[Fault]:
    """Each with 四明确; who answers for it holds a post of the school today."""
    faults = []
    if len(milestones) > MOST_MILESTONES:
        faults.append(Fault("milestones", f"节点最多 {MOST_MILESTONES} 个"))
    wanted = {row.responsible for row in milestones if row.responsible is not None}
    held = Appointment.objects.on(local_day(at)).filter(school=school, person__in=wanted)
    serving = set(held.values_list("person_id", flat=True))
    for number, row in enumerate(milestones, start=1):
        if not row.target.strip() or not row.measures.strip() or row.due_on is None or row.responsible is None:
            faults.append(Fault("milestones", f"第 {number} 个节点要写明目标任务、推进措施、完成时限、责任主体"))
        elif row.responsible not in serving:
            faults.append(Fault("milestones", f"第 {number} 个节点的责任主体要是本校现任人员"))
        elif len(row.target) > 300 or len(row.measures) > 1000 or len(row.units) > 200:
            faults.append(Fault("milestones", f"第 {number} 个节点：目标 300 字、措施 1000 字、协同部门 200 字以内"))
    return faults


def _write(project: Flagship, new: FlagshipInput, at: datetime) -> None:
    _write_fields(project, new, at)
    write_team(project, new.team)
    _write_milestones(project, new.milestones)


def _write_fields(project: Flagship, new: FlagshipInput, at: datetime) -> None:
    for name in TEXTS:
        setattr(project, name, getattr(new, name).strip())
    project.title = " ".join(new.title.split())
    project.kind = new.kind
    project.funds_asked = new.funds_asked
    for name in DAYS:
        setattr(project, name, getattr(new, name))
    project.leader = leader_of(project.school, new.leader, local_day(at))
    project.leader_name = project.leader.name if project.leader else ""
    project.commit(at)
    write_areas(project, new.areas)


def write_areas(project: Flagship, areas: Iterable[str]) -> None:
    """The fields of school life, those given and no other."""
    wanted = set(areas)
    known = set(project.areas.values_list("area", flat=True))
    project.areas.filter(area__in=known - wanted).delete()
    FlagshipArea.objects.bulk_create([FlagshipArea(project=project, area=area) for area in sorted(wanted - known)])


def write_team(project: Flagship, team: Sequence[MemberInput]) -> None:
    """The team, those given and no other."""
    people = Person.objects.in_bulk([member.person for member in team if member.person is not None])
    project.team.all().delete()
    rows: list[dict[str, Any]] = [
        {"person": people.get(m.person), "name": people[m.person].name if m.person in people else m.name.strip()}
        for m in team
    ]
    TeamMember.objects.bulk_create(
        [
            TeamMember(project=project, order=order, duty=member.duty.strip(), **row)
            for order, (member, row) in enumerate(zip(team, rows, strict=True), start=1)
        ]
    )


def _write_milestones(project: Flagship, milestones: Sequence[MilestoneInput]) -> None:
    """Checked before: each has its day and its person."""
    project.milestones.all().delete()
    complete = [(row.due_on, row.responsible, row) for row in milestones if row.due_on and row.responsible]
    complete.sort(key=lambda one: one[0])
    Milestone.objects.bulk_create(
        [
            Milestone(
                project=project, order=order, target=row.target.strip(), measures=row.measures.strip(), due_on=due_on,
                responsible_id=responsible, units=row.units.strip(),
            )
            for order, (due_on, responsible, row) in enumerate(complete, start=1)
        ]
    )  # fmt: skip


def input_of(project: Flagship) -> FlagshipInput:
    """A stored project as it would be typed; the form and partial changes start from it."""
    values: dict[str, Any] = {name: getattr(project, name) for name in (*TEXTS, *DAYS, "kind", "funds_asked")}
    return FlagshipInput(
        **values,
        leader=project.leader_id,
        areas=tuple(project.areas.order_by("area").values_list("area", flat=True)),
        team=tuple(
            MemberInput(member.name, member.person_id, member.duty) for member in project.team.order_by("order", "pk")
        ),
        milestones=tuple(
            MilestoneInput(row.target, row.measures, row.due_on, row.responsible_id, row.units)
            for row in project.milestones.order_by("order", "pk")
        ),
    )
