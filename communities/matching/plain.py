"""The values that go into and come out of the matching."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Slot:
    """One period of a resource with the places that are left in it. `office` and `location` are those of the provider."""

    key: UUID
    resource: UUID
    school: str
    kind: str
    subject: str
    starts_on: date
    ends_on: date
    capacity: int
    free: int
    office: str = ""
    location: str = ""


@dataclass(frozen=True)
class Demand:
    """What a school still wants: `missing` places of one kind within a period. `met`: places its school has had so far."""

    key: UUID
    school: str
    kind: str
    subject: str
    starts_on: date
    ends_on: date
    missing: int
    met: int = 0
    office: str = ""
    location: str = ""


@dataclass(frozen=True)
class Line:
    """One proposal: `amount` places of a slot for a demand, and why."""

    demand: UUID
    slot: UUID
    amount: int
    subject_gap: int
    distance: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Unmet:
    """A demand that is not, or not wholly, met: how many places are missing, which gate it failed at, and that in words."""

    demand: UUID
    missing: int
    gate: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What the matching proposes. `worth` is the objective: (places met, −subject gaps, −distance, −advantage), compared in order."""

    lines: tuple[Line, ...]
    unmet: tuple[Unmet, ...]
    worth: tuple[int, int, int, int]
