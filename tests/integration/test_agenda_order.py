"""The agenda as it is ordered and timed: presenters, minutes, the first item, more items than a meeting takes, withheld lines."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from common.errors import InvalidInput
from governance import services
from governance.drafts import stored_agenda
from governance.models import AgendaItem, ItemReader, Meeting, Secrecy
from governance.selectors import for_agenda
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import HTMX, address, signed_in, stored, text_of, titles, typed

pytestmark = pytest.mark.django_db
SECRET = "金丝雀任免"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """A draft of three items in four days: P01, P21, P24."""
    return factories.make_meeting(cast, matters=("P01", "P21", "P24"), at=timezone.now() + timedelta(days=4))


@pytest.fixture
def secret(cast: Cast, meeting: Meeting) -> AgendaItem:
    """The second item, restricted to the secretary."""
    item = meeting.items.get(order=2)
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED, title=SECRET, summary=SECRET)
    ItemReader.objects.filter(item=item).delete()
    ItemReader.objects.create(item=item, person=cast.people["secretary"])
    item.refresh_from_db()
    return item


def test_presenter_and_minutes_are_kept_and_the_sum_is_shown(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    data = typed(
        meeting, item_0_minutes_needed="15", item_1_minutes_needed="25", item_1_presenter=cast.people["team"].pk
    )
    live = client.post(address(meeting), data | {"do": "check"}, headers=HTMX)
    assert "3 项，约 40 分钟" in text_of(live) and 'id="agenda-length" hx-swap-oob="true"' in live.content.decode()
    assert client.post(address(meeting), data).status_code == 302
    rows = meeting.items.order_by("order").values_list("minutes_needed", "presenter__name")
    assert list(rows) == [(15, None), (25, cast.people["team"].name), (None, None)]
    assert "3 项，约 40 分钟" in text_of(client.get(address(meeting)))


FAULTS = (
    ("item-1-minutes_needed", "0", "时长写 1 至 600"),
    ("item-1-minutes_needed", "601", "时长写 1 至 600"),
    ("item-1-minutes_needed", "半小时", "时长写 1 至 600"),
    ("item-1-presenter", "nobody", "汇报人要从本校在任的人里选"),
)


@pytest.mark.parametrize(("name", "value", "said"), FAULTS)
def test_faults_of_presenter_and_minutes_are_named_at_their_field(
    cast: Cast, meeting: Meeting, name: str, value: str, said: str
) -> None:
    answer = signed_in(cast.user("clerk")).post(address(meeting), typed(meeting) | {name: value})
    assert answer.status_code == 422 and said in text_of(answer) and f'id="id_{name}_error"' in answer.content.decode()


def test_the_service_refuses_what_no_form_would_send(cast: Cast, meeting: Meeting) -> None:
    stranger = factories.make_cast("FH002").people["clerk"].pk
    line = services.ItemInput("议题", presenter=stranger, minutes_needed=9999)
    agenda = services.AgendaInput(meeting.scheduled_at, items=(line,))
    with pytest.raises(InvalidInput) as refused:
        services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=timezone.now())
    assert {fault.path for fault in refused.value.faults} == {"items[0].presenter", "items[0].minutes_needed"}


def test_a_change_of_presenter_or_minutes_takes_the_confirmation_back(cast: Cast, meeting: Meeting) -> None:
    for changes in ({"item_0_minutes_needed": "20"}, {"item_0_presenter": cast.people["deputy"].pk}):
        services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
        assert signed_in(cast.user("clerk")).post(address(meeting), typed(meeting, **changes)).status_code == 302
        meeting.refresh_from_db()
        assert meeting.agenda_confirmed_at is None


def test_an_order_that_was_dragged_comes_back_with_its_numbers(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting)
    lines = {key: {n: v for n, v in data.items() if n.startswith(f"item-{key}-")} for key in range(3)}
    head = {name: value for name, value in data.items() if not name.startswith("item-")}
    answer = signed_in(cast.user("clerk")).post(
        address(meeting), head | lines[2] | lines[0] | lines[1] | {"do": "order"}, headers=HTMX
    )
    assert titles(answer) == ["议题3", "议题1", "议题2"]
    html = answer.content.decode()
    assert re.findall(r'aria-label="第 (\d) 项上移"', html) == ["1", "2", "3"]
    assert html.index('id="up-2"') < html.index('id="up-0"'), "ids stay with their lines, and the focus with them"


@pytest.mark.parametrize("number", [51, 200, 250])
def test_more_items_than_a_meeting_takes_are_refused_and_stay_as_typed(
    cast: Cast, meeting: Meeting, number: int
) -> None:
    data = typed(meeting) | {f"item-{n}-title": f"第{n}件事" for n in range(10, 7 + number)}
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert answer.status_code == 422 and f"一次会议最多 50 个议题，现在有 {number} 个，分到几次会上" in text_of(answer)
    assert len(titles(answer)) == number and f"第{6 + number}件事" in answer.content.decode()
    assert len(stored(meeting)) == 3


def test_the_first_item_hint_says_what_is_expected_and_where(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, matters=("P21", "P01"), at=timezone.now() + timedelta(days=4))
    said = text_of(signed_in(cast.user("clerk")).get(address(meeting)))
    assert "首个议题没有归入第一议题P01" in said and "把学习议题（P01）排在第一项（R-T20）" in said
    data = typed(meeting, do="up-1")
    assert "首个议题没有归入第一议题" not in text_of(signed_in(cast.user("clerk")).post(address(meeting), data))


# ---- lines whose words the typist may not read ----


def withheld(meeting: Meeting, **changes: Any) -> dict[str, Any]:
    """What the clerk's page posts: of the second line its id alone."""
    data = typed(meeting, **changes)
    return {name: value for name, value in data.items() if not name.startswith("item-1-") or name == "item-1-id"}


def test_a_withheld_line_shows_its_number_and_nothing_else(cast: Cast, meeting: Meeting, secret: AgendaItem) -> None:
    html = signed_in(cast.user("clerk")).get(address(meeting)).content.decode()
    assert SECRET not in html and "限定人员议题，无权查看" in html
    assert f'name="item-1-id" value="{secret.pk}"' in html and 'name="item-1-title"' not in html
    assert 'id="remove-1"' not in html and 'id="up-1"' in html
    assert not re.search(r'id="used-P21"[^>]*>第', html), "the catalogue does not tell its matter either"
    assert SECRET in signed_in(cast.user("secretary")).get(address(meeting)).content.decode()


@pytest.mark.parametrize("act", ["check", "add", "up-1", "remove-1", "down-1", "choose-1-P16"])
def test_no_button_brings_out_a_word_of_it(cast: Cast, meeting: Meeting, secret: AgendaItem, act: str) -> None:
    for headers in ({}, HTMX):
        answer = signed_in(cast.user("clerk")).post(address(meeting), withheld(meeting, do=act), headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 200 and SECRET not in html
        if act != "check" or not headers:
            assert f'name="item-1-id" value="{secret.pk}"' in html, "and it stays on the agenda"


def test_saving_moves_it_and_keeps_its_words(cast: Cast, meeting: Meeting, secret: AgendaItem) -> None:
    data = withheld(meeting, place="新的地点")
    first = {name: data.pop(name) for name in list(data) if name.startswith("item-0-")}
    data |= first | {
        "item-1-title": "被改的题目",
        "item-1-matter": "P02",
    }  # in place 1, with words nobody saw on the page
    assert signed_in(cast.user("clerk")).post(address(meeting), data).status_code == 302
    secret.refresh_from_db()
    assert (secret.title, secret.summary, secret.matter and secret.matter.code) == (SECRET, SECRET, "P21")
    assert secret.order == 1 and [title for title, _ in stored(meeting)][:2] == [SECRET, "议题3"]


def test_who_may_not_read_it_does_not_take_it_out(cast: Cast, meeting: Meeting, secret: AgendaItem) -> None:
    data = {name: value for name, value in typed(meeting).items() if not name.startswith("item-1-")}
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert answer.status_code == 422 and "限定人员议题由知悉人移出议程" in text_of(answer)
    assert AgendaItem.objects.filter(pk=secret.pk).exists()
    reader = signed_in(cast.user("secretary")).post(address(meeting), data)
    assert reader.status_code == 302 and not AgendaItem.objects.filter(pk=secret.pk).exists()


def test_the_differences_of_a_stale_save_tell_no_word_of_it(cast: Cast, meeting: Meeting, secret: AgendaItem) -> None:
    data = withheld(meeting, place="我的地点")
    mine = typed(meeting, item_1_title=f"{SECRET}改", place="他的地点")
    assert signed_in(cast.user("secretary")).post(address(meeting), mine).status_code == 302
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert answer.status_code == 409 and "他的地点" in text_of(answer) and SECRET not in answer.content.decode()


def test_the_stored_agenda_says_all_that_is_typed(cast: Cast, meeting: Meeting) -> None:
    """What is read back is what a save without changes writes: nothing is lost on the way."""
    meeting.items.update(minutes_needed=12, presenter=cast.people["team"])
    read = stored_agenda(for_agenda(Meeting.objects.all()).get(pk=meeting.pk))
    assert {(line.minutes_needed, line.presenter) for line in read.items} == {(12, cast.people["team"].pk)}
    version = Meeting.objects.get(pk=meeting.pk).version
    services.save_agenda(meeting=meeting, agenda=read, version=version, by=cast.user("clerk"), at=timezone.now())
    assert set(meeting.items.values_list("minutes_needed", "presenter")) == {(12, cast.people["team"].pk)}


def test_the_page_names_its_keys(cast: Cast, meeting: Meeting) -> None:
    said = text_of(signed_in(cast.user("clerk")).get(reverse("governance:agenda", args=[meeting.pk])))
    assert "拖动序号，或按 Alt+↑、Alt+↓ 调整次序" in said
