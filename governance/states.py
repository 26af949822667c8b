"""States of a meeting as a table (roles_and_states.md §2)."""

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
            "confirm_record", "确认记录", frozenset({S.MINUTED}), None, P.CONFIRM_RECORD, "governance.meeting.record_confirmed"
        ),
        Transition(
            "object", "提出异议", frozenset({S.MINUTED}), None, P.CONFIRM_RECORD, "governance.meeting.record_objected",
            needs_reason=True,
        ),
        Transition(
            "sign", "签发", frozenset({S.MINUTED}), S.SIGNED, P.SIGN_MINUTES, "governance.meeting.signed", irreversible=True
        ),
        Transition(
            "archive", "归档", frozenset({S.SIGNED}), S.ARCHIVED, P.RECORD_MINUTES, "governance.meeting.archived", irreversible=True
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
# What is done about the minutes beside the way: objections are settled before the signature, words corrected after it (R-M05).
KEEPING = Machine(
    dict(MeetingStatus.choices),
    [
        Transition(
            "settle_objection", "处理异议", frozenset({S.MINUTED}), None, P.RECORD_MINUTES,
            "governance.meeting.objection_settled", needs_reason=True,
        ),
        Transition(
            "correct", "更正纪要", frozenset({S.SIGNED, S.ARCHIVED}), None, P.RECORD_MINUTES,
            "governance.meeting.correction_asked", needs_reason=True,
        ),
        Transition(
            "agree_correction", "同意更正", frozenset({S.SIGNED, S.ARCHIVED}), None, P.SIGN_MINUTES,
            "governance.meeting.corrected", irreversible=True,
        ),
        Transition(
            "refuse_correction", "不予更正", frozenset({S.SIGNED, S.ARCHIVED}), None, P.SIGN_MINUTES,
            "governance.meeting.correction_refused", needs_reason=True,
        ),
    ],
)  # fmt: skip
ALL_STEPS = Machine(dict(MeetingStatus.choices), [*MEETING, *WAIVING, *KEEPING])
