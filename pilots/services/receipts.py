"""签收: opened by publishing, read, signed, urged, closed when the document is superseded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.services import Fact, record, record_many, subject_of
from common.dates import local_day
from common.errors import NotAllowed, Stale, WrongState
from common.transitions import Transition
from deadlines.models import Deadline
from deadlines.services import end_deadline, open_deadline
from pilots.models import Policy, PolicyReading, PolicyReceipt
from pilots.policy_guards import SIGNERS, receipt_refusal
from pilots.states import RECEIPT
from schools import access
from schools.models import Appointment, Office, Person, School
from schools.permissions import SchoolPerm


def open_receipts(policy: Policy, by: User, at: datetime) -> list[PolicyReceipt]:
    """One for each school and office the document goes to, in the transaction of publishing; a school's clock runs for its first signer."""
    schools = list((School.objects.all() if policy.to_all else policy.schools.all()).order_by("code"))
    offices = list((Office.objects.all() if policy.to_all else policy.offices.all()).order_by("code"))
    owners: list[dict[str, Any]] = [
        *({"school": school} for school in schools),
        *({"office": office} for office in offices),
    ]
    receipts = []
    for owner in owners:
        receipt = PolicyReceipt(policy=policy, due_on=policy.receipt_due_on, **owner)
        receipt.stamp(at)
        receipts.append(receipt)
    PolicyReceipt.objects.bulk_create(receipts)
    record_many([_fact("pilots.receipt.opened", receipt) for receipt in receipts], by=by, at=at)
    signers = _first_signers(schools, at)
    for receipt in receipts:
        person = signers.get(receipt.school_id) if receipt.school_id else None
        if person is not None and receipt.school is not None and receipt.due_on is not None:
            open_deadline(
                on=receipt, school=receipt.school, title=f"签收《{policy.title}》", url=receipt.get_absolute_url(),
                responsible=person, due_on=receipt.due_on, at=at,
            )  # fmt: skip
    return receipts


def _first_signers(schools: Sequence[School], at: datetime) -> dict[UUID | None, Person]:
    """The first of 书记、校长、党政办 of each school that day, in one query."""
    held = Appointment.objects.on(local_day(at)).holding(*SIGNERS).filter(school__in=schools)
    found: dict[UUID | None, Person] = {}
    for appointment in held.select_related("person").order_by("rank", "pk"):
        found.setdefault(appointment.school_id, appointment.person)
    return found


@transaction.atomic
def sign_receipt(*, receipt: PolicyReceipt, version: int | None = None, by: User, at: datetime) -> PolicyReceipt:
    """签收, by 书记、校长 or 党政办 of the school; for an office by the office. Signed after the day counts as late."""
    receipt, step = _begin(receipt, "sign", by, version)
    receipt.signed_at, receipt.signed_by = at, by
    _note(receipt, by, at)
    _end_clock(receipt, at)
    late = receipt.is_late(local_day(at))
    return _finish(receipt, step, by, at, late=late)


@transaction.atomic
def remind_receipt(*, receipt: PolicyReceipt, version: int | None = None, by: User, at: datetime) -> PolicyReceipt:
    """催办: who has to sign is told once more, at most once a day."""
    receipt, step = _begin(receipt, "remind", by, version)
    if receipt.reminded_at is not None and local_day(receipt.reminded_at) == local_day(at):
        raise WrongState(f"今天已经催办过{receipt.place}。明天再催，或直接联系。")
    receipt.reminded_at = at
    return _finish(receipt, step, by, at)


@transaction.atomic
def remind_all(*, policy: Policy, by: User, at: datetime) -> int:
    """催办 everybody who has not signed and was not urged today; returns how many were."""
    if not access.school_ids(by, SchoolPerm.SUPERVISE):
        raise NotAllowed("催办由组织科、督导和学校所属的教办办理。")
    rows = PolicyReceipt.objects.visible_to(by).open().filter(policy=policy).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    step, urged = RECEIPT.require("remind", "pending"), 0
    for receipt in rows.select_related("policy", "school", "office"):
        today = receipt.reminded_at is not None and local_day(receipt.reminded_at) == local_day(at)
        if not today and receipt_refusal(receipt, step, by) is None:
            receipt.reminded_at = at
            _finish(receipt, step, by, at)
            urged += 1
    if not urged:
        raise WrongState("没有要催办的：都已签收，或今天已经催办过。")
    return urged


@transaction.atomic
def note_reading(*, policy: Policy, by: User, at: datetime) -> None:
    """Who has to sign opened the document: the first time is kept, for each school or office he reads it for."""
    posts = access.rights_of(by).appointments
    schools = {a.school_id for a in posts if a.school_id}
    offices = {a.office_id for a in posts if a.office_id}
    if not schools and not offices:
        return
    own = PolicyReceipt.objects.filter(policy=policy, closed_at__isnull=True).select_related(
        "policy", "school", "office"
    )
    known = set(PolicyReading.objects.filter(reader=by, receipt__policy=policy).values_list("receipt_id", flat=True))
    for receipt in own.filter(school__in=schools) | own.filter(office__in=offices):
        if receipt.pk not in known:
            _note(receipt, by, at)


def close_receipts(policy: Policy, by: User, at: datetime) -> int:
    """Superseding closes what is still to be signed, in the transaction of publishing the new document."""
    rows = PolicyReceipt.objects.open().filter(policy=policy).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    receipts = list(rows.select_related("policy", "school", "office"))
    for receipt in receipts:
        receipt.closed_at = at
        receipt.commit(at)
        _end_clock(receipt, at)
    if receipts:
        record_many([_fact("pilots.receipt.closed", receipt) for receipt in receipts], by=by, at=at)
    return len(receipts)


# ---- what the steps have in common ----


def _begin(receipt: PolicyReceipt, name: str, by: User, version: int | None) -> tuple[PolicyReceipt, Transition]:
    if connection.features.has_select_for_update:
        PolicyReceipt.objects.select_for_update().only("pk").get(pk=receipt.pk)
    receipt = PolicyReceipt.objects.select_related("policy", "school", "office").get(pk=receipt.pk)
    if version is not None and version != receipt.version:
        raise Stale("刚才有人办理过这份签收。看过最新情况再办。")
    step = RECEIPT.require(name, receipt.status)
    if receipt.closed_at is not None:
        raise WrongState("文件已被新文件替代，不用再签收。看新的文件。")
    if why := receipt_refusal(receipt, step, by):
        raise NotAllowed(why)
    return receipt, step


def _finish(receipt: PolicyReceipt, step: Transition, by: User, at: datetime, **data: Any) -> PolicyReceipt:
    if step.target is not None:
        receipt.status = step.target
    receipt.commit(at)
    fact = _fact(step.event, receipt, **data)
    record(fact.kind, by=by, at=at, on=fact.on, school_id=fact.school_id, **fact.data)
    return receipt


def _fact(kind: str, receipt: PolicyReceipt, **data: Any) -> Fact:
    told = {
        "url": receipt.get_absolute_url(),
        "due_on": receipt.due_on.isoformat() if receipt.due_on else "",
        "office": str(receipt.office_id or ""),
    }
    return Fact(kind, receipt, receipt.school_id, told | data)


def _note(receipt: PolicyReceipt, by: User, at: datetime) -> None:
    _, new = PolicyReading.objects.get_or_create(receipt=receipt, reader=by, defaults={"at": at})
    if new:
        record("pilots.receipt.read", by=by, at=at, on=receipt, school_id=receipt.school_id)


def _end_clock(receipt: PolicyReceipt, at: datetime) -> None:
    if Deadline.objects.filter(subject=subject_of(receipt), ended_at__isnull=True).exists():
        end_deadline(on=receipt, at=at)
