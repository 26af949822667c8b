"""Turning facts into notices, and notices into e-mail. Each step is one transaction; a kill between two leaves work, not loss."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit.models import Event
from audit.registry import EventKind, Recorded, kind_of
from common.bulk import insert_rows
from common.history import already_told
from common.ids import new_id
from notifications.channels import mail
from notifications.models import Delivery, Message, Outbox

log = structlog.get_logger("portal.notifications")
BATCH = 500
LEASE = timedelta(seconds=45)  # longer than the mail time-out
GIVE_UP_AFTER = 8


def queue(facts: Sequence[Recorded]) -> None:
    """The sink of `audit.record`: facts with an audience are to be told, in the same transaction."""
    heard = [(fact.seq, "") for fact in facts if not fact.told and kind_of(fact.kind).audience is not None]
    insert_rows(Outbox, ("event_id", "error"), heard)


@transaction.atomic
def dispatch_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Tell up to `limit` facts, oldest first; returns how many were handled.

    Inbox rows and the end of the outbox row share one transaction, so each reader is told exactly once.
    A fact whose audience or wording fails is parked with its error, and the line goes on.
    """
    waiting = Outbox.objects.filter(parked_at__isnull=True).order_by("event_id")
    rows = list(waiting.select_for_update(skip_locked=True, of=("self",)).select_related("event")[:limit])
    messages: list[Message] = []
    done: list[int] = []
    for row in rows:
        try:
            with transaction.atomic():
                told = _messages(row.event, kind_of(row.event.kind), at)
        except Exception as fault:  # an audience function may fail in any way; one fact must not stop the line
            log.error("fact_parked", fact=row.event_id, kind=row.event.kind, error=repr(fault))
            Outbox.objects.filter(pk=row.pk).update(parked_at=at, error=repr(fault)[:300])
        else:
            messages += told
            done.append(row.pk)
    _deliver_by_mail(Message.objects.bulk_create(messages), at)
    Outbox.objects.filter(pk__in=done).delete()
    return len(rows)


def _messages(event: Event, kind: EventKind, at: datetime) -> list[Message]:
    readers: Sequence[UUID] = sorted(set(kind.audience(event) if kind.audience else ()))
    title = kind.title(event) if kind.title else f"{event.subject_text}：{kind.label}"
    url = kind.url(event) if kind.url else ""
    return [
        Message(event=event, reader_id=reader, kind=event.kind, title=title[:300], url=url, at=at)
        for reader in readers
        if reader != event.actor_id
    ]


def _deliver_by_mail(messages: list[Message], at: datetime) -> None:
    if already_told():  # the inbox shows what was told before a loading of history; letters of the past are not sent
        return
    wanted = [message for message in messages if kind_of(message.kind).mail]
    addresses = dict(
        User.objects.filter(pk__in={message.reader_id for message in wanted}, is_active=True)
        .exclude(email="")
        .values_list("pk", "email")
    )
    deliveries = []
    for message in wanted:
        if message.reader_id in addresses:
            key = new_id()
            deliveries.append(
                Delivery(
                    id=key,
                    message=message,
                    channel="mail",
                    address=addresses[message.reader_id],
                    letter_id=f"<{key}@{settings.MESSAGE_ID_DOMAIN}>",
                    try_at=at,
                )
            )
    Delivery.objects.bulk_create(deliveries)


def claim_delivery(*, at: datetime) -> Delivery | None:
    """Take one delivery for `LEASE`; a worker that dies gives it back by letting the time run out."""
    with transaction.atomic():
        open_rows = Delivery.objects.filter(status__in=("waiting", "sending"), try_at__lte=at).order_by("try_at", "pk")
        row = open_rows.select_for_update(skip_locked=True, of=("self",)).select_related("message").first()
        if row is None:
            return None
        row.status, row.try_at, row.attempts = Delivery.Status.SENDING, at + LEASE, row.attempts + 1
        row.save(update_fields=["status", "try_at", "attempts"])
        return row


def deliver_one(*, at: datetime) -> bool:
    """Send one waiting notice; False when none waits. A refusal of the mail server is tried again, later each time."""
    row = claim_delivery(at=at)
    if row is None:
        return False
    try:
        mail.send(row)
    except OSError as fault:
        _postpone(row, fault, at)
    else:
        Delivery.objects.filter(pk=row.pk).update(status=Delivery.Status.SENT, sent_at=at, error="")
    return True


def _postpone(row: Delivery, fault: Exception, at: datetime) -> None:
    values: dict[str, Any] = {"error": repr(fault)[:300]}
    if row.attempts >= GIVE_UP_AFTER:
        values["status"] = Delivery.Status.GIVEN_UP
    else:
        values |= {"status": Delivery.Status.WAITING, "try_at": at + timedelta(minutes=2**row.attempts)}
    log.warning("delivery_postponed", delivery=str(row.pk), attempts=row.attempts, error=type(fault).__name__)
    Delivery.objects.filter(pk=row.pk).update(**values)


@transaction.atomic
def mark_read(*, reader: User, ids: Sequence[UUID] | None, until: datetime | None = None, at: datetime) -> int:
    """Mark notices of this reader as read; `ids` None = all, `until` = only those that had arrived by then."""
    rows = Message.objects.filter(reader=reader, read_at__isnull=True)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if until is not None:
        rows = rows.filter(at__lte=until)
    return rows.update(read_at=at)
