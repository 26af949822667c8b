"""How an item comes before the meeting (议题提出、归类、归属、临时动议、材料、第一议题)."""

from datetime import date

from governance.rules.common_answers import NO_MATTER, ONLY_PARTY, ONLY_PRINCIPAL
from governance.rules.facts import Body, Conclusion, Post
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.reference import Kind, Nature, RuleInForce
from governance.rules.registry import item_rule, meeting_rule
from governance.rules.situation import SET_ASIDE, ItemSituation, MeetingSituation, blank

DAYS_BEFORE = {"min_days_before": Kind.WHOLE}
NOT_FINAL = SET_ASIDE | {Conclusion.PROPOSED_TO_PARTY}


@item_rule("R-T03", reads=DAYS_BEFORE)
def handed_in_in_time(item: ItemSituation, law: RuleInForce) -> Verdict:
    """议题会前至少提前若干天提交；紧急议题另按临时动议核对."""
    if item.facts.urgent:
        return not_applicable("紧急议题，按临时动议核对。")
    if item.facts.proposed_on is None:
        return insufficient("还没有登记议题的提出日期。", "登记提出日期。")
    return _in_time(
        "议题提出",
        item.facts.proposed_on,
        item.meeting,
        law,
        "改到下次会议；确属紧急的，写明理由并经主持人同意。",
    )


@meeting_rule("R-T04", reads=DAYS_BEFORE)
def papers_sent_in_time(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """议题和材料会前至少提前若干天送达."""
    if meeting.facts.materials_sent_on is None:
        return insufficient("还没有登记材料送达日期。", "登记材料送达日期。")
    return _in_time("材料送达", meeting.facts.materials_sent_on, meeting, law, "提前送达材料，或改期召开。")


def _in_time(what: str, day: date, meeting: MeetingSituation, law: RuleInForce, remedy: str) -> Verdict:
    needed = law.whole("min_days_before")
    days = (meeting.held_on - day).days
    facts: dict[str, int | str] = {
        "day": day.isoformat(),
        "held_on": meeting.held_on.isoformat(),
        "days": days,
        "needed": needed,
    }
    dates = f"{what}日期{day.isoformat()}，会议日期{meeting.held_on.isoformat()}，"
    if days >= needed:
        return passed(f"{dates}提前{days}天（须{needed}天）。", **facts)
    late = "在会议之后" if days < 0 else f"只提前{days}天"
    return failed(f"{dates}{late}（须提前{needed}天）。", remedy, **facts)


@item_rule("R-T01")
def secretary_settles_the_item(item: ItemSituation, law: RuleInForce) -> Verdict:
    """党组织会议议题由书记确定."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    return _settled_by(item, Post.SECRETARY, "书记")


@item_rule("R-T02")
def principal_settles_the_item(item: ItemSituation, law: RuleInForce) -> Verdict:
    """校长办公会议议题由校长确定."""
    if item.meeting.is_party:
        return ONLY_PRINCIPAL
    return _settled_by(item, Post.PRINCIPAL, "校长")


def _settled_by(item: ItemSituation, post: Post, who: str) -> Verdict:
    by = item.facts.confirmed_by
    if by is None:
        return insufficient(f"议题还没有经{who}确定。", f"送{who}审定。")
    if post in item.meeting.posts_of(by):
        return passed(f"议题由{who}确定。", confirmed_by=by)
    return failed(f"确定议题的不是{who}。", f"送{who}审定。", confirmed_by=by)


@item_rule("R-T05")
def item_is_in_the_catalogue(item: ItemSituation, law: RuleInForce) -> Verdict:
    """每个议题须归入目录中的一个事项."""
    code = item.facts.catalogue
    if code is None:
        return failed("议题还没有归入目录。", "从目录选一个事项。", matter=None)
    return passed(f"议题归入目录{code}。", matter=code)


@item_rule("R-T06")
def deliberated_matters_go_on_to_the_party(item: ItemSituation, law: RuleInForce) -> Verdict:
    """校长办公会议对研究讨论事项只能形成建议方案，报党组织会议决定."""
    if item.meeting.is_party:
        return ONLY_PRINCIPAL
    if item.matter is None:
        return NO_MATTER
    code = item.matter.code
    if item.matter.nature is not Nature.DELIBERATE:
        return not_applicable(f"{code}不是研究讨论事项。", matter=code)
    outcome = item.facts.outcome
    if outcome is None:
        return insufficient("议题还没有结论。", "登记结论。", matter=code)
    if outcome in NOT_FINAL:
        return passed(f"{code}是研究讨论事项，没有作最终决定。", matter=code, outcome=outcome.value)
    return failed(
        f"{code}是研究讨论事项，校长办公会议作了最终决定。",
        "结论改为报党组织会议、暂缓或撤回。",
        matter=code,
        outcome=outcome.value,
    )


@item_rule("R-T07")
def matter_belongs_to_the_party_meeting(item: ItemSituation, law: RuleInForce) -> Verdict:
    """党组织会议一般不直接处理属于校长办公会议的事项."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.matter is None:
        return NO_MATTER
    code = item.matter.code
    if item.matter.body is Body.PARTY:
        return passed(f"{code}是党组织会议事项。", matter=code)
    return failed(
        f"{code}是校长办公会议事项。",
        "移到校长办公会议；确须党组织会议决定的，改选党组织会议事项。",
        matter=code,
    )


@item_rule("R-T13")
def urgent_items_have_consent_and_reason(item: ItemSituation, law: RuleInForce) -> Verdict:
    """确因紧急增加的议题须主持人同意并写明理由；重要事项不得临时动议."""
    if not item.facts.urgent:
        return not_applicable("不是紧急议题。")
    reason_given = not blank(item.facts.urgent_reason)
    missing: list[str] = []
    remedies: list[str] = []
    if item.important:
        missing.append("重要事项不得临时动议")
        remedies.append("改到下次会议，按程序准备")
    if not item.facts.urgent_consent:
        missing.append("没有登记主持人同意")
        remedies.append("征得主持人同意后登记")
    if not reason_given:
        missing.append("没有写明紧急理由")
        remedies.append("写明紧急理由")
    facts = {"consent": item.facts.urgent_consent, "reason_given": reason_given, "important": item.important}
    if not missing:
        return passed("紧急议题经主持人同意，已写明理由。", **facts)
    return failed("，".join(missing) + "。", "；".join(remedies) + "。", **facts)


@item_rule("R-T14", reads={"min_materials": Kind.WHOLE})
def important_matters_come_with_papers(item: ItemSituation, law: RuleInForce) -> Verdict:
    """重大问题应附方案材料."""
    if item.matter is None:
        return NO_MATTER
    code = item.matter.code
    if not item.matter.important:
        return not_applicable(f"{code}不是重要事项。", matter=code)
    needed = law.whole("min_materials")
    materials = item.facts.materials
    if materials is None:
        return insufficient("还没有登记材料份数。", "登记材料份数。", matter=code)
    if materials >= needed:
        return passed(f"附材料{materials}份（须{needed}份）。", matter=code, materials=materials, needed=needed)
    return failed(
        f"{code}是重要事项，附材料{materials}份（须{needed}份）。",
        "附上方案材料。",
        matter=code,
        materials=materials,
        needed=needed,
    )


@meeting_rule("R-T20", reads={"first_item_code": Kind.CODE})
def learning_comes_first(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """党组织会议首个议题为理论或上级精神学习（第一议题）."""
    if not meeting.is_party:
        return ONLY_PARTY
    if not meeting.items:
        return not_applicable("会议还没有议题。")
    expected = law.code("first_item_code")
    first = meeting.items[0].facts.catalogue
    if first == expected:
        return passed(f"首个议题归入{expected}。", first=first, expected=expected)
    return failed(
        f"首个议题没有归入第一议题{expected}。",
        f"把学习议题（{expected}）排在第一项。",
        first=first,
        expected=expected,
    )
