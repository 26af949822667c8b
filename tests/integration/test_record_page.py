"""The record of a meeting through its page: what is typed is stored, judged, refused, and never lost; then the minutes."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from common.dates import local_day
from governance import minutes_text
from governance import services as governance
from governance.models import AgendaItem, Meeting, PlannedTask, Stance
from governance.record import Record, record_of
from governance.selectors import for_record
from schools.permissions import Body, Post
from tests import factories as make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
COUNTERS_OF_THE_SHELL = 2  # what waits for me, and unread notices


class Fields(HTMLParser):
    """What a browser would send of the form #record."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.area: str | None = None
        self.select: str | None = None
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.inside = given.get("id") == "record"
        if not self.inside:
            return
        if tag == "input" and name:
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.values[name] = given.get("value") or ""
        elif tag == "textarea":
            self.area, self.values[name] = name, ""
        elif tag == "select":
            self.select, self.values[name] = name, ""
        elif tag == "option" and self.select and "selected" in given:
            self.values[self.select] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def signed_in(cast: make.Cast, role: str) -> Client:
    client = Client()
    client.force_login(cast.user(role))
    return client


def url(meeting: Meeting, name: str = "record") -> str:
    return reverse(f"governance:{name}", args=[meeting.pk])


def stored(meeting: Meeting) -> Record:
    return record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))


def form_of(client: Client, meeting: Meeting) -> dict[str, str]:
    """The fields of the page as it stands."""
    answer = client.get(url(meeting))
    assert answer.status_code == 200
    return Fields(answer.content.decode()).values


def everybody(fields: dict[str, str], meeting: Meeting, status: str = "present") -> dict[str, str]:
    return fields | {f"m-{n}-status": status for n in range(1, meeting.members.count() + 1)}


# ---- who sees what ----


def test_before_the_meeting_is_held_there_is_no_record_and_no_minutes(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast)
    client = signed_in(cast, "clerk")
    for name in ("record", "minutes"):
        assert client.get(url(meeting, name))["Location"] == meeting.get_absolute_url()


def test_another_school_and_the_office_see_nothing(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    other = make.make_cast("FH002")
    office = Client()
    office.force_login(make.make_office_user())
    for client in (signed_in(other, "secretary"), office):
        assert client.get(url(meeting)).status_code == 404
        assert client.post(url(meeting), {"do": "save"}).status_code == 404
        assert client.post(url(meeting, "record-check"), {}).status_code == 404
        assert client.get(url(meeting, "minutes")).status_code == 404


def test_a_member_of_the_body_reads_and_cannot_type(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "deputy")
    page = client.get(url(meeting)).content.decode()
    assert 'id="record"' not in page
    assert "会议同意。" in page
    before = stored(meeting)
    answer = client.post(url(meeting), {"do": "save", "version": meeting.version})
    assert answer.status_code == 409
    assert "会议记录由书记、校长或党政办填写" in answer.content.decode()
    assert 'id="record"' not in client.post(url(meeting), {"do": "all-present"}).content.decode()
    assert stored(meeting) == before


def test_a_signed_record_is_read_only_and_keeps_what_was_stated(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    page = signed_in(cast, "clerk").get(url(meeting)).content.decode()
    assert 'id="record"' not in page
    assert "完成专题学习" in page
    assert page.count("<span>同意</span>") == meeting.members.count()


def test_each_opening_by_the_bureau_leaves_a_trace_and_those_of_the_school_do_not(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    bureau = Client()
    bureau.force_login(make.make_bureau(Post.SUPERVISOR))
    bureau.get(url(meeting))
    bureau.get(url(meeting, "minutes"))
    signed_in(cast, "secretary").get(url(meeting, "minutes"))
    assert Event.objects.filter(kind="governance.meeting.read").count() == 2


# ---- saving ----


def test_saving_writes_the_whole_record_and_one_fact(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    clerk, principal = cast.people["clerk"], cast.people["principal"]
    due = local_day(timezone.now()) + timedelta(days=10)
    fields = everybody(form_of(client, meeting), meeting) | {
        "recorder": str(clerk.pk),
        "m-3-status": "leave",
        "m-3-reason": "区里开会",
        "i-1-s-4-recused": "1",
        "i-1-s-4-conflict": "1",
        "i-1-s-2-stance": "agree",
        "i-1-s-2-seq": "1",
        "i-1-s-2-opinion": "符合需要",
        "i-1-s-1-stance": "abstain",
        "i-1-s-1-seq": "7",
        "i-1-method": "show_of_hands",
        "i-1-agree": "１",
        "i-1-abstain": "1",
        "i-1-outcome": "approved",
        "i-1-decision_text": "同意。",
        "i-1-t-0-goal": "学习",
        "i-1-t-0-measures": "分组学习",
        "i-1-t-0-due_on": due.isoformat(),
        "i-1-t-0-responsible": str(principal.pk),
        "i-1-t-0-units": "党政办",
        "i-1-t-1-goal": "",
    }
    answer = client.post(url(meeting), fields | {"do": "save"})
    assert answer.status_code == 302, answer.content.decode()[:4000]
    record = stored(meeting)
    item = record.items[0]
    assert [m.status for m in record.members] == ["present", "present", "leave", "present"]
    assert record.members[2].reason == "区里开会"
    assert (item.method, item.votes, item.outcome, item.decision_text) == (
        "show_of_hands",
        (1, 0, 1),
        "approved",
        "同意。",
    )
    assert [(s.person, s.stance, s.seq, s.opinion) for s in item.stances] == [
        (principal.pk, "agree", 1, "符合需要"),
        (cast.people["secretary"].pk, "abstain", 2, ""),
    ]
    assert item.recused == item.conflicts == frozenset({cast.people["member"].pk})
    assert [(t.goal, t.measures, t.due_on, t.responsible, t.units) for t in item.tasks] == [
        ("学习", "分组学习", due, principal.pk, "党政办")
    ]
    meeting.refresh_from_db()
    assert (meeting.present, meeting.recorder) == (3, clerk)
    assert Event.objects.filter(kind="governance.meeting.recorded").count() == 1


def test_saving_the_page_as_it_came_changes_nothing_of_the_record(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P16"))
    before = stored(meeting)
    client = signed_in(cast, "secretary")
    assert client.post(url(meeting), form_of(client, meeting) | {"do": "save"}).status_code == 302
    assert stored(meeting) == before


def test_the_script_saves_without_a_new_page_and_learns_the_new_version(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    answer = client.post(url(meeting), form_of(client, meeting) | {"do": "save"}, headers=HTMX)
    meeting.refresh_from_db()
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"])["record-saved"]["version"] == meeting.version


@pytest.mark.parametrize(
    ("name", "value", "place", "words"),
    [
        ("i-1-agree", "三", "i-1-agree", "票数写成"),
        ("i-1-agree", "-1", "i-1-agree", "票数写成"),
        ("i-1-agree", "4294967296", "i-1-agree", "票数写成"),
        ("i-1-t-0-due_on", "2026-13-40", "i-1-t-0-due_on", "完成时限写成"),
        ("i-1-t-0-responsible", "nobody", "i-1-t-0-responsible", "责任主体要从"),
        ("i-1-t-0-goal", "长" * 301, "i-1-t-0-goal", "300 字以内"),
        ("i-1-decision_text", "长" * 4001, "i-1-decision_text", "4,000 字以内"),
        ("i-1-s-2-opinion", "只写了要点", "i-1-s-2-stance", "还没有选表态"),
        ("i-1-s-2-stance", "maybe", "i-1-s-2-stance", "重新选表态"),
        ("i-1-outcome", "perhaps", "i-1-outcome", "重新选结论"),
        ("i-1-method", "telepathy", "i-1-method", "重新选表决方式"),
        ("m-2-status", "late", "m-2-status", "从到会、请假、缺席里选"),
        ("m-2-reason", "长" * 121, "m-2-reason", "120 字以内"),
        ("chair", "x", "chair", "主持人要从应到成员里选"),
        ("delegation_note", "长" * 301, "delegation_note", "300 字以内"),
    ],
)
def test_what_cannot_be_read_is_named_at_its_place_and_kept(
    cast: make.Cast, name: str, value: str, place: str, words: str
) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {"i-1-t-0-measures": "留着", "do": "save", name: value}
    answer = client.post(url(meeting), fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{place}">[^<]*{words}', page)
    assert f'id="{place}"' in page
    assert re.search(rf"fh-err[^>]*>(<svg.*?</svg>)?[^<]*{words}", page)
    assert "留着" in page
    assert page.count("<title>有 1 处要改") == 1
    assert not PlannedTask.objects.exists()


def test_sense_is_checked_by_the_service_and_told_at_the_place(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    stranger = make.make_person("外人", school=make.make_school("FH009"))
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting) | {
        "m-1-status": "absent",
        "i-1-s-1-stance": "agree",
        "i-1-s-1-opinion": "缺席的意见",
        "i-1-agree": "9",
        "i-1-t-1-goal": "目标",  # the blank row before it is left out
        "i-1-t-1-responsible": str(stranger.pk),
    }
    answer = client.post(url(meeting), fields | {"do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#i-1-stances"' in page
    assert 'href="#i-1-votes"' in page
    assert 'href="#i-1-t-0-responsible"' in page
    assert Fields(page).values["i-1-t-0-goal"] == "目标"
    assert "缺席的意见" in page
    assert 'value="clear-1-1"' in page  # 去掉表态, offered where the stance cannot stand
    assert not Stance.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"version": "abc"},
        {"version": "9" * 40},
        {"m-1": "x", "i-1": "y"},
        {"i-1-t-999-goal": "x", "i-999-outcome": "approved", "m-0-status": "present"},
        {"i-1-s-1-seq": "²", "i-1-s-2-seq": "-5", "i-1-s-3-seq": "99999999999"},
        {"chair": "\x00", "i-1-decision_text": "a\x00b", "i-1-agree": "²"},
        {"do": "up-1-99"},
        {"do": "drop-1-99"},
        {"do": "task-99"},
        {"do": "take:items.x.votes"},
        {"do": "take:items"},
        {"do": "take:members.00000000-0000-0000-0000-000000000000"},
        {"do": "\x00"},
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_no_post_makes_the_page_fail(cast: make.Cast, fields: dict[str, str], whole: bool) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    base = form_of(client, meeting) if whole else {}
    for name in ("record", "record-check"):
        assert client.post(url(meeting, name), base | fields).status_code < 500


def test_control_characters_are_left_out(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting) | {"i-1-decision_text": "第一行\r\n第二\x00行", "do": "save"}
    assert client.post(url(meeting), fields).status_code == 302
    assert stored(meeting).items[0].decision_text == "第一行\n第二行"


def test_one_person_or_item_under_two_numbers_is_refused(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting)
    fields |= {"m-9": fields["m-1"], "i-9": fields["i-1"], "do": "save"}
    assert client.post(url(meeting), fields).status_code == 422


def test_fields_follow_their_item_when_the_agenda_was_reordered_meanwhile(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P16"))
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting) | {"i-1-decision_text": "第一项的决议", "do": "save"}
    first, second = meeting.items.order_by("order")
    AgendaItem.objects.filter(pk=first.pk).update(order=9)
    AgendaItem.objects.filter(pk=second.pk).update(order=1)
    AgendaItem.objects.filter(pk=first.pk).update(order=2)
    assert client.post(url(meeting), fields).status_code == 302
    assert AgendaItem.objects.get(pk=first.pk).decision_text == "第一项的决议"


def test_a_secret_ballot_keeps_totals_only(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {
        "i-1-method": "secret_ballot",
        "i-1-agree": "3",
        "i-1-disagree": "1",
        "do": "save",
    }
    answer = client.post(url(meeting), fields | {"i-1-s-1-stance": "agree"})
    assert answer.status_code == 422
    assert "只记票数，不记个人表态" in answer.content.decode()
    assert client.post(url(meeting), fields).status_code == 302
    assert stored(meeting).items[0].votes == (3, 1, 0)
    assert not Stance.objects.exists()


# ---- two clerks ----


def two_versions(cast: make.Cast) -> tuple[Meeting, Client, dict[str, str]]:
    """The clerk has the page open while the secretary saves."""
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    mine = form_of(client, meeting) | {
        "i-1-decision_text": "我写的决议",
        "i-1-t-0-goal": "我的任务",
        "m-2-status": "present",
    }
    other = signed_in(cast, "secretary")
    theirs = form_of(other, meeting) | {
        "i-1-decision_text": "书记写的决议",
        "i-1-outcome": "deferred",
        "m-1-status": "present",
        "m-2-status": "leave",
    }
    assert other.post(url(meeting), theirs | {"do": "save"}).status_code == 302
    return meeting, client, mine


def test_the_second_clerk_is_refused_with_the_fields_that_differ_and_loses_nothing(cast: make.Cast) -> None:
    meeting, client, mine = two_versions(cast)
    answer = client.post(url(meeting), mine | {"do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 409
    meeting.refresh_from_db()
    assert stored(meeting).items[0].decision_text == "书记写的决议"
    for words in ("第1项·决议", "书记写的决议", "我写的决议", "第1项·结论", "暂缓", "第1项·任务1"):
        assert words in page
    kept = Fields(page).values
    assert kept["i-1-decision_text"] == "我写的决议"
    assert kept["i-1-t-0-goal"] == "我的任务"
    assert kept["version"] == str(meeting.version)
    assert client.post(url(meeting), kept | {"do": "save"}).status_code == 302
    assert stored(meeting).items[0].decision_text == "我写的决议"


def test_single_fields_of_the_other_clerk_can_be_taken(cast: make.Cast) -> None:
    meeting, client, mine = two_versions(cast)
    page = client.post(url(meeting), mine | {"do": "save"}).content.decode()
    paths = re.findall(r'value="take:([^"]+)"', page)
    assert len(paths) == len(set(paths)) >= 5
    kept = Fields(page).values
    for path in paths:
        answer = client.post(url(meeting), kept | {"do": f"take:{path}"})
        assert answer.status_code == 200
        kept = Fields(answer.content.decode()).values
    assert "两人填得不同" not in answer.content.decode()
    before = stored(meeting)
    assert before.items[0].decision_text == "书记写的决议"
    assert client.post(url(meeting), kept | {"do": "save"}).status_code == 302
    assert stored(meeting) == before


def test_a_record_sent_for_signature_meanwhile_is_not_changed_and_the_typing_is_kept(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "secretary")
    mine = form_of(client, meeting) | {"i-1-decision_text": "还想改", "do": "save"}
    governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    answer = client.post(url(meeting), mine)
    assert answer.status_code == 409
    assert "记录不能再改" in answer.content.decode()
    assert Fields(answer.content.decode()).values["i-1-decision_text"] == "还想改"
    assert stored(meeting).items[0].decision_text == "会议同意。"


# ---- buttons without scripts ----


def press(client: Client, meeting: Meeting, fields: dict[str, str], button: str) -> dict[str, str]:
    answer = client.post(url(meeting), fields | {"do": button})
    assert answer.status_code == 200
    return Fields(answer.content.decode()).values


def test_everybody_present_leaves_leave_that_was_typed(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = press(client, meeting, form_of(client, meeting) | {"m-2-status": "leave"}, "all-present")
    assert [fields[f"m-{n}-status"] for n in (1, 2, 3, 4)] == ["present", "leave", "present", "present"]
    assert not Event.objects.filter(kind="governance.meeting.recorded").exists()


def test_agreed_by_all_writes_each_present_member_with_the_head_last(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {"m-2-status": "leave", "i-1-s-4-left": "1"}
    fields = press(client, meeting, fields, "agree-1")
    assert {n for n in (1, 2, 3, 4) if fields.get(f"i-1-s-{n}-stance") == "agree"} == {1, 3}
    assert [fields[f"i-1-{name}"] for name in ("agree", "disagree", "abstain")] == ["2", "0", "0"]
    fields |= {"i-1-s-3-stance": "disagree"}  # may be changed afterwards
    assert client.post(url(meeting), fields | {"do": "save"}).status_code == 302
    secretary, deputy = cast.people["secretary"], cast.people["deputy"]
    said = [(s.person, s.stance, s.together) for s in stored(meeting).items[0].stances]
    assert said == [(deputy.pk, "disagree", False), (secretary.pk, "agree", True)]


def order(fields: dict[str, str]) -> list[int]:
    """Members by their place in the order of speaking."""
    return sorted((1, 2, 3, 4), key=lambda n: int(fields[f"i-1-s-{n}-seq"]))


def test_speakers_move_one_place_among_those_in_the_room(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting)
    assert order(fields) == [4, 3, 2, 1]
    assert order(press(client, meeting, fields, "up-1-2")) == [4, 2, 3, 1]
    assert order(press(client, meeting, fields, "down-1-1")) == [4, 3, 2, 1]
    fields["m-3-status"] = "leave"
    assert order(press(client, meeting, fields, "up-1-2")) == [2, 3, 4, 1]


def test_votes_are_counted_from_stances_and_stances_can_be_cleared(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {"i-1-s-1-stance": "agree", "i-1-s-2-stance": "abstain"}
    fields = press(client, meeting, fields, "count-1")
    assert (fields["i-1-agree"], fields["i-1-disagree"], fields["i-1-abstain"]) == ("1", "0", "1")
    fields = press(client, meeting, fields, "clear-1-1")
    assert "i-1-s-1-stance" not in fields
    assert fields["i-1-s-2-stance"] == "abstain"
    assert "i-1-s-2-stance" not in press(client, meeting, fields, "clear-1")


def test_rows_of_tasks_are_added_and_removed(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting) | {"i-1-t-0-goal": "第一"}
    fields = press(client, meeting, fields, "task-1") | {"i-1-t-1-goal": "第二"}
    fields = press(client, meeting, fields, "drop-1-0")
    assert fields["i-1-t-0-goal"] == "第二"
    assert "i-1-t-1-goal" not in fields


# ---- the running check ----


def test_the_check_judges_what_is_typed_and_writes_nothing(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P16"))
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting)
    before, facts = stored(meeting), Event.objects.count()
    open_page = client.post(url(meeting, "record-check"), fields, headers=HTMX).content.decode()
    assert 'href="#attendance"' in open_page
    typed = everybody(fields, meeting) | {"m-1-status": "leave", "m-2-status": "leave"}
    page = client.post(url(meeting, "record-check"), typed, headers=HTMX).content.decode()
    assert "应到4人，议题讨论时在场2人，未达到应到三分之二（须3人）" in page
    assert 'href="#i-2-room"' in page
    assert page.count("hx-swap-oob") == 3 + 1 + 2 * 2
    assert stored(meeting) == before
    assert Event.objects.count() == facts


def test_recusal_changes_the_base_of_that_item_alone(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P16", "P16"))
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {"i-2-s-3-recused": "1", "i-2-s-4-left": "1"}
    page = client.post(url(meeting, "record-check"), fields, headers=HTMX).content.decode()
    first, second = page.split('id="i-2-findings"')
    assert "议题讨论时在场4人，达到应到三分之二" in first
    assert "议题讨论时在场2人，未达到应到三分之二" in second


def test_findings_say_who_is_meant(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    fields = everybody(form_of(client, meeting), meeting) | {"i-1-outcome": "approved", "i-1-s-1-stance": "agree"}
    page = client.post(url(meeting, "record-check"), fields, headers=HTMX).content.decode()
    names = [cast.people[role].name for role in ("principal", "deputy", "member")]
    assert "3名在场成员没有表态：" + "、".join(names) in page


def test_a_visit_to_the_check_leads_to_the_record(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    answer = signed_in(cast, "clerk").get(url(meeting, "record-check"))
    assert answer["Location"] == url(meeting)


def test_proposing_to_the_party_meeting_is_offered_at_the_principals_meeting_only(cast: make.Cast) -> None:
    client = signed_in(cast, "clerk")
    party, principal = make.make_held(cast), make.make_held(cast, Body.PRINCIPAL, matters=("A01",))
    assert 'value="proposed_to_party"' not in client.get(url(party)).content.decode()
    assert 'value="proposed_to_party"' in client.get(url(principal)).content.decode()


def test_the_lines_of_the_quorum_are_whole_numbers(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P16",))
    page = signed_in(cast, "clerk").get(url(meeting)).content.decode()
    assert 'aria-label="应到 4 人，到会 0 人，半数 2 人，三分之二 3 人"' in page


# ---- sending for signature ----


def test_the_recorder_saves_and_sends_in_one_go(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting) | {"i-1-decision_text": "最后改的", "do": "minute"}
    answer = client.post(url(meeting), fields)
    assert answer["Location"] == meeting.get_absolute_url()
    meeting.refresh_from_db()
    assert meeting.status == "minuted"
    assert stored(meeting).items[0].decision_text == "最后改的"
    assert Event.objects.filter(kind="governance.meeting.minuted").count() == 1


def test_the_script_is_led_to_the_meeting_after_sending(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "clerk")
    answer = client.post(url(meeting), form_of(client, meeting) | {"do": "minute"}, headers=HTMX)
    assert answer["HX-Redirect"] == meeting.get_absolute_url()
    assert "record-saved" in answer["HX-Trigger"]


def test_a_blocked_record_is_saved_but_not_sent_and_says_where(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "clerk")
    fields = form_of(client, meeting)
    fields = {name: value for name, value in fields.items() if "-t-" not in name and name != "i-1-s-1-stance"}
    answer = client.post(url(meeting), fields | {"do": "minute"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "记录已保存。有 3 处要先处理，才能送签" in page  # stance (R-V04, R-V02) and tasks (R-E01)
    assert 'href="#i-1-tasks"' in page
    assert 'href="#i-1-stances"' in page
    meeting.refresh_from_db()
    assert meeting.status == "held"
    assert stored(meeting).items[0].tasks == ()
    assert Fields(page).values["version"] == str(meeting.version)


def test_items_without_an_outcome_are_named(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P16"))
    client = signed_in(cast, "clerk")
    answer = client.post(url(meeting), form_of(client, meeting) | {"do": "minute"})
    assert answer.status_code == 422
    assert 'href="#i-2-outcome"' in answer.content.decode()


def test_only_the_recorder_sends(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    secretary = signed_in(cast, "secretary")
    page = secretary.get(url(meeting)).content.decode()
    assert 'value="minute"' not in page
    assert f"送签由记录人{cast.people['clerk'].name}办理" in page
    assert 'value="minute"' in signed_in(cast, "clerk").get(url(meeting)).content.decode()
    answer = secretary.post(url(meeting), form_of(secretary, meeting) | {"do": "minute"})
    assert answer.status_code == 409
    meeting.refresh_from_db()
    assert meeting.status == "held"


def test_whoever_is_chosen_as_recorder_while_typing_can_send_at_once(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = signed_in(cast, "principal")
    fields = form_of(client, meeting) | {"recorder": str(cast.people["principal"].pk)}
    assert 'value="minute"' in client.post(url(meeting, "record-check"), fields, headers=HTMX).content.decode()
    assert client.post(url(meeting), fields | {"do": "minute"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.status == "minuted"


# ---- speed ----


def queries(client: Client, method: str, address: str, data: dict[str, str] | None = None) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert getattr(client, method)(address, data or {}).status_code == 200
    return len(seen)


def test_pages_ask_the_database_as_often_for_one_item_as_for_twenty(cast: make.Cast) -> None:
    one, twenty = make.make_recorded(cast), make.make_recorded(cast, matters=("P01",) * 20)
    client = signed_in(cast, "clerk")
    for name in ("record", "minutes"):
        counts = {queries(client, "get", url(meeting, name)) for meeting in (one, twenty)}
        assert len(counts) == 1
        # 13 of the session, the rights, the record and what is in force; one each for observers and declared interests,
        # two for the last minutes and what was said of them
        assert max(counts) <= 17 + COUNTERS_OF_THE_SHELL, name
    counts = {queries(client, "post", url(m, "record-check"), form_of(client, m)) for m in (one, twenty)}
    assert len(counts) == 1
    assert max(counts) <= 12


# ---- minutes ----


def paper(cast: make.Cast, meeting: Meeting, role: str = "secretary") -> str:
    answer = signed_in(cast, role).get(url(meeting, "minutes"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_signed_minutes_read_as_a_document(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    page = paper(cast, meeting)
    local = timezone.localtime(meeting.scheduled_at)
    day = f"{local.year}年{local.month}月{local.day}日"
    people = cast.people
    assert f"<span>{cast.school.party_organisation.name}</span><span>会议纪要</span>" in page
    assert "第1次" in page
    assert f"{day}{local:%H:%M}，{people['secretary'].name}同志在会议室主持召开" in page
    assert "应到4人，实到4人，符合规定的到会人数。会议研究议题1项" in page
    assert "<h2>一、议题1</h2>" in page
    heard = f"会议听取了{people['secretary'].name}同志的汇报，进行了研究，经举手表决，赞成4票。会议同意。"
    assert heard in page
    assert f"完成专题学习：分组组织学习研讨；由{people['principal'].name}同志负责，党政办协同" in page
    assert f"<span>{people['clerk'].name}（记录）</span>" in page
    assert f"<span>{people['secretary'].name}</span>" in page
    assert "印发" in page
    assert meeting.seal in page
    assert "草稿" not in page


def test_unsigned_minutes_carry_the_mark_of_a_draft(cast: make.Cast) -> None:
    meeting = make.confirm_all(make.make_minuted(cast))
    page = paper(cast, meeting)
    assert "未签发（草稿）" in page
    assert "印发" not in page
    assert "<title>未签发" in page
    assert reverse("governance:meeting-action", args=[meeting.pk, "sign"]) in page
    assert reverse("governance:meeting-action", args=[meeting.pk, "sign"]) not in paper(cast, meeting, "clerk")


def test_minutes_of_the_principals_meeting_bear_its_mark(cast: make.Cast) -> None:
    meeting = make.make_signed(cast, Body.PRINCIPAL, matters=("A12",))
    assert f"<span>{cast.school.name}校长办公会议纪要</span>" in paper(cast, meeting, "principal")


def test_a_secret_ballot_prints_counts_and_recusal_prints_names(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    record = make.full_record(meeting, cast.people["principal"].pk, due_on=local_day(timezone.now()))
    member = cast.people["member"]
    item = replace(
        record.items[0],
        method="secret_ballot",
        votes=(2, 1, 0),
        stances=(),
        recused=frozenset({member.pk}),
        decision_text="同意提名，公示 5 个工作日",
    )
    new = replace(record, items=(item,))
    governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    page = paper(cast, meeting)
    assert "经无记名投票表决，赞成2票，反对1票。" in page
    assert f"{member.name}同志回避，没有参加讨论和表决。" in page
    assert "会议决定，同意提名，公示5个工作日。" in page


def test_a_lapsed_meeting_has_no_minutes_but_keeps_its_attendance(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = signed_in(cast, "clerk")
    absent = everybody(form_of(client, meeting), meeting, "absent")
    client.post(url(meeting), absent | {"do": "save"})
    meeting.refresh_from_db()
    governance.lapse_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    assert client.get(url(meeting, "minutes"))["Location"] == meeting.get_absolute_url()
    assert client.get(url(meeting)).content.decode().count("<td>缺席</td>") == 4


@pytest.mark.parametrize(("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_are_numbered_in_chinese(number: int, words: str) -> None:
    assert minutes_text.chinese(number) == words


@pytest.mark.parametrize(
    ("issuer", "lines", "size"),
    [
        ("中共望山实验学校总支部委员会", 1, ""),
        ("中共宁波市望山实验学校总支部委员会", 2, ""),
        ("中共宁波市奉化区望山实验学校总支部委员会", 2, "s18"),
        ("中共" + "很长的名字" * 6 + "委员会", 2, "s14"),
    ],
)
def test_long_marks_take_a_second_line_before_they_shrink(issuer: str, lines: int, size: str) -> None:
    mark, found = minutes_text.mark_of(issuer, Body.PARTY)
    assert (len(mark), found) == (lines, size)
