"""Founding documents read: clauses in force for those who cite them, numbers of receipts, what the account has to sign."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from pilots.models import Policy, PolicyClause, PolicyReceipt, PolicyStatus, ReceiptStatus
from pilots.models.policies import own_offices
from pilots.policy_guards import SIGNERS
from schools import access


def clauses_in_force(school: UUID | None = None) -> QuerySet[PolicyClause]:
    """Clauses that plans and tasks may cite: of documents in force, the latest document first. With `school` of those sent to it."""
    rows = PolicyClause.objects.filter(policy__status=PolicyStatus.PUBLISHED).select_related("policy")
    if school is not None:
        sent = Policy.schools.through.objects.filter(school=school).values("policy")
        rows = rows.filter(Q(policy__to_all=True) | Q(policy__in=sent))
    return rows.order_by("-policy__issued_on", "policy_id", "order")


def receipt_counts(user: User, policies: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """Of each document how many receipts within sight are owed, and how many are signed; one query."""
    rows = PolicyReceipt.objects.visible_to(user).filter(policy__in=list(policies), closed_at__isnull=True)
    signed = Count("pk", filter=Q(status=ReceiptStatus.SIGNED))
    counted = rows.order_by().values("policy").annotate(due=Count("pk"), signed=signed)
    return {row["policy"]: (row["due"], row["signed"]) for row in counted}


def to_sign(user: User) -> QuerySet[PolicyReceipt]:
    """What this account has to sign: for the schools where it holds a post that signs, and for its offices."""
    held = access.rights_of(user).appointments
    schools = {a.school_id for a in held if a.school_id and a.post in SIGNERS}
    rows = PolicyReceipt.objects.open().select_related("policy", "school", "office")
    return rows.filter(Q(school__in=schools) | Q(office__in=own_offices(user))).order_by("due_on", "pk")


def has_to_sign(user: User) -> bool:
    """Whether receipts can fall to this account at all; asks nothing of the database."""
    held = access.rights_of(user).appointments
    return any(a.post in SIGNERS or a.office_id for a in held)
