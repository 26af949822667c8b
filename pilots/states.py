"""States of applications, plans and receipts as tables (roles_and_states.md §2)."""

from common.transitions import Machine, Transition
from pilots.models import ApplicationStatus, FoundationStatus, PlanStatus, ReceiptStatus, TemplateStatus
from schools.permissions import SchoolPerm

AUTOMATIC = frozenset({"keep_recommendation"})
A, P, R, F = ApplicationStatus, PlanStatus, ReceiptStatus, FoundationStatus

APPLICATION = Machine(
    dict(ApplicationStatus.choices),
    [
        Transition(
            "nominate", "学校自荐", frozenset({A.DRAFT, A.RETURNED}), A.NOMINATED, SchoolPerm.SUBMIT_PLAN,
            "pilots.application.nominated",
        ),
        # Taken by the portal right after `nominate` when the bureau had returned what the office had recommended already.
        Transition(
            "keep_recommendation", "推荐有效", frozenset({A.NOMINATED}), A.RECOMMENDED, SchoolPerm.SUBMIT_PLAN,
            "pilots.application.recommendation_kept",
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

FOUNDATION = Machine(
    dict(FoundationStatus.choices),
    [
        Transition(
            "done", "登记完成", frozenset({F.NOT_STARTED, F.IN_PROGRESS}), F.DONE, SchoolPerm.SUBMIT_PLAN,
            "pilots.foundation.done",
        ),
        # A text adopted later takes the place of the one in force; the work stays done.
        Transition("renew", "登记新文本", frozenset({F.DONE}), None, SchoolPerm.SUBMIT_PLAN, "pilots.foundation.renewed"),
    ],
)  # fmt: skip

EVALUATION = Machine(
    {"draft": "填写中", "concluded": "已下结论"},
    [
        Transition(
            "conclude", "下结论", frozenset({"draft"}), "concluded", SchoolPerm.REVIEW, "pilots.evaluation.concluded",
            irreversible=True,
        ),
    ],
)  # fmt: skip

RECEIPT = Machine(
    dict(ReceiptStatus.choices),
    [
        Transition("sign", "签收", frozenset({R.PENDING}), R.SIGNED, SchoolPerm.VIEW_SCHOOL, "pilots.receipt.signed"),
        Transition("remind", "催办", frozenset({R.PENDING}), None, SchoolPerm.SUPERVISE, "pilots.receipt.reminded"),
    ],
)  # fmt: skip

TEMPLATE = Machine(
    dict(TemplateStatus.choices),
    [
        Transition(
            "publish", "发布模板", frozenset({TemplateStatus.DRAFT}), TemplateStatus.PUBLISHED, SchoolPerm.ISSUE_REFERENCE,
            "pilots.template.published",
        ),
        Transition(
            "withdraw", "停用模板", frozenset({TemplateStatus.PUBLISHED}), TemplateStatus.WITHDRAWN,
            SchoolPerm.ISSUE_REFERENCE, "pilots.template.withdrawn",
        ),
    ],
)  # fmt: skip
