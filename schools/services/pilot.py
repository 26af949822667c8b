"""The school's status in the pilot: it follows the steps of the rollout, one after another, and never goes back."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, Stale, WrongState, one_fault
from schools import access
from schools.models import PilotStatus, School
from schools.permissions import SchoolPerm
from schools.providers import rules_adopted_on
from schools.states import ORDER, PILOT

NOT_BY_ITSELF = "全面实施由组织科登记，不随别的步骤改变"


@transaction.atomic
def set_pilot_status(*, school: School, status: str, by: User, at: datetime) -> School:
    """Bring the school to `status`, in the transaction of the step this follows from; that step's service has asked who may.

    A school that is there already, or further, stays as it is (a second edition of a plan); a step left out is refused.
    """
    if status == PilotStatus.IMPLEMENTED:
        raise ValueError(NOT_BY_ITSELF)
    school = _locked(school)
    wanted = ORDER.index(PilotStatus(status))
    if ORDER.index(PilotStatus(school.pilot_status)) >= wanted:
        return school
    step = next(step for step in PILOT if step.target == status)
    PILOT.require(step.name, school.pilot_status)
    school.pilot_status = status
    school.commit(at)
    record(step.event, by=by, at=at, on=school, school_id=school.pk)
    return school


@transaction.atomic
def mark_implemented(*, school: School, on: date, version: int | None = None, by: User, at: datetime) -> School:
    """登记全面实施, by 组织科: since that day the school works by both rules of procedure, which are adopted."""
    school = _locked(school)
    if version is not None and version != school.version:
        raise Stale("刚才有人改过这所学校的资料。看过最新情况再登记。")
    step = PILOT.require("implement", school.pilot_status)
    if not access.can(by, step.permission, school.pk):
        raise NotAllowed("登记全面实施由组织科办理。")
    since, today = rules_adopted_on(school.pk), local_day(at)
    if since is None:
        raise WrongState("党组织会议、校长办公会议的议事规则还没有都通过。学校登记两个议事规则通过后，再登记全面实施。")
    if not since <= on <= today:
        raise one_fault("implemented_on", f"全面实施日期要在两个议事规则都通过（{since}）之后、今天（{today}）之前")
    school.pilot_status, school.implemented_on = PilotStatus.IMPLEMENTED, on
    school.commit(at)
    record(step.event, by=by, at=at, on=school, school_id=school.pk, implemented_on=on.isoformat())
    return school


def may_mark(user: User, school: School) -> bool:
    """Whether the page offers 登记全面实施."""
    return school.pilot_status == PilotStatus.IMPLEMENTING and access.can(user, SchoolPerm.REVIEW, school.pk)


def _locked(school: School) -> School:
    return School.objects.select_for_update(of=("self",)).select_related("office").get(pk=school.pk)
