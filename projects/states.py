"""States of a flagship project as a table (roles_and_states.md §2)."""

from common.transitions import Machine, Transition
from projects.models import FlagshipStatus
from schools.permissions import SchoolPerm

S = FlagshipStatus
P = SchoolPerm
FACT = "projects.flagship"

FLAGSHIP = Machine(
    dict(FlagshipStatus.choices),
    [
        Transition("apply", "报送申报", frozenset({S.DRAFT}), S.APPLIED, P.SUBMIT_PLAN, f"{FACT}.applied"),
        Transition(
            "return", "退回修改", frozenset({S.APPLIED}), S.DRAFT, P.REVIEW, f"{FACT}.returned", needs_reason=True
        ),
        Transition("list", "立项", frozenset({S.APPLIED}), S.LISTED, P.REVIEW, f"{FACT}.listed"),
        Transition("start", "启动实施", frozenset({S.LISTED}), S.RUNNING, P.SUBMIT_PLAN, f"{FACT}.started"),
        Transition("mid_check", "通过中期", frozenset({S.RUNNING}), S.MID_CHECKED, P.REVIEW, f"{FACT}.mid_checked"),
        Transition(
            "conclude", "通过结题", frozenset({S.MID_CHECKED, S.EXTENDED}), S.CONCLUDED, P.REVIEW, f"{FACT}.concluded"
        ),
        Transition(
            "extend", "同意延期", frozenset({S.RUNNING, S.MID_CHECKED}), S.EXTENDED, P.REVIEW, f"{FACT}.extended"
        ),
        Transition(
            "terminate", "终止项目", frozenset({S.LISTED, S.RUNNING, S.MID_CHECKED, S.EXTENDED}), S.TERMINATED, P.REVIEW,
            f"{FACT}.terminated", needs_reason=True, irreversible=True,
        ),
    ],
)  # fmt: skip
