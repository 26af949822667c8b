"""How decisions come about and what the record keeps of it (一事一决、决定方式、表决形式、分歧、保留意见、表决结果)."""

from governance.rules.common_answers import NOT_DECIDED, ONLY_PARTY, ONLY_PRINCIPAL
from governance.rules.facts import Conclusion, Stance
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.further.registry import stored_item_rule
from governance.rules.further.situation import StoredItem
from governance.rules.reference import Kind, RuleInForce
from governance.rules.situation import blank
from governance.rules.thresholds import more_than_half
from governance.rules.voting import SECRET


@stored_item_rule("R-V05")
def each_item_is_voted_on_by_itself(item: StoredItem, law: RuleInForce) -> Verdict:
    """多个事项逐项表决：作出决定的每个议题有自己的表态或票数."""
    if not item.judged.meeting.is_party:
        return ONLY_PARTY
    if not item.judged.decided:
        return NOT_DECIDED
    stances = len(item.judged.stances_of)
    if stances or item.judged.facts.counted_votes is not None:
        return passed("本议题单独表决，有自己的表态或票数。", stances=stances)
    return insufficient("本议题作了决定，还没有登记表态或票数。", "逐项登记表态或票数；涉及多名人选的，逐人列为议题。")


@stored_item_rule("R-V07")
def principal_hears_the_members(item: StoredItem, law: RuleInForce) -> Verdict:
    """校长在广泛听取意见基础上作出决定，不以票决为要件；登记成员意见."""
    if item.judged.meeting.is_party:
        return ONLY_PRINCIPAL
    if not (item.judged.decided or item.judged.facts.outcome is Conclusion.PROPOSED_TO_PARTY):
        return not_applicable("议题没有作出决定，也没有形成方案。")
    others = item.judged.stances_of.keys() - {item.judged.meeting.principal}
    if others or item.judged.facts.counted_votes is not None:
        return passed(f"登记了{len(others)}名成员的意见。", others=len(others))
    return failed("没有登记校长以外成员的意见。", "补登成员意见。", others=0)


@stored_item_rule("R-V08", reads={"reason_words": Kind.WORDS})
def departing_from_the_majority_gives_reasons(item: StoredItem, law: RuleInForce) -> Verdict:
    """校长决定与多数成员意见不一致时，在决议中写明理由并抄报书记."""
    if item.judged.meeting.is_party:
        return ONLY_PRINCIPAL
    if not item.judged.decided:
        return NOT_DECIDED
    agree, disagree = len(item.stating(Stance.AGREE)), len(item.stating(Stance.DISAGREE))
    stated = agree + disagree + len(item.stating(Stance.ABSTAIN))
    if not stated:
        return not_applicable("没有登记成员的表态。")
    against = disagree if item.judged.adopted else agree
    facts = {"stated": stated, "agree": agree, "disagree": disagree}
    if not more_than_half(against, stated):
        return passed(f"表态{stated}人，同意{agree}人、不同意{disagree}人，决定没有违背多数意见。", **facts)
    words = f"表态{stated}人，同意{agree}人、不同意{disagree}人，决定与多数意见不一致"
    reasoned = any(word in item.facts.decision_text for word in law.words("reason_words"))
    if reasoned:
        return passed(f"{words}，决议写明了理由。", **facts, reasoned=True)
    return failed(f"{words}，决议没有写明理由。", "在决议中写明理由，并抄报书记。", **facts, reasoned=False)


@stored_item_rule("R-V09")
def method_of_voting_is_on_record(item: StoredItem, law: RuleInForce) -> Verdict:
    """表决形式写入记录：口头、举手、记名投票或无记名投票."""
    if not item.judged.meeting.is_party:
        return ONLY_PARTY
    if not item.judged.decided:
        return NOT_DECIDED
    method = item.judged.facts.method
    if method is not None:
        return passed("登记了表决形式。", method=method.value)
    return failed("没有登记表决形式。", "登记口头、举手、记名投票或无记名投票。", method=None)


@stored_item_rule("R-V11")
def putting_off_says_why(item: StoredItem, law: RuleInForce) -> Verdict:
    """意见分歧较大的暂缓决定，写明原因和下一步安排."""
    if not item.judged.meeting.is_party:
        return ONLY_PARTY
    if item.judged.facts.outcome is not Conclusion.DEFERRED:
        return not_applicable("议题没有暂缓。")
    if not blank(item.facts.decision_text):
        return passed("暂缓的议题写明了情况。", said=True)
    return failed("议题暂缓，没有写明原因和下一步安排。", "在决议栏写明暂缓的原因和下一步安排。", said=False)


@stored_item_rule("R-V14")
def dissent_is_on_record(item: StoredItem, law: RuleInForce) -> Verdict:
    """个人不同意见可以保留并如实记录."""
    if item.judged.secret:
        return SECRET
    against = item.stating(Stance.DISAGREE)
    if not against:
        return not_applicable("没有成员不同意。")
    silent = sorted(set(against) - item.facts.with_words)
    facts: dict[str, int | list[str]] = {"disagree": len(against), "silent": len(silent), "silent_members": silent}
    if not silent:
        return passed(f"{len(against)}名成员不同意，意见已写入记录。", **facts)
    return failed(f"{len(against)}名成员不同意，其中{len(silent)}名没有记录意见。", "补记不同意见的要点。", **facts)


@stored_item_rule("R-V15")
def votes_are_announced_and_on_record(item: StoredItem, law: RuleInForce) -> Verdict:
    """表决结果当场宣布并写入记录：赞成、反对、弃权票数，应到和在场人数."""
    if not item.judged.meeting.is_party:
        return ONLY_PARTY
    if not item.judged.decided:
        return NOT_DECIDED
    votes, due, present = item.judged.facts.counted_votes, item.judged.meeting.due, len(item.judged.present)
    if votes is None:
        return failed("没有登记宣布的票数。", "登记赞成、反对、弃权票数。", due=due, present=present)
    return passed(
        f"应到{due}人，在场{present}人，赞成{votes.agree}、反对{votes.disagree}、弃权{votes.abstain}。",
        due=due,
        present=present,
        agree=votes.agree,
        disagree=votes.disagree,
        abstain=votes.abstain,
    )
