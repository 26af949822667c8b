"""Kinds of facts (记录). Apps register theirs in `AppConfig.ready()`; lower apps look up, never import."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from audit.models import Event

Audience = Callable[["Event"], Iterable[UUID]]
Wording = Callable[["Event"], str]


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with the letter."""

    name: str
    content: bytes
    media_type: str


Enclosing = Callable[["Event", UUID], Sequence[Enclosure]]


class Recorded(NamedTuple):
    """What a sink learns of a fact that was just written; the school's id is text."""

    seq: int
    kind: str
    school: str | None
    subject: str
    told: bool


Sink = Callable[[Sequence[Recorded]], None]


@dataclass(frozen=True)
class EventKind:
    """A kind of fact: who hears of it (ids of accounts), in which words, and where it leads."""

    code: str
    label: str
    audience: Audience | None = None
    title: Wording | None = None
    url: Wording | None = None
    mail: bool = False
    files: Enclosing | None = None  # what goes with the letter to that account


_kinds: dict[str, EventKind] = {}
_sinks: list[Sink] = []


def register(*kinds: EventKind) -> None:
    """Make kinds known; a code is registered once."""
    for kind in kinds:
        if kind.code in _kinds:
            raise ValueError(f"event kind registered twice: {kind.code}")
        _kinds[kind.code] = kind


def kind_of(code: str) -> EventKind:
    """The kind of that code; an unregistered code is a bug and raises `KeyError` at once."""
    return _kinds[code]


def all_kinds() -> list[EventKind]:
    """All registered kinds, in order of code."""
    return [_kinds[code] for code in sorted(_kinds)]


def add_sink(sink: Sink) -> None:
    """Have `sink` called with new facts inside the transaction that records them (the outbox of notices)."""
    if sink not in _sinks:
        _sinks.append(sink)


def sinks() -> list[Sink]:
    """The sinks, in order of registration."""
    return list(_sinks)
