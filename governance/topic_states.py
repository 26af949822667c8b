"""States of a topic as a table (roles_and_states.md §2). `concluded` is set by 签发 of the meeting, hence no row leads there."""

from common.transitions import Machine, Transition
from governance.models import TopicStatus
from schools.permissions import SchoolPerm

S = TopicStatus
P = SchoolPerm

BEFORE_CONCLUDED = frozenset(S) - {S.CONCLUDED, S.WITHDRAWN}
TOPIC = Machine(
    dict(TopicStatus.choices),
    [
        Transition(
            "submit", "送初审", frozenset({S.DRAFT, S.RETURNED}), S.SUBMITTED, P.PROPOSE_TOPIC, "governance.topic.submitted"
        ),
        Transition("screen", "通过初审", frozenset({S.SUBMITTED}), S.SCREENED, P.RECORD_MINUTES, "governance.topic.screened"),
        Transition(
            "confirm", "同意上会", frozenset({S.SCREENED, S.POSTPONED}), S.CONFIRMED, P.CONFIRM_AGENDA, "governance.topic.confirmed"
        ),
        Transition(
            "return", "退回修改", frozenset({S.SUBMITTED, S.SCREENED}), S.RETURNED, P.RECORD_MINUTES, "governance.topic.returned",
            needs_reason=True,
        ),
        Transition(
            "postpone", "暂缓上会", frozenset({S.SCREENED, S.CONFIRMED, S.SCHEDULED}), S.POSTPONED, P.CONFIRM_AGENDA,
            "governance.topic.postponed", needs_reason=True,
        ),
        Transition(
            "schedule", "列入议程", frozenset({S.CONFIRMED}), S.SCHEDULED, P.RECORD_MINUTES, "governance.topic.scheduled"
        ),
        Transition(
            "hand_over", "转党组织会议", frozenset({S.CONCLUDED}), None, P.RECORD_MINUTES, "governance.topic.handed_over"
        ),
        Transition(
            "withdraw", "撤回议题", BEFORE_CONCLUDED, S.WITHDRAWN, P.PROPOSE_TOPIC, "governance.topic.withdrawn",
            needs_reason=True, irreversible=True,
        ),
    ],
)  # fmt: skip
