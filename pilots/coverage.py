"""Arithmetic of coverage, without a database: schools that implement, of those with a Party committee (source.txt 一; S07)."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from uuid import UUID

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Covered:
    """One school as far as coverage asks. `batch` is that of its approval; `implemented` is as of the day asked for."""

    id: UUID
    code: str
    name: str
    office: str
    size: str
    foundation: str
    location: str
    batch: str
    implemented: bool
    sample: str = ""


@dataclass(frozen=True)
class Ratio:
    """`implemented` of `eligible`."""

    eligible: int = 0
    implemented: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Per cent with one decimal; None of nothing. Not all is never shown as 100.0, and something never as 0.0."""
        if not self.eligible:
            return None
        exact = Decimal(100 * self.implemented) / Decimal(self.eligible)
        shown = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
        if self.implemented < self.eligible:
            shown = min(shown, Decimal("99.9"))
        return max(shown, Decimal("0.1")) if self.implemented else shown

    @property
    def left(self) -> int:
        """Still to implement."""
        return self.eligible - self.implemented


def ratio_of(schools: Iterable[Covered]) -> Ratio:
    """All of them."""
    rows = list(schools)
    return Ratio(len(rows), sum(row.implemented for row in rows))


def grouped(schools: Iterable[Covered], key: Callable[[Covered], Key]) -> dict[Key, Ratio]:
    """By any property, in the order of first appearance."""
    found: dict[Key, list[Covered]] = {}
    for row in schools:
        found.setdefault(key(row), []).append(row)
    return {value: ratio_of(rows) for value, rows in found.items()}


def implemented_by(implemented_on: date | None, as_of: date) -> bool:
    """Whether a school implements on that day."""
    return implemented_on is not None and implemented_on <= as_of
