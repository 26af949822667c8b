"""Who may do what with documents and receipts (roles_and_states.md §2, Policy receipt)."""

from uuid import UUID

from accounts.models import User
from common.transitions import Transition
from pilots.models import Policy, PolicyReceipt, PolicyStatus
from pilots.models.policies import own_offices
from pilots.states import RECEIPT
from schools import access
from schools.permissions import Post, SchoolPerm

SIGNERS = frozenset({Post.SECRETARY, Post.PRINCIPAL, Post.CLERK})


def may_issue(user: User) -> bool:
    """Whether this account drafts and publishes documents (组织科)."""
    return access.school_ids(user, SchoolPerm.ISSUE_REFERENCE).everywhere


def may_edit_policy(policy: Policy, user: User) -> bool:
    """Drafts alone change."""
    return policy.status == PolicyStatus.DRAFT and may_issue(user)


def open_receipt_actions(receipt: PolicyReceipt, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    if receipt.closed_at is not None:
        return []
    return [step for step in RECEIPT.open_from(receipt.status) if receipt_refusal(receipt, step, user) is None]


def receipt_refusal(receipt: PolicyReceipt, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.name == "remind":
        return None if _may_remind(receipt, user) else "催办由组织科、督导和学校所属的教办办理。"
    return None if may_sign(receipt, user) else _who_signs(receipt)


def may_sign(receipt: PolicyReceipt, user: User) -> bool:
    """书记、校长 or 党政办 of the school; for an office whoever works there."""
    if receipt.school_id is not None:
        return bool(access.posts_at(user, receipt.school_id) & SIGNERS)
    return receipt.office_id in own_offices(user)


def _who_signs(receipt: PolicyReceipt) -> str:
    return "签收由本校书记、校长或党政办办理。" if receipt.school_id is not None else "签收由本教办办理。"


def _may_remind(receipt: PolicyReceipt, user: User) -> bool:
    scope = access.school_ids(user, SchoolPerm.SUPERVISE)
    return scope.everywhere or (receipt.school_id is not None and receipt.school_id in scope)


def may_read_policy_files(user: User, policy: UUID) -> bool:
    """Files of a document are for whoever sees the document."""
    return Policy.objects.visible_to(user).filter(pk=policy).exists()
