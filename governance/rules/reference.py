"""What the judgement needs to know of catalogue, rules and working days in force on the meeting's date."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from governance.rules.facts import Body
from governance.rules.findings import Basis, Severity
from governance.rules.thresholds import Threshold


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
    """Severity, basis and parameters of one rule in the version in force."""

    id: str
    severity: Severity
    basis: tuple[Basis, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    waivable: bool = True

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
