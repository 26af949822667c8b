"""修改纪要文字: what the clerk writes stands in the minutes, what the record says stays as it is."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services as governance
from governance.documents.reading import for_minutes, printed_minutes
from governance.minutes_text import Minutes, convened
from governance.models import AgendaItem, ItemReader, Meeting
from governance.reference import reference_for
from governance.services.minutes_edit import ITEM_LIMIT, Words, edit_minutes, generated_prose
from tests import factories as make

pytestmark = pytest.mark.django_db
PROSE = "会议传达了全区教育工作会议精神。"


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def client_of(cast: make.Cast, role: str = "clerk") -> Client:
    client = Client()
    client.force_login(cast.user(role))
    return client


def url(meeting: Meeting) -> str:
    return reverse("governance:minutes-edit", args=[meeting.pk])


def full(meeting: Meeting) -> Meeting:
    return for_minutes(Meeting.objects.all()).get(pk=meeting.pk)


def minutes(meeting: Meeting) -> Minutes:
    found = full(meeting)
    return printed_minutes(found, reference_for(found))


def fields(page: str) -> dict[str, str]:
    """The texts and the version as the page holds them."""
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    return {name: unescape(text).lstrip("\n") for name, text in areas} | {"version": version.group(1)}


def edit(
    cast: make.Cast, meeting: Meeting, *, role: str = "clerk", version: int | None = None, **words: Any
) -> Meeting:
    return edit_minutes(meeting=meeting, words=Words(**words), version=version, by=cast.user(role), at=timezone.now())


def test_the_page_starts_with_the_generated_words_and_saving_them_changes_nothing(cast: make.Cast) -> None:
    meeting = full(make.make_recorded(cast))
    client = client_of(cast)
    typed = fields(client.get(url(meeting)).content.decode())
    assert typed["opening"] == convened(meeting)
    assert typed["item-1"] == generated_prose(meeting.items.all()[0])
    answer = client.post(url(meeting), typed | {"do": "save"})
    assert answer["Location"] == reverse("governance:minutes", args=[meeting.pk])
    after = full(meeting)
    assert (after.minutes_opening, after.items.all()[0].minutes_text, after.version) == ("", "", meeting.version)
    assert not Event.objects.filter(kind="governance.meeting.minutes_edited").exists()


def test_prose_stands_before_the_vote_and_the_outcome_of_the_record(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = client_of(cast)
    typed = fields(client.get(url(meeting)).content.decode())
    typed["item-1"] = f"{PROSE}\r\n\r\n会议要求各处室抓好落实"
    typed["opening"] = typed["opening"].replace("主持召开", "主持，在校召开")
    client.post(url(meeting), typed | {"do": "save"})
    found = minutes(meeting)
    paragraphs = found.sections[0].paragraphs
    assert paragraphs[:3] == (PROSE, "会议要求各处室抓好落实。", "经举手表决，赞成4票。会议同意。")
    assert paragraphs[3].startswith("完成专题学习")
    assert (
        "主持，在校召开" in found.opening and "应到4人，实到4人，符合规定的到会人数。会议研究议题1项" in found.opening
    )
    page = client.get(reverse("governance:minutes", args=[meeting.pk])).content.decode()
    assert f"<p>{PROSE}</p>" in page
    event = Event.objects.get(kind="governance.meeting.minutes_edited")
    assert event.data["items"] == [1] and PROSE not in str(event.data)


def test_a_change_of_the_record_reaches_edited_minutes(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    item = meeting.items.get()
    edit(cast, meeting, items={item.pk: PROSE})
    record = make.full_record(meeting, cast.principal.pk, due_on=local_day(timezone.now()), outcome="rejected")
    governance.save_record(meeting=meeting, new=record, version=None, by=cast.user("clerk"), at=timezone.now())
    assert minutes(meeting).sections[0].paragraphs == (PROSE, "经举手表决，赞成4票。会议没有通过本议题。会议同意。")


def test_reset_brings_the_generated_words_back_and_saves_nothing_yet(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    item = meeting.items.get()
    edit(cast, meeting, items={item.pk: PROSE})
    client = client_of(cast)
    typed = fields(client.get(url(meeting)).content.decode())
    assert typed["item-1"] == PROSE
    again = fields(client.post(url(meeting), typed | {"do": "reset:item-1"}).content.decode())
    assert again["item-1"] == generated_prose(full(meeting).items.all()[0])
    item.refresh_from_db()
    assert item.minutes_text == PROSE
    client.post(url(meeting), again | {"do": "save"})
    item.refresh_from_db()
    assert item.minutes_text == ""


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("item-1", "会议研究后，赞成3票。", "不再写票数"),
        ("item-1", "会议研究后，反对 二 人。", "不再写票数"),
        ("item-1", "长" * (ITEM_LIMIT + 1), "8000 字以内"),
        ("opening", "某日召开会议。", "开头要写明"),
        ("opening", "长" * 2001, "2000 字以内"),
    ],
    ids=["votes", "votes-in-words", "long", "opening-without-day", "long-opening"],
)
def test_words_that_could_contradict_the_record_are_refused_and_kept_on_the_page(
    cast: make.Cast, place: str, text: str, said: str
) -> None:
    meeting = make.make_recorded(cast)
    client = client_of(cast)
    typed = fields(client.get(url(meeting)).content.decode()) | {place: text}
    answer = client.post(url(meeting), typed | {"do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and f'href="#id_{place}"' in page
    assert fields(page)[place] == text
    assert minutes(meeting).sections[0].paragraphs[0].startswith("会议听取了")


def test_a_stale_page_is_refused_field_by_field_and_nothing_is_lost(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    client = client_of(cast)
    typed = fields(client.get(url(meeting)).content.decode())
    edit(cast, meeting, role="principal", items={meeting.items.get().pk: "别人写的。"})
    answer = client.post(url(meeting), typed | {"item-1": PROSE, "do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 412
    assert "别人写的。" in page and fields(page)["item-1"] == PROSE
    assert client.post(url(meeting), fields(page) | {"do": "save"}).status_code == 302
    assert meeting.items.get().minutes_text == PROSE
    with pytest.raises(Stale):
        edit(cast, meeting, version=int(typed["version"]))
    assert client.post(url(meeting), {"item-1": "没有版本", "do": "save"}).status_code == 412


def test_only_who_records_may_write_and_only_until_it_is_sent(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    for role in ("deputy", "member"):
        client = client_of(cast, role)
        assert client.get(url(meeting)).status_code == 302
        assert client.post(url(meeting), {"version": "1", "item-1": PROSE, "do": "save"}).status_code == 403
        with pytest.raises(NotAllowed):
            edit(cast, meeting, role=role)
    governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    assert client_of(cast).get(url(meeting)).status_code == 302
    with pytest.raises(WrongState):
        edit(cast, meeting, items={meeting.items.get().pk: PROSE})
    assert meeting.items.get().minutes_text == ""
    page = client_of(cast).get(reverse("governance:minutes", args=[meeting.pk])).content.decode()
    assert url(meeting) not in page


def test_a_withheld_item_keeps_its_words_whatever_is_sent_for_it(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    item = meeting.items.get()
    AgendaItem.objects.filter(pk=item.pk).update(secrecy="restricted", minutes_text="只给书记看。")
    ItemReader.objects.filter(item=item).delete()
    ItemReader.objects.create(item=item, person=cast.secretary)
    client = client_of(cast)
    page = client.get(url(meeting)).content.decode()
    assert "只给书记看。" not in page and "item-1" not in fields(page)
    client.post(url(meeting), fields(page) | {"item-1": PROSE, "do": "save"})
    edit(cast, meeting, items={item.pk: PROSE})
    item.refresh_from_db()
    assert item.minutes_text == "只给书记看。"
    edit(cast, meeting, role="secretary", items={item.pk: PROSE})
    item.refresh_from_db()
    assert item.minutes_text == PROSE


def test_an_opening_that_no_longer_fits_the_record_stops_the_sending(cast: make.Cast) -> None:
    meeting = full(make.make_recorded(cast))
    edit(cast, meeting, opening=convened(meeting).replace("主持召开", "主持，在校召开"))
    record = make.full_record(meeting, cast.principal.pk, due_on=local_day(timezone.now()))
    new = replace(record, chair=cast.deputy.pk, delegation_note="书记出差，委托主持")
    governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    client = client_of(cast)
    assert f"会议记录改过，开头里没有写“{cast.deputy.name}”" in client.get(url(meeting)).content.decode()
    with pytest.raises(InvalidInput, match="纪要开头没有写"):
        governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    edit(cast, meeting, opening="")
    assert minutes(meeting).opening.count(cast.deputy.name) == 1
    governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())


def test_what_was_written_is_signed(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    edit(cast, meeting, items={meeting.items.get().pk: PROSE})
    meeting = governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    make.confirm_all(meeting)
    signed = governance.sign_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    assert signed.minutes_versions.get().text["sections"][0]["paragraphs"][0] == PROSE
