"""教办意见 and 初审: what comes before the experts."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from common.errors import NotAllowed, WrongState, require_reason
from projects.guards import may_advise, may_review
from projects.models import Flagship, FlagshipStatus
from projects.services.base import locked, of_perm, of_school, tell, together
from schools.permissions import SchoolPerm


@transaction.atomic
def advise_flagship(
    *, project: Flagship, backs: bool, advice: str, version: int | None = None, by: User, at: datetime
) -> Flagship:
    """教办意见: recommended or not, in words; may be written anew until the project is checked."""
    project = locked(project, version)
    if not may_advise(project, by):
        raise _refused(project, "教办意见由学校所属教办填写。")
    if project.checked_at is not None:
        raise WrongState("组织科已通过初审，教办意见不能再改。")
    project.office_backs, project.office_advice = backs, require_reason(advice)
    project.office_by, project.office_at = by, at
    project.commit(at)
    told = together(of_perm(project.school, at, SchoolPerm.REVIEW), of_school(project, at))
    tell("advised", project, by, at, accounts=told, backs=backs)
    return project


@transaction.atomic
def check_flagship(
    *, project: Flagship, note: str = "", version: int | None = None, by: User, at: datetime
) -> Flagship:
    """通过初审 (完整、真实、可行): then experts may be assigned. Without the office's opinion the reason is written down."""
    project = locked(project, version)
    if project.status != FlagshipStatus.APPLIED:
        raise WrongState(f"现在是“{project.get_status_display()}”，不用初审。")
    if not may_review(project, by):
        raise NotAllowed("初审由组织科办理，自己申报的由另一个人办理。")
    if project.checked_at is not None:
        raise WrongState("已经通过初审，接着指派评审专家。")
    waits_for_office = project.school.office_id is not None and project.office_at is None
    project.check_note = require_reason(note) if waits_for_office else note.strip()[:500]
    project.checked_by, project.checked_at = by, at
    project.commit(at)
    tell("checked", project, by, at, accounts=of_school(project, at))
    return project


def _refused(project: Flagship, words: str) -> NotAllowed | WrongState:
    if project.status != FlagshipStatus.APPLIED:
        return WrongState(f"现在是“{project.get_status_display()}”，不用写教办意见。")
    return NotAllowed(words)
