"""iCalendar: one meeting as a file, and the feed of a person: what stands in it, for whom, and what it never tells."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts import services as accounts
from accounts.models import CalendarToken, User
from audit.models import Event
from checklists.models import Checklist, Task
from common.api.throttling import PerCaller
from common.dates import SHANGHAI
from governance import services
from governance.calendar_files import event_of, meeting_file
from governance.models import Meeting
from schools.models import Appointment
from schools.permissions import Post
from schools.services.appointments import NewAppointment, appoint
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """Called for 15:30 in four days."""
    at = timezone.now()
    day = timezone.localdate() + timedelta(days=4)
    begins = datetime(day.year, day.month, day.day, 15, 30, tzinfo=SHANGHAI)
    meeting = factories.make_meeting(cast, matters=("P01", "P21"), at=begins + timedelta(hours=1))
    factories.prepare(cast, meeting, at=at)
    meeting.items.update(title="金丝雀议题")
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    return services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)


def address_for(user: User) -> str:
    token = accounts.issue_calendar_token(user=user, by=user, at=timezone.now())
    return reverse("api:calendar", args=[token])


def feed(address: str) -> Any:
    answer = Client().get(address, headers={"Accept": "text/calendar"})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


def test_a_meeting_parses_with_its_time_zone_and_says_no_word_of_an_item(cast: Cast, meeting: Meeting) -> None:
    answer = signed_in(cast.user("deputy")).get(reverse("governance:calendar-file", args=[meeting.pk]))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    [zone], [event] = calendar.walk("VTIMEZONE"), calendar.walk("VEVENT")
    assert zone["tzid"] == event["dtstart"].params["tzid"] == "Asia/Shanghai"
    assert event["dtstart"].dt.astimezone(UTC) == meeting.scheduled_at and event["dtstart"].dt.hour == 15
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=1)
    assert str(event["summary"]) == str(meeting) and event["location"] == "会议室"
    assert "金丝雀" not in answer.content.decode() and meeting.get_absolute_url() in event["url"]
    assert b"\r\n" in answer.content and all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_uid_stays_and_sequence_grows(meeting: Meeting) -> None:
    before = event_of(meeting)
    meeting.place = "别的地方"
    meeting.commit(timezone.now())
    after = event_of(meeting)
    assert before["uid"] == after["uid"] and before["sequence"] < after["sequence"]


def test_planned_minutes_make_its_length(meeting: Meeting) -> None:
    meeting.items.update(minutes_needed=50)
    [event] = Calendar.from_ical(meeting_file(meeting)).walk("VEVENT")
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=100)


def test_the_feed_holds_the_meetings_one_was_called_to_and_ones_own_deadlines(cast: Cast, meeting: Meeting) -> None:
    factories.make_meeting(cast, at=timezone.now() + timedelta(days=9))  # a draft, nobody was called
    task = factories.make_task(cast)
    calendar = feed(address_for(cast.user("principal")))
    events = {str(event["uid"]).partition("@")[0]: event for event in calendar.walk("VEVENT")}
    assert set(events) == {str(meeting.pk), str(task.pk)}
    due = events[str(task.pk)]
    assert due["dtstart"].dt == task.due_on and type(due["dtstart"].dt) is date
    assert due["dtend"].dt == task.due_on + timedelta(days=1) and due["transp"] == "TRANSPARENT"
    assert str(due["summary"]) == f"到期：{task.target}"
    assert {str(event["uid"]).partition("@")[0] for event in feed(address_for(cast.user("deputy"))).walk("VEVENT")} == {
        str(meeting.pk)
    }, "a task is in the calendar of who is responsible"


def test_a_cancelled_meeting_is_struck_out_and_a_recalled_one_is_gone(cast: Cast, meeting: Meeting) -> None:
    address = address_for(cast.user("deputy"))
    services.recall_meeting(meeting=meeting, reason="时间另定", by=cast.user("secretary"), at=timezone.now())
    assert not feed(address).walk("VEVENT")
    services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    services.cancel_meeting(meeting=meeting, reason="改为下周", by=cast.user("secretary"), at=timezone.now())
    [event] = feed(address).walk("VEVENT")
    assert event["status"] == "CANCELLED"


def test_a_task_of_a_restricted_item_keeps_its_words_inside(cast: Cast) -> None:
    task = factories.make_task(cast)
    Task.objects.update(target="金丝雀任务")
    Checklist.objects.filter(pk=task.checklist_id).update(restricted=True)
    answer = Client().get(address_for(cast.user("principal")))
    assert "金丝雀" not in answer.content.decode()
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["summary"]) == "到期：限定人员议题的会后任务"


def test_rights_of_today_apply(cast: Cast, meeting: Meeting) -> None:
    address, deputy = address_for(cast.user("deputy")), cast.people["deputy"]
    assert feed(address).walk("VEVENT")
    Appointment.objects.filter(person=deputy).update(ends_on=timezone.localdate() - timedelta(days=1))
    other = factories.make_school("FH009")
    new = NewAppointment(
        person=deputy, post=Post.SECRETARY, school=other, office=None, starts_on=timezone.localdate(), rank=1
    )
    appoint(new, by=None, at=timezone.now())
    assert not feed(address).walk("VEVENT"), "who has gone to another school sees no meeting of the old one"


def test_the_secret_is_kept_as_a_digest_and_shown_once(cast: Cast) -> None:
    client, page = signed_in(cast.user("deputy")), reverse("accounts:calendar")
    assert "还没有打开" in text_of(client.get(page))
    shown = client.post(page, {"do": "issue"}).content.decode()
    address = shown.partition('value="http://testserver')[2].partition('"')[0]
    token = address.removeprefix("/api/v1/calendar/").removesuffix(".ics")
    assert len(token) >= 40 and Client().get(address).status_code == 200
    later = client.get(page).content.decode()
    assert token not in later and "订阅已打开" in later
    kept = CalendarToken.objects.get()
    assert token not in (kept.digest, str(kept)) and len(kept.digest) == 64
    assert token not in str(list(Event.objects.values()))


def test_a_new_address_ends_the_old_one_and_it_can_be_stopped(cast: Cast) -> None:
    user = cast.user("deputy")
    old, new = address_for(user), address_for(user)
    assert [Client().get(each).status_code for each in (old, new)] == [404, 200]
    answer = signed_in(user).post(reverse("accounts:calendar"), {"do": "revoke"}, follow=True)
    assert "日历订阅已停用" in text_of(answer) and Client().get(new).status_code == 404
    kinds = list(Event.objects.filter(kind__startswith="accounts.calendar").values_list("kind", flat=True))
    assert sorted(kinds) == ["accounts.calendar.issued", "accounts.calendar.issued", "accounts.calendar.revoked"]
    assert not accounts.revoke_calendar_token(user=user, by=user, at=timezone.now())


def test_unknown_secrets_and_deactivated_accounts_are_404(cast: Cast) -> None:
    user = cast.user("deputy")
    address = address_for(user)
    for wrong in ("x", "a" * 43, "%00", "é" * 20, "a" * 4000):
        answer = Client().get(f"/api/v1/calendar/{wrong}.ics")
        assert answer.status_code in (400, 404), wrong
    assert Client().get(address.removesuffix(".ics") + "/").status_code == 404
    digest = CalendarToken.objects.get().digest
    assert Client().get(reverse("api:calendar", args=[digest])).status_code == 404, "the digest opens nothing"
    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = Client().get(address)
    assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json"


def test_it_needs_no_session_reads_no_cookie_and_writes_nothing(cast: Cast, meeting: Meeting) -> None:
    address = address_for(cast.user("deputy"))
    other = signed_in(factories.make_cast("FH002").user("secretary"))
    assert other.get(address).content == Client().get(address).content, "the address says whose it is"
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)(address).status_code == 405
    assert meeting.invitations.filter(read_at__isnull=False).count() == 0, "a machine that fetches is no reader"


def test_devices_may_keep_it_shared_caches_may_not(cast: Cast, meeting: Meeting) -> None:
    address = address_for(cast.user("deputy"))
    answer = Client().get(address)
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    again = Client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.content


@pytest.mark.parametrize("accept", ["text/calendar", "text/html", "*/*", "application/json", ""])
def test_whatever_calendar_software_asks_for_it_gets_the_file(cast: Cast, accept: str) -> None:
    answer = Client().get(address_for(cast.user("deputy")), headers={"Accept": accept})
    assert answer.status_code == 200 and answer.content.startswith(b"BEGIN:VCALENDAR")


def test_it_is_limited_as_the_other_doors_of_the_api(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    address = address_for(cast.user("deputy"))
    cache.clear()
    monkeypatch.setattr(PerCaller, "rate", "2/min", raising=False)
    codes = [Client().get(address).status_code for _ in range(3)]
    cache.clear()
    assert codes == [200, 200, 429]


def test_the_feed_costs_the_same_for_1_and_10_meetings(cast: Cast, meeting: Meeting) -> None:
    address, counts = address_for(cast.user("clerk")), []
    for more in (0, 9):
        for _ in range(more):
            at = timezone.now()
            new = factories.make_meeting(cast, at=at + timedelta(days=4))
            factories.prepare(cast, new, at=at)
            services.confirm_agenda(meeting=new, by=cast.user("secretary"), at=at)
            services.call_meeting(meeting=new, by=cast.user("clerk"), at=at)
        with CaptureQueriesContext(connection) as counted:
            assert Client().get(address).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1] <= 6


def test_the_page_under_mine_leads_there(cast: Cast) -> None:
    assert reverse("accounts:calendar") in signed_in(cast.user("deputy")).get("/me/").content.decode()
