"""Who may take which step on a meeting: the ◐ and the footnotes of the permission table."""

from accounts.models import User
from common import history
from common.transitions import Transition
from governance.confirming import confirming_of
from governance.keeping import asked_version, scans_of
from governance.models import Meeting, MeetingStatus, Waiver
from governance.states import KEEPING, MEETING
from schools import access
from schools.permissions import HEAD_POST, Body, Post, SchoolPerm


def open_actions(meeting: Meeting, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = MEETING.open_from(meeting.status)
    return [step for step in steps if refusal(meeting, step, user) is None and not _pointless(meeting, step, user)]


def _pointless(meeting: Meeting, step: Transition, user: User) -> bool:
    """What the service would refuse for the meeting's sake: 登记流会 while the attendance on record reaches half of those due,
    签发 before the members have confirmed, what one has said already, 归档 without the signed original.
    """
    if step.name == "fail_quorum":
        return meeting.due > 0 and 2 * meeting.present >= meeting.due
    if step.name == "sign":
        return bool(confirming_of(meeting).stops(user, history.now()))
    if step.name in OWN_WORDS:
        return bool(said_already(meeting, step, user))
    return step.name == "archive" and not scans_of(meeting)


def open_keeping(meeting: Meeting, user: User) -> list[Transition]:
    """处理异议 and 更正纪要, where there is something for them and this account may."""
    steps = [step for step in KEEPING.open_from(meeting.status) if refusal(meeting, step, user) is None]
    if not steps:
        return []
    if meeting.status == MeetingStatus.MINUTED:
        return steps if confirming_of(meeting).objecting else []
    asked = asked_version(meeting)
    return [step for step in steps if (asked is None) == (step.name == "correct")]


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
    if step.name == "minute":
        return _minuting_refusal(meeting, user)
    if step.name in OWN_WORDS:
        return _own_words_refusal(meeting, step, user)
    if KEEPING.get(step.name) is not None:
        return _keeping_refusal(meeting, step, user)
    if step.permission == SchoolPerm.RECORD_MINUTES:
        return None if may_record(meeting, user) else f"{step.label}由书记、校长或党政办办理。"
    if step.permission == SchoolPerm.CONFIRM_AGENDA:
        return None if is_head(meeting, user) else f"{step.label}由{HEAD_POST[meeting.body].label}办理。"
    return _signing_refusal(meeting, step, user)


def _signing_refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """签发 and 退回修改 are for who signs; an open objection opens 退回修改 to others as well."""
    if step.name == "return" and _returns_own_words(meeting, user):
        return None
    if not may_sign(meeting, user):
        return f"{step.label}由{HEAD_POST[meeting.body].label}办理。"
    if step.name == "sign" and meeting.minuted_by_id == user.pk:
        return "送签的人不能签发。请另一位记录人送签后再签发。"
    return None


OWN_WORDS = ("confirm_record", "object")


def _own_words_refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """Members present speak for themselves. Who alone may sign does not confirm besides: the signature says so, 退回修改 the other."""
    if (
        not access.can(user, SchoolPerm.CONFIRM_RECORD, meeting.school_id)
        or confirming_of(meeting).seat_of(user) is None
    ):
        return f"{step.label}由到会的成员本人办理。"
    if not is_head(meeting, user) or is_delegated(meeting):
        return None
    return "你签发就是确认，不用另外确认。" if step.name == "confirm_record" else "你可以直接退回修改，不用提出异议。"


def said_already(meeting: Meeting, step: Transition, user: User) -> str:
    """Why there is nothing to say any more (in Chinese), or an empty text."""
    seat = confirming_of(meeting).seat_of(user)
    if seat is None:
        return ""
    if step.name == "confirm_record":
        return "你已经确认过这份记录。" if seat.confirmed else ""
    return "你的异议还没有处理，不用再提。要撤回，点“确认记录”。" if seat.objects else ""


def _returns_own_words(meeting: Meeting, user: User) -> bool:
    """An open objection opens 退回修改 to who objects (it is about his own words) and to the recorder, who is to mend them."""
    if meeting.status != MeetingStatus.MINUTED or not access.posts_at(user, meeting.school_id):
        return False
    objecting = confirming_of(meeting).objecting
    accounts = {seat.member.person.account_id for seat in objecting}
    return user.pk in accounts or (bool(objecting) and is_recorder(meeting, user))


def _keeping_refusal(meeting: Meeting, step: Transition, user: User) -> str | None:
    """Objections are settled by the recorder or who signs; a correction is asked for by the recorder or 党政办, and who signs answers."""
    recorder = meeting.recorder.name if meeting.recorder else "记录人"
    if step.name == "settle_objection":
        mine = is_recorder(meeting, user) or may_sign(meeting, user)
        return None if mine else f"处理异议由{recorder}或{HEAD_POST[meeting.body].label}办理。"
    if step.name == "correct":
        mine = is_recorder(meeting, user) or Post.CLERK in access.posts_at(user, meeting.school_id)
        return None if mine else f"更正纪要由记录人{recorder}或党政办提出。"
    if not may_sign(meeting, user):
        return f"{step.label}由{HEAD_POST[meeting.body].label}办理。"
    asked = asked_version(meeting)
    mine = asked is not None and asked.asked_by_id == user.pk
    return "更正是你提出的，由另一位签发人答复。" if mine else None


def is_recorder(meeting: Meeting, user: User) -> bool:
    """The named recorder, still in office at the school."""
    mine = meeting.recorder is not None and meeting.recorder.account_id == user.pk
    return mine and bool(access.posts_at(user, meeting.school_id))


def is_delegated(meeting: Meeting) -> bool:
    """Whether somebody other than the head may sign, because he chaired the principal's meeting with a delegation note."""
    return meeting.body == Body.PRINCIPAL and bool(meeting.delegation_note.strip())


def _minuting_refusal(meeting: Meeting, user: User) -> str | None:
    """送签 is for the recorder, and never for who let a rule pass."""
    if meeting.recorder is None:
        return "先在“会议记录”里填写记录人，再由记录人送签。"
    if not is_recorder(meeting, user):
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
    chaired = meeting.chair is not None and meeting.chair.account_id == user.pk
    return is_delegated(meeting) and chaired and bool(posts & {Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER})
