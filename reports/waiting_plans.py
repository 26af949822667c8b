"""等我处理 of 一校一案: to be mended or handed in by the school, to be reviewed by the bureau."""

from datetime import date

from django.urls import reverse

from accounts.models import User
from common.dates import local_day
from pilots.models import PlanStatus
from pilots.plan_guards import may_write
from pilots.plans import to_mend_or_submit, to_review
from reports.waiting import SOON, Waiting, due_words
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

MOST = 20


def from_own_plan(user: User, school: School, today: date) -> list[Waiting]:
    """A returned plan with its day, or a draft that waits to be finished and handed in."""
    if not may_write(user, school.pk):
        return []
    found = []
    for plan in to_mend_or_submit(school.pk):
        returned = plan.status == PlanStatus.RETURNED
        day = plan.mend_by if returned and plan.mend_by else local_day(plan.updated_at)
        item = {
            "icon": "arrow-back-up" if returned else "edit",
            "title": f"修改退回的一校一案第 {plan.edition} 版"
            if returned
            else f"编制并报送一校一案第 {plan.edition} 版",
            "url": plan.get_absolute_url(),
            "note": f"退回：{plan.return_reason}" if returned else "各章和推进清单写全后，由书记报送",
            **due_words(plan.mend_by if returned else None, today),
        }
        found.append(Waiting(3, day, item))
    return found


def from_reviews_of_plans(user: User, today: date) -> list[Waiting]:
    """Plans that wait for 局级审核, the oldest first."""
    if not access.school_ids(user, SchoolPerm.REVIEW):
        return []
    found = []
    for plan in to_review(user)[:MOST]:
        day = local_day(plan.submitted_at) if plan.submitted_at else today
        waited = (today - day).days
        item = {
            "icon": "checks",
            "title": f"审核{plan}",
            "url": reverse("pilots:plan-review", args=[plan.pk]),
            "note": f"{plan.submitted_by.name if plan.submitted_by else ''}报送",
            "due": f"等了 {waited} 天" if waited else "今天",
            "due_kind": "warn" if waited >= SOON else "",
        }
        found.append(Waiting(2, day, item))
    return found
