"""What plans, foundation works and evaluations add to a school's page."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from common.dates import local_day
from pilots.evaluations import concluded_of, result_tag
from pilots.foundations import works_of
from pilots.plan_guards import starting_refusal
from pilots.plans import current_of, tag_of
from schools.models import School


def panel_of(school: School, user: User) -> dict[str, Any]:
    """For whoever sees the school's page: the plan, the five works as letters, and the results of evaluations."""
    plan = current_of(school)
    works = works_of([school.pk], local_day(timezone.now()))[school.pk]
    return {
        "plan": plan,
        "tag": tag_of(plan) if plan else None,
        "starts": plan is None and starting_refusal(school, user) is None,
        "five": "".join(work.state for work in works.values()),
        "done": sum(work.state == "d" for work in works.values()),
        "evaluations": [(found, result_tag(found)) for found in concluded_of(school)],
        "code": school.code,
    }
