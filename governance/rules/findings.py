"""What the judgement says: one result per rule and subject."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

MEETING = "meeting"


class Outcome(StrEnum):
    """合规, 不合规, 不适用, 依据不足, 经批准放行 (the last only at a stored meeting)."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    INSUFFICIENT = "insufficient"
    WAIVED = "waived"


class Severity(StrEnum):
    """拦截, 提醒, 记录, as the bureau has set it."""

    BLOCK = "block"
    WARN = "warn"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Basis:
    """A document a rule rests on: its id in the register of sources and its title."""

    source: str
    text: str


Fact = int | str | bool | list[str] | None


class Verdict(NamedTuple):
    """What one rule function answers (a tuple, since hundreds are made for one meeting)."""

    outcome: Outcome
    message: str
    facts: Mapping[str, Fact]
    remedy: str | None


def not_applicable(message: str, **facts: Fact) -> Verdict:
    """The rule does not apply to this subject; the message says why."""
    return Verdict(Outcome.NOT_APPLICABLE, message, facts, None)


def insufficient(message: str, remedy: str, **facts: Fact) -> Verdict:
    """Something is not known yet; the message names it."""
    return Verdict(Outcome.INSUFFICIENT, message, facts, remedy)


def passed(message: str, **facts: Fact) -> Verdict:
    """The rule is kept."""
    return Verdict(Outcome.PASS, message, facts, None)


def failed(message: str, remedy: str, **facts: Fact) -> Verdict:
    """The rule is not kept; the remedy says what would turn it into a pass."""
    return Verdict(Outcome.FAIL, message, facts, remedy)


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of one rule for one subject: `meeting` or `items/<id>`.

    Every number in `message` and `remedy` stands in `facts`, which hold counts, codes, dates and member ids, never names or titles.
    """

    rule: str
    subject: str
    outcome: Outcome
    severity: Severity
    message: str
    facts: Mapping[str, Fact]
    basis: tuple[Basis, ...]
    remedy: str | None

    @property
    def blocks(self) -> bool:
        """Whether the next step has to wait: severity block, and failed or not decidable, and not waived."""
        return self.severity is Severity.BLOCK and self.outcome in _UNMET

    def as_waived(self) -> "Result":
        """The same result after an authorised person let it pass with a reason (放行); whether that is allowed is judged elsewhere."""
        return replace(self, outcome=Outcome.WAIVED)

    def as_document(self) -> dict[str, Any]:
        """The result as the rule-check contract writes it."""
        return {
            "rule": self.rule,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "severity": self.severity.value,
            "message": self.message,
            "facts": dict(self.facts),
            "basis": [{"source": basis.source, "text": basis.text} for basis in self.basis],
            "remedy": self.remedy,
        }


_UNMET = frozenset({Outcome.FAIL, Outcome.INSUFFICIENT})
