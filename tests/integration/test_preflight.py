"""发会议通知之前: the list says exactly what the service would refuse, what to do about it, and where."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from common.errors import DomainError
from governance import services
from governance.models import Meeting, MeetingStatus, Talk
from governance.preflight import Check, stops
from governance.views.meeting_page import checks_before_calling
from schools.models import Appointment
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import HTMX, address, signed_in, text_of, typed

pytestmark = pytest.mark.django_db
PEOPLE = ("school", "chair", "recorder", "agenda_confirmed_by", "catalogue")


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """In four days, prepared and confirmed: nothing stops the notice."""
    at = timezone.now()
    meeting = factories.make_meeting(cast, matters=("P01", "P21"), at=at + timedelta(days=4))
    factories.prepare(cast, meeting, at=at)
    return services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)


def checks(cast: Cast, meeting: Meeting, role: str = "clerk") -> list[Check]:
    return checks_before_calling(Meeting.objects.select_related(*PEOPLE).get(pk=meeting.pk), cast.user(role))


def is_called(cast: Cast, meeting: Meeting) -> bool:
    try:
        services.call_meeting(meeting=Meeting.objects.get(pk=meeting.pk), by=cast.user("clerk"), at=timezone.now())
    except DomainError:
        return False
    return True


def nothing(meeting: Meeting) -> None:
    """As it is."""


def no_place(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(place="")


def no_chair(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(chair=None)


def no_recorder(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(recorder=None)


def unconfirmed(meeting: Meeting) -> None:
    meeting.items.update(confirmed_by=None)
    Meeting.objects.filter(pk=meeting.pk).update(agenda_confirmed_at=None, agenda_confirmed_by=None)


def by_circulation(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(form="circulation")


def urgent_without_reason(meeting: Meeting) -> None:
    meeting.items.filter(order=2).update(urgent=True)


def talks_apart(meeting: Meeting) -> None:
    Talk.objects.update(result="disagreed")


def late_materials(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(materials_sent_on=timezone.localdate() + timedelta(days=4))


def no_materials(meeting: Meeting) -> None:
    meeting.items.update(materials=0)


def already_begun(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(scheduled_at=timezone.now() - timedelta(hours=2))


CASES = (
    (nothing, True),
    (no_place, False),
    (unconfirmed, False),
    (by_circulation, False),
    (urgent_without_reason, False),
    (talks_apart, False),
    (no_chair, True),
    (no_recorder, True),
    (late_materials, True),
    (no_materials, True),
    (already_begun, True),
)


@pytest.mark.parametrize(("change", "goes_out"), CASES)
def test_the_list_stops_exactly_what_the_service_refuses(
    cast: Cast, meeting: Meeting, change: Callable[[Meeting], None], goes_out: bool
) -> None:
    change(meeting)
    found = checks(cast, meeting)
    assert (stops(found) == 0) is goes_out, found
    assert is_called(cast, meeting) is goes_out
    if change is not nothing:
        assert any(check.state != "ok" and check.todo for check in found), "it says what to do"
    assert [check.state for check in found] == sorted(
        (check.state for check in found), key=("stop", "mind", "ok").index
    ), "what stops stands first"


def test_a_presenter_who_has_left_by_then_is_minded(cast: Cast, meeting: Meeting) -> None:
    meeting.items.filter(order=2).update(presenter=cast.people["team"])
    assert not any("汇报人" in check.text for check in checks(cast, meeting))
    Appointment.objects.filter(person=cast.people["team"]).update(ends_on=timezone.localdate())
    assert any("第 2 项的汇报人开会当日不在任" in check.text for check in checks(cast, meeting))


def test_each_line_leads_to_a_place_that_is_there(cast: Cast, meeting: Meeting) -> None:
    for change in (no_place, no_recorder, by_circulation, urgent_without_reason, late_materials, unconfirmed):
        change(meeting)
    client = signed_in(cast.user("clerk"))
    urls = [check.url for check in checks(cast, meeting) if check.state != "ok"]
    assert len(urls) >= 5
    for url in filter(None, urls):
        path, _, anchor = url.partition("#")
        answer = client.get(path)
        assert answer.status_code == 200, url
        assert not anchor or f'id="{anchor}"' in answer.content.decode(), url


def test_on_the_agenda_page_the_list_follows_what_is_typed(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    assert "还没办" not in text_of(client.get(address(meeting)))
    answer = client.post(address(meeting), typed(meeting, place="", item_1_matter="", do="check"), headers=HTMX)
    html = answer.content.decode()
    assert 'id="checks" hx-swap-oob="true"' in html
    assert 'href="#id_place"' in html and 'href="#id_item-1-matter"' in html
    assert "书记还没有审定议程" in text_of(answer), "what is typed has been confirmed by nobody"


def test_the_head_alone_is_shown_the_way_past_a_rule(cast: Cast, meeting: Meeting) -> None:
    by_circulation(meeting)
    urgent_without_reason(meeting)
    waive = reverse("governance:waive", args=[meeting.pk])
    assert not any(check.waive for check in checks(cast, meeting))
    ways = [check.waive for check in checks(cast, meeting, "secretary") if check.waive]
    assert ways and all(way.startswith(waive) for way in ways)
    assert (
        f'href="{ways[0]}"'.replace("&", "&amp;")
        in signed_in(cast.user("secretary")).get(address(meeting)).content.decode()
    )


def test_the_question_before_the_notice_shows_the_list(cast: Cast, meeting: Meeting) -> None:
    client, ask = signed_in(cast.user("clerk")), reverse("governance:meeting-action", args=[meeting.pk, "call"])
    no_recorder(meeting)
    page = text_of(client.get(meeting.get_absolute_url()))
    assert "发出" in page and "还没有定记录人" in page
    alone = client.get(ask)
    assert "还没有定记录人" in text_of(alone) and "每个议题都归入目录事项" in text_of(alone)
    version = re.search(r'name="version" value="(\d+)"', alone.content.decode())
    assert version and client.post(ask, {"version": version[1]}).status_code == 302
    assert Meeting.objects.get(pk=meeting.pk).status == MeetingStatus.CALLED


def test_withheld_items_are_named_by_number_alone(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, matters=("P01", "P16"), at=timezone.now() + timedelta(days=4))
    item = meeting.items.get(order=2)
    item.readers.filter(person=cast.people["clerk"]).delete()
    found = checks(cast, meeting)
    assert any("第 2 项（限定人员议题）还有要办的事" in check.text for check in found)
    assert not any("P16" in check.text + check.todo for check in found)
    assert any(check.text.startswith("第 2 项：") for check in checks(cast, meeting, "secretary"))
