"""Who may take which step on a meeting: the ◐ and the footnotes of the permission table."""

from accounts.models import User
from common.transitions import Transition
from governance.models import Meeting
from governance.states import MEETING
from schools import access
from schools.permissions import HEAD_POST, Body, Post, SchoolPerm


def open_actions(meeting: Meeting, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = MEETING.open_from(meeting.status)
    return [step for step in steps if refusal(meeting, step, user) is None and not _pointless(meeting, step)]


def _pointless(meeting: Meeting, step: Transition) -> bool:
    """登记流会 while the attendance on record reaches half of those due: the service would say that the quorum is there."""
    return step.name == "fail_quorum" and meeting.due > 0 and 2 * meeting.present >= meeting.due


def may_record(meeting: Meeting, user: User) -> bool:
    """Whether this account may type agenda and record (建会、记录)."""
    return access.can(user, SchoolPerm.RECORD_MINUTES, meeting.school_id)


def is_head(meeting: Meeting, user: User) -> bool:
    """书记 for the Party meeting, 校长 for the principal's (note 5)."""
    return HEAD_POST[meeting.body] in access.posts_at(user, meeting.school_id)


def refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    head = HEAD_POST[meeting.body].label
    if step.name == "minute":
        if meeting.recorder is None:
            return "先在“会议记录”里填写记录人，再由记录人送签。"
        mine = meeting.recorder.account_id == user.pk and bool(access.posts_at(user, meeting.school_id))
        return None if mine else f"送签由记录人{meeting.recorder.name}办理。"
    if step.permission == SchoolPerm.RECORD_MINUTES:
        return None if may_record(meeting, user) else f"{step.label}由书记、校长或党政办办理。"
    if step.permission == SchoolPerm.CONFIRM_AGENDA:
        return None if is_head(meeting, user) else f"{step.label}由{head}办理。"
    if not may_sign(meeting, user):
        return f"{step.label}由{head}办理。"
    if step.name == "sign" and meeting.minuted_by_id == user.pk:
        return "送签的人不能签发。请另一位记录人送签后再签发。"
    return None


def may_sign(meeting: Meeting, user: User) -> bool:
    """The head of the body, or who chaired the principal's meeting with a delegation note (note 6, R-M03)."""
    if is_head(meeting, user):
        return True
    posts = access.posts_at(user, meeting.school_id)
    stands_in = meeting.body == Body.PRINCIPAL and bool(meeting.delegation_note.strip())
    chaired = meeting.chair is not None and meeting.chair.account_id == user.pk
    return stands_in and chaired and bool(posts & {Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER})
