"""`record`: the one way a fact is written, in the transaction of the change it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, models

from audit.models import Event
from audit.registry import kind_of, sinks
from common.context import request_id
from common.history import already_told

CHAIN_LOCK = 0x46454E47  # one lock for the chain: eight writers at once never fork it
GENESIS = "0" * 64


class Actor(Protocol):
    """Whoever acts: an account. Machine callers act through `ApiActor`."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Fact:
    """A fact about to be recorded. `on` is its subject; `told` marks history that nobody needs to hear of."""

    kind: str
    on: models.Model | None = None
    school_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    told: bool = False


def subject_of(instance: models.Model) -> str:
    """`governance.meeting:<id>`, the way facts, files and deadlines name an object."""
    return f"{instance._meta.label_lower}:{instance.pk}"


def record(
    kind: str,
    *,
    by: Actor | None,
    at: datetime,
    on: models.Model | None = None,
    school_id: UUID | None = None,
    **data: Any,
) -> Event:
    """Record one fact of kind `kind` (registered, else `KeyError`) in the running transaction."""
    return record_many([Fact(kind, on, school_id, data)], by=by, at=at)[0]


def record_many(facts: Sequence[Fact], *, by: Actor | None, at: datetime) -> list[Event]:
    """Record many facts at one moment with one look at the end of the chain."""
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of the change it tells of")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = Event.objects.order_by("-seq").values_list("hash", flat=True).first() or GENESIS
    events = []
    for fact in facts:
        kind_of(fact.kind)
        event = _event(fact, by, at)
        event.prev_hash = last
        event.hash = last = event.digest()
        events.append(event)
    Event.objects.bulk_create(events)
    for sink in sinks():
        sink(events)
    return events


def _event(fact: Fact, by: Actor | None, at: datetime) -> Event:
    return Event(
        kind=fact.kind,
        at=at,
        actor_id=getattr(by, "pk", None),
        actor_name=by.name if by is not None else "系统",
        school_id=fact.school_id,
        subject=subject_of(fact.on) if fact.on is not None else "",
        subject_text=str(fact.on)[:300] if fact.on is not None else "",
        data=fact.data,
        request_id=request_id.get(),
        told=fact.told or already_told(),
    )
