"""Who meets, and apart from whom (机构边界、领导模式、应到名册、参会人员、请假、回避)."""

from governance.rules.common_answers import ONLY_PARTY, ONLY_PRINCIPAL
from governance.rules.counting import RECUSAL
from governance.rules.facts import AttendanceStatus, Post
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.further.registry import stored_item_rule, stored_meeting_rule
from governance.rules.further.situation import StoredItem, StoredMeeting
from governance.rules.reference import RuleInForce
from governance.rules.situation import blank

PARTY_POSTS = frozenset({Post.SECRETARY, Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER})
ADMIN_POSTS = frozenset({Post.PRINCIPAL, Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER})
NO_MEMBERS = insufficient("还没有应到成员。", "请组织科登记班子任职。", due=0)


@stored_meeting_rule("R-C05")
def bodies_meet_apart(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """两会分开召开、分别记录；同日可以先后开，不得合并开."""
    others = meeting.facts.other_body_at
    if not others:
        return not_applicable("当天没有召开另一个会议。")
    together = sum(at == meeting.facts.meeting.scheduled_at for at in others)
    if not together:
        return passed("当天先后召开两个会议，时间不同，分别记录。", same_day=len(others), same_time=0)
    return failed(
        "当天党组织会议与校长办公会议登记在同一时间。",
        "两会分开召开、分别记录；确实先后分开召开的，写明情况后放行。",
        same_day=len(others),
        same_time=together,
    )


@stored_meeting_rule("R-C06")
def school_registers_its_leadership(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """学校须登记党组织类型与领导配备模式."""
    mode, org_type = meeting.judged.mode, meeting.facts.org_type
    facts = {"mode": mode.value if mode else None, "org_type": org_type or None}
    if mode and org_type:
        return passed("学校登记了党组织类型和领导配备模式。", **facts)
    return failed("学校还没有登记党组织类型或领导配备模式。", "请组织科在学校资料中补登。", **facts)


@stored_meeting_rule("R-Q04")
def members_due_are_those_in_office(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """应到人数以会议当日在任成员名册为准；请假不减少应到人数."""
    if not meeting.facts.held:
        return not_applicable("会议还没有登记召开，应到名册到时按当日任职确定。")
    due, in_office = meeting.judged.member_ids, {member.id for member in meeting.facts.in_office}
    extra, missing = sorted(due - in_office), sorted(in_office - due)
    leave = sum(row.status is AttendanceStatus.LEAVE for row in meeting.facts.meeting.attendance)
    if not extra and not missing:
        kept = f"，请假{leave}人仍计入应到" if leave else ""
        return passed(f"应到{len(due)}人，与会议当日任职一致{kept}。", due=len(due), leave=leave)
    return failed(
        f"应到{len(due)}人，会议当日在任{len(in_office)}人：多{len(extra)}人，少{len(missing)}人。",
        "请组织科核对任职日期；名册确实无误的，写明理由后放行。",
        due=len(due),
        in_office=len(in_office),
        extra=len(extra),
        extra_members=extra,
        missing=len(missing),
        missing_members=missing,
    )


@stored_item_rule("R-Q06", reads=RECUSAL)
def recused_members_are_counted_as_configured(item: StoredItem, law: RuleInForce) -> Verdict:
    """回避成员离席期间不参加讨论和表决；是否计入应到按区局设定."""
    recused = set(item.judged.facts.recused)
    if not recused:
        return not_applicable("没有成员回避。")
    due = "仍计入应到" if law.flag("recused_in_due") else "不计入应到"
    there = "计入在场" if law.flag("recused_in_present") else "不计入在场"
    stating = sorted(recused & item.judged.stances_of.keys())
    facts: dict[str, int | list[str]] = {"recused": len(recused), "stating": len(stating), "stating_members": stating}
    if not stating:
        return passed(f"{len(recused)}名成员回避，没有表态；{due}，{there}。", **facts)
    return failed(
        f"{len(recused)}名成员回避，其中{len(stating)}名登记了表态。", "删去回避成员的表态，按实际情况更正。", **facts
    )


@stored_meeting_rule("R-A01")
def party_meeting_is_the_committee(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """党组织会议的表决成员为党组织班子成员（委员）."""
    if not meeting.judged.is_party:
        return ONLY_PARTY
    return _all_hold(meeting, PARTY_POSTS, "党组织班子成员")


@stored_meeting_rule("R-A03")
def principals_meeting_is_the_admin_team(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """校长办公会议成员一般为行政班子成员；党组织班子成员可以参加."""
    if meeting.judged.is_party:
        return ONLY_PRINCIPAL
    return _all_hold(meeting, ADMIN_POSTS | PARTY_POSTS, "行政班子或党组织班子成员")


def _all_hold(meeting: StoredMeeting, posts: frozenset[Post], who: str) -> Verdict:
    due = len(meeting.judged.posts)
    if not due:
        return NO_MEMBERS
    outside = sorted(member for member, held in meeting.judged.posts.items() if posts.isdisjoint(held))
    if not outside:
        return passed(f"应到{due}人都是{who}。", due=due, outside=0)
    return failed(
        f"应到{due}人中有{len(outside)}人不是{who}。",
        "请组织科核对班子任职；不是成员的改为列席。",
        due=due,
        outside=len(outside),
        outside_members=outside,
    )


@stored_meeting_rule("R-A05")
def leave_is_asked_with_a_reason(meeting: StoredMeeting, law: RuleInForce) -> Verdict:
    """不能到会的成员会前请假，登记事由."""
    leave = [row for row in meeting.facts.meeting.attendance if row.status is AttendanceStatus.LEAVE]
    if not leave:
        return not_applicable("没有成员请假。")
    silent = sorted(row.member for row in leave if blank(row.reason))
    facts: dict[str, int | list[str]] = {"leave": len(leave), "silent": len(silent), "silent_members": silent}
    if not silent:
        return passed(f"请假{len(leave)}人，都登记了事由。", **facts)
    return failed(f"请假{len(leave)}人，其中{len(silent)}人没有登记事由。", "补登请假事由。", **facts)
