"""Who takes part, and as what (参会人员、请假、记录人)."""

from governance.rules.common_answers import ONLY_PARTY
from governance.rules.facts import Stance, VoteCounts
from governance.rules.findings import Verdict, failed, not_applicable, passed
from governance.rules.reference import RuleInForce
from governance.rules.registry import item_rule, meeting_rule
from governance.rules.situation import ItemSituation, MeetingSituation, blank


@item_rule("R-A02")
def observers_state_no_position(item: ItemSituation, law: RuleInForce) -> Verdict:
    """列席人员可发言，不表决."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    outside = sum(member not in item.meeting.member_ids for member in item.stances_of)
    if not outside:
        return passed("表态的都是应到成员。", outside=0)
    return failed(
        f"有{outside}名列席人员登记了表态。",
        "删去列席人员的表态，意见记入发言要点。",
        outside=outside,
    )


@item_rule("R-A06")
def written_opinions_are_not_counted(item: ItemSituation, law: RuleInForce) -> Verdict:
    """请假成员可以书面表达意见，书面意见不计入票数."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    opinions = len(item.facts.absent_opinions)
    if not opinions:
        return not_applicable("没有缺席成员的书面意见。")
    stated = sorted(item.stances_of.keys() & set(item.facts.absent_opinions))
    if stated:
        return failed(
            f"有{len(stated)}名提交书面意见的缺席成员登记了表态。",
            "删去这些表态，书面意见附在记录后面，不计票。",
            opinions=opinions,
            stated=len(stated),
            stated_members=stated,
        )
    announced = item.facts.counted_votes
    if announced is None or item.secret:
        return passed(f"{opinions}份书面意见没有登记为表态。", opinions=opinions)
    return _announced_as_stated(item, opinions, announced)


def _announced_as_stated(item: ItemSituation, opinions: int, announced: VoteCounts) -> Verdict:
    stated = VoteCounts(item.tally(Stance.AGREE), item.tally(Stance.DISAGREE), item.tally(Stance.ABSTAIN))
    facts: dict[str, int] = {
        "opinions": opinions,
        "announced_agree": announced.agree,
        "announced_disagree": announced.disagree,
        "announced_abstain": announced.abstain,
        "agree": stated.agree,
        "disagree": stated.disagree,
        "abstain": stated.abstain,
    }
    if announced == stated:
        return passed(f"{opinions}份书面意见没有计入票数。", **facts)
    return failed(
        f"宣布的票数是赞成{announced.agree}、反对{announced.disagree}、弃权{announced.abstain}，"
        f"在场成员的表态是赞成{stated.agree}、反对{stated.disagree}、弃权{stated.abstain}。",
        "按在场成员的表态更正票数，书面意见不计票。",
        **facts,
    )


@meeting_rule("R-A09")
def somebody_else_than_the_chair_records(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """记录人不得空缺，主持人不兼记录人."""
    recorder = meeting.facts.recorder
    if blank(recorder):
        return failed("还没有记录人。", "登记一名记录人，主持人不兼记录人。", recorder_given=False)
    if recorder == meeting.chair:
        return failed("主持人兼了记录人。", "换一名不是主持人的记录人。", recorder_given=True, recorder_is_chair=True)
    return passed("有记录人，记录人不是主持人。", recorder_given=True, recorder_is_chair=False)
