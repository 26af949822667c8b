"""Plans in any state, made through the services."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from pilots.models import FoundationKind, Plan, PlanRow, SectionKey
from pilots.services import plans as services
from schools.models import School
from tests.factories import Cast


def make_draft(cast: Cast, **term: date) -> Plan:
    """An empty first edition."""
    today = timezone.localdate()
    given = {"starts_on": today - timedelta(days=30), "ends_on": today + timedelta(days=300)} | term
    return services.start_plan(school=cast.school, by=cast.user("clerk"), at=timezone.now(), **given)


def fill(plan: Plan, cast: Cast, *, rows: int = 1, **values: Any) -> Plan:
    """All sections, and rows with 四明确 for each of the five works."""
    texts = {key.value: f"{key.label}的内容。" for key in SectionKey}
    new = services.PlanInput(plan.starts_on, plan.ends_on, texts)
    plan = services.edit_plan(plan=plan, new=new, by=cast.user("clerk"), at=timezone.now())
    at, order = timezone.now(), 0
    for kind in FoundationKind:
        for _ in range(rows):
            order += 1
            given: dict[str, Any] = {
                "target": f"{kind.label}任务 {order}",
                "measures": "起草、征求意见、审定",
                "due_on": timezone.localdate() + timedelta(days=20),
                "responsible": cast.people["principal"],
            } | values
            PlanRow(plan=plan, kind=kind, order=order, **given).commit(at)
    return plan


def approve_school(school: School) -> None:
    """The school's application has passed; how is not looked at."""
    School.objects.filter(pk=school.pk).update(pilot_status="approved")


def make_submitted(cast: Cast, **values: Any) -> Plan:
    """A whole first edition, handed in; the application has passed."""
    approve_school(cast.school)
    plan = fill(make_draft(cast), cast, **values)
    return services.submit_plan(plan=plan, by=cast.user("secretary"), at=timezone.now())


def make_approved(cast: Cast, reviewer: User, **values: Any) -> Plan:
    """An edition in force with its tasks."""
    plan = make_submitted(cast, **values)
    return services.approve_plan(plan=plan, by=reviewer, at=timezone.now())
