"""`@stored_meeting_rule`, `@stored_item_rule` and `@month_rule`: one small function, one rule id, as in the engine's registry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from governance.rules.findings import MEETING, Result, Verdict
from governance.rules.further.situation import SchoolMonth, StoredItem, StoredMeeting
from governance.rules.reference import Kind, RuleInForce
from governance.rules.registry import NOT_IN_USE

Situation = TypeVar("Situation")
JudgeStoredMeeting = Callable[[StoredMeeting, RuleInForce], Verdict]
JudgeStoredItem = Callable[[StoredItem, RuleInForce], Verdict]
JudgeMonth = Callable[[SchoolMonth, RuleInForce], Verdict]
Reads = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class FurtherRule(Generic[Situation]):
    """A rule asked of a stored meeting, of each of its items, or of a month. `reads` names the parameters it takes."""

    id: str
    judge: Callable[[Situation, RuleInForce], Verdict]
    reads: Reads = field(default_factory=dict)

    def result(self, subject: str, situation: Situation, law: RuleInForce) -> Result:
        """The one result for a subject."""
        outcome, message, facts, remedy = self.judge(situation, law) if law.in_use else NOT_IN_USE
        return Result(law.id, subject, outcome, law.severity, message, facts, law.basis, remedy)


class StoredMeetingRule(FurtherRule[StoredMeeting]):
    """Asked once a meeting."""

    def results(self, meeting: StoredMeeting, law: RuleInForce) -> Iterator[Result]:
        """The one result."""
        yield self.result(MEETING, meeting, law)


class StoredItemRule(FurtherRule[StoredItem]):
    """Asked once an item."""

    def results(self, meeting: StoredMeeting, law: RuleInForce) -> Iterator[Result]:
        """One result per item, in the order of the items."""
        for item in meeting.items:
            yield self.result(f"items/{item.facts.id}", item, law)


class MonthRule(FurtherRule[SchoolMonth]):
    """Asked once a school and month."""


STORED: dict[str, StoredMeetingRule | StoredItemRule] = {}
MONTHS: dict[str, MonthRule] = {}


def stored_meeting_rule(rule_id: str, reads: Reads | None = None) -> Callable[[JudgeStoredMeeting], JudgeStoredMeeting]:
    """Register a function as the rule `rule_id` of stored meetings."""

    def register(judge: JudgeStoredMeeting) -> JudgeStoredMeeting:
        STORED[_free(rule_id)] = StoredMeetingRule(rule_id, judge, reads or {})
        return judge

    return register


def stored_item_rule(rule_id: str, reads: Reads | None = None) -> Callable[[JudgeStoredItem], JudgeStoredItem]:
    """Register a function as the rule `rule_id` of each stored item."""

    def register(judge: JudgeStoredItem) -> JudgeStoredItem:
        STORED[_free(rule_id)] = StoredItemRule(rule_id, judge, reads or {})
        return judge

    return register


def month_rule(rule_id: str, reads: Reads | None = None) -> Callable[[JudgeMonth], JudgeMonth]:
    """Register a function as the rule `rule_id` of a school's months."""

    def register(judge: JudgeMonth) -> JudgeMonth:
        MONTHS[_free(rule_id)] = MonthRule(rule_id, judge, reads or {})
        return judge

    return register


def _free(rule_id: str) -> str:
    if rule_id in STORED or rule_id in MONTHS:
        raise ValueError(f"{rule_id} is registered twice")
    return rule_id
