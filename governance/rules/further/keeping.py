"""The record and its keeping (会议记录要素、签发后不可改、归档、编号)."""

from collections.abc import Callable
from datetime import date, timedelta

from governance.rules.facts import AttendanceStatus
from governance.rules.findings import Fact, Verdict, failed, not_applicable, passed
from governance.rules.further.registry import stored_meeting_rule
from governance.rules.further.situation import StoredItem, StoredMeeting
from governance.rules.reference import Kind, RuleInForce
from governance.rules.situation import blank

NOT_SIGNED = not_applicable("纪要还没有签发。")
NOT_HELD = not_applicable("会议还没有登记召开。")


def _absent_without_reason(meeting: StoredMeeting) -> bool:
    return any(row.status is AttendanceStatus.ABSENT and blank(row.reason) for row in meeting.facts.meeting.attendance)


def _without_method(item: StoredItem) -> bool:
    return item.judged.decided and item.judged.meeting.is_party and item.judged.facts.method is None


# What of the file's list of elements this rule looks for. A stored meeting always has title, time and titles of its items; observers may
# be none; a stance is an opinion in its shortest form; a principal's decision needs no vote (R-V07). What another rule asks for is left to
# that rule, so that nothing is said or let pass twice.
OF_THE_MEETING: dict[str, tuple[str, Callable[[StoredMeeting], bool]]] = {
    "seq_no": ("届次", lambda meeting: meeting.facts.serial is None),
    "place": ("地点", lambda meeting: blank(meeting.facts.place)),
    "absent_with_reason": ("缺席原因", _absent_without_reason),
}
OF_ITEMS: dict[str, tuple[str, Callable[[StoredItem], bool]]] = {
    "items[].method": ("表决方式", _without_method),
}


@stored_meeting_rule("R-M01", reads={"required": Kind.WORDS})
def the_record_has_its_elements(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """会议记录要素齐全；主持、记录人、表态、结论、任务等由各自的规则核对."""
    if not meeting.facts.held:
        return NOT_HELD
    required = law.words("required")
    missing = [name for name in required if name in OF_THE_MEETING and OF_THE_MEETING[name][1](meeting)]
    said = [OF_THE_MEETING[name][0] for name in missing]
    facts: dict[str, Fact] = {}
    for name in required:
        if name in OF_ITEMS and (count := sum(map(OF_ITEMS[name][1], meeting.items))):
            missing.append(name)
            said.append(f"{OF_ITEMS[name][0]}（{count}项议题）")
            facts[f"items_without_{name.removeprefix('items[].')}"] = count
    if not missing:
        return passed("届次、地点、缺席原因、表决方式齐全；其他要素由各自的规则核对。", missing=[])
    return failed(
        f"会议记录还缺{'、'.join(said)}。", "补齐这些内容；会后确已不能补的，写明理由后放行。", missing=missing, **facts
    )


@stored_meeting_rule("R-M05")
def signed_minutes_stay_as_they_are(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """签发后的纪要不可修改，有校验码封存."""
    if meeting.facts.signed_on is None:
        return NOT_SIGNED
    changed, sealed = meeting.facts.changed_after_signature, meeting.facts.sealed
    facts: dict[str, Fact] = {"signed_on": meeting.facts.signed_on.isoformat(), "changed": changed, "sealed": sealed}
    if sealed and not changed:
        return passed(f"纪要{meeting.facts.signed_on.isoformat()}签发，已封存，此后没有改动。", **facts)
    wrong = [] if sealed else ["没有校验码"]
    if changed:
        wrong.append(f"{changed}项议题在签发之后有改动")
    return failed("，".join(wrong) + "。", "查明原因；更正须退回并生成新版本，保留旧版本。", **facts)


@stored_meeting_rule("R-M06", reads={"transfer_before_month": Kind.MONTH})
def minutes_go_to_the_archive(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """记录和纪要归档，次年移交."""
    if meeting.facts.signed_on is None:
        return NOT_SIGNED
    month = law.month("transfer_before_month")
    last = date(meeting.judged.held_on.year + 1, month, 1) - timedelta(days=1)
    facts: dict[str, Fact] = {"until": last.isoformat(), "archived": meeting.facts.archived}
    if meeting.facts.archived:
        return passed("记录和纪要已归档。", **facts)
    if meeting.facts.today <= last:
        return not_applicable(f"还没有到归档移交的期限{last.isoformat()}。", **facts)
    return failed(f"已过归档移交的期限{last.isoformat()}，还没有归档。", "整理记录、纪要和材料，办理归档。", **facts)


@stored_meeting_rule("R-M07")
def numbers_run_in_order(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """会议按学校、会议类型、年度连续编号，与日期先后一致."""
    facts = meeting.facts
    if facts.serial is None or facts.year is None:
        return not_applicable("会议还没有编号。")
    starts = facts.meeting.scheduled_at
    place = 1 + sum((other.scheduled_at, other.serial) < (starts, facts.serial) for other in facts.numbers)
    given = {"year": facts.year, "serial": facts.serial, "place": place}
    if place == facts.serial:
        return passed(f"{facts.year}年第{facts.serial}次，编号连续，与日期先后一致。", **given)
    return failed(
        f"{facts.year}年第{facts.serial}次，按日期先后应是第{place}次。",
        "编号已经使用，不再改动；今后按日期先后及时登记召开。",
        **given,
    )
