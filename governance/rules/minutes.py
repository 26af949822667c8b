"""Who signs the minutes, and by when (会议纪要、时限)."""

from governance.rules.common_answers import ONLY_PARTY, ONLY_PRINCIPAL
from governance.rules.facts import Post
from governance.rules.findings import Verdict, failed, insufficient, passed
from governance.rules.reference import Kind, RuleInForce
from governance.rules.registry import meeting_rule
from governance.rules.situation import MeetingSituation
from governance.rules.workdays import nth_working_day_after


@meeting_rule("R-M02")
def secretary_signs_party_minutes(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """党组织会议纪要由书记签发."""
    if not meeting.is_party:
        return ONLY_PARTY
    signer = _signer(meeting)
    if signer is None:
        return insufficient("纪要还没有签发。", "送书记签发。")
    if Post.SECRETARY in meeting.posts_of(signer):
        return passed("纪要由书记签发。", signed_by=signer)
    return failed("签发纪要的不是书记。", "送书记签发。", signed_by=signer)


@meeting_rule("R-M03")
def principal_or_stand_in_signs_minutes(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """校长办公会议纪要由校长签发；委托主持的由主持人签发."""
    if meeting.is_party:
        return ONLY_PRINCIPAL
    signer = _signer(meeting)
    if signer is None:
        return insufficient("纪要还没有签发。", "送校长签发；委托主持的，送主持人签发。")
    if Post.PRINCIPAL in meeting.posts_of(signer):
        return passed("纪要由校长签发。", signed_by=signer)
    if signer == meeting.chair and meeting.delegated:
        return passed("纪要由受委托主持的人签发。", signed_by=signer)
    return failed(
        "签发纪要的不是校长，也不是受委托主持的人。", "送校长签发；委托主持的，送主持人签发。", signed_by=signer
    )


@meeting_rule("R-M04", reads={"workdays": Kind.WHOLE})
def minutes_are_signed_in_time(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """纪要应在会后若干个工作日内签发，按法定节假日与调休计算."""
    signed_on = meeting.facts.minutes.signed_on if meeting.facts.minutes else None
    if signed_on is None:
        return insufficient("还没有登记纪要签发日期。", "登记签发日期。")
    workdays = law.whole("workdays")
    last = nth_working_day_after(meeting.held_on, workdays, meeting.reference)
    if last is None:
        return insufficient(
            f"会后{workdays}个工作日所在年份的放假安排还没有公布，无法计算期限。",
            "放假安排公布后由区局登记，再核对。",
            workdays=workdays,
        )
    day, until = signed_on.isoformat(), last.isoformat()
    facts: dict[str, int | str] = {"signed_on": day, "until": until, "workdays": workdays}
    said = f"纪要{day}签发，期限{until}（会后{workdays}个工作日）"
    if signed_on <= last:
        return passed(f"{said}。", **facts)
    return failed(f"{said}，已过期限。", f"核对签发日期；今后在会后{workdays}个工作日内签发。", **facts)


def _signer(meeting: MeetingSituation) -> str | None:
    return meeting.facts.minutes.signed_by if meeting.facts.minutes else None
