"""Who may take which step on a plan, write in it or annotate it (roles_and_states.md §1, §2)."""

from uuid import UUID

from accounts.models import User
from common.transitions import Transition
from pilots.models import Plan, PlanStatus
from pilots.models.plans import WITH_SCHOOL
from pilots.states import PLAN
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

NOT_WRITERS = "一校一案由本校书记、校长或党政办编制。"
NOT_REVIEWERS = "批注由组织科写。"
WHO = {
    SchoolPerm.SUBMIT_PLAN: "书记",
    SchoolPerm.REVIEW: "组织科",
    SchoolPerm.EDIT_PLAN: "书记、校长或党政办",
}


def may_write(user: User, school_id: UUID) -> bool:
    """Whether this account writes the plan of that school."""
    return access.can(user, SchoolPerm.EDIT_PLAN, school_id)


def may_edit(plan: Plan, user: User) -> bool:
    """Whether the page offers to change the plan now."""
    return plan.status in WITH_SCHOOL and may_write(user, plan.school_id)


def editing_refusal(plan: Plan) -> str | None:
    """Why nobody may change the plan now, or None."""
    if plan.status in WITH_SCHOOL:
        return None
    if plan.status == PlanStatus.SUBMITTED:
        return "方案已经报送，等组织科审核，现在不能改。要改，请组织科退回修改。"
    return "这一版已经审核通过，不能再改。要改，请编制新版。"


def may_annotate(plan: Plan, user: User) -> bool:
    """The bureau writes beside what was handed in or is in force."""
    return plan.status in (PlanStatus.SUBMITTED, PlanStatus.APPROVED) and access.can(
        user, SchoolPerm.REVIEW, plan.school_id
    )


def plan_refusal(plan: Plan, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if not access.can(user, step.permission, plan.school_id):
        return f"{step.label}由{WHO[SchoolPerm(step.permission)]}办理。"
    if step.name == "approve" and plan.submitted_by_id == user.pk:
        return "你报送的方案，由组织科另一位同事审核。"
    return None


def open_plan_actions(plan: Plan, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = [step for step in PLAN.open_from(plan.status) if plan_refusal(plan, step, user) is None]
    return [step for step in steps if step.name != "revise" or not plan.newer_in_work]


def starting_refusal(school: School, user: User) -> str | None:
    """Why this account may not begin the first plan of the school, or None."""
    if not may_write(user, school.pk):
        return NOT_WRITERS
    if Plan.objects.filter(school=school).exists():
        return "本校已经有一校一案。打开它继续办理，要改已通过的方案请编制新版。"
    return None
