"""What a page adds to the rules' findings: who let one pass and why, and for who may, the way to do so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from governance import shown
from governance.models import Meeting, RuleResult, Waiver
from governance.rules.findings import Result
from governance.rules.reference import Reference
from governance.talks import may_keep
from governance.waiving import Place, may_pass, standing, waivers_of

ASK_FOR_TALKS = ("R-T09", "R-T10")
LET_PASS, WITHDRAW = "写明理由后放行", "撤回放行"
Action = Mapping[str, str]


@dataclass(frozen=True)
class Marks:
    """`reference` is there when this account may let rules pass now, `withdraws` when it may take that back."""

    meeting: Meeting
    waivers: Mapping[Place, Waiver] = field(default_factory=dict)
    reference: Reference | None = None
    withdraws: bool = False
    keeps_talks: bool = False

    def named(self, result: Result | RuleResult, *, where: str = "", actions: Sequence[Action] = ()) -> dict[str, Any]:
        """The result for the findings component, with what this page adds."""
        waiver = self.waiver_of(result)
        return shown.named(result, where=where, actions=[*actions, *self.actions_of(result)], waiver=waiver)

    def waiver_of(self, result: Result | RuleResult) -> Waiver | None:
        """Who let it pass; nothing for a finding that is open, or that passes by itself meanwhile."""
        return self.waivers.get(place_of(result)) if str(result.outcome) == "waived" else None

    def actions_of(self, result: Result | RuleResult) -> list[Action]:
        """登记沟通 where a talk is asked for, 放行 or 撤回放行, each as far as this account may."""
        return [*self._talk(result), *self._waiving(result)]

    def _talk(self, result: Result | RuleResult) -> list[Action]:
        _, _, item = result.subject.partition("/") if isinstance(result, Result) else ("", "", "")
        if not (self.keeps_talks and item and result.rule in ASK_FOR_TALKS and str(result.outcome) == "fail"):
            return []
        return [{"label": "登记沟通", "url": f"{reverse('governance:talks')}?{urlencode({'item': item})}"}]

    def _waiving(self, result: Result | RuleResult) -> list[Action]:
        if self.withdraws and self.waiver_of(result) is not None:
            return [{"label": WITHDRAW, "url": waive_url(self.meeting, result)}]
        if self.reference is not None and isinstance(result, Result) and may_pass(result, self.reference):
            return [{"label": LET_PASS, "url": waive_url(self.meeting, result)}]
        return []

    def ways_past(self, results: Iterable[Result]) -> dict[Place, str]:
        """The addresses of 放行 for what this account may let pass, by rule and subject."""
        if self.reference is None:
            return {}
        return {place_of(one): waive_url(self.meeting, one) for one in results if may_pass(one, self.reference)}

    def actions_of_many(self, results: Iterable[Result | RuleResult]) -> list[Action]:
        """For several findings drawn as one note: the page on which one of them is chosen."""
        if not any(self._waiving(result) for result in results):
            return []
        return [{"label": LET_PASS, "url": reverse("governance:waive", args=[self.meeting.pk])}]


def marks_of(meeting: Meeting, user: User, results: Iterable[Result | RuleResult], reference: Reference) -> Marks:
    """What is to be added to these results for that account. One query when something was let pass, else none."""
    results = list(results)
    waived = any(str(result.outcome) == "waived" for result in results)
    blocking = any(isinstance(result, Result) and result.blocks for result in results)
    may = {step.name for step in standing(meeting, user)} if waived or blocking else set()
    return Marks(
        meeting,
        waivers_of(meeting) if waived else {},
        reference if blocking and "waive_rule" in may else None,
        "withdraw_waiver" in may,
        keeps_talks=blocking and may_keep(user, meeting.school_id),
    )


def place_of(result: Result | RuleResult) -> Place:
    """Rule and subject of a result, live or stored."""
    if isinstance(result, RuleResult):
        return result.rule, f"items/{result.item_id}" if result.item_id else "meeting"
    return result.rule, result.subject


def waive_url(meeting: Meeting, result: Result | RuleResult) -> str:
    """The page that asks for the reason, with this finding."""
    rule, subject = place_of(result)
    item = subject.partition("/")[2]
    query = {"rule": rule, **({"item": item} if item else {})}
    return f"{reverse('governance:waive', args=[meeting.pk])}?{urlencode(query)}"
