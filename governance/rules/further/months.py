"""How often a school meets and its heads talk, month by month (频次、沟通频次). Months of school holidays are excused as configured."""

from collections.abc import Sequence
from datetime import date

from governance.rules.common_answers import COMBINED, MODE_UNKNOWN
from governance.rules.facts import LeadershipMode
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.further.registry import month_rule
from governance.rules.further.situation import WEEK, SchoolMonth
from governance.rules.reference import Kind, RuleInForce

MEETINGS = {"min_per_month": Kind.WHOLE, "excused_months": Kind.MONTHS}
TALKS = {"min_per_week": Kind.WHOLE, "excused_months": Kind.MONTHS}


@month_rule("R-F01", reads=MEETINGS)
def party_meets_every_month(month: SchoolMonth, law: RuleInForce) -> Verdict:
    """党组织会议一般每月至少召开1次."""
    return _often_enough(month, law, month.facts.party, "党组织会议")


@month_rule("R-F02", reads=MEETINGS)
def principal_meets_every_month(month: SchoolMonth, law: RuleInForce) -> Verdict:
    """校长办公会议一般每月至少1次."""
    return _often_enough(month, law, month.facts.principal, "校长办公会议")


def _often_enough(month: SchoolMonth, law: RuleInForce, held: Sequence[date], what: str) -> Verdict:
    needed, count = law.whole("min_per_month"), len(held)
    facts: dict[str, int | str] = {"month": month.name, "held": count, "needed": needed}
    if (why := _not_asked(month, law)) is not None:
        return why
    words = f"{month.name}召开{what}{count}次（须{needed}次）。"
    if count >= needed:
        return passed(words, **facts)
    if not month.is_over:
        return not_applicable(f"{month.name}还没有结束，已召开{what}{count}次（须{needed}次）。", **facts)
    return failed(words, f"按期召开{what}；已开会的，及时登记召开。", **facts)


@month_rule("R-F03", reads=TALKS)
def heads_talk_every_week(month: SchoolMonth, law: RuleInForce) -> Verdict:
    """书记、校长定期沟通，学期中一般每周不少于1次，登记日期和主题."""
    if month.facts.leadership_mode is LeadershipMode.COMBINED:
        return COMBINED
    if month.facts.leadership_mode is None:
        return MODE_UNKNOWN
    if (why := _not_asked(month, law)) is not None:
        return why
    needed, weeks = law.whole("min_per_week"), month.weeks()
    facts: dict[str, int | str] = {"month": month.name, "needed": needed, "weeks": len(weeks)}
    if not weeks:
        return not_applicable(f"{month.name}还没有过完的教学周。", **facts)
    short = [monday for monday in weeks if sum(monday <= day < monday + WEEK for day in month.facts.talks) < needed]
    facts["short"] = len(short)
    if not short:
        return passed(f"{month.name}的{len(weeks)}个教学周每周都有书记校长沟通（须{needed}次）。", **facts)
    return failed(
        f"{month.name}的{len(weeks)}个教学周中有{len(short)}周书记校长沟通不到{needed}次。",
        "定期沟通，登记日期和主题。",
        **facts,
    )


def _not_asked(month: SchoolMonth, law: RuleInForce) -> Verdict | None:
    """Holidays, months before the school began and months to come are not asked about; None when this one is."""
    if month.facts.month in law.months("excused_months"):
        return not_applicable(f"{month.name}是寒暑假月份，不作要求。", month=month.name)
    if month.facts.today < month.first:
        return not_applicable(f"{month.name}还没有到。", month=month.name)
    if month.facts.since is None:
        return insufficient("学校还没有登记过会议，无法核对次数。", "登记召开的会议。", month=month.name)
    if month.is_before_the_school:
        return not_applicable(f"{month.name}学校还没有开始登记会议。", month=month.name)
    return None
