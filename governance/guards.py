"""Who may take which step on a meeting: the ◐ and the footnotes of the permission table."""

from accounts.models import User
from common.transitions import Transition
from governance.models import Meeting, Waiver
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


def may_issue(user: User) -> bool:
    """组织科 issues catalogue, rules and model texts (`issue_reference`)."""
    return access.school_ids(user, SchoolPerm.ISSUE_REFERENCE).everywhere


def may_record(meeting: Meeting, user: User) -> bool:
    """Whether this account may type agenda and record (建会、记录)."""
    return access.can(user, SchoolPerm.RECORD_MINUTES, meeting.school_id)


def is_head(meeting: Meeting, user: User) -> bool:
    """书记 for the Party meeting, 校长 for the principal's (note 5)."""
    return HEAD_POST[meeting.body] in access.posts_at(user, meeting.school_id)


def refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.permission == SchoolPerm.WAIVE_RULE:
        return _waiving_refusal(meeting, step, user)
    head = HEAD_POST[meeting.body].label
    if step.name == "minute":
        return _minuting_refusal(meeting, user)
    if step.permission == SchoolPerm.RECORD_MINUTES:
        return None if may_record(meeting, user) else f"{step.label}由书记、校长或党政办办理。"
    if step.permission == SchoolPerm.CONFIRM_AGENDA:
        return None if is_head(meeting, user) else f"{step.label}由{head}办理。"
    if not may_sign(meeting, user):
        return f"{step.label}由{head}办理。"
    if step.name == "sign" and meeting.minuted_by_id == user.pk:
        return "送签的人不能签发。请另一位记录人送签后再签发。"
    return None


def _minuting_refusal(meeting: Meeting, user: User) -> str | None:
    """送签 is for the recorder, and never for who let a rule pass."""
    if meeting.recorder is None:
        return "先在“会议记录”里填写记录人，再由记录人送签。"
    mine = meeting.recorder.account_id == user.pk and bool(access.posts_at(user, meeting.school_id))
    if not mine:
        return f"送签由记录人{meeting.recorder.name}办理。"
    return WAIVED_IT if is_head(meeting, user) and has_waived(meeting, user) else None


def _waiving_refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """放行 is for the head of the body, and never for who pressed 送签 (note 5)."""
    may = access.can(user, SchoolPerm.WAIVE_RULE, meeting.school_id)
    if not (may and is_head(meeting, user)):
        return f"{step.label}由{HEAD_POST[meeting.body].label}办理。"
    if step.name == "waive_rule" and meeting.minuted_by_id == user.pk:
        return "送签的人不能放行。先退回修改，请另一位记录人送签。"
    return None


WAIVED_IT = "你放行过这次会议的规则，不能再由你送签。请换一位记录人，或先撤回放行。"


def has_waived(meeting: Meeting, user: User) -> bool:
    """Whether this account let a rule pass at this meeting: then it does not press 送签 as well, in either order."""
    return Waiver.objects.filter(meeting=meeting, waived_by=user).exists()


def may_sign(meeting: Meeting, user: User) -> bool:
    """The head of the body, or who chaired the principal's meeting with a delegation note (note 6, R-M03)."""
    if is_head(meeting, user):
        return True
    posts = access.posts_at(user, meeting.school_id)
    stands_in = meeting.body == Body.PRINCIPAL and bool(meeting.delegation_note.strip())
    chaired = meeting.chair is not None and meeting.chair.account_id == user.pk
    return stands_in and chaired and bool(posts & {Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER})
