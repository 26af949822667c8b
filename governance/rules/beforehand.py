"""What has to be done before the meeting (前置环节、会前沟通、酝酿、民主程序).

A step counts when it was done on or before the meeting's date.
"""

from governance.rules.common_answers import COMBINED, MODE_UNKNOWN, NO_MATTER, ONLY_PARTY
from governance.rules.facts import LeadershipMode, StepResult
from governance.rules.findings import Verdict, failed, not_applicable, passed
from governance.rules.reference import Kind, RuleInForce
from governance.rules.registry import item_rule
from governance.rules.situation import ItemSituation

CATALOGUE = {"catalogue": Kind.CODES}
TALK = "secretary_principal_talk"
OF_ONE_MIND = frozenset({StepResult.AGREED, StepResult.MOSTLY_AGREED})


@item_rule("R-T08")
def principals_meeting_comes_first(item: ItemSituation, law: RuleInForce) -> Verdict:
    """来自校长办公会议的事项，须先经校长办公会议研究形成方案."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.matter is None:
        return NO_MATTER
    if not item.matter.fed_by:
        return not_applicable(f"{item.matter.code}不须先经校长办公会议。", matter=item.matter.code)
    return _done_beforehand(item, ("principal_meeting",), "校长办公会议研究")


@item_rule("R-T09")
def secretary_and_principal_agree_beforehand(item: ItemSituation, law: RuleInForce) -> Verdict:
    """重大问题提交党组织会议前，须经书记与校长充分沟通且无重大分歧."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    if item.meeting.mode is LeadershipMode.COMBINED:
        return COMBINED
    if item.matter is None:
        return NO_MATTER
    code = item.matter.code
    if not (item.matter.important or item.matter.fed_by):
        return not_applicable(f"{code}不须会前沟通。", matter=code)
    if item.meeting.mode is None:
        return MODE_UNKNOWN
    talks = [step for step in item.counting_steps if step.stage == TALK]
    if any(talk.result in OF_ONE_MIND for talk in talks):
        return passed("书记、校长会前沟通，意见一致或基本一致。", matter=code, talks=len(talks))
    return failed(
        "会议日期之前没有意见一致或基本一致的书记校长会前沟通。",
        "书记与校长继续沟通，意见一致后登记日期和结果。",
        matter=code,
        talks=len(talks),
    )


@item_rule("R-T10")
def what_they_disagree_on_is_put_off(item: ItemSituation, law: RuleInForce) -> Verdict:
    """书记、校长意见不一致的议题暂缓上会."""
    if item.meeting.mode is LeadershipMode.COMBINED:
        return COMBINED
    talks = [step for step in item.counting_steps if step.stage == TALK]
    if not talks:
        return not_applicable("会议日期之前没有登记书记校长会前沟通。")
    if item.meeting.mode is None:
        return MODE_UNKNOWN
    latest = max(reversed(talks), key=lambda talk: talk.day)  # of equal days the last in the list
    day = latest.day.isoformat()
    result = latest.result.value if latest.result else None
    if latest.result is not StepResult.DISAGREED:
        return passed(f"最近一次会前沟通（{day}）没有登记分歧。", done_on=day, result=result)
    if item.set_aside:
        return passed(f"最近一次会前沟通（{day}）有分歧，议题已暂缓或撤回。", done_on=day, result=result)
    return failed(
        f"最近一次会前沟通（{day}）书记、校长有分歧。",
        "暂缓上会，进一步沟通后再提交。",
        done_on=day,
        result=result,
    )


@item_rule("R-T12", reads=CATALOGUE)
def cadre_matters_are_talked_over(item: ItemSituation, law: RuleInForce) -> Verdict:
    """干部议题提交党组织会议前，须在规定范围内酝酿."""
    if not item.meeting.is_party:
        return ONLY_PARTY
    return _done_for_these(item, law, ("cadre_consultation",), "会前酝酿")


@item_rule("R-T16", reads=CATALOGUE)
def staff_congress_is_heard(item: ItemSituation, law: RuleInForce) -> Verdict:
    """与教职工切身利益直接相关的方案，须先经教职工（代表）大会."""
    return _done_for_these(item, law, ("staff_congress",), "教职工（代表）大会程序")


@item_rule("R-T17", reads=CATALOGUE)
def academic_committee_is_heard(item: ItemSituation, law: RuleInForce) -> Verdict:
    """职称推荐、学术荣誉等须先经教师学术委员会评议."""
    return _done_for_these(item, law, ("academic_committee",), "教师学术委员会评议")


@item_rule("R-T18", reads=CATALOGUE)
def parents_are_heard(item: ItemSituation, law: RuleInForce) -> Verdict:
    """校服、供餐、收费等议题须附家长委员会或膳食监督家长委员会意见."""
    stages = ("parents_committee", "meal_committee")
    return _done_for_these(item, law, stages, "家长委员会或膳食监督家长委员会听取意见")


def _done_for_these(item: ItemSituation, law: RuleInForce, stages: tuple[str, ...], what: str) -> Verdict:
    """The step is asked for when the matter is one of the catalogue codes the rule names."""
    if item.matter is None:
        return NO_MATTER
    if item.matter.code not in law.codes("catalogue"):
        return not_applicable(f"{item.matter.code}不须{what}。", matter=item.matter.code)
    return _done_beforehand(item, stages, what)


def _done_beforehand(item: ItemSituation, stages: tuple[str, ...], what: str) -> Verdict:
    code = item.facts.catalogue
    held_on = item.meeting.held_on.isoformat()
    if item.has_step(stages):
        return passed(f"{code}会前已完成{what}。", matter=code, stages=list(stages))
    return failed(
        f"{code}还没有在会议日期{held_on}当天或之前完成的{what}。",
        f"先完成{what}，并登记日期。",
        matter=code,
        stages=list(stages),
        held_on=held_on,
    )
