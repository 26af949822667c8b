"""States of a task as a table (roles_and_states.md §2)."""

from checklists.models import OPEN, TaskStatus
from common.transitions import Machine, Transition
from schools.permissions import SchoolPerm

S = TaskStatus

TASK = Machine(
    dict(TaskStatus.choices),
    [
        Transition(
            "progress", "登记进展", frozenset({S.NOT_STARTED, S.IN_PROGRESS}), S.IN_PROGRESS, SchoolPerm.WORK_TASK,
            "checklists.task.progressed",
        ),
        Transition(
            "submit", "标为完成", frozenset({S.NOT_STARTED, S.IN_PROGRESS}), S.SUBMITTED, SchoolPerm.WORK_TASK,
            "checklists.task.submitted",
        ),
        Transition(
            "close", "确认销号", frozenset({S.SUBMITTED}), S.CLOSED, SchoolPerm.CONFIRM_CLOSING, "checklists.task.closed",
        ),
        Transition(
            "return", "退回补充", frozenset({S.SUBMITTED}), S.IN_PROGRESS, SchoolPerm.CONFIRM_CLOSING,
            "checklists.task.returned", needs_reason=True,
        ),
        Transition(
            "reschedule", "调整时限", frozenset(OPEN), None, SchoolPerm.ASSIGN_TASK, "checklists.task.rescheduled",
            needs_reason=True,
        ),
        Transition("hand_to", "转交他人", frozenset(OPEN), None, SchoolPerm.ASSIGN_TASK, "checklists.task.reassigned"),
        Transition(
            "cancel", "终止任务", frozenset(OPEN), S.CANCELLED, SchoolPerm.ASSIGN_TASK, "checklists.task.cancelled",
            needs_reason=True, irreversible=True,
        ),
        Transition(
            "reopen", "重新办理", frozenset({S.CLOSED}), S.IN_PROGRESS, SchoolPerm.CONFIRM_CLOSING,
            "checklists.task.reopened", needs_reason=True,
        ),
    ],
)  # fmt: skip
