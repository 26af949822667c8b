"""Where a school stands in the pilot, as a table (roles_and_states.md §2, School). Each row follows from a step of the rollout."""

from common.transitions import Machine, Transition
from schools.models import PilotStatus
from schools.permissions import SchoolPerm

S = PilotStatus

PILOT = Machine(
    dict(PilotStatus.choices),
    [
        Transition("apply", "首次自荐", frozenset({S.NONE}), S.APPLYING, SchoolPerm.SUBMIT_PLAN, "schools.school.applying"),
        Transition("approve", "批准试点", frozenset({S.APPLYING}), S.APPROVED, SchoolPerm.REVIEW, "schools.school.approved"),
        Transition(
            "begin", "开始实施", frozenset({S.APPROVED}), S.IMPLEMENTING, SchoolPerm.REVIEW, "schools.school.implementing"
        ),
        Transition(
            "implement", "登记实施", frozenset({S.IMPLEMENTING}), S.IMPLEMENTED, SchoolPerm.REVIEW,
            "schools.school.implemented",
        ),
    ],
)  # fmt: skip
ORDER = (S.NONE, S.APPLYING, S.APPROVED, S.IMPLEMENTING, S.IMPLEMENTED)
