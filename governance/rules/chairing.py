"""Who calls and chairs the meeting, and in what form it is held (召集主持、会议形式)."""

from governance.rules.common_answers import NO_CHAIR, ONLY_PARTY, ONLY_PRINCIPAL
from governance.rules.facts import Form, Post
from governance.rules.findings import Verdict, failed, insufficient, not_applicable, passed
from governance.rules.reference import RuleInForce
from governance.rules.registry import meeting_rule
from governance.rules.situation import MeetingSituation

MAY_STAND_IN_FOR_SECRETARY = frozenset({Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER})


@meeting_rule("R-C01")
def secretary_chairs_or_delegates(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """党组织会议由书记召集并主持；书记不到会的须登记委托."""
    if not meeting.is_party:
        return ONLY_PARTY
    if meeting.chair is None:
        return NO_CHAIR
    if Post.SECRETARY in meeting.chair_posts:
        return passed("会议由书记主持。", chair=meeting.chair)
    if meeting.delegated:
        return passed("主持人不是书记，已登记委托。", chair=meeting.chair, delegation_note_given=True)
    return failed(
        "主持人不是书记，也没有登记委托。",
        "由书记主持；书记不能到会的，写明委托情况。",
        chair=meeting.chair,
        delegation_note_given=False,
    )


@meeting_rule("R-C02")
def stand_in_of_the_secretary_is_entitled(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """书记不能到会时，可委托副书记或委员主持，须登记委托."""
    if not meeting.is_party:
        return ONLY_PARTY
    if Post.SECRETARY in meeting.chair_posts:
        return not_applicable("会议由书记主持，不涉及委托。")
    if meeting.chair is None:
        return NO_CHAIR
    entitled = not MAY_STAND_IN_FOR_SECRETARY.isdisjoint(meeting.chair_posts)
    if entitled and meeting.delegated:
        return passed("受委托主持的是副书记或委员，已登记委托。", chair=meeting.chair, delegation_note_given=True)
    missing = [] if entitled else ["代为主持的不是副书记或委员"]
    if not meeting.delegated:
        missing.append("没有登记委托")
    return failed(
        "，".join(missing) + "。",
        "委托副书记或委员主持，并写明委托情况。",
        chair=meeting.chair,
        delegation_note_given=meeting.delegated,
        may_stand_in=entitled,
    )


@meeting_rule("R-C03")
def principal_chairs_or_delegates(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """校长办公会议由校长主持；校长不在时可委托副校长，须登记委托."""
    if meeting.is_party:
        return ONLY_PRINCIPAL
    if meeting.chair is None:
        return NO_CHAIR
    if Post.PRINCIPAL in meeting.chair_posts:
        return passed("会议由校长主持。", chair=meeting.chair)
    entitled = Post.VICE_PRINCIPAL in meeting.chair_posts
    if entitled and meeting.delegated:
        return passed("校长委托副校长主持，已登记委托。", chair=meeting.chair, delegation_note_given=True)
    return failed(
        "受委托主持的是副校长，没有登记委托。" if entitled else "主持人不是校长，也不是副校长。",
        "由校长主持；校长不在的，委托副校长主持并写明委托情况。",
        chair=meeting.chair,
        delegation_note_given=meeting.delegated,
        may_stand_in=entitled,
    )


@meeting_rule("R-C04")
def held_as_a_meeting(meeting: MeetingSituation, law: RuleInForce) -> Verdict:
    """不得用传阅、会签、个别征求意见代替党组织会议."""
    if not meeting.is_party:
        return ONLY_PARTY
    form = meeting.facts.form
    if form is None:
        return insufficient("还没有登记会议形式。", "登记会议形式。")
    if form is Form.MEETING:
        return passed("以开会方式讨论决定。", form=form.value)
    return failed(
        "以传阅、会签或个别征求意见代替了会议讨论。",
        "召开党组织会议讨论和表决。",
        form=form.value,
    )
