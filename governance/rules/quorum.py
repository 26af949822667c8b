"""How many have to be there (到会人数), measured against 应到. Leave never lowers the number due.

Whether recused members (R-Q06) and vacant seats (R-Q04) count is configured; as delivered, a recused member stays in 应到.
"""

from governance.rules.common_answers import ONLY_PARTY, ONLY_PRINCIPAL, attendance_unknown
from governance.rules.counting import Counted
from governance.rules.findings import Fact, Verdict, failed, insufficient, not_applicable, passed
from governance.rules.reference import Kind, RuleInForce
from governance.rules.registry import item_rule, meeting_rule
from governance.rules.situation import ItemSituation, MeetingSituation

THRESHOLD = {"threshold": Kind.THRESHOLD, "base": Kind.DUE_BASE}
SET_ASIDE = not_applicable("议题暂缓或撤回，不核对到会人数。")


@meeting_rule("R-Q01", reads=THRESHOLD)
def enough_come_to_the_party_meeting(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """党组织会议须有半数以上班子成员到会."""
    if not meeting.is_party:
        return ONLY_PARTY
    return _enough_at_the_meeting(meeting, law)


@meeting_rule("R-Q03", reads=THRESHOLD)
def enough_come_to_the_principals_meeting(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """校长办公会议须有半数以上行政班子成员到会."""
    if meeting.is_party:
        return ONLY_PRINCIPAL
    return _enough_at_the_meeting(meeting, law)


@item_rule("R-Q02", reads=THRESHOLD)
def two_thirds_are_there_for_important_matters(item: ItemSituation, law: RuleInForce) -> Verdict:
    """讨论决定干部任免等重要事项，须有三分之二以上班子成员到会."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.set_aside:
        return SET_ASIDE
    if item.matter is None:
        return insufficient("议题还没有归入目录，不知道须多少人到会。", "从目录选一个事项。")
    if item.meeting.attendance_open:
        return attendance_unknown(item.meeting)
    if not item.matter.two_thirds:
        return passed(f"{item.matter.code}没有三分之二以上到会的要求。", matter=item.matter.code)
    return _enough_for(item, law, matter=item.matter.code)


@item_rule("R-Q05", reads=THRESHOLD)
def enough_are_there_for_each_item(item: ItemSituation, law: RuleInForce) -> Verdict:
    """到会人数按议题逐项核对：在场成员不含离席和回避的人."""
    if item.set_aside:
        return SET_ASIDE
    if item.meeting.attendance_open:
        return attendance_unknown(item.meeting)
    return _enough_for(item, law)


def _enough_at_the_meeting(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    if meeting.attendance_open:
        return attendance_unknown(meeting)
    return _enough(len(meeting.present), "实到", meeting.due_counted(), law)


def _enough_for(item: ItemSituation, law: RuleInForce, **facts: Fact) -> Verdict:
    due, there = item.due_counted(), item.present_counted()
    words = "议题讨论时在场"
    if there.recused:
        words, facts = f"议题讨论时连同{there.recused}名回避成员在场", {**facts, "recused_present": there.recused}
    if item.nobody_decides(due):
        return failed(
            f"{item.meeting.due}名应到成员都回避了，没有人可以讨论决定。",
            "核对回避登记；确须全部回避的，报区局研究。",
            members=item.meeting.due,
            **due.facts(),
            **facts,
        )
    return _enough(there.number, words, due, law, **facts)


def _enough(present: int, there: str, due: Counted, law: RuleInForce, **facts: Fact) -> Verdict:
    threshold = law.threshold("threshold")
    needed = threshold.smallest(due.number)
    reached = threshold.reached(present, due.number)
    message = f"{due.said}，{there}{present}人，{threshold.said(reached)}（须{needed}人）。"
    facts = {**due.facts(), "present": present, "needed": needed, **facts}
    if reached:
        return passed(message, **facts)
    short = needed - present
    return failed(message, f"再到{short}人即可；人数不足的，改期讨论。", **facts, short=short)
