"""`record`: the one way a fact is written, in the transaction of the change it tells of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db import connection, models

from audit import chain
from audit.models import Event
from audit.registry import Recorded, kind_of, sinks
from common.bulk import insert_rows
from common.context import request_id
from common.history import already_told

CHAIN_LOCK = 0x46454E47  # one lock for the chain: eight writers at once never fork it
GENESIS = "0" * 64
BATCH = 500
COLUMNS = (
    "kind", "at", "actor_id", "actor_name", "school_id", "subject", "subject_text", "data", "request_id", "told",
    "prev_hash", "hash",
)  # fmt: skip


class Actor(Protocol):
    """Whoever acts: an account. Machine callers act through `ApiActor`."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Fact:
    """A fact about to be recorded. `on` is its subject, named by `text` where its own name is not for everybody who reads facts;
    `told` marks history that nobody needs to hear of.
    """

    kind: str
    on: models.Model | None = None
    school_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    told: bool = False
    text: str | None = None


class Subject(NamedTuple):
    """The subject of one fact of a series, all of it in text, and what the fact carries."""

    school: str | None
    name: str
    text: str
    data: dict[str, Any]


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
    _lock_chain()
    events = _chained(_end_of_chain(), facts, by, at)
    Event.objects.bulk_create(events)
    _hand_on([_in_short(event) for event in events])
    return events


def record_series(kind: str, subjects: Sequence[Subject], *, by: Actor | None, at: datetime) -> None:
    """Record facts of one kind at one moment, some hundreds or thousands, without an instance for each.

    The same chain and the same sinks as `record_many`, at a fraction of the cost.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of the change it tells of")
    kind_of(kind)
    if (batch := _batch.get()) is not None:
        batch.write()
    _lock_chain()
    end = Event.objects.order_by("-seq").values_list("seq", "hash").first()
    last_seq, last_hash = end or (0, GENESIS)
    told = already_told()
    insert_rows(Event, COLUMNS, _lines(last_hash, kind, subjects, by, at, told))
    # The chain is ours until this transaction ends, so whatever follows its former end is what was just written.
    written = Event.objects.filter(seq__gt=last_seq).order_by("seq").values_list("seq", flat=True)
    _hand_on(
        [
            Recorded(seq, kind, subject.school, subject.name, told)
            for seq, subject in zip(written, subjects, strict=True)
        ]
    )


def _lines(
    last: str, kind: str, subjects: Sequence[Subject], by: Actor | None, at: datetime, told: bool
) -> list[tuple[Any, ...]]:
    """The rows in the order of `COLUMNS`, each chained to the one before; what they have in common is made once."""
    actor_id, actor_name = _actor(by)
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    head = b"".join(map(chain.piece, (kind, moment, actor_id or "", actor_name)))
    tail = b"".join(map(chain.piece, (request_id.get(), int(told))))
    common, after = (kind, at.isoformat(), actor_id, actor_name), (request_id.get(), told)
    schools = {school: chain.piece(school or "") for school in {subject.school for subject in subjects}}
    lines = []
    for school, name, text, facts in subjects:
        text, data, before = text[:300], chain.canonical(facts), last
        own = (chain.piece(name), chain.piece(text), tail, chain.piece(data))
        last = chain.digest((chain.piece(before), head, schools[school], *own))
        lines.append((*common, school, name, text, data, *after, before, last))
    return lines


def _lock_chain() -> None:
    """One writer at a time appends (SQLite has only one anyway)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])


def _in_short(event: Event) -> Recorded:
    school = None if event.school_id is None else str(event.school_id)
    return Recorded(event.seq, event.kind, school, event.subject, event.told)


def _hand_on(facts: Sequence[Recorded]) -> None:
    for sink in sinks():
        sink(facts)


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
        _hand_on([_in_short(event) for event in self.events])
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
    _lock_chain()
    batch = _Batch()
    token = _batch.set(batch)
    try:
        yield
        batch.write()
    finally:
        _batch.reset(token)


def _actor(by: Actor | None) -> tuple[Any, str]:
    return (None, "系统") if by is None else (by.pk, by.name)


def _event(fact: Fact, by: Actor | None, at: datetime) -> Event:
    actor_id, actor_name = _actor(by)
    text = fact.text if fact.text is not None else str(fact.on) if fact.on is not None else ""
    return Event(
        kind=fact.kind,
        at=at,
        actor_id=actor_id,
        actor_name=actor_name,
        school_id=fact.school_id,
        subject=subject_of(fact.on) if fact.on is not None else "",
        subject_text=text[:300],
        data=fact.data,
        request_id=request_id.get(),
        told=fact.told or already_told(),
    )
