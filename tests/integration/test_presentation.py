"""投屏: large, and nothing confidential on it."""

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from governance.models import AgendaItem, ItemReader, Meeting
from schools.permissions import Post
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def page(cast: make.Cast, meeting: Meeting, item: str = "", role: str = "clerk", **headers: str) -> str:
    client = Client()
    client.force_login(cast.user(role))
    answer = client.get(reverse("governance:presentation", args=[meeting.pk]), {"item": item}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_the_item_its_place_the_quorum_and_the_next_one(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P01", "P01"))
    first = page(cast, meeting)
    assert "<h1>议题1</h1>" in first
    assert "第 1 / 3 项" in first
    assert "下一项：议题2" in first
    assert "应到 <b>4</b>" in first
    assert "到会 <b>4</b>" in first
    assert "半数 2 人" in first
    assert "最后一项" in page(cast, meeting, "3")


def test_items_out_of_range_lead_to_the_nearest_one(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P01"))
    for raw, shown in (("0", "议题1"), ("99", "议题2"), ("x", "议题1"), ("²", "议题1"), ("-1", "议题1")):
        assert f"<h1>{shown}</h1>" in page(cast, meeting, raw), raw


def test_no_stance_vote_or_decision_is_shown(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    shown = page(cast, meeting)
    for words in ("同意", "赞成", "弃权", "会议同意。", "沈书记", "完成专题学习"):
        assert words not in shown.split("<main")[1], words


def test_a_restricted_item_shows_no_word_even_to_its_readers(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P01"))
    item = AgendaItem.objects.get(meeting=meeting, order=2)
    AgendaItem.objects.filter(pk=item.pk).update(secrecy="restricted", title="不能外传")
    ItemReader.objects.create(item=item, person=cast.people["clerk"])
    assert "不能外传" not in page(cast, meeting, "1")
    assert "不能外传" not in page(cast, meeting, "2")
    assert "<h1>限定人员议题</h1>" in page(cast, meeting, "2")


def test_recusal_and_leaving_count_for_the_item(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P16", "P01"))
    meeting.members.update(status="present")
    item = meeting.items.get(order=1)
    for order in (2, 3):
        item.presences.create(member=meeting.members.get(order=order), recused=True)
    first = page(cast, meeting, "1")
    assert "本项在场 <b>2</b>" in first
    assert "人数不够" in first
    assert "本项在场 <b>4</b>" in page(cast, meeting, "2")


def test_the_page_renews_itself_as_a_fragment(cast: make.Cast) -> None:
    fragment = page(cast, make.make_recorded(cast), **{"HX-Request": "true"})
    assert fragment.lstrip().startswith("<main")


def test_the_bureau_leaves_one_trace_an_opening(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    bureau = Client()
    bureau.force_login(make.make_bureau(Post.SUPERVISOR))
    url = reverse("governance:presentation", args=[meeting.pk])
    bureau.get(url)
    bureau.get(url, headers={"HX-Request": "true"})
    assert Event.objects.filter(kind="governance.meeting.read").count() == 1


def test_a_meeting_without_items_has_nothing_to_show(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast, matters=())
    client = Client()
    client.force_login(cast.user("clerk"))
    url = reverse("governance:presentation", args=[meeting.pk])
    assert client.get(url)["Location"] == meeting.get_absolute_url()


def test_the_meeting_and_its_agenda_lead_to_the_wall_while_it_can_be_of_use(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast)
    link = reverse("governance:presentation", args=[meeting.pk])
    client = Client()
    client.force_login(cast.user("clerk"))
    assert link in client.get(reverse("governance:agenda", args=[meeting.pk])).content.decode()
    assert link not in client.get(meeting.get_absolute_url()).content.decode()
    held = make.make_held(cast)
    assert reverse("governance:presentation", args=[held.pk]) in client.get(held.get_absolute_url()).content.decode()
    signed = make.make_signed(cast)
    assert (
        reverse("governance:presentation", args=[signed.pk])
        not in client.get(signed.get_absolute_url()).content.decode()
    )
