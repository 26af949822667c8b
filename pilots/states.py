"""States of applications, plans and receipts as tables (roles_and_states.md §2)."""

from common.transitions import Machine, Transition
from pilots.models import ApplicationStatus, PlanStatus, ReceiptStatus
from schools.permissions import SchoolPerm

A, P, R = ApplicationStatus, PlanStatus, ReceiptStatus

APPLICATION = Machine(
    dict(ApplicationStatus.choices),
    [
        Transition(
            "nominate", "学校自荐", frozenset({A.DRAFT, A.RETURNED}), A.NOMINATED, SchoolPerm.SUBMIT_PLAN,
            "pilots.application.nominated",
        ),
        Transition(
            "recommend", "教办推荐", frozenset({A.NOMINATED}), A.RECOMMENDED, SchoolPerm.RECOMMEND,
            "pilots.application.recommended",
        ),
        Transition(
            "exempt", "免推荐", frozenset({A.NOMINATED}), A.RECOMMENDED, SchoolPerm.REVIEW, "pilots.application.exempted",
        ),
        Transition(
            "approve", "审核通过", frozenset({A.RECOMMENDED}), A.APPROVED, SchoolPerm.REVIEW,
            "pilots.application.approved",
        ),
        Transition(
            "return", "退回修改", frozenset({A.NOMINATED, A.RECOMMENDED}), A.RETURNED, SchoolPerm.REVIEW,
            "pilots.application.returned", needs_reason=True,
        ),
    ],
)  # fmt: skip

PLAN = Machine(
    dict(PlanStatus.choices),
    [
        Transition(
            "submit", "报送方案", frozenset({P.DRAFT, P.RETURNED}), P.SUBMITTED, SchoolPerm.SUBMIT_PLAN,
            "pilots.plan.submitted",
        ),
        Transition(
            "approve", "审核通过", frozenset({P.SUBMITTED}), P.APPROVED, SchoolPerm.REVIEW, "pilots.plan.approved",
        ),
        Transition(
            "return", "退回修改", frozenset({P.SUBMITTED}), P.RETURNED, SchoolPerm.REVIEW, "pilots.plan.returned",
            needs_reason=True,
        ),
        Transition("revise", "编制新版", frozenset({P.APPROVED}), None, SchoolPerm.EDIT_PLAN, "pilots.plan.revised"),
    ],
)  # fmt: skip

RECEIPT = Machine(
    dict(ReceiptStatus.choices),
    [
        Transition("sign", "签收", frozenset({R.PENDING}), R.SIGNED, SchoolPerm.VIEW_SCHOOL, "pilots.receipt.signed"),
        Transition("remind", "催办", frozenset({R.PENDING}), None, SchoolPerm.SUPERVISE, "pilots.receipt.reminded"),
    ],
)  # fmt: skip
