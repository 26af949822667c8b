"""Meetings as calendar files (iCalendar, RFC 5545). No word of any item stands in them: they leave the portal."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum

from common.dates import SHANGHAI
from governance.models import Meeting, MeetingStatus

PRODUCT = "-//fenghua-portal//meetings//ZH"
USUAL = timedelta(hours=1)
LONGEST = timedelta(hours=12)
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


def calendar_of(components: Iterable[Any], *, method: str = PUBLISH, name: str = "") -> bytes:
    """A calendar file with the time zone of Shanghai."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("x-wr-timezone", str(SHANGHAI))
    calendar.add_component(_shanghai())
    for component in components:
        calendar.add_component(component)
    content: bytes = calendar.to_ical()
    return content


def _shanghai() -> Any:
    """VTIMEZONE: eight hours ahead all year, as it has been since 1991."""
    from icalendar import Timezone, TimezoneStandard

    zone = Timezone()
    zone.add("tzid", str(SHANGHAI))
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15, 2, 0))  # noqa: DTZ001  a wall clock time by the standard
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def timed(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """With the minutes that the items are meant to take, for `event_of`."""
    return meetings.annotate(minutes_planned=Sum("items__minutes_needed"))


def event_of(meeting: Meeting) -> Any:
    """The VEVENT: the same UID for ever, a SEQUENCE that grows with every change. A recalled or cancelled one says so."""
    from icalendar import Event

    planned = getattr(meeting, "minutes_planned", None)
    if not hasattr(meeting, "minutes_planned"):
        planned = meeting.items.aggregate(minutes=Sum("minutes_needed"))["minutes"]
    begins = meeting.scheduled_at.astimezone(SHANGHAI)
    url = f"{settings.PORTAL_URL}{meeting.get_absolute_url()}"
    event = Event()
    event.add("uid", f"{meeting.pk}@{settings.MESSAGE_ID_DOMAIN}")
    event.add("sequence", meeting.version)
    event.add("dtstamp", meeting.updated_at.astimezone(UTC))
    event.add("dtstart", begins)
    event.add("dtend", begins + min(timedelta(minutes=planned) if planned else USUAL, LONGEST))
    event.add("summary", str(meeting))
    event.add("location", meeting.place)
    event.add("description", f"{meeting.item_count} 个议题。议程和材料登录后查看：{url}")
    event.add("url", url)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if is_off(meeting) else "CONFIRMED")
    return event


def is_off(meeting: Meeting) -> bool:
    """Taken back (撤回通知) or cancelled: calendars strike it out."""
    return meeting.status in (MeetingStatus.DRAFT, MeetingStatus.CANCELLED)


def meeting_file(meeting: Meeting) -> bytes:
    """For who downloads it."""
    return calendar_of([event_of(meeting)])


def invitation_file(meeting: Meeting) -> tuple[bytes, str]:
    """For letters: the file as the meeting stands now, and its method. Nobody is asked to answer it."""
    from icalendar import vCalAddress, vText

    event = event_of(meeting)
    organiser = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    organiser.params["cn"] = vText(settings.PORTAL_TITLE)
    event.add("organizer", organiser)
    method = CANCEL if is_off(meeting) else REQUEST
    return calendar_of([event], method=method), method
