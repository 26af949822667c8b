"""`@meeting_rule` and `@item_rule`: one small function, one rule id that never changes its meaning."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from governance.rules.findings import MEETING, Result, Verdict, not_applicable
from governance.rules.reference import Kind, RuleInForce
from governance.rules.situation import ItemSituation, MeetingSituation

# R-D02: the bureau decides by version which rules are in use; one that is not still answers for every subject.
NOT_IN_USE = not_applicable("区局的这一版规则没有启用本条。")

JudgeMeeting = Callable[[MeetingSituation, RuleInForce], Verdict]
JudgeItem = Callable[[ItemSituation, RuleInForce], Verdict]


@dataclass(frozen=True, slots=True)
class MeetingRule:
    """A rule that is asked once per meeting. `reads` names the parameters it takes from the rule file."""

    id: str
    judge: JudgeMeeting
    reads: Mapping[str, Kind] = field(default_factory=dict)

    def results(self, meeting: MeetingSituation, law: RuleInForce) -> Iterator[Result]:
        """The one result."""
        yield _result(law, MEETING, self.judge(meeting, law) if law.in_use else NOT_IN_USE)


@dataclass(frozen=True, slots=True)
class ItemRule:
    """A rule that is asked once per item."""

    id: str
    judge: JudgeItem
    reads: Mapping[str, Kind] = field(default_factory=dict)

    def results(self, meeting: MeetingSituation, law: RuleInForce) -> Iterator[Result]:
        """One result per item, in the order of the items."""
        for item in meeting.items:
            yield _result(law, f"items/{item.facts.id}", self.judge(item, law) if law.in_use else NOT_IN_USE)


RULES: dict[str, MeetingRule | ItemRule] = {}


def meeting_rule(rule_id: str, reads: Mapping[str, Kind] | None = None) -> Callable[[JudgeMeeting], JudgeMeeting]:
    """Register a function as the rule `rule_id` of the meeting."""

    def register(judge: JudgeMeeting) -> JudgeMeeting:
        _add(MeetingRule(rule_id, judge, reads or {}))
        return judge

    return register


def item_rule(rule_id: str, reads: Mapping[str, Kind] | None = None) -> Callable[[JudgeItem], JudgeItem]:
    """Register a function as the rule `rule_id` of each item."""

    def register(judge: JudgeItem) -> JudgeItem:
        _add(ItemRule(rule_id, judge, reads or {}))
        return judge

    return register


def _add(rule: MeetingRule | ItemRule) -> None:
    if rule.id in RULES:
        raise ValueError(f"{rule.id} is registered twice")
    RULES[rule.id] = rule


def _result(law: RuleInForce, subject: str, verdict: Verdict) -> Result:
    outcome, message, facts, remedy = verdict
    return Result(law.id, subject, outcome, law.severity, message, facts, law.basis, remedy)
