"""What the judgement needs to know of catalogue, rules and working days in force on the meeting's date."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from governance.rules.facts import Body
from governance.rules.findings import Basis, Severity
from governance.rules.thresholds import Base, Threshold


class ReferenceFault(ValueError):
    """A catalogue, rule or working-day file cannot be judged by: the text says what is wrong with it."""


class Nature(StrEnum):
    """讨论决定 and 研究讨论."""

    DECIDE = "decide"
    DELIBERATE = "deliberate"


class Kind(StrEnum):
    """The kind of a parameter that a rule function reads."""

    WHOLE = "whole"
    CODE = "code"
    CODES = "codes"
    THRESHOLD = "threshold"
    FLAG = "flag"
    BASE = "base"
    DUE_BASE = "due_base"
    WORDS = "words"
    MONTH = "month"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class MatterRule:
    """One entry of the catalogue, as far as rules ask for it."""

    code: str
    body: Body
    nature: Nature
    important: bool = False
    two_thirds: bool = False
    fed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """Severity, basis and parameters of one rule in the version in force; `in_use` False means the bureau has set it aside (R-D02)."""

    id: str
    severity: Severity
    basis: tuple[Basis, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    waivable: bool = True
    in_use: bool = True

    def whole(self, name: str) -> int:
        """A number from 0, such as days or files."""
        value = self.parameters.get(name)
        if type(value) is not int or value < 0:
            raise self._fault(name, "a whole number from 0")
        return value

    def code(self, name: str) -> str:
        """One catalogue code."""
        value = self.parameters.get(name)
        if not isinstance(value, str):
            raise self._fault(name, "a catalogue code")
        return value

    def codes(self, name: str) -> tuple[str, ...]:
        """Catalogue codes, in the order they are written."""
        value = self.parameters.get(name)
        if not isinstance(value, list | tuple) or not all(isinstance(code, str) for code in value):
            raise self._fault(name, "a list of catalogue codes")
        return tuple(value)

    def threshold(self, name: str) -> Threshold:
        """A majority, by its name."""
        try:
            return Threshold(str(self.parameters.get(name)))
        except ValueError:
            raise self._fault(name, "one of " + ", ".join(Threshold)) from None

    def flag(self, name: str) -> bool:
        """Yes or no."""
        value = self.parameters.get(name)
        if type(value) is not bool:
            raise self._fault(name, "true or false")
        return value

    def base(self, name: str) -> Base:
        """What a majority is measured against (应到 or 实到)."""
        try:
            return Base(str(self.parameters.get(name)))
        except ValueError:
            raise self._fault(name, "one of " + ", ".join(Base)) from None

    def due_base(self, name: str) -> Base:
        """应到: whether enough have come cannot be measured against those who came."""
        if self.base(name) is not Base.DUE:
            raise self._fault(name, f"{Base.DUE}, since a quorum of those present is always reached")
        return Base.DUE

    def words(self, name: str) -> tuple[str, ...]:
        """At least one word or phrase, none of them empty."""
        value = self.parameters.get(name)
        if (
            not isinstance(value, list | tuple)
            or not value
            or not all(isinstance(word, str) and word for word in value)
        ):
            raise self._fault(name, "a list of words")
        return tuple(value)

    def month(self, name: str) -> int:
        """A month of the year, 1 to 12."""
        value = self.parameters.get(name)
        if type(value) is not int or not 1 <= value <= 12:
            raise self._fault(name, "a month from 1 to 12")
        return value

    def months(self, name: str) -> frozenset[int]:
        """Months of the year, 1 to 12; may be none."""
        value = self.parameters.get(name)
        if not isinstance(value, list | tuple) or not all(type(month) is int and 1 <= month <= 12 for month in value):
            raise self._fault(name, "a list of months from 1 to 12")
        return frozenset(value)

    def check(self, reads: Mapping[str, Kind]) -> None:
        """Raise `ReferenceFault` unless each of these parameters is there in its kind."""
        for name, kind in reads.items():
            getattr(self, kind.value)(name)

    def _fault(self, name: str, expected: str) -> ReferenceFault:
        return ReferenceFault(f"{self.id}: parameter {name} must be {expected}, is {self.parameters.get(name)!r}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One catalogue version, one rule version and the known working days.

    `known_years` are the years whose days off and make-up days (调休) are announced; `stages` the steps the catalogue knows.
    """

    catalogue_version: str
    rules_version: str
    matters: Mapping[str, MatterRule]
    rules: Mapping[str, RuleInForce]
    stages: frozenset[str]
    days_off: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    known_years: frozenset[int] = frozenset()
