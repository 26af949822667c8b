"""等我处理 of the flagship projects: what waits for the school, the office, the organisation section and the experts."""

from datetime import date
from typing import Any

from accounts.models import User
from common.dates import local_day
from projects.guards import NEEDED_REVIEWS
from projects.lists import waiting_projects, waiting_reviews
from projects.models import FlagshipStatus
from reports.waiting import SOON, Waiting, due_words
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

MOST = 20
S = FlagshipStatus


def from_projects(user: User, today: date, school: School | None = None) -> list[Waiting]:
    """Returned applications and starts; opinions wanted; 初审, experts, listings, checks, changes. `school`: its desk."""
    found = []
    for project in waiting_projects(user, school.pk if school else None, MOST):
        verb, icon = _step(project, user)
        day = local_day(project.updated_at)
        waited = (today - day).days
        note = f"退回：{project.reason}" if project.status == S.DRAFT else ""
        item = {
            "icon": icon,
            "title": f"{verb}：{project.title}",
            "url": project.get_absolute_url(),
            "note": note or (project.school.short_name if school is None else "书记领雁项目"),
            "due": f"等了 {waited} 天" if waited else "今天",
            "due_kind": "warn" if waited >= SOON else "",
        }
        found.append(Waiting(3, day, item))
    return found


def _step(project: Any, user: User) -> tuple[str, str]:
    """What is to be done next, and its icon."""
    if project.status == S.APPLIED and not access.can(user, SchoolPerm.REVIEW, project.school_id):
        return "写领雁项目推荐意见", "edit"
    if project.change_asked:
        return "审批领雁项目变更", "pencil"
    if project.status == S.APPLIED and project.checked_at is None:
        return "初审领雁项目", "list-search"
    if project.status == S.APPLIED:
        ready = project.scores >= NEEDED_REVIEWS
        return ("给领雁项目立项", "award") if ready else ("指派评审专家", "user-plus")
    return {
        S.DRAFT: ("修改退回的项目申报", "arrow-back-up"),
        S.LISTED: ("启动领雁项目", "flag"),
        S.RUNNING: ("中期检查", "list-check"),
    }.get(S(project.status), ("结题验收", "circle-check"))


def from_reviews(user: User, today: date) -> list[Waiting]:
    """Scores wanted of this expert."""
    return [
        Waiting(
            2,
            review.due_on,
            {
                "icon": "list-check",
                "title": f"评审：{review.project.title}",
                "url": review.get_absolute_url(),
                "note": review.project.school.short_name,
                **due_words(review.due_on, today),
            },
        )
        for review in waiting_reviews(user, MOST)
    ]
