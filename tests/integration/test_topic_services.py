"""议题: from the draft to the meeting that dealt with it, and on to the Party meeting; who may, and what is refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from attachments.registry import may_read, opened
from audit.models import Event
from audit.services import subject_of
from common.errors import DomainError, InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.models import AgendaItem, Meeting, Secrecy, Topic, TopicTemplate
from governance.services import AgendaInput, ItemInput, StepInput, TopicInput
from governance.services.agenda import line_of
from governance.services.handing_over import carried
from governance.services.topic_hooks import release_topics
from governance.services.topic_scheduling import summary_of
from governance.topic_guards import open_topic_actions
from governance.topic_states import TOPIC
from schools.models import Appointment, School
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
PARTY, PRINCIPAL = Body.PARTY, Body.PRINCIPAL
FULL = TopicInput(
    title="采购教学一体机",
    matter="A11",
    background="现有设备已用八年，经常停机",
    basis="学校采购管理办法第六条",
    proposal="采购十二台，从设备专项列支",
    minutes_needed=15,
    amount=Decimal("86000"),
    lead_unit="总务处",
)


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    factories.reference()
    return factories.make_cast("FH001")


def now() -> datetime:
    return timezone.now()


def made(cast: Cast, new: TopicInput = FULL, *, body: str = PRINCIPAL, by: str = "team", **values: Any) -> Topic:
    """A draft of `by`; `values` override what is typed."""
    given = replace(new, **values)
    return services.create_topic(school=cast.school, body=body, new=given, by=cast.user(by), at=now())


def act(name: str, topic: Topic, user: User, **values: Any) -> Any:
    return getattr(services, f"{name}_topic")(topic=topic, by=user, at=now(), **values)


def submitted(cast: Cast, *, by: str = "team", **values: Any) -> Topic:
    return act("submit", made(cast, by=by, **values), cast.user(by))


def screened(cast: Cast, **values: Any) -> Topic:
    return act("screen", submitted(cast, **values), cast.user("clerk"))


def confirmed(cast: Cast, *, body: str = PRINCIPAL, **values: Any) -> Topic:
    return act("confirm", screened(cast, body=body, **values), cast.user(factories.head_role(body)))


def draft_meeting(cast: Cast, body: str = PRINCIPAL, **values: Any) -> Meeting:
    matters = ("A01",) if body == PRINCIPAL else ("P01",)
    return factories.make_meeting(cast, Body(body), **{"matters": matters, "at": now() + timedelta(days=5)} | values)


def scheduled(cast: Cast, meeting: Meeting, **values: Any) -> AgendaItem:
    topic = confirmed(cast, body=meeting.body, **values)
    return act("schedule", topic, cast.user("clerk"), meeting=meeting)


def fresh(row: Any) -> Any:
    return type(row)._default_manager.get(pk=row.pk)


def upload(name: str = "方案.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.4 plan")


def facts_of(topic: Topic) -> list[str]:
    kinds = Event.objects.filter(subject=subject_of(topic)).order_by("seq").values_list("kind", flat=True)
    return [kind.rpartition(".")[2] for kind in kinds]


def told(kind: str) -> set[str]:
    return set(Event.objects.filter(kind=kind).latest("seq").data.get("accounts", []))


def account(cast: Cast, *roles: str) -> set[str]:
    return {str(cast.user(role).pk) for role in roles}


# ---- writing ----


def test_a_title_is_enough_for_a_draft_and_who_types_it_is_the_proposer(cast: Cast) -> None:
    topic = made(cast, TopicInput("换食堂燃气灶"))
    assert (topic.status, topic.number(), topic.proposer) == ("draft", None, cast.people["team"])
    assert topic.entered_by == cast.user("team") and facts_of(topic) == ["drafted"]
    with pytest.raises(InvalidInput, match="写一句话的议题名称"):
        made(cast, TopicInput("  "))


def test_the_clerk_enters_for_a_member_and_nobody_else_enters_for_others(cast: Cast) -> None:
    topic = made(cast, by="clerk", proposer=cast.people["member"].pk)
    assert (topic.proposer, topic.entered_by) == (cast.people["member"], cast.user("clerk"))
    for by, proposer, said in (
        ("clerk", None, "选提出人"),
        ("clerk", cast.people["clerk"].pk, "在任的班子成员里选"),
        ("team", cast.people["member"].pk, "代别人填报由党政办办理"),
    ):
        with pytest.raises(InvalidInput, match=said):
            made(cast, by=by, proposer=proposer)
    other = factories.make_cast("FH002")
    for user in (other.user("secretary"), factories.make_bureau(), factories.make_office_user()):
        with pytest.raises(NotAllowed, match="由本校领导班子成员提出"):
            services.create_topic(school=cast.school, body=PARTY, new=FULL, by=user, at=now())


def test_faults_are_all_named_at_once(cast: Cast) -> None:
    stranger = factories.make_cast("FH002")
    wrong = replace(
        FULL, matter="P99", presenter=stranger.people["team"].pk, minutes_needed=0, amount=Decimal(-1), secrecy="secret",
        lead_unit="长" * 81, urgent=True, readers=(stranger.people["team"].pk,), talks=(stranger.people["team"].pk,),
        steps=(StepInput("no_such_stage"),),
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        made(cast, wrong)
    assert [fault.path for fault in refused.value.faults] == [
        "lead_unit", "matter", "presenter", "minutes_needed", "amount", "urgent_reason", "secrecy", "steps[0].stage", "talks",
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match="P16 属于党组织会议"):
        made(cast, matter="P16")
    with pytest.raises(InvalidInput, match="知悉人从本校在任的人"):
        made(cast, secrecy="restricted", readers=(stranger.people["team"].pk,))
    assert not Topic.objects.exists()


def test_a_colleague_writes_the_draft_until_it_is_sent_in(cast: Cast) -> None:
    topic = made(cast, TopicInput("修订请假制度", matter="A11"))
    new = replace(FULL, title="修订请假制度")
    with pytest.raises(NotAllowed):
        act("edit", topic, cast.user("member"), new=new)
    topic = act("assign", topic, cast.user("team"), person=cast.people["member"].pk)
    assert told("governance.topic.assigned") == account(cast, "member")
    topic = act("edit", topic, cast.user("member"), new=new)
    assert topic.background == FULL.background and topic.proposer == cast.people["team"]
    with pytest.raises(NotAllowed, match="由提出人或代为填报的人办理"):
        act("submit", topic, cast.user("member"))
    topic = act("submit", topic, cast.user("team"))
    with pytest.raises(NotAllowed):
        act("edit", topic, cast.user("member"), new=new)
    with pytest.raises(NotAllowed, match="请人填写由提出人"):
        act("assign", topic, cast.user("team"), person=None)
    draft = made(cast)
    with pytest.raises(InvalidInput, match="在任、有账号的人"):
        act("assign", draft, cast.user("team"), person=factories.make_person("无账号", school=cast.school).pk)
    assert act("assign", draft, cast.user("team"), person=None).assignee is None


def test_a_stale_version_is_told_what_differs_and_nothing_is_lost(cast: Cast) -> None:
    topic = made(cast)
    changed = act("edit", topic, cast.user("team"), new=replace(FULL, title="另一个题目"), version=topic.version)
    assert changed.version == topic.version + 1
    with pytest.raises(Stale) as late:
        act("edit", topic, cast.user("team"), new=FULL, version=topic.version)
    assert [(d.label, d.theirs, d.yours) for d in late.value.differences] == [("议题", "另一个题目", FULL.title)]
    for name in ("submit", "withdraw"):
        values = {"reason": "另作安排"} if name == "withdraw" else {}
        with pytest.raises(Stale):
            act(name, topic, cast.user("team"), version=topic.version, **values)
    assert fresh(topic).title == "另一个题目"


def test_while_it_waits_for_screening_the_clerk_puts_it_right_and_cannot_empty_it(cast: Cast) -> None:
    topic = submitted(cast)
    given = replace(FULL, proposer=topic.proposer_id)
    topic = act("edit", topic, cast.user("clerk"), new=replace(given, matter="A12"))
    assert topic.matter == "A12" and Event.objects.latest("seq").data["fields"] == ["matter"]
    with pytest.raises(InvalidInput, match="写政策与制度依据"):
        act("edit", topic, cast.user("clerk"), new=replace(given, basis=""))
    assert fresh(topic).basis == FULL.basis
    topic = act("screen", topic, cast.user("clerk"))
    with pytest.raises(WrongState, match="要改请先退回修改"):
        act("edit", topic, cast.user("team"), new=FULL)


# ---- the way ----


def test_what_submitting_asks_for_is_named_with_a_sentence_each(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        act("submit", made(cast, TopicInput("只有题目")), cast.user("team"))
    assert [fault.path for fault in refused.value.faults] == ["matter", "background", "basis", "proposal"]
    assert all(len(fault.reason) > 6 for fault in refused.value.faults)


def test_numbers_run_per_school_and_year_and_are_kept(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    first, second, foreign = submitted(cast), submitted(cast), submitted(other)
    year = timezone.localdate().year
    assert [t.number() for t in (first, second, foreign)] == [
        f"{year}-议-001", f"{year}-议-002", f"{year}-议-001",
    ]  # fmt: skip
    back = act("return", first, cast.user("clerk"), reason="补充报价材料")
    assert act("submit", back, cast.user("team")).number() == first.number()
    draft = made(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Topic.objects.filter(pk=draft.pk).update(year=year, serial=1)


def test_the_whole_way_to_the_backlog_and_who_hears_of_it(cast: Cast) -> None:
    topic = submitted(cast)
    assert told("governance.topic.submitted") == account(cast, "clerk")
    topic = act("screen", topic, cast.user("clerk"))
    assert told("governance.topic.screened") == account(cast, "principal")
    topic = act("confirm", topic, cast.user("principal"), opinion=" 同意上会 ")
    assert (topic.status, topic.head_opinion, topic.confirmed_by) == ("confirmed", "同意上会", cast.user("principal"))
    assert told("governance.topic.confirmed") == account(cast, "team")
    assert facts_of(topic) == ["drafted", "submitted", "screened", "confirmed"]
    topic = act("postpone", topic, cast.user("principal"), reason="等专项资金下达")
    assert (topic.status, topic.reason) == ("postponed", "等专项资金下达")
    assert act("confirm", topic, cast.user("principal")).reason == ""


def test_each_step_is_for_its_post_and_the_page_offers_the_same(cast: Cast) -> None:
    """Every row of the table × every role: what is offered works, what is not is refused."""
    states = {
        "draft": made(cast), "submitted": submitted(cast), "screened": screened(cast), "confirmed": confirmed(cast),
    }  # fmt: skip
    states["returned"] = act("return", screened(cast), cast.user("principal"), reason="再论证一次")
    states["postponed"] = act("postpone", confirmed(cast), cast.user("principal"), reason="下次再议")
    states["withdrawn"] = act("withdraw", made(cast), cast.user("team"), reason="不再需要")
    states["scheduled"] = scheduled(cast, draft_meeting(cast)).topic
    office = {"clerk", "principal", "secretary"}
    expected = {
        "draft": {"submit": {"team"}, "withdraw": {"team"}},
        "submitted": {"screen": {"clerk"}, "return": {"clerk"}, "withdraw": {"team"}},
        "screened": {
            "confirm": {"principal"},
            "return": {"principal"},
            "postpone": {"principal"},
            "withdraw": {"team"},
        },
        "confirmed": {"postpone": {"principal"}, "schedule": office, "withdraw": {"team"}},
        "returned": {"submit": {"team"}, "withdraw": {"team"}},
        "postponed": {"confirm": {"principal"}, "withdraw": {"team"}},
        "scheduled": {"postpone": {"principal"}, "withdraw": {"team"}},
        "withdrawn": {},
    }
    meeting = draft_meeting(cast)
    users = {role: cast.user(role) for role in ("secretary", "principal", "deputy", "member", "team", "clerk")}
    users["stranger"] = factories.make_cast("FH002").user("principal")
    for state, topic in states.items():
        for role, user in users.items():
            offered = {step.name for step in open_topic_actions(topic, user)}
            assert offered == {name for name, who in expected[state].items() if role in who}, (state, role)
            for step in TOPIC:
                if step.name == "hand_over" or step.name in offered:
                    continue
                values: dict[str, Any] = {"reason": "写明理由"} if step.needs_reason else {}
                values |= {"meeting": meeting} if step.name == "schedule" else {}
                with pytest.raises(DomainError):
                    act(step.name, topic, user, **values)
        assert fresh(topic).version == topic.version


def test_reasons_are_asked_for(cast: Cast) -> None:
    topic = screened(cast)
    for name in ("return", "postpone"):
        with pytest.raises(InvalidInput, match="写明理由"):
            act(name, topic, cast.user("principal"), reason="短")
    with pytest.raises(InvalidInput, match="写明理由"):
        act("withdraw", topic, cast.user("team"), reason=" ")
    assert act("return", topic, cast.user("principal"), reason="再论证一次").reason == "再论证一次"
    assert told("governance.topic.returned") == account(cast, "team")


def test_who_sends_a_topic_in_does_not_screen_it(cast: Cast) -> None:
    topic = made(cast, by="clerk", proposer=cast.people["member"].pk)
    topic = act("submit", topic, cast.user("clerk"))
    with pytest.raises(NotAllowed, match="由另一位经办人办理"):
        act("screen", topic, cast.user("clerk"))
    assert told("governance.topic.submitted") == account(cast, "secretary", "principal"), "no other clerk is there"
    assert act("screen", topic, cast.user("secretary")).status == "screened"
    factories.make_person("另一位干事", "clerk-2", Post.CLERK, school=cast.school)
    again = act("submit", made(cast, by="clerk", proposer=cast.people["member"].pk), cast.user("clerk"))
    with pytest.raises(NotAllowed, match="通过初审由党政办办理"):
        act("screen", again, cast.user("secretary"))
    assert act("screen", again, User.objects.get(username="clerk-2")).status == "screened"
    with pytest.raises(IntegrityError), transaction.atomic():
        Topic.objects.filter(pk=again.pk).update(screened_by=cast.user("clerk"))


def test_without_a_clerk_in_office_the_other_head_screens(cast: Cast) -> None:
    Appointment.objects.filter(person=cast.people["clerk"]).update(ends_on=timezone.localdate() - timedelta(days=1))
    topic = submitted(cast, by="principal")
    with pytest.raises(NotAllowed, match="这是你自己的议题"):
        act("screen", topic, cast.user("principal"))
    assert act("screen", topic, cast.user("secretary")).screened_by == cast.user("secretary")


def test_a_topic_in_dispute_is_not_confirmed_until_a_later_talk_agrees(cast: Cast) -> None:
    def talk(result: str, days: int) -> Any:
        new = services.TalkInput(timezone.localdate() - timedelta(days=days), "设备采购", result)
        return services.record_talk(school=cast.school, talk=new, by=cast.user("secretary"), at=now())

    disputed, agreed = talk("disagreed", 3), talk("agreed", 1)
    topic = screened(cast, talks=(disputed.pk,))
    with pytest.raises(WrongState, match="会前沟通有分歧"):
        act("confirm", topic, cast.user("principal"))
    assert act("confirm", screened(cast, talks=(disputed.pk, agreed.pk)), cast.user("principal")).status == "confirmed"


# ---- onto the agenda ----


def test_a_scheduled_topic_carries_everything_to_the_end_of_the_agenda(cast: Cast) -> None:
    talk = services.record_talk(
        school=cast.school, talk=services.TalkInput(timezone.localdate(), "设备采购", "agreed"),
        by=cast.user("secretary"), at=now(),
    )  # fmt: skip
    topic = made(
        cast, presenter=cast.people["member"].pk, talks=(talk.pk,),
        steps=(StepInput("finance_review", timezone.localdate(), "财务已核"),),
    )  # fmt: skip
    services.attach_to_topic(topic=topic, upload=upload(), by=cast.user("team"), at=now())
    topic = act("submit", topic, cast.user("team"))
    topic = act("confirm", act("screen", topic, cast.user("clerk")), cast.user("principal"))
    meeting = services.confirm_agenda(meeting=draft_meeting(cast), by=cast.user("principal"), at=now())
    item = act("schedule", topic, cast.user("clerk"), meeting=meeting)
    meeting, topic, item = fresh(meeting), fresh(topic), fresh(item)
    assert (item.order, item.title, item.matter.code, item.topic) == (2, FULL.title, "A11", topic)
    assert item.summary == f"{FULL.background}\n\n拟解决意见：{FULL.proposal}"
    assert (item.proposer, item.presenter) == (cast.people["team"], cast.people["member"])
    assert (item.amount, item.minutes_needed, item.proposed_on) == (FULL.amount, 15, timezone.localdate())
    assert [(s.stage, s.note) for s in item.prior_steps.all()] == [("finance_review", "财务已核")]
    assert list(item.talks.all()) == [talk] and item.materials == 1 and not item.supplement
    original, copy = (Attachment.objects.get(subject=subject_of(of)) for of in (topic, item))
    assert copy.pk != original.pk and copy.file.name == original.file.name and copy.sha256 == original.sha256
    assert (topic.status, meeting.item_count) == ("scheduled", 2)
    assert meeting.agenda_confirmed_at is None, "as any change of the items"
    assert not meeting.items.filter(confirmed_by__isnull=False).exists()
    with pytest.raises(WrongState, match="现在是“已列入”"):
        act("schedule", topic, cast.user("clerk"), meeting=meeting)


def test_the_summary_keeps_the_proposal_whole_when_the_background_is_long(cast: Cast) -> None:
    topic = made(cast, background="长" * 4000)
    said = summary_of(topic)
    assert len(said) == 4000 and said.endswith(FULL.proposal) and "…\n\n拟解决意见" in said
    topic.proposal = "长" * 4000
    assert len(summary_of(topic)) == 4000


def test_only_a_draft_meeting_of_the_same_school_and_body_takes_a_topic(cast: Cast) -> None:
    topic, other = confirmed(cast), factories.make_cast("FH002")
    held = factories.make_held(cast, PRINCIPAL, matters=("A01",))
    for meeting in (draft_meeting(cast, PARTY), draft_meeting(other)):
        with pytest.raises(InvalidInput, match="从本校的校长办公会议里选"):
            act("schedule", topic, cast.user("clerk"), meeting=meeting)
    with pytest.raises(WrongState, match="不能再列入议题"):
        act("schedule", topic, cast.user("clerk"), meeting=held)
    binned = draft_meeting(cast)
    Meeting.objects.filter(pk=binned.pk).update(deleted_at=now(), deleted_by=cast.user("clerk"))
    with pytest.raises(WrongState, match="回收站"):
        act("schedule", topic, cast.user("clerk"), meeting=binned)
    assert fresh(topic).status == "confirmed"


def called_meeting(cast: Cast, body: str = PRINCIPAL) -> Meeting:
    meeting = draft_meeting(cast, body)
    if body == PRINCIPAL:
        meeting = factories.prepare(cast, meeting)
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user(factories.head_role(body)), at=now())
    return services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=now())


def test_after_the_notice_a_topic_is_a_supplement_with_consent_and_reason_and_the_invited_are_told(cast: Cast) -> None:
    meeting, topic = called_meeting(cast), confirmed(cast, matter="A18", amount=Decimal(2000))
    with pytest.raises(InvalidInput) as refused:
        act("schedule", topic, cast.user("clerk"), meeting=meeting)
    assert [fault.path for fault in refused.value.faults] == ["consent", "reason"]
    given = {"meeting": meeting, "reason": "台风将至，须在周五前定", "consent": True}
    item = fresh(act("schedule", topic, cast.user("clerk"), **given))
    assert item.supplement and item.urgent and item.urgent_consent and item.urgent_reason == given["reason"]
    assert item.confirmed_by == cast.people["principal"], "who confirmed the topic settled it"
    meeting = fresh(meeting)
    assert meeting.status == "called" and meeting.agenda_confirmed_at is not None and meeting.item_count == 2
    assert told("governance.meeting.supplemented") == account(cast, "principal", "member", "team", "clerk")


def test_important_matters_are_no_supplements_and_the_rule_says_so(cast: Cast) -> None:
    meeting = called_meeting(cast, PARTY)
    topic = confirmed(cast, body=PARTY, by="member", matter="P21")
    with pytest.raises(WrongState, match="重要事项不得临时动议"):
        act("schedule", topic, cast.user("clerk"), meeting=meeting, reason="来不及等下次会议", consent=True)
    assert fresh(topic).status == "confirmed" and meeting.items.count() == 1


def test_removed_from_the_agenda_it_waits_again_and_gets_what_was_added(cast: Cast) -> None:
    meeting = draft_meeting(cast)
    item = scheduled(cast, meeting)
    extra = services.Prepared(item.pk, services.Preparation(), (upload("报价单.pdf"),))
    meeting = services.prepare_items(meeting=fresh(meeting), prepared=[extra], by=cast.user("clerk"), at=now())
    rest = tuple(line_of(row) for row in meeting.items.select_related("matter").exclude(pk=item.pk))
    agenda = AgendaInput(
        scheduled_at=meeting.scheduled_at,
        place="会议室",
        chair=meeting.chair_id,
        recorder=meeting.recorder_id,
        items=rest,
    )
    services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=now())
    topic = fresh(item.topic)
    assert topic.status == "confirmed" and facts_of(topic)[-1] == "released"
    assert [file.name for file in Attachment.objects.filter(subject=subject_of(topic))] == ["报价单.pdf"]
    assert not Attachment.objects.filter(subject=subject_of(item)).exists()


def test_an_agenda_saved_with_the_topic_keeps_it(cast: Cast) -> None:
    meeting = draft_meeting(cast)
    item = scheduled(cast, meeting)
    meeting = fresh(meeting)
    lines = tuple(line_of(row) for row in meeting.items.select_related("matter").order_by("order"))
    agenda = AgendaInput(
        scheduled_at=meeting.scheduled_at, place="另一间", chair=meeting.chair_id, recorder=meeting.recorder_id,
        items=(*reversed(lines), ItemInput("再加一项", matter="A01")),
    )  # fmt: skip
    services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=now())
    assert fresh(item.topic).status == "scheduled" and fresh(item).order == 1


def test_postponed_or_withdrawn_it_leaves_a_draft_agenda_and_a_notice_that_went_out_holds_it(cast: Cast) -> None:
    meeting = draft_meeting(cast)
    first, second = scheduled(cast, meeting), scheduled(cast, meeting)
    topic = act("postpone", first.topic, cast.user("principal"), reason="等专项资金下达")
    assert topic.status == "postponed" and not AgendaItem.objects.filter(pk=first.pk).exists()
    assert list(meeting.items.order_by("order").values_list("order", flat=True)) == [1, 2]
    assert fresh(second).order == 2 and fresh(meeting).item_count == 2
    act("withdraw", second.topic, cast.user("team"), reason="改由总务处处理")
    assert fresh(meeting).item_count == 1
    called = called_meeting(cast)
    topic = confirmed(cast, matter="A18", amount=Decimal(2000))
    act("schedule", topic, cast.user("clerk"), meeting=called, reason="须在周五前定", consent=True)
    with pytest.raises(WrongState, match="会议通知已发出，不能再暂缓上会"):
        act("postpone", topic, cast.user("principal"), reason="等专项资金下达")
    assert fresh(topic).status == "scheduled"


def test_a_meeting_that_is_cancelled_or_deleted_gives_its_topics_back(cast: Cast) -> None:
    meeting = draft_meeting(cast)
    item = scheduled(cast, meeting)
    services.cancel_meeting(meeting=fresh(meeting), reason="校长外出开会", by=cast.user("principal"), at=now())
    assert fresh(item.topic).status == "confirmed" and fresh(item).topic_id == item.topic_id
    again = draft_meeting(cast)
    act("schedule", item.topic, cast.user("clerk"), meeting=again)
    with transaction.atomic():
        release_topics(meeting=again, by=cast.user("clerk"), at=now())
    assert fresh(item.topic).status == "confirmed"


def held_with(cast: Cast, *topics: Topic) -> Meeting:
    """A meeting of today, held, with those topics behind its items."""
    meeting = factories.make_meeting(cast, Body(topics[0].body), matters=("A11",))
    for topic in topics:
        act("schedule", topic, cast.user("clerk"), meeting=meeting)
    meeting = factories.prepare(cast, fresh(meeting))
    role = factories.head_role(meeting.body)
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user(role), at=now())
    return services.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=now())


def signed_with(cast: Cast, *outcomes: tuple[Topic, str]) -> Meeting:
    """A signed principal's meeting that concluded each topic so."""
    meeting = held_with(cast, *(topic for topic, _ in outcomes))
    wanted = {topic.pk: outcome for topic, outcome in outcomes}
    by_item = {item.pk: wanted.get(item.topic_id) for item in meeting.items.all()}
    record = factories.full_record(meeting, cast.people["team"].pk, due_on=timezone.localdate() + timedelta(days=9))
    items = []
    for entry in record.items:
        outcome = by_item[entry.item]
        if outcome in ("deferred", "withdrawn"):
            entry = replace(entry, outcome=outcome, stances=(), votes=None, method="", tasks=(), decision_text="")
        elif outcome == "proposed_to_party":
            entry = replace(entry, outcome=outcome, tasks=(), decision_text="同意该方案，提请党组织会议决定。")
        items.append(entry)
    record = replace(record, items=tuple(items))
    meeting = services.save_record(meeting=meeting, new=record, version=None, by=cast.user("clerk"), at=now())
    meeting = services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=now())
    later = now() + timedelta(days=12)  # the members had their two working days
    return services.sign_meeting(meeting=meeting, by=cast.user("principal"), at=later)


def test_the_signature_concludes_each_topic_as_the_meeting_said(cast: Cast) -> None:
    topics = [confirmed(cast, matter="A18", amount=Decimal(2000), title=f"第{n}个") for n in range(3)]
    approved, deferred, dropped = topics
    signed_with(cast, (approved, "approved"), (deferred, "deferred"), (dropped, "withdrawn"))
    approved, deferred, dropped = (fresh(topic) for topic in topics)
    assert [t.status for t in (approved, deferred, dropped)] == ["concluded", "postponed", "withdrawn"]
    assert (deferred.reason, dropped.reason) == ("会议暂缓", "会议撤回")
    again = act("confirm", deferred, cast.user("principal"))
    assert act("schedule", again, cast.user("clerk"), meeting=draft_meeting(cast)).topic == again
    assert again.items.count() == 2, "on two agendas one after the other"


# ---- to the Party meeting ----


def proposed(cast: Cast, **values: Any) -> AgendaItem:
    """An item of a signed principal's meeting, proposed to the Party meeting, with a topic and a file behind it."""
    topic = made(cast, matter="A07", title="年度预算建议方案", **values)
    services.attach_to_topic(topic=topic, upload=upload("预算.pdf"), by=cast.user("team"), at=now())
    topic = act("submit", topic, cast.user("team"))
    topic = act("confirm", act("screen", topic, cast.user("clerk")), cast.user("principal"))
    meeting = signed_with(cast, (topic, "proposed_to_party"))
    return meeting.items.get(topic=topic)


def test_what_the_principals_meeting_proposed_goes_over_with_everything_once(cast: Cast) -> None:
    item = proposed(cast, steps=(StepInput("finance_review", timezone.localdate(), "已核"),))
    source = item.topic
    assert "hand_over" in {step.name for step in open_topic_actions(fresh(source), cast.user("clerk"))}
    topic = services.hand_over(item=item, by=cast.user("clerk"), at=now())
    assert (topic.body, topic.status, topic.matter, topic.title) == (PARTY, "screened", "P21", "年度预算建议方案")
    assert topic.number() and topic.handed_over_from == item and topic.proposer == cast.people["team"]
    assert "校长办公会议研究情况" in topic.background and "同意该方案" in topic.background
    assert topic.background.startswith(source.background) and topic.proposal == source.proposal
    *before, last = topic.steps.order_by("order")
    assert "finance_review" in [step.stage for step in before]
    assert (last.stage, last.source_item, last.note) == ("principal_meeting", item, "同意该方案，提请党组织会议决定。")
    assert last.done_on == timezone.localtime(item.meeting.scheduled_at).date()
    names = Attachment.objects.filter(subject=subject_of(topic)).values_list("name", flat=True)
    assert "预算.pdf" in names
    assert told("governance.topic.handed_over") == account(cast, "secretary") and facts_of(topic) == ["handed_over"]
    with pytest.raises(WrongState, match="已经转到党组织会议"):
        services.hand_over(item=item, by=cast.user("secretary"), at=now())
    assert "hand_over" not in {step.name for step in open_topic_actions(fresh(source), cast.user("clerk"))}
    topic = act("confirm", topic, cast.user("secretary"))
    onto = act("schedule", topic, cast.user("clerk"), meeting=draft_meeting(cast, PARTY))
    assert onto.prior_steps.get(stage="principal_meeting").source_item == item


def test_only_signed_proposals_are_handed_over_and_only_by_who_may_record(cast: Cast) -> None:
    item = proposed(cast)
    for user in (cast.user("team"), factories.make_cast("FH002").user("clerk"), factories.make_bureau()):
        with pytest.raises(NotAllowed, match="由书记、校长或党政办办理"):
            services.hand_over(item=item, by=user, at=now())
    other = item.meeting.items.exclude(pk=item.pk).first()
    with pytest.raises(WrongState, match="结论为“报党组织会议”"):
        services.hand_over(item=other, by=cast.user("clerk"), at=now())
    held = held_with(cast, confirmed(cast, matter="A07")).items.get(matter__code="A07")
    AgendaItem.objects.filter(pk=held.pk).update(outcome="proposed_to_party")
    with pytest.raises(WrongState, match="签发以后再转"):
        services.hand_over(item=held, by=cast.user("clerk"), at=now())
    with pytest.raises(Stale):
        services.hand_over(item=item, version=item.version + 1, by=cast.user("clerk"), at=now())
    assert not Topic.objects.filter(handed_over_from__isnull=False).exists()


def test_an_item_without_a_topic_is_handed_over_with_its_own_words(cast: Cast) -> None:
    item = proposed(cast)
    told = AgendaItem.objects.get(pk=item.pk)
    told.topic = None  # as a record from before topics were kept
    new = carried(told, timezone.localdate())
    assert new.background.startswith(item.summary) and new.proposal == "同意该方案，提请党组织会议决定。"
    assert "校长办公会议" in new.basis and new.title == item.title and new.matter == "P21"


# ---- restricted topics ----


@pytest.mark.parametrize("matter", ["P05", "P16", "P17", "P19", "A14"])
def test_matters_about_persons_start_as_restricted(cast: Cast, matter: str) -> None:
    body = PARTY if matter.startswith("P") else PRINCIPAL
    assert made(cast, body=body, by="member", matter=matter).secrecy == Secrecy.RESTRICTED
    topic = made(cast, body=body, by="member", matter="")
    assert topic.secrecy == Secrecy.INTERNAL
    given = replace(FULL, matter=matter)
    assert act("edit", topic, cast.user("member"), new=given).secrecy == Secrecy.RESTRICTED
    with pytest.raises(InvalidInput, match="放宽由"):
        made(cast, body=body, by="member", matter=matter, secrecy="internal")
    head = factories.head_role(body)
    assert made(cast, body=body, by=head, matter=matter, secrecy="internal").secrecy == "internal"


def reads(topic: Topic, user: User) -> bool:
    return Topic.objects.visible_to(user).readable_by(user).filter(pk=topic.pk).exists()


def test_a_restricted_topic_is_read_by_its_own_the_named_and_who_acts_next(cast: Cast) -> None:
    named = (cast.people["deputy"].pk,)
    topic = made(cast, body=PARTY, by="member", matter="P16", readers=named)
    users = {role: cast.user(role) for role in ("secretary", "principal", "deputy", "member", "team", "clerk")}
    users["bureau"] = factories.make_bureau()

    def readers() -> set[str]:
        return {role for role, user in users.items() if reads(topic, user)}

    assert readers() == {"member"}, "a draft is its author's"
    topic = act("submit", topic, users["member"])
    assert readers() == {"member", "deputy", "clerk"}
    assert Topic.objects.visible_to(users["principal"]).filter(pk=topic.pk).exists(), "withheld, not hidden"
    topic = act("screen", topic, cast.user("clerk"))
    assert readers() == {"member", "deputy", "secretary"}
    topic = act("confirm", topic, cast.user("secretary"))
    assert readers() == {"member", "deputy", "secretary", "clerk"}
    with pytest.raises(NotAllowed, match="限定人员议题"):
        act("schedule", topic, cast.user("principal"), meeting=draft_meeting(cast, PARTY))
    assert open_topic_actions(topic, cast.user("principal")) == []
    item = act("schedule", topic, cast.user("clerk"), meeting=draft_meeting(cast, PARTY))
    assert item.secrecy == Secrecy.RESTRICTED
    due = {cast.people[role].pk for role in ("secretary", "principal", "deputy", "member", "clerk")}
    assert set(item.readers.values_list("person_id", flat=True)) == due, "who decides, who records, who proposes"
    assert readers() == {"member", "deputy", "secretary"}


def test_facts_and_notices_of_a_restricted_topic_do_not_say_what_it_is(cast: Cast) -> None:
    topic = submitted(cast, body=PARTY, by="member", matter="P16", title="金丝雀同志任职")
    topic = act("return", topic, cast.user("clerk"), reason="金丝雀材料不全")
    facts = Event.objects.filter(subject=subject_of(topic))
    assert facts.count() == 3 and {fact.subject_text for fact in facts} == {"限定人员议题"}
    from audit.registry import kind_of

    title = kind_of("governance.topic.returned").title
    assert title is not None and "金丝雀" not in title(facts.latest("seq"))


def test_reading_a_restricted_topic_is_recorded_once_a_day(cast: Cast) -> None:
    topic = made(cast, body=PARTY, by="member", matter="P16")
    file = services.attach_to_topic(topic=topic, upload=upload(), by=cast.user("member"), at=now())
    assert may_read(cast.user("member"), file.subject) and not may_read(cast.user("clerk"), file.subject)
    for _ in range(2):
        opened(cast.user("member"), file.subject, now())
        services.note_topic_reading(topic=topic, by=cast.user("member"), at=now())
    assert facts_of(topic).count("read") == 1
    services.note_topic_reading(topic=topic, by=cast.user("member"), at=now() + timedelta(days=1))
    assert facts_of(topic).count("read") == 2
    plain = made(cast)
    services.note_topic_reading(topic=plain, by=cast.user("team"), at=now())
    assert "read" not in facts_of(plain)


def test_where_no_clerk_can_screen_it_the_heads_read_a_restricted_topic(cast: Cast) -> None:
    topic = made(cast, body=PARTY, by="clerk", matter="P16", proposer=cast.people["member"].pk)
    topic = act("submit", topic, cast.user("clerk"))
    assert reads(topic, cast.user("principal")) and reads(topic, cast.user("secretary"))
    factories.make_person("另一位干事", "clerk-2", Post.CLERK, school=cast.school)
    assert not reads(topic, cast.user("principal"))


# ---- materials and templates ----


def test_files_are_the_authors_and_the_offices_until_it_is_on_an_agenda(cast: Cast) -> None:
    topic = made(cast)
    file = services.attach_to_topic(topic=topic, upload=upload(), version=topic.version, by=cast.user("team"), at=now())
    with pytest.raises(Stale):
        services.attach_to_topic(topic=topic, upload=upload(), version=topic.version, by=cast.user("team"), at=now())
    for role in ("member", "deputy"):
        with pytest.raises(NotAllowed):
            services.attach_to_topic(topic=topic, upload=upload(), by=cast.user(role), at=now())
    item = scheduled(cast, draft_meeting(cast))
    with pytest.raises(WrongState, match="材料在会议的议题里增减"):
        services.attach_to_topic(topic=item.topic, upload=upload(), by=cast.user("clerk"), at=now())
    services.detach_from_topic(topic=topic, attachment=file.pk, by=cast.user("clerk"), at=now())
    with pytest.raises(WrongState, match="已经移除"):
        services.detach_from_topic(topic=topic, attachment=file.pk, by=cast.user("clerk"), at=now())


def test_the_stored_file_goes_with_the_last_row_that_uses_it(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    topic = made(cast)
    file = services.attach_to_topic(topic=topic, upload=upload(), by=cast.user("team"), at=now())
    topic = act("submit", topic, cast.user("team"))
    topic = act("confirm", act("screen", topic, cast.user("clerk")), cast.user("principal"))
    item = act("schedule", topic, cast.user("clerk"), meeting=draft_meeting(cast))
    copy = Attachment.objects.get(subject=subject_of(item))
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_material(
            meeting=item.meeting, item=item.pk, attachment=copy.pk, version=None, by=cast.user("clerk"), at=now()
        )
    assert file.file.storage.exists(file.file.name), "the topic still has it"
    topic = act("postpone", topic, cast.user("principal"), reason="等专项资金下达")
    with django_capture_on_commit_callbacks(execute=True):
        services.detach_from_topic(topic=topic, attachment=file.pk, by=cast.user("team"), at=now())
    assert not file.file.storage.exists(file.file.name)


def test_a_recurring_topic_is_kept_once_and_made_anew(cast: Cast) -> None:
    topic = made(cast)
    template = services.save_template(topic=topic, repeats="year", by=cast.user("team"), at=now())
    again = services.save_template(topic=topic, repeats="term", by=cast.user("clerk"), at=now())
    assert again.pk == template.pk and TopicTemplate.objects.get().repeats == "term"
    new = services.new_from_template(template=template, by=cast.user("member"), at=now())
    assert (new.status, new.title, new.basis, new.template) == ("draft", FULL.title, FULL.basis, template)
    assert new.proposer == cast.people["member"] and new.amount is None
    with pytest.raises(InvalidInput, match="选提出人"):
        services.new_from_template(template=template, by=cast.user("clerk"), at=now())
    with pytest.raises(InvalidInput, match="从每月"):
        services.save_template(topic=topic, repeats="daily", by=cast.user("team"), at=now())
    secret = made(cast, body=PARTY, by="member", matter="P16")
    with pytest.raises(WrongState, match="限定人员议题不能存为常用议题"):
        services.save_template(topic=secret, by=cast.user("member"), at=now())
    for user in (cast.user("member"), factories.make_cast("FH002").user("secretary")):
        with pytest.raises(NotAllowed):
            services.delete_template(template=template, by=user, at=now())
    services.delete_template(template=again, version=again.version, by=cast.user("clerk"), at=now())
    assert fresh(new).template is None
    with pytest.raises(WrongState, match="已经删去"):
        services.new_from_template(template=template, by=cast.user("team"), at=now())


def test_a_topic_in_the_bin_is_left_alone(cast: Cast) -> None:
    topic = made(cast)
    Topic.objects.filter(pk=topic.pk).update(deleted_at=now(), deleted_by=cast.user("team"))
    with pytest.raises(WrongState, match="在回收站里"):
        act("submit", topic, cast.user("team"))
    assert not Topic.objects.visible_to(cast.user("team")).exists()
    assert Topic.objects.seen_by(cast.user("team")).exists()


def test_another_schools_people_see_no_topic(cast: Cast) -> None:
    topic = confirmed(cast)
    other = factories.make_cast("FH002")
    for user in (other.user("secretary"), factories.make_office_user(), factories.make_bureau(Post.AUDITOR)):
        assert not Topic.objects.visible_to(user).exists()
    assert School.objects.count() == 2 and reads(topic, cast.user("principal"))
