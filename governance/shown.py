"""How meetings and results of the rules read on a page: status tags, names of rules, thresholds in words."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from governance.models import Catalogue, Meeting, MeetingStatus, RuleResult, Waiver
from governance.rule_words import basis_lines
from governance.rules.findings import Result
from governance.rules.load import read_catalogue, read_rules
from governance.rules.reference import Reference
from schools.permissions import Body

STATUS_KINDS = {
    MeetingStatus.DRAFT: "none",
    MeetingStatus.CALLED: "go",
    MeetingStatus.HELD: "go",
    MeetingStatus.MINUTED: "wait",
    MeetingStatus.SIGNED: "done",
    MeetingStatus.ARCHIVED: "done",
    MeetingStatus.CANCELLED: "back",
}
QUORUM_RULE = {Body.PARTY: "R-Q01", Body.PRINCIPAL: "R-Q03"}
TWO_THIRDS_RULE = "R-Q02"


def status_tag(meeting: Meeting) -> tuple[str, str]:
    """Kind and words of the status tag; a meeting without quorum reads 流会."""
    return STATUS_KINDS[MeetingStatus(meeting.status)], "流会" if meeting.lapsed else meeting.get_status_display()


@lru_cache(maxsize=1)
def rule_topics() -> Mapping[str, str]:
    """The short name of each rule (归类, 到会人数 …) as the rule file gives it."""
    return {rule["id"]: rule["topic"] for rule in read_rules()["rules"]}


@lru_cache(maxsize=1)
def _delivered_status() -> str:
    return str(read_catalogue()["status"])


def catalogue_status(catalogue: Catalogue | None) -> str:
    """What that version says of itself: 参考目录(重建稿)，以区局正式文本为准 for a delivered one, its own name, day and origin
    for one the bureau has issued. None stands for the delivered version.
    """
    if catalogue is None or catalogue.is_delivered:
        return (catalogue.note if catalogue else _delivered_status()).replace(",", "，")
    since = f"，{catalogue.effective_from} 起施行" if catalogue.effective_from else ""
    return f"《{catalogue.title}》{catalogue.number} 版{since}。{catalogue.note.rstrip('。')}"


def named(
    result: Result | RuleResult,
    *,
    where: str = "",
    actions: Sequence[Mapping[str, str]] = (),
    waiver: Waiver | None = None,
) -> dict[str, Any]:
    """The result with the short name of its rule, for the findings component. `where` names its item, when it stands alone;
    `waiver` says who let it pass and why.
    """
    name = f"{rule_topics()[result.rule]} {result.rule}"
    return {
        "rule": result.rule,
        "name": f"{where} · {name}" if where else name,
        "outcome": str(result.outcome),
        "severity": str(result.severity),
        "message": result.message,
        "remedy": result.remedy,
        "basis": basis_lines(result.rule, result.basis),
        "actions": list(actions),
        "waived_by": waiver.waived_by.name if waiver else "",
        "waived_reason": waiver.reason if waiver else "",
    }


def missing(results: Sequence[Result | RuleResult], *, actions: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Several results that lack a fact as one note: the record has only begun, and each says the same in its own way."""
    messages = dict.fromkeys(result.message for result in results)
    remedies = dict.fromkeys(result.remedy for result in results if result.remedy)
    return {
        "rule": results[0].rule,
        "name": f"{len(results)} 条规则",
        "outcome": "insufficient",
        "severity": str(results[0].severity),
        "message": "".join(messages),
        "remedy": "".join(remedies),
        "basis": [],
        "actions": list(actions),
    }


def needs_two_thirds(code: str, reference: Reference) -> bool:
    """Whether the matter of that code asks for two thirds of the members due (R-Q02) in the version in force."""
    matter = reference.matters.get(code)
    return matter is not None and matter.two_thirds


def members_needed(rule: str, due: int, reference: Reference) -> int:
    """How many of `due` members have to be there by that quorum rule, as it is in force."""
    return reference.rules[rule].threshold("threshold").smallest(due)


def thresholds(body: str, due: int, important: Iterable[int], reference: Reference) -> list[dict[str, Any]]:
    """The lines of the 到会计: half for the meeting, two thirds for the items with those numbers."""
    half = members_needed(QUORUM_RULE[Body(body)], due, reference)
    lines = [{"needed": half, "label": "半数", "met": "达到半数，可以开会", "unmet": "不到半数，不能开会"}]
    numbers = "、".join(str(number) for number in important)
    if numbers and body == Body.PARTY:
        lines.append(
            {
                "needed": members_needed(TWO_THIRDS_RULE, due, reference),
                "label": "三分之二",
                "met": f"达到三分之二，第 {numbers} 项可以表决",
                "unmet": f"不到三分之二，第 {numbers} 项不能表决，移到下次会议",
            }
        )
    return lines
