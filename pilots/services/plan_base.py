"""What every change of a plan shares: the lock, and who writes when."""

from accounts.models import User
from common.errors import NotAllowed, WrongState
from pilots.models import Plan
from pilots.plan_guards import NOT_WRITERS, editing_refusal, may_write


def locked_plan(plan: Plan) -> Plan:
    """The plan under its lock, read anew."""
    return Plan.objects.select_for_update(of=("self",)).select_related("school").get(pk=plan.pk)


def refuse_writing(plan: Plan, by: User) -> None:
    """Only the school writes, and only while the plan is with it."""
    if not may_write(by, plan.school_id):
        raise NotAllowed(NOT_WRITERS)
    if why := editing_refusal(plan):
        raise WrongState(why)
