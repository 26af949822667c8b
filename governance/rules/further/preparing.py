"""What comes before the meeting (听取书记意见、财务法务审核、金额门槛)."""

from decimal import Decimal

from governance.rules.beforehand import TALK
from governance.rules.common_answers import COMBINED, MODE_UNKNOWN, NO_MATTER, ONLY_PRINCIPAL
from governance.rules.facts import LeadershipMode
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.further.registry import stored_item_rule
from governance.rules.further.situation import StoredItem
from governance.rules.reference import Kind, MatterRule, Reference, RuleInForce

STAGES = {
    "catalogue_finance": Kind.CODES,
    "catalogue_legal": Kind.CODES,
    "stage_finance": Kind.CODE,
    "stage_legal": Kind.CODE,
}


@stored_item_rule("R-T11")
def secretary_is_heard_before_weighty_items(item: StoredItem, law: RuleInForce) -> Verdict:
    """校长办公会议的重要议题，会前听取书记意见：目录中的重要事项，以及为党组织会议重要事项拟方案的事项."""
    meeting = item.judged.meeting
    if meeting.is_party:
        return ONLY_PRINCIPAL
    if meeting.mode is LeadershipMode.COMBINED:
        return COMBINED
    if item.judged.matter is None:
        return NO_MATTER
    code = item.judged.matter.code
    if not _weighty(item.judged.matter, meeting.reference):
        return not_applicable(f"{code}不是重要议题。", matter=code)
    if meeting.mode is None:
        return MODE_UNKNOWN
    if item.judged.has_step((TALK,)):
        return passed(f"{code}会前听取了书记意见。", matter=code)
    return failed(f"{code}会前没有登记听取书记意见。", "会前与书记沟通，登记日期和主题。", matter=code)


def _weighty(matter: MatterRule, reference: Reference) -> bool:
    return matter.important or any(
        other.important and matter.code in other.fed_by for other in reference.matters.values()
    )


@stored_item_rule("R-T19", reads=STAGES)
def money_and_contracts_are_examined(item: StoredItem, law: RuleInForce) -> Verdict:
    """资金、项目、采购、合同类议题须附财务审核意见；合同、章程、重大处置附合法性审核意见."""
    if item.judged.matter is None:
        return NO_MATTER
    code = item.judged.matter.code
    asked = {
        law.code(f"stage_{kind}"): words
        for kind, words in (("finance", "财务审核"), ("legal", "合法性审核"))
        if code in law.codes(f"catalogue_{kind}")
    }
    if not asked:
        return not_applicable(f"{code}不须财务或合法性审核。", matter=code)
    missing = [stage for stage in asked if not item.judged.has_step((stage,))]
    facts: dict[str, str | list[str]] = {"matter": code, "stages": list(asked), "missing": missing}
    if not missing:
        return passed(f"{code}会前已完成{'和'.join(asked.values())}。", **facts)
    said = "和".join(asked[stage] for stage in missing)
    return failed(f"{code}会前没有登记{said}。", f"附上{said}意见，并登记日期。", **facts)


@stored_item_rule("R-T21", reads={"large": Kind.CODES, "small": Kind.CODES})
def amounts_go_where_the_schools_limit_says(item: StoredItem, law: RuleInForce) -> Verdict:
    """金额达到本校“大额”标准的议题归大额事项（或为其拟方案的事项），低于标准的归限额以下事项；标准由学校登记."""
    amount = item.facts.amount
    if amount is None:
        return not_applicable("议题没有登记金额。")
    if item.judged.matter is None:
        return NO_MATTER
    code, limit = item.judged.matter.code, item.meeting.facts.limit
    said = {"matter": code, "amount": yuan(amount)}
    if limit is None:
        return insufficient("学校还没有登记会议当日执行的大额标准。", "登记本校大额标准，报区局备案。", **said)
    facts = {**said, "limit": yuan(limit)}
    words = f"金额{yuan(amount)}元，本校大额标准{yuan(limit)}元，议题归入{code}"
    large = _with_drafts(law.codes("large"), item.judged.meeting.reference)
    if amount >= limit and code not in large:
        wanted = "、".join(law.codes("large"))
        return failed(f"{words}，不是大额事项。", f"归入{wanted}或为其拟方案的事项。", **facts, wanted=wanted)
    if amount < limit and code in large:
        wanted = "、".join(law.codes("small"))
        return failed(f"{words}，没有达到大额标准。", f"归入{wanted}，或核对金额。", **facts, wanted=wanted)
    return passed(f"{words}，归类与金额相符。", **facts)


def _with_drafts(codes: tuple[str, ...], reference: Reference) -> frozenset[str]:
    """The matters, and those of the principal's meeting in which their plans are drafted."""
    drafts = (source for code in codes if code in reference.matters for source in reference.matters[code].fed_by)
    return frozenset((*codes, *drafts))


def yuan(amount: Decimal) -> str:
    """“30000”, “5000.5”: without noughts at the end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
