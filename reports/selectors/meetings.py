"""Meetings as overviews need them: what is going on, what the rules found, what waits for its signature too long."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from common.dates import at_hour, local_day
from governance.models import Meeting, MeetingStatus, RuleResult
from governance.models.items import readable
from governance.models.meetings import HELD_OR_LATER
from governance.rules.findings import Outcome, Severity
from governance.rules.load import delivered_reference
from governance.rules.workdays import nth_working_day_after
from schools.models import School

FINDINGS_WITHIN = timedelta(days=30)
LONGEST_HOLIDAY = 40  # days to look back at most for the last day whose time for the signature is over
READ = 40
OPEN = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD, MeetingStatus.MINUTED)
UNSIGNED = (MeetingStatus.HELD, MeetingStatus.MINUTED)
LINE = (
    "id", "body", "serial", "scheduled_at", "status", "findings_block", "findings_warn", "school__short_name",
)  # fmt: skip


def sign_within() -> int:
    """Working days after the meeting in which minutes are to be signed (R-M04)."""
    return delivered_reference().rules["R-M04"].whole("workdays")


def sign_until(day: date) -> date | None:
    """The last day for the signature of a meeting of that day; None when the days off of a year are not known yet."""
    return nth_working_day_after(day, sign_within(), delivered_reference())


def last_day_too_late(today: date) -> date | None:
    """The latest day of a meeting whose time for the signature is over today; every earlier day is over as well."""
    for back in range(1, LONGEST_HOLIDAY):
        day = today - timedelta(days=back)
        until = sign_until(day)
        if until is not None and until < today:
            return day
    return None


def _visible(user: User, school: School | None) -> QuerySet[Meeting]:
    rows = Meeting.objects.visible_to(user)
    return rows if school is None else rows.filter(school=school)


def unsigned_too_long(user: User, at: datetime, limit: int, school: School | None = None) -> list[dict[str, Any]]:
    """Held meetings whose minutes are not signed in time, the oldest first, as rows of `LINE`."""
    day = last_day_too_late(local_day(at))
    if day is None:
        return []
    before = at_hour(day + timedelta(days=1), time.min)
    rows = _visible(user, school).filter(status__in=UNSIGNED, scheduled_at__lt=before)
    return list(rows.order_by("scheduled_at", "pk").values(*LINE)[:limit])


def with_findings(user: User, at: datetime, limit: int, school: School | None = None) -> list[dict[str, Any]]:
    """Meetings of the last 30 days on which the rules have something to say: 不合规 before 需留意, latest first.

    `said` holds the first finding of a signed meeting; before the signature findings are still being worked on, and
    only their numbers are kept.
    """
    findings = RuleResult.objects.filter(
        meeting=OuterRef("pk"),
        outcome__in=(Outcome.FAIL.value, Outcome.INSUFFICIENT.value),
        severity__in=(Severity.BLOCK.value, Severity.WARN.value),
    )
    findings = findings.filter(Q(item__isnull=True) | readable(user, "item__"))
    said = Subquery(findings.order_by("order").values("message")[:1])
    rows = (
        _visible(user, school)
        .filter(Q(findings_block__gt=0) | Q(findings_warn__gt=0), status__in=HELD_OR_LATER)
        .filter(scheduled_at__gte=at - FINDINGS_WITHIN)
        .order_by("-scheduled_at", "-pk")
        .values(*LINE, said=said)[:READ]
    )
    return sorted(rows, key=lambda row: not row["findings_block"])[:limit]


def found_since(at: datetime) -> date:
    """The first of the 30 days."""
    return local_day(at - FINDINGS_WITHIN)


def going_on(user: User, school: School) -> list[Meeting]:
    """Meetings of a school between their first draft and their signature, the earliest first, ready for the guards."""
    rows = _visible(user, school).filter(status__in=OPEN).select_related("school", "chair", "recorder")
    return list(rows.order_by("scheduled_at", "pk"))


def next_of(meetings: list[Meeting], at: datetime) -> dict[str, Meeting]:
    """By body, the next meeting that has not been held yet; one of today counts until it is held."""
    today = local_day(at)
    found: dict[str, Meeting] = {}
    for meeting in meetings:
        planned = meeting.status in (MeetingStatus.DRAFT, MeetingStatus.CALLED)
        if planned and local_day(meeting.scheduled_at) >= today:
            found.setdefault(meeting.body, meeting)
    return found
