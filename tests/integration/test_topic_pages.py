"""议题 on pages: put forward from a phone, checked, put on an agenda, handed over, followed through both meetings; restricted ones withheld."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attachments.models import Attachment
from audit.models import Event
from governance import services
from governance.models import AgendaItem, Meeting, Topic, TopicStatus, TopicTemplate
from governance.models.preparation import TALK_STAGE
from governance.secrecy import WITHHELD
from governance.services import TalkInput, record_talk
from schools.permissions import Body
from tests import factories
from tests.factories import Cast
from tests.integration.test_topic_services import act, cast, confirmed, draft_meeting, made, now, screened, submitted

__all__ = ["cast"]
pytestmark = pytest.mark.django_db
PRINCIPAL, PARTY = Body.PRINCIPAL.value, Body.PARTY.value
LIST, NEW = "/governance/topics/", "/governance/topics/new/"
TYPED = {
    "title": "采购教学一体机",
    "body": PRINCIPAL,
    "matter": "A11",
    "background": "现有设备已用八年",
    "basis": "学校采购管理办法第六条",
    "proposal": "采购十二台",
}
SECRET = "某同志问题线索处置"


def client_of(cast: Cast, role: str) -> Client:
    client = Client()
    client.force_login(cast.user(role))
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"governance:{name}", args=args)


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def restricted(cast: Cast, **values: Any) -> Topic:
    """A topic of discipline, waiting for 审定: read by its authors, who decides, and nobody else."""
    return screened(cast, body=PARTY, by="member", matter="P05", title=SECRET, **values)


def proposed(cast: Cast) -> AgendaItem:
    """A topic of the principal's meeting that the signed record sends to the Party meeting."""
    at = now() - timedelta(days=2)
    topic = confirmed(cast, matter="A04", title="校园文化建设预算")
    meeting = factories.make_meeting(cast, Body.PRINCIPAL, matters=(), at=at)
    act("schedule", topic, cast.user("clerk"), meeting=meeting)
    meeting = factories.prepare(cast, Meeting.objects.get(pk=meeting.pk))
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user("principal"), at=at)
    meeting = services.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    record = factories.full_record(
        meeting, cast.principal.pk, due_on=timezone.localdate() + timedelta(days=9), outcome="proposed_to_party"
    )
    meeting = services.save_record(meeting=meeting, new=record, version=None, by=cast.user("clerk"), at=at)
    meeting = factories.confirm_all(services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=at), at=at)
    services.sign_meeting(meeting=meeting, by=cast.user("principal"), at=at)
    return AgendaItem.objects.get(topic=topic)


# ---- putting forward ----


def test_a_title_makes_a_draft_and_its_author_is_the_proposer(cast: Cast) -> None:
    team = client_of(cast, "team")
    answer = team.post(NEW, {"title": "期末评优方案", "body": PRINCIPAL, "do": "save"})
    topic = Topic.objects.get()
    assert answer.headers["Location"] == topic.get_absolute_url()
    assert (topic.proposer, topic.status, topic.body) == (cast.team, TopicStatus.DRAFT, PRINCIPAL)
    assert "期末评优方案" in text(team.get(LIST))
    assert "期末评优方案" not in text(client_of(cast, "secretary").get(LIST))


def test_a_full_form_is_saved_with_its_files_and_sent_in_by_one_press(cast: Cast) -> None:
    file = SimpleUploadedFile("报价.pdf", b"%PDF-1.4 offer")
    client_of(cast, "team").post(NEW, {**TYPED, "do": "submit", "materials": [file]})
    topic = Topic.objects.get()
    assert (topic.status, topic.number()) == (TopicStatus.SUBMITTED, f"{timezone.localdate().year}-议-001")
    assert Attachment.objects.get().name == "报价.pdf"


def test_what_is_missing_is_named_at_its_field_and_the_draft_is_kept(cast: Cast) -> None:
    answer = client_of(cast, "team").post(NEW, {**TYPED, "basis": "", "do": "submit"})
    assert answer.status_code == 422
    assert "草稿已保存" in text(answer) and 'href="#id_basis"' in text(answer)
    topic = Topic.objects.get()
    assert (topic.status, topic.background) == (TopicStatus.DRAFT, TYPED["background"])
    assert f'action="{url("topic-edit", topic.pk)}"' in text(answer)  # the next press changes this draft
    assert f'name="version" value="{topic.version}"' in text(answer)


def test_a_refused_file_saves_nothing_and_loses_nothing_typed(cast: Cast) -> None:
    bad = SimpleUploadedFile("方案.exe", b"MZ")
    answer = client_of(cast, "team").post(NEW, {**TYPED, "do": "save", "materials": [bad]})
    assert answer.status_code == 422 and "方案.exe" in text(answer) and TYPED["background"] in text(answer)
    assert not Topic.objects.exists() and not Attachment.objects.exists()


def test_the_clerk_names_for_whom_the_topic_is_put_forward(cast: Cast) -> None:
    clerk = client_of(cast, "clerk")
    assert clerk.post(NEW, {**TYPED, "do": "save"}).status_code == 422
    clerk.post(NEW, {**TYPED, "proposer": str(cast.member.pk), "do": "save"})
    topic = Topic.objects.get()
    assert (topic.proposer, topic.entered_by) == (cast.member, cast.user("clerk"))
    assert 'name="proposer"' not in text(client_of(cast, "team").get(NEW))


def test_matters_are_proposed_for_the_title_and_one_is_taken_without_scripts(cast: Cast) -> None:
    team = client_of(cast, "team")
    alone = team.post(
        NEW, {"title": "中层干部选拔任用方案", "body": PARTY, "do": "suggest"}, headers={"HX-Request": "true"}
    )
    assert "P16" in text(alone) and "<html" not in text(alone)
    taken = team.post(
        NEW, {"title": "中层干部选拔任用方案", "body": PRINCIPAL, "do": "choose-P16", "background": "缺额"}
    )
    assert re.search(r'value="P16" selected', text(taken)) and "缺额" in text(taken)
    assert re.search(r'name="body" value="party"[^>]* checked', text(taken))
    assert not Topic.objects.exists()


def test_the_page_says_that_nothing_secret_may_be_uploaded(cast: Cast) -> None:
    draft = made(cast)
    for address in (NEW, url("topic-edit", draft.pk), draft.get_absolute_url()):
        assert "非涉密系统，不得上传涉密文件" in text(client_of(cast, "team").get(address)), address


def test_steps_and_talks_are_kept_with_the_topic(cast: Cast) -> None:
    talk = record_talk(
        school=cast.school, talk=TalkInput(timezone.localdate(), "设备更新"), by=cast.user("secretary"), at=now()
    )
    steps = {"step-0-stage": "finance_review", "step-0-done_on": str(timezone.localdate()), "step-0-note": "预算内"}
    client_of(cast, "principal").post(NEW, {**TYPED, **steps, "talks": [str(talk.pk)], "do": "save"})
    topic = Topic.objects.get()
    assert [(step.stage, step.note) for step in topic.steps.all()] == [("finance_review", "预算内")]
    assert list(topic.talks.all()) == [talk]
    edited = client_of(cast, "principal").get(url("topic-edit", topic.pk))
    assert TALK_STAGE not in text(edited) and "预算内" in text(edited)


def test_talks_stay_linked_when_somebody_saves_who_does_not_read_them(cast: Cast) -> None:
    talk = record_talk(
        school=cast.school, talk=TalkInput(timezone.localdate(), "密谈主题"), by=cast.user("secretary"), at=now()
    )
    topic = made(cast, by="team", talks=(talk.pk,))
    team = client_of(cast, "team")
    assert "密谈主题" not in text(team.get(url("topic-edit", topic.pk))) + text(team.get(topic.get_absolute_url()))
    team.post(url("topic-edit", topic.pk), {**TYPED, "title": "改过的名称", "version": topic.version, "do": "save"})
    topic.refresh_from_db()
    assert topic.title == "改过的名称" and list(topic.talks.all()) == [talk]


def test_who_saves_second_sees_what_differs_and_keeps_what_was_typed(cast: Cast) -> None:
    topic = made(cast, by="team")
    old = topic.version
    team, door = client_of(cast, "team"), url("topic-edit", topic.pk)
    team.post(door, {**TYPED, "title": "先存的", "version": old, "do": "save"})
    answer = team.post(door, {**TYPED, "title": "后存的", "version": old, "do": "save"})
    assert answer.status_code == 409 and "先存的" in text(answer) and 'value="后存的"' in text(answer)
    topic.refresh_from_db()
    assert topic.title == "先存的" and f'name="version" value="{topic.version}"' in text(answer)


def test_a_topic_that_was_sent_in_is_no_longer_its_authors_to_change(cast: Cast) -> None:
    topic = submitted(cast)
    assert client_of(cast, "team").get(url("topic-edit", topic.pk)).status_code == 302
    assert client_of(cast, "clerk").get(url("topic-edit", topic.pk)).status_code == 200  # who screens it puts it right


# ---- the way to the agenda ----


def test_each_sees_the_buttons_that_are_his_and_they_lead_to_the_agenda(cast: Cast) -> None:
    topic = submitted(cast)
    page, clerk, head = topic.get_absolute_url(), client_of(cast, "clerk"), client_of(cast, "principal")
    assert "通过初审" in text(clerk.get(page)) and "通过初审" not in text(head.get(page))
    clerk.post(url("topic-action", topic.pk, "screen"), {"version": Topic.objects.get().version})
    assert "同意上会" in text(head.get(page)) and "同意上会</button>" not in text(clerk.get(page))
    head.post(url("topic-action", topic.pk, "confirm"), {"version": Topic.objects.get().version, "opinion": "抓紧办"})
    topic.refresh_from_db()
    assert (topic.status, topic.head_opinion) == (TopicStatus.CONFIRMED, "抓紧办")
    meeting = draft_meeting(cast)
    assert "列入议程" in text(clerk.get(page))
    clerk.post(url("topic-schedule", topic.pk), {"meeting": str(meeting.pk), "version": topic.version})
    assert AgendaItem.objects.get(topic=topic).meeting == meeting


def test_a_step_without_a_reason_changes_nothing_and_asks_again(cast: Cast) -> None:
    topic = submitted(cast)
    answer = client_of(cast, "clerk").post(
        url("topic-action", topic.pk, "return"), {"version": topic.version, "reason": "短"}
    )
    assert answer.status_code == 422 and "写明理由" in text(answer)
    topic.refresh_from_db()
    assert topic.status == TopicStatus.SUBMITTED
    asked = client_of(cast, "clerk").get(url("topic-action", topic.pk, "return"))
    assert 'name="reason"' in text(asked)


def test_a_page_that_is_too_old_moves_nothing(cast: Cast) -> None:
    topic = submitted(cast)
    answer = client_of(cast, "clerk").post(url("topic-action", topic.pk, "screen"), {"version": topic.version - 1})
    assert answer.status_code == 409
    topic.refresh_from_db()
    assert topic.status == TopicStatus.SUBMITTED


def test_the_authors_give_a_draft_to_a_colleague_and_take_it_back(cast: Cast) -> None:
    topic = made(cast, by="principal")
    assert client_of(cast, "team").get(topic.get_absolute_url()).status_code == 404
    client_of(cast, "principal").post(
        url("topic-assign", topic.pk), {"person": str(cast.team.pk), "version": topic.version}
    )
    assert client_of(cast, "team").get(url("topic-edit", topic.pk)).status_code == 200
    topic.refresh_from_db()
    client_of(cast, "principal").post(url("topic-assign", topic.pk), {"do": "take-back", "version": topic.version})
    assert client_of(cast, "team").get(topic.get_absolute_url()).status_code == 404


def test_a_topic_is_kept_as_a_template_and_used_again(cast: Cast) -> None:
    topic = submitted(cast)
    client_of(cast, "team").post(url("topic-keep", topic.pk), {"repeats": "term"})
    template = TopicTemplate.objects.get()
    assert (template.title, template.repeats) == (topic.title, "term")
    page, clerk = url("topic-templates"), client_of(cast, "clerk")
    assert clerk.post(page, {"do": f"use-{template.pk}"}).status_code == 409  # for whom?
    clerk.post(page, {"do": f"use-{template.pk}", "proposer": str(cast.member.pk)})
    again = Topic.objects.get(template=template)
    assert (again.status, again.proposer, again.proposal) == (TopicStatus.DRAFT, cast.member, topic.proposal)
    client_of(cast, "team").post(page, {"do": f"delete-{template.pk}", "version": template.version})
    assert TopicTemplate.objects.exists()  # the office keeps them
    clerk.post(page, {"do": f"delete-{template.pk}", "version": template.version})
    assert not TopicTemplate.objects.exists()


def test_materials_are_added_and_taken_off_on_the_page(cast: Cast) -> None:
    topic = submitted(cast)
    door, team = url("topic-files", topic.pk), client_of(cast, "team")
    team.post(door, {"materials": [SimpleUploadedFile("说明.txt", b"text"), SimpleUploadedFile("清单.txt", b"list")]})
    assert Attachment.objects.count() == 2
    file = Attachment.objects.get(name="说明.txt")
    team.post(door, {"do": f"remove-{file.pk}"})
    assert [left.name for left in Attachment.objects.all()] == ["清单.txt"]
    refused = client_of(cast, "deputy").post(door, {"materials": [SimpleUploadedFile("别的.txt", b"x")]})
    assert refused.status_code == 404 and Attachment.objects.count() == 1  # he does not sit in that meeting


# ---- the agenda ----


def test_one_tap_puts_a_waiting_topic_on_the_agenda(cast: Cast) -> None:
    topic, meeting = confirmed(cast), draft_meeting(cast)
    clerk = client_of(cast, "clerk")
    page = text(clerk.get(url("agenda", meeting.pk)))
    assert topic.title in page and f'action="{url("agenda-topics", meeting.pk)}"' in page
    answer = clerk.post(
        url("agenda-topics", meeting.pk), {"topic": str(topic.pk), "version": topic.version, "from": "agenda"}
    )
    assert answer.headers["Location"] == url("agenda", meeting.pk)
    assert AgendaItem.objects.get(topic=topic).order == 2
    assert f'value="{topic.pk}"' not in text(clerk.get(url("agenda", meeting.pk)))


def test_after_the_notice_a_topic_needs_reason_and_consent(cast: Cast) -> None:
    topic, meeting = confirmed(cast, matter="A01"), draft_meeting(cast)
    at = now()
    meeting = factories.prepare(cast, meeting)
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user("principal"), at=at)
    Meeting.objects.filter(pk=meeting.pk).update(status="called", called_at=at, called_by=cast.user("clerk"))
    clerk, door = client_of(cast, "clerk"), url("agenda-topics", meeting.pk)
    assert door in text(clerk.get(meeting.get_absolute_url()))
    refused = clerk.post(door, {"topic": str(topic.pk), "version": topic.version, "reason": "上级刚来通知"})
    assert refused.status_code == 409 and "主持人同意" in text(refused) and "上级刚来通知" in text(refused)
    assert not AgendaItem.objects.filter(topic=topic).exists()


def test_who_does_not_type_agendas_puts_nothing_on_one(cast: Cast) -> None:
    topic, meeting = confirmed(cast), draft_meeting(cast)
    team = client_of(cast, "team")
    assert topic.title not in text(team.get(url("agenda-topics", meeting.pk)))
    assert (
        team.post(url("agenda-topics", meeting.pk), {"topic": str(topic.pk), "version": topic.version}).status_code
        == 409
    )
    assert not AgendaItem.objects.filter(topic=topic).exists()


# ---- from one meeting to the other ----


def test_what_the_principals_meeting_proposed_goes_to_the_party_meeting_by_one_button(cast: Cast) -> None:
    item = proposed(cast)
    clerk, door = client_of(cast, "clerk"), url("hand-over", item.meeting_id, item.pk)
    assert door in text(clerk.get(item.meeting.get_absolute_url()))
    assert door not in text(client_of(cast, "team").get(item.meeting.get_absolute_url()))
    assert "不用再录一遍" in text(clerk.get(door))
    answer = clerk.post(door)
    topic = Topic.objects.get(handed_over_from=item)
    assert answer.headers["Location"] == topic.get_absolute_url()
    assert (topic.body, topic.status) == (PARTY, TopicStatus.SCREENED)
    after = text(clerk.get(item.meeting.get_absolute_url()))
    assert door not in after and topic.get_absolute_url() in after
    assert "已经转党组织会议" in text(clerk.get(door))
    assert clerk.post(door).status_code == 409 and Topic.objects.filter(handed_over_from=item).count() == 1


def test_the_way_of_a_matter_is_one_flow_from_topic_to_decision(cast: Cast) -> None:
    item = proposed(cast)
    topic = services.hand_over(item=item, by=cast.user("clerk"), at=now())
    page = client_of(cast, "secretary").get(url("topic-chain", topic.pk))
    steps = [(step.kind, step.lane, step.arrow) for step in page.context["steps"]]
    assert steps == [("topic", PRINCIPAL, "first"), ("item", PRINCIPAL, "down"), ("topic", PARTY, "right")]
    same = client_of(cast, "secretary").get(url("item-chain", item.meeting_id, item.pk))
    assert [step.title for step in same.context["steps"]] == [step.title for step in page.context["steps"]]
    assert [step.here for step in same.context["steps"]] == [False, True, False]


def test_a_decision_and_its_tasks_close_the_flow(cast: Cast) -> None:
    meeting = factories.make_signed(cast)
    decision = meeting.decisions.get()
    page = client_of(cast, "secretary").get(url("item-chain", meeting.pk, decision.item_id))
    assert [step.kind for step in page.context["steps"]] == ["item", "decision", "tasks"]
    assert url("item-chain", meeting.pk, decision.item_id) in text(
        client_of(cast, "secretary").get(decision.get_absolute_url())
    )


def test_a_meeting_one_does_not_see_stands_in_the_flow_without_a_word(cast: Cast) -> None:
    item = proposed(cast)
    topic = services.hand_over(item=item, by=cast.user("clerk"), at=now())
    topic = act("confirm", topic, cast.user("secretary"))
    Topic.objects.filter(pk=topic.pk).update(title="党组织会议里的名称", proposer=cast.member)
    meeting = factories.make_meeting(cast, Body.PARTY, matters=())
    topic.refresh_from_db()
    act("schedule", topic, cast.user("clerk"), meeting=meeting)
    page = client_of(cast, "team").get(url("item-chain", item.meeting_id, item.pk))
    assert "你的职务不看这个会议" in text(page)
    assert "党组织会议里的名称" not in text(page) and str(meeting.pk) not in text(page)


# ---- restricted ----


def test_a_restricted_topic_is_withheld_in_list_page_search_flow_and_export(cast: Cast) -> None:
    topic = restricted(cast)
    deputy = client_of(cast, "deputy")
    assert SECRET not in text(deputy.get(LIST)) and WITHHELD in text(deputy.get(LIST))
    for query in (f"?q={SECRET[:4]}", f"?q={topic.number()}", "?matter=P05", f"?q={cast.member.name}"):
        assert deputy.get(LIST + query).context["topics"] == [], query
    for door in (topic.get_absolute_url(), url("topic-chain", topic.pk)):
        page = text(deputy.get(door))
        assert SECRET not in page and WITHHELD in page and "P05" not in page, door
    csv = deputy.get(url("topics-export", "csv")).content.decode("utf-8-sig")
    assert SECRET not in csv and WITHHELD in csv and cast.member.name not in csv
    for name in ("topic-edit", "topic-action"):
        args = (topic.pk, "postpone") if name == "topic-action" else (topic.pk,)
        assert deputy.get(url(name, *args)).status_code == 404


def test_reading_a_restricted_topic_is_recorded_and_looking_at_the_list_is_not(cast: Cast) -> None:
    topic = restricted(cast)
    read = Event.objects.filter(kind="governance.topic.read")
    secretary = client_of(cast, "secretary")
    secretary.get(LIST)
    assert not read.exists()
    assert SECRET in text(secretary.get(topic.get_absolute_url()))
    assert read.get().actor_id == cast.user("secretary").pk
    client_of(cast, "deputy").get(topic.get_absolute_url())
    assert read.count() == 1


def test_the_desk_says_of_a_restricted_topic_only_that_it_waits(cast: Cast) -> None:
    restricted(cast)
    desk = text(client_of(cast, "secretary").get("/"))
    assert "审定议题：限定人员议题" in desk and SECRET not in desk


# ---- lists and desk ----


def test_each_view_counts_and_lists_its_own(cast: Cast) -> None:
    made(cast, by="secretary", title="草稿一件")
    submitted(cast, title="等初审的")
    screened(cast, title="等审定的")
    confirmed(cast, title="待上会的")
    act("return", submitted(cast, title="被退回的"), cast.user("clerk"), reason="补上报价单再送")
    clerk = client_of(cast, "clerk").get(LIST).context
    assert {view["label"]: view["count"] for view in clerk["views"]} == {
        "等我处理": 1, "审核中": 2, "待上会": 1, "已列入": 0, "已议": 0, "退回和暂缓": 1, "草稿": 0, "全部": 4,
    }  # fmt: skip

    def waiting(role: str) -> list[str]:
        rows = client_of(cast, role).get(f"{LIST}?view=mine").context["topics"]
        return sorted(topic.title for topic, *_ in rows)

    assert waiting("clerk") == ["等初审的"]
    assert waiting("principal") == ["等审定的"]
    assert waiting("team") == ["被退回的"]
    assert waiting("secretary") == waiting("deputy") == []


def test_screening_falls_to_the_heads_where_no_clerk_can_do_it(cast: Cast) -> None:
    by_clerk = services.create_topic(
        school=cast.school, body=PRINCIPAL, by=cast.user("clerk"), at=now(),
        new=services.TopicInput(**{k: v for k, v in TYPED.items() if k != "body"}, proposer=cast.team.pk),
    )  # fmt: skip
    act("submit", by_clerk, cast.user("clerk"))
    for role, expected in (("clerk", 0), ("principal", 1), ("secretary", 1), ("deputy", 0)):
        assert len(client_of(cast, role).get(f"{LIST}?view=mine").context["topics"]) == expected, role


def test_the_desk_tells_each_what_waits_for_him(cast: Cast) -> None:
    submitted(cast, title="等初审的")
    screened(cast, title="等审定的")
    act("return", submitted(cast, title="被退回的"), cast.user("clerk"), reason="补上报价单再送")
    services.assign_topic(
        topic=made(cast, by="principal", title="请人写的"), person=cast.team.pk, by=cast.user("principal"), at=now()
    )

    def todo(role: str) -> list[tuple[str, str]]:
        found = client_of(cast, role).get("/").context["desk"].todo
        return sorted((line["title"], line["note"]) for line in found if "议题：" in line["title"])

    assert todo("clerk") == [("初审议题：等初审的", f"{cast.team.name}提出")]
    assert todo("principal") == [("审定议题：等审定的", f"{cast.team.name}提出")]
    assert todo("team") == [
        ("修改退回的议题：被退回的", "退回：补上报价单再送"),
        ("填写议题：请人写的", f"{cast.principal.name}请你填写"),
    ]


def test_the_list_filters_by_body_matter_number_words_and_proposer(cast: Cast) -> None:
    one = submitted(cast, title="采购一体机")
    screened(cast, body=PARTY, by="member", matter="P01", title="年度工作计划")
    clerk = client_of(cast, "clerk")
    for query in ("body=principal", "matter=A11", f"q={one.number()}", "q=一体机", f"q={cast.team.name}"):
        assert [topic.title for topic, *_ in clerk.get(f"{LIST}?{query}").context["topics"]] == ["采购一体机"], query
    assert len(clerk.get(f"{LIST}?body=nonsense&matter=Z99&view=none&cursor=nothing").context["topics"]) == 2


def test_the_export_is_recorded_and_holds_no_formula(cast: Cast) -> None:
    submitted(cast, title='=HYPERLINK("http://x","y")')
    answer = client_of(cast, "clerk").get(url("topics-export", "csv"))
    assert "'=HYPERLINK" in answer.content.decode("utf-8-sig")
    assert Event.objects.get(kind="governance.topics.exported").data["rows"] == 1


def test_another_school_sees_nothing_of_a_topic(cast: Cast) -> None:
    topic, other = screened(cast), factories.make_cast("FH002")
    for role in ("secretary", "clerk", "member"):
        stranger = client_of(other, role)
        assert topic.title not in text(stranger.get(LIST))
        assert stranger.get(topic.get_absolute_url()).status_code == 404
        assert stranger.post(url("topic-action", topic.pk, "confirm"), {"version": topic.version}).status_code == 404


def test_a_list_of_thirty_costs_what_a_list_of_two_costs(cast: Cast) -> None:
    def cost() -> int:
        client = client_of(cast, "clerk")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    meeting = draft_meeting(cast)
    act("schedule", confirmed(cast, title="已列入的"), cast.user("clerk"), meeting=meeting)
    restricted(cast)
    few = cost()
    for number in range(6):
        act("schedule", confirmed(cast, title=f"又一件{number}"), cast.user("clerk"), meeting=meeting)
        submitted(cast, title=f"等初审{number}")
    assert cost() == few


def test_a_long_chain_costs_what_its_rounds_cost_whatever_its_rows(cast: Cast) -> None:
    item = proposed(cast)

    def cost() -> int:
        client = client_of(cast, "secretary")
        with CaptureQueriesContext(connection) as captured:
            client.get(url("item-chain", item.meeting_id, item.pk))
        return len(captured)

    services.hand_over(item=item, by=cast.user("clerk"), at=now())
    few = cost()
    topic = Topic.objects.get(handed_over_from=item)
    topic = act("confirm", topic, cast.user("secretary"))
    act("schedule", topic, cast.user("clerk"), meeting=factories.make_meeting(cast, Body.PARTY, matters=()))
    assert cost() <= few + 2 * 5  # one more round and the item's own reading, not more with each row
