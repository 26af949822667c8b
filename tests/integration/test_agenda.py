"""准备议题: typed, checked beside each item, moved with and without scripts, saved as a whole."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.errors import DomainError
from governance import services
from governance.forms.agenda import LINE
from governance.models import AgendaItem, Meeting
from schools.permissions import Body
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """A draft of three items in four days: P01, P16, P21."""
    return factories.make_meeting(cast, matters=("P01", "P16", "P21"), at=timezone.now() + timedelta(days=4))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(meeting: Meeting) -> str:
    return reverse("governance:agenda", args=[meeting.pk])


def text_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def typed(meeting: Meeting, **changes: Any) -> dict[str, Any]:
    """What the form posts when nothing was changed, then `changes` (item_0_title=… for item-0-title)."""
    meeting = Meeting.objects.get(pk=meeting.pk)
    data: dict[str, Any] = {
        "version": meeting.version,
        "scheduled_at": f"{timezone.localtime(meeting.scheduled_at):%Y-%m-%dT%H:%M}",
        "place": meeting.place,
        "chair": meeting.chair_id or "",
        "recorder": meeting.recorder_id or "",
        "delegation_note": meeting.delegation_note,
        "form": meeting.form,
        "materials_sent_on": meeting.materials_sent_on or "",
    }
    for key, item in enumerate(meeting.items.select_related("matter").order_by("order")):
        values = {
            "id": item.pk, "title": item.title, "matter": item.matter.code if item.matter else "",
            "proposer": item.proposer_id or "", "proposed_on": item.proposed_on or "", "summary": item.summary,
            "presenter": item.presenter_id or "", "minutes_needed": item.minutes_needed or "",
        }  # fmt: skip
        data |= {f"item-{key}-{name}": value for name, value in values.items()}
    return data | {name.replace("_", "-", 2) if name.startswith("item_") else name: v for name, v in changes.items()}


def titles(response: HttpResponse) -> list[str]:
    """The titles in the order of the page."""
    html = response.content.decode()
    return re.findall(r'<input type="text" name="item-\d+-title"(?: value="([^"]*)")?', html)


def stored(meeting: Meeting) -> list[tuple[str, str]]:
    rows = meeting.items.order_by("order").values_list("title", "matter__code")
    return [(title, code or "") for title, code in rows]


def test_the_whole_agenda_goes_through_the_page_to_the_rows_and_the_fact(cast: Cast, meeting: Meeting) -> None:
    kept = list(meeting.items.order_by("order").values_list("pk", flat=True))
    data = typed(meeting, place="行政楼 305", item_1_title="审议教导处副主任选任方案", item_1_summary="岗位空缺")
    for name in LINE:
        del data[f"item-0-{name}"]  # the first one is taken out
    data |= {"item-9-title": "课后服务方案", "item-9-matter": "P24", "item-9-proposer": cast.people["deputy"].pk,
             "item-9-proposed_on": "2026-11-20", "item-9-id": "", "item-9-summary": ""}  # fmt: skip
    answer = signed_in(cast.user("clerk")).post(address(meeting), data | {"do": "save"}, follow=True)
    assert "议程已保存，共 3 个议题" in text_of(answer)
    assert stored(meeting) == [("审议教导处副主任选任方案", "P16"), ("议题3", "P21"), ("课后服务方案", "P24")]
    assert list(meeting.items.order_by("order").values_list("pk", flat=True))[:2] == kept[1:], "ids are kept"
    new = meeting.items.get(title="课后服务方案")
    assert (new.proposer, str(new.proposed_on)) == (cast.people["deputy"], "2026-11-20")
    meeting.refresh_from_db()
    assert (meeting.place, meeting.item_count) == ("行政楼 305", 3)
    saved = Event.objects.get(kind="governance.meeting.agenda_saved")
    assert saved.actor == cast.user("clerk") and saved.data["items"] == 3


def test_the_page_shows_the_catalogue_and_says_that_it_is_a_reconstruction(cast: Cast, meeting: Meeting) -> None:
    html = signed_in(cast.user("clerk")).get(address(meeting)).content.decode()
    assert len(re.findall(r'value="add-[PA]\d\d"', html)) == 45
    assert "参考目录(重建稿)，以区局正式文本为准" in html
    assert re.search(r'id="used-P16"[^>]*>第 2 项<', html)
    own = html.index('data-of="party"'), html.index('data-of="principal"')
    assert own[0] < own[1], "the meeting's own matters come first"


BUTTONS = {
    "up-2": ["议题1", "议题3", "议题2"],
    "down-0": ["议题2", "议题1", "议题3"],
    "up-0": ["议题1", "议题2", "议题3"],
    "down-2": ["议题1", "议题2", "议题3"],
    "remove-1": ["议题1", "议题3"],
    "add": ["议题1", "议题2", "议题3", ""],
    "add-P07": ["议题1", "议题2", "议题3", "意识形态与阵地管理"],
    "add-X99": ["议题1", "议题2", "议题3"],
    "up-99": ["议题1", "议题2", "议题3"],
    "explode": ["议题1", "议题2", "议题3"],
}


def test_each_button_works_without_scripts_and_saves_nothing(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    for act, order in BUTTONS.items():
        data = typed(meeting, place="还没保存的地点", do=act)
        answer = client.post(address(meeting), data)
        assert answer.status_code == 200 and titles(answer) == order, act
        assert "还没保存的地点" in answer.content.decode() and "有改动还没有保存" in text_of(answer)
        fragment = client.post(address(meeting), data, headers=HTMX)
        assert titles(fragment) == order and "<html" not in fragment.content.decode(), act
    assert [title for title, _ in stored(meeting)] == ["议题1", "议题2", "议题3"]
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version


def test_the_order_on_the_page_is_the_order_that_is_saved(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting)
    lines = {key: {n: v for n, v in data.items() if n.startswith(f"item-{key}-")} for key in range(3)}
    head = {name: value for name, value in data.items() if not name.startswith("item-")}
    signed_in(cast.user("clerk")).post(address(meeting), head | lines[2] | lines[0] | lines[1])
    assert [title for title, _ in stored(meeting)] == ["议题3", "议题1", "议题2"]


def test_findings_follow_what_is_typed_beside_each_item(cast: Cast, meeting: Meeting) -> None:
    factories.prepare(cast, meeting)
    client = signed_in(cast.user("clerk"))
    data = typed(meeting, item_1_matter="", recorder="", do="check")
    answer = client.post(address(meeting), data, headers=HTMX)
    html = answer.content.decode()
    margins = {
        key: re.search(rf'id="mar-{key}".*?(?=<ul class="fh-pre"|<ul class="fh-ckl"|$)', html, re.DOTALL)
        for key in "012"
    }
    assert "不合规" not in margins["0"][0] and "从目录选一个事项" in margins["1"][0]  # type: ignore[index]
    assert "还没有记录人" in html and "第 2 项还没归入目录事项" in html
    assert "2 条不合规" in text_of(answer)
    assert "须三分之二以上到会（应到 4 人，到会 3 人以上）" in html
    assert 'hx-swap-oob="true"' in html and 'name="item-0-title"' not in html, "fields keep the focus"
    again = text_of(client.post(address(meeting), typed(meeting, do="check"), headers=HTMX))
    assert "不合规" not in again


def test_a_matter_of_the_other_meeting_is_marked(cast: Cast, meeting: Meeting) -> None:
    answer = signed_in(cast.user("clerk")).post(address(meeting), typed(meeting, item_0_matter="A11", do="check"))
    assert "目录里属校长办公会议" in text_of(answer)


def test_the_chair_who_stands_in_needs_a_delegation_note(cast: Cast, meeting: Meeting) -> None:
    client, deputy = signed_in(cast.user("clerk")), cast.people["deputy"].pk
    assert "写明委托情况" in text_of(client.post(address(meeting), typed(meeting, chair=deputy, do="check")))
    note = "书记外出开会，委托副书记主持"
    data = typed(meeting, chair=deputy, delegation_note=note)
    assert "写明委托情况" not in text_of(client.post(address(meeting), data | {"do": "check"}))
    client.post(address(meeting), data)
    meeting.refresh_from_db()
    assert (meeting.chair, meeting.delegation_note) == (cast.people["deputy"], note)


def test_the_recorder_is_not_the_chair(cast: Cast, meeting: Meeting) -> None:
    answer = signed_in(cast.user("clerk")).post(address(meeting), typed(meeting, recorder=cast.people["secretary"].pk))
    assert answer.status_code == 422 and "主持人不兼记录人，另选一位（R-A09）" in text_of(answer)
    assert 'href="#id_recorder"' in answer.content.decode()
    assert Meeting.objects.get(pk=meeting.pk).recorder == cast.people["clerk"]


FAULTS = (
    ("item-1-title", "", "第 2 项：写议题名称"),
    ("item-1-title", "长" * 201, "议题名称写到 200 字以内"),
    ("item-1-matter", "P99", "目录里没有这个事项，重新选"),
    ("item-1-proposer", str(uuid4()), "提出人要从本校在任的人里选"),
    ("item-1-proposed_on", "昨天", "日期写成 2026-11-20 这样"),
    ("scheduled_at", "", "选开会时间"),
    ("scheduled_at", "0001-01-01T00:00", "核对年份"),
    ("scheduled_at", "下周四", "时间写成 2026-11-26 15:30 这样"),
    ("chair", str(uuid4()), "主持人要从应到成员里选"),
    ("place", "楼" * 81, "地点写到 80 字以内"),
)


def test_faults_are_named_at_their_field_and_nothing_typed_is_lost(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    for name, value, said in FAULTS:
        answer = client.post(address(meeting), typed(meeting, item_0_summary="刚写的事由") | {name: value})
        html = answer.content.decode()
        assert answer.status_code == 422 and said in text_of(answer), (name, value)
        assert f'href="#id_{name}"' in html and f'id="id_{name}_error"' in html, name
        assert "刚写的事由" in html and "item-2-title" in html
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version


def test_fifty_items_are_the_most(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting) | {f"item-{n}-title": f"议题{n}" for n in range(10, 60)}
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert answer.status_code == 422 and "一次会议最多 50 个议题，现在有 53 个" in text_of(answer)
    assert "议题59" in answer.content.decode()


def test_whatever_is_posted_is_answered(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    junk: list[dict[str, Any]] = [
        {}, {"do": ""}, {"do": "up-"}, {"do": "up--1"}, {"version": "x"}, {"version": "9" * 30},
        {"item-0-id": "no-uuid", "item-0-title": "x"}, {"item-00001-title": "x"}, {"item--title": "x"},
        {"item-1-title": "a\x00b", "do": "check"}, {"item-٣-title": "x"}, {"item-1-title": ["a", "b"]},
        {f"item-{n}-title": "x" for n in range(300)} | {"do": "check"},
    ]  # fmt: skip
    for data in junk:
        for headers in ({}, HTMX):
            assert client.post(address(meeting), data, headers=headers).status_code in (200, 302, 409, 422), data
    assert [title for title, _ in stored(meeting)] == ["议题1", "议题2", "议题3"]


def test_a_stale_version_is_refused_with_what_differs_and_nothing_typed_is_lost(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting, place="我写的地点", item_0_title="我改的名称", item_2_summary="我写的事由")
    theirs = typed(meeting, place="他写的地点", item_0_title="他改的名称")
    for name in LINE:
        del theirs[f"item-2-{name}"]  # and took the third item out
    assert signed_in(cast.user("secretary")).post(address(meeting), theirs).status_code == 302
    client = signed_in(cast.user("clerk"))
    answer = client.post(address(meeting), data)
    html, said = answer.content.decode(), text_of(answer)
    assert answer.status_code == 409 and "刚才有人改过这份议程" in said
    for words in ("他写的地点", "他改的名称", "原第 1 项·名称"):
        assert words in said
    assert titles(answer) == ["我改的名称", "议题2", "议题3"] and "我写的地点" in html and "我写的事由" in html
    assert stored(meeting)[0][0] == "他改的名称" and len(stored(meeting)) == 2
    fresh = re.search(r'name="version" value="(\d+)"', html)
    assert fresh and int(fresh[1]) == Meeting.objects.get(pk=meeting.pk).version
    ids = dict(re.findall(r'name="(item-\d+-id)"(?: value="([^"]*)")?', html))
    assert client.post(address(meeting), data | ids | {"version": fresh[1]}).status_code == 302, "saving again counts"
    assert [title for title, _ in stored(meeting)] == ["我改的名称", "议题2", "议题3"]


def test_a_version_that_is_none_is_an_old_one(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    for version in ("", "x", "-1", "１"):
        assert client.post(address(meeting), typed(meeting, place="新", version=version)).status_code == 409
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version


def test_an_agenda_change_takes_the_confirmation_back(cast: Cast, meeting: Meeting) -> None:
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    client = signed_in(cast.user("clerk"))
    assert "书记已审定议程（沈书记01）" in text_of(client.get(address(meeting)))
    assert "书记还没有审定议程" in text_of(client.post(address(meeting), typed(meeting, do="down-0")))
    assert client.post(address(meeting), typed(meeting, item_0_title="换了题目")).status_code == 302
    meeting.refresh_from_db()
    assert meeting.agenda_confirmed_at is None and meeting.agenda_confirmed_by is None
    assert not AgendaItem.objects.filter(meeting=meeting, confirmed_by__isnull=False).exists()
    assert "书记还没有审定议程" in text_of(client.get(meeting.get_absolute_url()))


def test_a_called_agenda_is_frozen(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting, item_0_title="通知后改的题目")
    at = timezone.now()
    factories.prepare(cast, meeting)
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    called = services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    client = signed_in(cast.user("clerk"))
    assert client.get(address(meeting)).headers["Location"] == meeting.get_absolute_url()
    assert address(meeting) not in client.get(meeting.get_absolute_url()).content.decode()
    answer = client.post(address(meeting), data | {"version": called.version})
    assert answer.status_code == 409 and "现在是“已通知”，议程不能再改" in text_of(answer)
    assert "通知后改的题目" in answer.content.decode(), "nothing typed is lost"
    assert stored(meeting)[0][0] == "议题1"
    with pytest.raises(DomainError):
        services.save_agenda(
            meeting=meeting,
            agenda=services.AgendaInput(meeting.scheduled_at),
            version=None,
            by=cast.user("clerk"),
            at=at,
        )


def test_a_meeting_entered_afterwards_still_gets_items_but_keeps_its_time(cast: Cast) -> None:
    held = factories.make_held(cast)
    data = typed(held, scheduled_at="2020-01-01T00:00") | {"item-7-title": "补录的议题", "item-7-matter": "P02"}
    assert signed_in(cast.user("clerk")).post(address(held), data).status_code == 302
    assert [title for title, _ in stored(held)] == ["议题1", "补录的议题"]
    assert Meeting.objects.get(pk=held.pk).scheduled_at == held.scheduled_at


def test_members_read_the_agenda_and_do_not_type_it(cast: Cast, meeting: Meeting) -> None:
    for role in ("deputy", "member"):
        client = signed_in(cast.user(role))
        assert client.get(address(meeting)).headers["Location"] == meeting.get_absolute_url()
        answer = client.post(address(meeting), typed(meeting, place="我写的"))
        assert answer.status_code == 409 and "议程由书记、校长或党政办填写" in text_of(answer)
        assert client.post(address(meeting), typed(meeting, do="add-P02")).status_code == 302
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version


def test_strangers_other_bodies_and_offices_get_404(cast: Cast, meeting: Meeting) -> None:
    others = [factories.make_cast("FH002").user("clerk"), cast.user("team"), factories.make_office_user()]
    for user in others:
        client = signed_in(user)
        assert client.get(address(meeting)).status_code == 404
        assert client.post(address(meeting), typed(meeting)).status_code == 404


def test_the_members_due_follow_from_the_typed_day(cast: Cast, meeting: Meeting) -> None:
    gone = factories.make_person("老委员", "", school=cast.school)
    client = signed_in(cast.user("clerk"))
    assert "老委员" not in client.get(address(meeting)).content.decode()
    assert gone.pk and "应到 4 人" in text_of(client.get(address(meeting)))
    answer = client.post(address(meeting), typed(meeting, scheduled_at="2019-01-01T09:00", do="check"))
    assert "应到 0 人" in text_of(answer), "nobody was in office that day"


def test_the_principals_agenda_has_its_own_head_and_matters(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, Body.PRINCIPAL, matters=("A11", "P16"))
    said = text_of(signed_in(cast.user("principal")).get(address(meeting)))
    assert "校长还没有审定议程" in said and "目录里属党组织会议" in said and "三分之二以上到会" not in said


def test_the_page_costs_the_same_for_1_and_30_items(cast: Cast, meeting: Meeting) -> None:
    one = factories.make_meeting(cast)
    many = factories.make_meeting(cast, matters=tuple(["P01"] * 30))
    client, counts = signed_in(cast.user("clerk")), []
    client.get(address(one))
    for each in (one, many):
        with CaptureQueriesContext(connection) as counted:
            assert client.get(address(each)).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1] <= 14, "one for the topics that wait for a meeting, one for declared interests"
