"""一校一案: written by the school in editions, handed in by 书记, reviewed by 组织科. The plan's row is the lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault, require_reason
from common.transitions import Transition
from deadlines.models import Deadline
from deadlines.services import end_deadline, move_deadline, open_deadline
from pilots.models import Plan, PlanAnnotation, PlanSection, PlanStatus, SectionKey
from pilots.models.plans import IN_WORK
from pilots.plan_checks import NotComplete, lacks_of
from pilots.plan_guards import (
    NOT_REVIEWERS,
    NOT_WRITERS,
    may_annotate,
    plan_refusal,
    starting_refusal,
)
from pilots.services.plan_base import locked_plan, refuse_writing
from pilots.services.row_tasks import open_tasks
from pilots.services.rows import copy_rows
from pilots.states import PLAN
from schools.models import Appointment, PilotStatus, School
from schools.permissions import Post
from schools.services.pilot import set_pilot_status

STALE = "刚才有人办理过这份方案。看过最新情况再办。"
LONGEST_SECTION, LONGEST_REMARK = 8000, 500
LONGEST_TERM = 366 * 5


@dataclass(frozen=True)
class PlanInput:
    """What the school writes: the term and, by section, the texts that are to be stored."""

    starts_on: date
    ends_on: date
    sections: Mapping[str, str]


@dataclass(frozen=True)
class Remark:
    """A point of the bureau: section (`key` empty: the 推进清单) and what to change there."""

    key: str
    text: str


@transaction.atomic
def start_plan(*, school: School, starts_on: date, ends_on: date, by: User, at: datetime) -> Plan:
    """开始编制 the school's first plan, by 书记、校长 or 党政办. Later editions come from 编制新版."""
    School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    if why := starting_refusal(school, by):
        raise NotAllowed(why) if why == NOT_WRITERS else WrongState(why)
    _check_term(starts_on, ends_on)
    plan = Plan(school=school, edition=1, starts_on=starts_on, ends_on=ends_on, drafted_by=by)
    plan.commit(at)
    PlanSection.objects.bulk_create([PlanSection(plan=plan, key=key) for key in SectionKey.values])
    _tell("pilots.plan.drafted", plan, by, at)
    return plan


@transaction.atomic
def edit_plan(*, plan: Plan, new: PlanInput, version: int | None = None, by: User, at: datetime) -> Plan:
    """Store the term and the sections given. A stale version is refused with what differs."""
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    if version is not None and version != plan.version:
        raise Stale(differences=differences(plan, new))
    _check_term(new.starts_on, new.ends_on)
    _check_sections(new.sections)
    changed = _write_sections(plan, new.sections)
    plan.starts_on, plan.ends_on = new.starts_on, new.ends_on
    plan.commit(at)
    _tell("pilots.plan.edited", plan, by, at, sections=changed)
    return plan


def differences(plan: Plan, new: PlanInput) -> list[Difference]:
    """Where the stored plan and the typed one differ."""
    stored = dict(plan.sections.values_list("key", "text"))
    pairs = [
        ("starts_on", "实施起", str(plan.starts_on), str(new.starts_on)),
        ("ends_on", "实施止", str(plan.ends_on), str(new.ends_on)),
        *((key, str(SectionKey(key).label), stored.get(key, ""), text.strip()) for key, text in new.sections.items()),
    ]
    return [
        Difference(path, label, theirs or "–", yours or "–") for path, label, theirs, yours in pairs if theirs != yours
    ]


@transaction.atomic
def submit_plan(*, plan: Plan, version: int | None = None, by: User, at: datetime) -> Plan:
    """报送方案, by 书记: nothing may be missing. The deadline to mend, if there was one, ends."""
    plan, step = _begin(plan, "submit", by, version)
    if lacks := lacks_of(plan):
        raise NotComplete(lacks)
    if plan.status == PlanStatus.RETURNED:
        end_deadline(on=plan, at=at)
    plan.submitted_at, plan.submitted_by = at, by
    return _finish(plan, step, by, at)


@transaction.atomic
def approve_plan(
    *, plan: Plan, judged: Mapping[str, str] | None = None, version: int | None = None, by: User, at: datetime
) -> Plan:
    """审核通过: the edition before is superseded, the rows become tasks with their deadlines, the school is 实施中."""
    plan, step = _begin(plan, "approve", by, version)
    if plan.school.pilot_status in (PilotStatus.NONE, PilotStatus.APPLYING):
        raise WrongState("学校的试点申报还没有审核通过。先审核申报，再通过方案。")
    for before in Plan.objects.select_for_update(of=("self",)).filter(
        school=plan.school_id, status=PlanStatus.APPROVED
    ):
        before.school = plan.school
        before.status, before.superseded_at = PlanStatus.SUPERSEDED, at
        before.commit(at)
        _tell("pilots.plan.superseded", before, by, at)
    plan.approved_at, plan.approved_by = at, by
    plan = _finish(plan, step, by, at, judged=dict(judged or {}))
    set_pilot_status(school=plan.school, status=PilotStatus.IMPLEMENTING, by=by, at=at)
    open_tasks(plan=plan, by=by, at=at)
    return plan


@transaction.atomic
def return_plan(
    *,
    plan: Plan,
    reason: str,
    mend_by: date,
    points: Sequence[Remark] = (),
    judged: Mapping[str, str] | None = None,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Plan:
    """退回修改 with reason, day and points by section; the school's deadline to mend begins."""
    plan, step = _begin(plan, "return", by, version)
    reason, today = require_reason(reason), local_day(at)
    if mend_by <= today:
        raise one_fault("mend_by", f"请学校改好的日期要在今天（{today}）之后")
    _check_remarks(points)
    PlanAnnotation.objects.bulk_create(
        [PlanAnnotation(plan=plan, key=point.key, must=True, text=point.text.strip(), at=at, by=by) for point in points]
    )
    plan.returned_at, plan.returned_by, plan.return_reason, plan.mend_by = at, by, reason, mend_by
    _start_mending(plan, at)
    return _finish(
        plan, step, by, at, reason=reason, due_on=mend_by.isoformat(), points=len(points), judged=dict(judged or {})
    )


@transaction.atomic
def revise_plan(*, plan: Plan, version: int | None = None, by: User, at: datetime) -> Plan:
    """编制新版: the next edition in draft, with the sections and rows of the one in force; its running tasks stay linked."""
    plan, step = _begin(plan, "revise", by, version)
    if Plan.objects.filter(school=plan.school_id, status__in=IN_WORK).exists():
        raise WrongState("本校已有一版在编制或审核中。先办完那一版。")
    last = Plan.objects.filter(school=plan.school_id).aggregate(last=Max("edition"))["last"]
    new = Plan(school=plan.school, edition=last + 1, starts_on=plan.starts_on, ends_on=plan.ends_on, drafted_by=by)
    new.commit(at)
    PlanSection.objects.bulk_create(
        [PlanSection(plan=new, key=s.key, text=s.text, clause_id=s.clause_id) for s in plan.sections.all()]
    )
    copy_rows(source=plan, target=new, at=at)
    plan.annotations.filter(settled_at__isnull=True).update(settled_at=at, settled_by=by)
    _tell(step.event, new, by, at)
    return new


@transaction.atomic
def annotate(*, plan: Plan, remark: Remark, by: User, at: datetime) -> PlanAnnotation:
    """A remark of the bureau beside a section of what was handed in or is in force; it asks for nothing at once."""
    plan = locked_plan(plan)
    if not may_annotate(plan, by):
        raise (
            NotAllowed(NOT_REVIEWERS)
            if plan.status in (PlanStatus.SUBMITTED, PlanStatus.APPROVED)
            else WrongState("学校还在改这份方案。报送以后再写批注。")
        )
    _check_remarks([remark])
    made = PlanAnnotation.objects.create(plan=plan, key=remark.key, text=remark.text.strip(), at=at, by=by)
    Plan.objects.filter(pk=plan.pk).update(updated_at=at)  # seen anew, but no change that whoever writes must hear of
    _tell("pilots.plan.annotated", plan, by, at, section=made.get_key_display() or "推进清单", text=made.text)
    return made


@transaction.atomic
def settle_annotation(*, annotation: PlanAnnotation, by: User, at: datetime) -> PlanAnnotation:
    """标为已改, by the school while it writes the plan."""
    plan = locked_plan(annotation.plan)
    annotation = PlanAnnotation.objects.get(pk=annotation.pk)
    refuse_writing(plan, by)
    if annotation.settled_at is not None:
        raise WrongState("这条批注已经标为已改。")
    annotation.settled_at, annotation.settled_by = at, by
    annotation.save(update_fields=["settled_at", "settled_by"])
    Plan.objects.filter(pk=plan.pk).update(updated_at=at)
    _tell("pilots.plan.annotation_settled", plan, by, at, text=annotation.text)
    return annotation


# ---- what the steps share ----


def _begin(plan: Plan, name: str, by: User, version: int | None) -> tuple[Plan, Transition]:
    plan = locked_plan(plan)
    if version is not None and version != plan.version:
        raise Stale(STALE)
    step = PLAN.require(name, plan.status)
    if why := plan_refusal(plan, step, by):
        raise NotAllowed(why)
    return plan, step


def _finish(plan: Plan, step: Transition, by: User, at: datetime, **data: Any) -> Plan:
    if step.target is not None:
        plan.status = step.target
    plan.commit(at)
    _tell(step.event, plan, by, at, **data)
    return plan


def _tell(kind: str, plan: Plan, by: User, at: datetime, **data: Any) -> None:
    record(
        kind, by=by, at=at, on=plan, school_id=plan.school_id, url=plan.get_absolute_url(), edition=plan.edition, **data
    )


def _check_term(starts_on: date, ends_on: date) -> None:
    if ends_on <= starts_on:
        raise one_fault("ends_on", "实施止要在实施起之后")
    if (ends_on - starts_on).days > LONGEST_TERM:
        raise one_fault("ends_on", "一份方案最长写五年")


def _check_sections(sections: Mapping[str, str]) -> None:
    faults = [Fault(key, "没有这一章") for key in sections if key not in SectionKey.values]
    faults += [
        Fault(key, f"“{SectionKey(key).label}”写到 {LONGEST_SECTION} 字以内")
        for key, text in sections.items()
        if key in SectionKey.values and len(text) > LONGEST_SECTION
    ]
    if faults:
        raise InvalidInput(faults)


def _check_remarks(remarks: Sequence[Remark]) -> None:
    faults = []
    for remark in remarks:
        if remark.key and remark.key not in SectionKey.values:
            faults.append(Fault("points", "没有这一章"))
        elif not 2 <= len(remark.text.strip()) <= LONGEST_REMARK:
            faults.append(Fault(remark.key or "rows", f"写明要改什么，2 至 {LONGEST_REMARK} 个字"))
    if faults:
        raise InvalidInput(faults)


def _write_sections(plan: Plan, sections: Mapping[str, str]) -> list[str]:
    changed = []
    for section in plan.sections.filter(key__in=list(sections)).order_by("pk"):
        text = sections[section.key].strip().replace("\r\n", "\n")
        if text != section.text:
            section.text = text
            section.save(update_fields=["text"])
            changed.append(section.key)
    return changed


def _start_mending(plan: Plan, at: datetime) -> None:
    """The clock of the school's 书记; a plan returned once more wakes the deadline it had."""
    day = plan.mend_by
    held = Appointment.objects.on(local_day(at)).filter(school=plan.school_id, post=Post.SECRETARY)
    head = held.select_related("person").order_by("rank", "pk").first()
    if head is None or day is None:
        raise WrongState("学校现在没有书记，没有人接收退回。先登记书记任职。")
    if Deadline.objects.filter(subject=subject_of(plan)).exists():
        move_deadline(on=plan, due_on=day, responsible=head.person, at=at)
    else:
        open_deadline(
            on=plan, school=plan.school, title=f"修改{plan}", url=plan.get_absolute_url(), responsible=head.person,
            due_on=day, at=at,
        )  # fmt: skip
