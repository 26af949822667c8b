"""States of a meeting as a table (roles_and_states.md §2). 归档 and 更正 come with the archive of minutes."""

from common.transitions import Machine, Transition
from governance.models import MeetingStatus
from schools.permissions import SchoolPerm

S = MeetingStatus
P = SchoolPerm

MEETING = Machine(
    dict(MeetingStatus.choices),
    [
        Transition(
            "confirm_agenda", "审定议程", frozenset({S.DRAFT}), None, P.CONFIRM_AGENDA, "governance.meeting.agenda_confirmed"
        ),
        Transition("call", "发会议通知", frozenset({S.DRAFT}), S.CALLED, P.RECORD_MINUTES, "governance.meeting.called"),
        Transition(
            "recall", "撤回通知", frozenset({S.CALLED}), S.DRAFT, P.CONFIRM_AGENDA, "governance.meeting.recalled", needs_reason=True
        ),
        Transition("hold", "登记召开", frozenset({S.DRAFT, S.CALLED}), S.HELD, P.RECORD_MINUTES, "governance.meeting.held"),
        Transition("minute", "送签", frozenset({S.HELD}), S.MINUTED, P.RECORD_MINUTES, "governance.meeting.minuted"),
        Transition(
            "return", "退回修改", frozenset({S.MINUTED}), S.HELD, P.SIGN_MINUTES, "governance.meeting.returned", needs_reason=True
        ),
        Transition(
            "sign", "签发", frozenset({S.MINUTED}), S.SIGNED, P.SIGN_MINUTES, "governance.meeting.signed", irreversible=True
        ),
        Transition(
            "cancel", "取消会议", frozenset({S.DRAFT, S.CALLED}), S.CANCELLED, P.CONFIRM_AGENDA,
            "governance.meeting.cancelled", needs_reason=True, irreversible=True,
        ),
        Transition(
            "fail_quorum", "登记流会", frozenset({S.HELD, S.MINUTED}), S.CANCELLED, P.CONFIRM_AGENDA,
            "governance.meeting.lapsed", irreversible=True,
        ),
    ],
)  # fmt: skip

BEFORE_SIGNATURE = frozenset({S.DRAFT, S.CALLED, S.HELD, S.MINUTED})
# 放行 is no step on the way: it lets one rule pass at one subject, and the meeting stays in its state (R-D03).
WAIVING = Machine(
    dict(MeetingStatus.choices),
    [
        Transition(
            "waive_rule", "放行", BEFORE_SIGNATURE, None, P.WAIVE_RULE, "governance.meeting.rule_waived", needs_reason=True
        ),
        Transition(
            "withdraw_waiver", "撤回放行", BEFORE_SIGNATURE, None, P.WAIVE_RULE, "governance.meeting.waiver_withdrawn"
        ),
    ],
)  # fmt: skip
ALL_STEPS = Machine(dict(MeetingStatus.choices), [*MEETING, *WAIVING])
