"""How positions are stated and decisions come about (末位表态、逐人表态、通过门槛、表决形式、回避、结论)."""

from governance.rules.common_answers import (
    NO_MATTER,
    NOT_DECIDED,
    ONLY_PARTY,
    ONLY_PRINCIPAL,
    attendance_unknown,
)
from governance.rules.counting import Counted
from governance.rules.facts import Conclusion, Method
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.reference import Kind, RuleInForce
from governance.rules.registry import item_rule
from governance.rules.situation import ItemSituation
from governance.rules.thresholds import Base

SECRET = not_applicable("无记名投票，不登记个人表态。")
BALLOTS = frozenset({Method.SIGNED_BALLOT, Method.SECRET_BALLOT})


@item_rule("R-V02")
def secretary_states_last(item: ItemSituation, law: RuleInForce) -> Verdict:
    """书记末位表态：其他在场成员均已表态后，书记方可表态."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.secret:
        return SECRET
    if not item.decided:
        return NOT_DECIDED
    secretary = item.meeting.secretary
    if secretary is None or secretary not in item.present:
        return not_applicable("书记没有参加本议题的讨论。")
    if secretary not in item.stances_of:
        return insufficient("还没有登记书记的表态。", "登记书记的表态。", secretary=secretary)
    return _last_of_all(item, secretary)


def _last_of_all(item: ItemSituation, secretary: str) -> Verdict:
    last = item.states_last(secretary)
    silent = sorted(item.present.difference(item.stances_of, {secretary}))
    if last and not silent:
        return passed("书记最后表态，其他在场成员均已表态。", secretary=secretary, last=True, silent=0)
    wrong = [] if last else ["书记没有最后表态"]
    if silent:
        wrong.append(f"还有{len(silent)}名在场成员没有表态")
    return failed(
        "，".join(wrong) + "。",
        "其他在场成员逐一表态后，书记再表态；按实际次序更正登记。",
        secretary=secretary,
        last=last,
        silent=len(silent),
        silent_members=silent,
    )


@item_rule("R-V03")
def principal_states_last(item: ItemSituation, law: RuleInForce) -> Verdict:
    """校长在听取其他成员意见后最后表态并作决定."""
    if item.meeting.is_party:
        return ONLY_PRINCIPAL
    principal = item.meeting.principal
    if principal is None or principal not in item.present:
        return not_applicable("校长没有参加本议题的讨论。")
    if not item.facts.stances:
        return not_applicable("本议题没有登记表态。")
    if principal not in item.stances_of:
        return insufficient("还没有登记校长的表态。", "登记校长的表态。", principal=principal)
    if item.states_last(principal):
        return passed("校长最后表态。", principal=principal, last=True)
    return failed(
        "校长没有最后表态。", "校长听取其他成员意见后再表态；按实际次序更正登记。", principal=principal, last=False
    )


@item_rule("R-V04")
def everybody_present_states_once(item: ItemSituation, law: RuleInForce) -> Verdict:
    """到会成员须逐一明确表态，不得空缺."""
    if item.secret:
        return SECRET
    if not item.decided:
        return NOT_DECIDED
    if item.meeting.attendance_open:
        return attendance_unknown(item.meeting)
    silent = sorted(item.present.difference(item.stances_of))
    repeated = sorted(member for member in item.present if len(item.stances_of.get(member, ())) > 1)
    outside = sorted(
        member for member in item.stances_of if member in item.meeting.member_ids and member not in item.present
    )
    if not (silent or repeated or outside):
        return passed(f"在场{len(item.present)}人均已逐一表态。", present=len(item.present))
    return _not_everybody_once(item, silent, repeated, outside)


def _not_everybody_once(item: ItemSituation, silent: list[str], repeated: list[str], outside: list[str]) -> Verdict:
    wrong: list[str] = []
    remedies: list[str] = []
    if silent:
        wrong.append(f"{len(silent)}名在场成员没有表态")
        remedies.append("补记没有表态的成员")
    if repeated:
        wrong.append(f"{len(repeated)}名在场成员表态不止一次")
        remedies.append("每人只保留一次表态")
    if outside:
        wrong.append(f"{len(outside)}名不在场的成员登记了表态")
        remedies.append("删去不在场成员的表态")
    return failed(
        "，".join(wrong) + "。",
        "；".join(remedies) + "。",
        present=len(item.present),
        silent=len(silent),
        silent_members=silent,
        repeated=len(repeated),
        repeated_members=repeated,
        outside=len(outside),
        outside_members=outside,
    )


@item_rule("R-V06", reads={"threshold": Kind.THRESHOLD, "base": Kind.BASE})
def outcome_agrees_with_the_vote(item: ItemSituation, law: RuleInForce) -> Verdict:
    """赞成人数超过应到成员半数为通过；交付时以应到为基数，不以实到为基数."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if not item.decided:
        return NOT_DECIDED
    if item.secret and item.facts.counted_votes is None:
        return insufficient("无记名投票还没有登记票数。", "登记赞成、反对、弃权票数。")
    if not item.secret and not item.facts.stances:
        return insufficient("还没有登记表态，无法计算赞成人数。", "逐人登记表态。")
    base = law.base("base")
    if base is Base.PRESENT and item.meeting.attendance_open:
        return attendance_unknown(item.meeting)
    return _outcome_and_vote(item, item.counted(base), law)


def _outcome_and_vote(item: ItemSituation, counted: Counted, law: RuleInForce) -> Verdict:
    agree = item.agreeing()
    threshold = law.threshold("threshold")
    needed = threshold.smallest(counted.number)
    reached = threshold.reached(agree, counted.number) and not item.nobody_decides(counted)
    vote = f"{counted.said}，赞成{agree}人，{threshold.said(reached, counted.base)}（须{needed}人）"
    facts = {**counted.facts(), "agree": agree, "needed": needed}
    if reached == item.adopted:
        return passed(f"{vote}{'' if reached else '，结论为不通过'}。", **facts)
    if item.adopted:
        return failed(f"{vote}。", "结论改为不通过，或暂缓后再议。", **facts)
    return failed(f"{vote}，结论却是不通过。", "结论改为通过，或核对登记的赞成人数。", **facts)


@item_rule("R-V10", reads={"catalogue": Kind.CODES})
def cadre_matters_are_decided_by_ballot(item: ItemSituation, law: RuleInForce) -> Verdict:
    """干部任免等特别重要事项建议采用票决."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.matter is None:
        return NO_MATTER
    code = item.matter.code
    if code not in law.codes("catalogue"):
        return not_applicable(f"{code}没有票决的要求。", matter=code)
    if not item.decided:
        return NOT_DECIDED
    method = item.facts.method
    if method is None:
        return insufficient("还没有登记表决方式。", "登记表决方式。", matter=code)
    if method in BALLOTS:
        return passed("采用了投票表决。", matter=code, method=method.value)
    return failed(f"{code}没有采用投票表决。", "改用记名投票或无记名投票表决。", matter=code, method=method.value)


@item_rule("R-V12")
def whoever_has_an_interest_is_recused(item: ItemSituation, law: RuleInForce) -> Verdict:
    """议题涉及本人或亲属等情形的成员回避，不参加讨论和表决."""
    recused = item.facts.recused
    if not (item.facts.conflicts or recused):
        return not_applicable("没有成员声明利害关系，也没有成员回避。")
    staying = sorted(set(item.facts.conflicts).difference(recused))
    stating = sorted(item.stances_of.keys() & set(recused))
    if not (staying or stating):
        return passed(f"{len(recused)}名成员已回避，没有表态。", recused=len(recused))
    wrong: list[str] = []
    remedies: list[str] = []
    if staying:
        wrong.append(f"{len(staying)}名有利害关系的成员没有回避")
        remedies.append("有利害关系的成员离席回避后重新讨论")
    if stating:
        wrong.append(f"{len(stating)}名回避的成员登记了表态")
        remedies.append("删去回避成员的表态")
    return failed(
        "，".join(wrong) + "。",
        "；".join(remedies) + "。",
        recused=len(recused),
        not_recused=len(staying),
        not_recused_members=staying,
        recused_with_stance=len(stating),
        recused_with_stance_members=stating,
    )


@item_rule("R-V13")
def outcome_is_one_this_body_can_reach(item: ItemSituation, law: RuleInForce) -> Verdict:
    """每个议题须有结论；“报党组织会议”只属于校长办公会议."""
    outcome = item.facts.outcome
    if outcome is None:
        return insufficient("议题还没有结论。", "登记结论。")
    if outcome is Conclusion.PROPOSED_TO_PARTY and item.meeting.is_party:
        return failed(
            "党组织会议的结论不能是报党组织会议。",
            "结论改为通过、原则通过、不通过、暂缓或撤回。",
            outcome=outcome.value,
        )
    return passed("议题有结论。", outcome=outcome.value)
