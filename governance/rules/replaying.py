"""回放: what another version of catalogue or rules would have said of a past meeting. Pure: the same facts give the same flips."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain

from governance.rules.engine import judge
from governance.rules.facts import MeetingFacts
from governance.rules.findings import Outcome, Result, Severity
from governance.rules.further.facts import StoredMeetingFacts
from governance.rules.further.judging import judge_stored
from governance.rules.reference import Reference

Waived = Collection[tuple[str, str]]
_UNMET = frozenset({Outcome.FAIL, Outcome.INSUFFICIENT})


@dataclass(frozen=True, slots=True)
class Past:
    """A signed meeting: its facts, what stands around them, and the further rules that were asked of it at the signature."""

    meeting: MeetingFacts
    stored: StoredMeetingFacts
    further: Collection[str]
    waived: Waived = ()

    def results(self, reference: Reference) -> Iterator[Result]:
        """What that version says, rule by rule as at the signature."""
        return chain(judge(self.meeting, reference), judge_stored(self.stored, reference, self.further))


@dataclass(frozen=True, slots=True)
class Said:
    """What one version says: outcome and severity. Severity matters only where the rule is not met."""

    outcome: Outcome
    severity: Severity

    @property
    def blocks(self) -> bool:
        """Whether the next step would have had to wait."""
        return self.severity is Severity.BLOCK and self.outcome in _UNMET


@dataclass(frozen=True, slots=True)
class Flip:
    """One rule at one subject (`meeting` or `items/<id>`) that reads otherwise under the candidate."""

    rule: str
    subject: str
    before: Said
    after: Said


def flips(past: Past, before: Reference, after: Reference) -> Iterator[Flip]:
    """Every result that flips, in the order of the rules. What was let pass (放行) counts so under both versions."""
    if before is after:
        return
    for old, new in zip(past.results(before), past.results(after), strict=True):
        was, would_be = _said(old, past.waived), _said(new, past.waived)
        if _differs(was, would_be):
            yield Flip(old.rule, old.subject, was, would_be)


def _said(result: Result, waived: Waived) -> Said:
    let_pass = result.outcome in _UNMET and (result.rule, result.subject) in waived
    return Said(Outcome.WAIVED if let_pass else result.outcome, result.severity)


def _differs(before: Said, after: Said) -> bool:
    """Another outcome, or the same rule unmet under another severity."""
    return before.outcome is not after.outcome or (before.outcome in _UNMET and before.severity is not after.severity)
