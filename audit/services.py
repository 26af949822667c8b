"""`record`: the one way a fact is written, in the transaction of the change it tells of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
BATCH = 500


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
    if (batch := _batch.get()) is not None and already_told():
        return batch.add(facts, by, at)
    if batch is not None:
        batch.write()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    events = _chained(_end_of_chain(), facts, by, at)
    Event.objects.bulk_create(events)
    for sink in sinks():
        sink(events)
    return events


def _end_of_chain() -> str:
    return Event.objects.order_by("-seq").values_list("hash", flat=True).first() or GENESIS


def _chained(last: str, facts: Sequence[Fact], by: Actor | None, at: datetime) -> list[Event]:
    events = []
    for fact in facts:
        kind_of(fact.kind)
        event = _event(fact, by, at)
        event.prev_hash = last
        event.hash = last = event.digest()
        events.append(event)
    return events


@dataclass
class _Batch:
    """Facts of history on their way into the table: already told, so nobody waits for their numbers."""

    events: list[Event] = field(default_factory=list)
    last: str = ""

    def add(self, facts: Sequence[Fact], by: Actor | None, at: datetime) -> list[Event]:
        if not self.events:
            self.last = _end_of_chain()
        events = _chained(self.last, facts, by, at)
        self.events += events
        self.last = self.events[-1].hash if self.events else self.last
        if len(self.events) >= BATCH:
            self.write()
        return events

    def write(self) -> None:
        Event.objects.bulk_create(self.events)
        for sink in sinks():
            sink(self.events)
        self.events = []


_batch: ContextVar[_Batch | None] = ContextVar("batch_of_facts", default=None)


@contextmanager
def in_batches() -> Iterator[None]:
    """Write facts of history (`as_history`) some hundreds at a time, in the same order and the same chain.

    For a loader that holds one transaction and gives up as a whole: an error inside must not be caught and gone on from,
    because facts that stand in the batch are not undone by a savepoint.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a batch of facts stands in one transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    batch = _Batch()
    token = _batch.set(batch)
    try:
        yield
        batch.write()
    finally:
        _batch.reset(token)


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
