"""How schools stand this year: roll-up rows, and for schools with a change waiting the same numbers counted afresh."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Q, QuerySet, Value

from checklists.models import Task, TaskStatus
from common.dates import SHANGHAI
from governance.models import Decision, Meeting, MeetingStatus
from governance.models.meetings import HELD_OR_LATER


@dataclass(frozen=True)
class Numbers:
    """The numbers of a `Standing`, for one school or many."""

    closed: int = 0
    on_time: int = 0
    recorded: int = 0
    faultless: int = 0
    blocked: int = 0
    warned: int = 0
    signed: int = 0
    decisions: int = 0

    def __add__(self, other: "Numbers") -> "Numbers":
        return Numbers(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __sub__(self, other: "Numbers") -> "Numbers":
        return Numbers(*(getattr(self, name) - getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Numbers))
ZERO = Numbers()


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """The first moment of the year in Shanghai, and that of the next; the list of meetings draws the line there too."""
    return datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 1, tzinfo=SHANGHAI)


def counted_afresh(school_ids: Iterable[UUID], year: int) -> dict[UUID, Numbers]:
    """The numbers of those schools from their rows, in one query. Schools with nothing yet are in it with zeros."""
    wanted = list(school_ids)
    found: dict[UUID, dict[str, int]] = {school: defaultdict(int) for school in wanted}
    parts = (
        (_tasks(wanted, year), ("closed", "on_time")),
        (_meetings(wanted, year), ("recorded", "faultless", "blocked", "warned", "signed")),
        (_decisions(wanted, year), ("decisions",)),
    )
    rows = [part.values_list("school_id", *_columns(number, names)) for number, (part, names) in enumerate(parts)]
    for school, number, *values in rows[0].union(*rows[1:], all=True):
        for name, value in zip(parts[number][1], values, strict=False):
            found[school][name] = value
    return {school: Numbers(**numbers) for school, numbers in found.items()}


WIDTH = 5  # columns of the widest part; the others are filled with zeros, as UNION asks


def _columns(number: int, names: tuple[str, ...]) -> list[str | Value]:
    blank: list[str | Value] = [Value(0, output_field=IntegerField()) for _ in range(WIDTH - len(names))]
    return [Value(number, output_field=IntegerField()), *names, *blank]


def _tasks(schools: list[UUID], year: int) -> QuerySet[Any, Any]:
    due = {"due_on__gte": date(year, 1, 1), "due_on__lte": date(year, 12, 31)}
    return (
        Task.objects.filter(school__in=schools, status=TaskStatus.CLOSED, **due)
        .order_by()
        .values("school_id")
        .annotate(closed=Count("pk"), on_time=Count("pk", filter=Q(submitted_at__date__lte=F("due_on"))))
    )


def _meetings(schools: list[UUID], year: int) -> QuerySet[Any, Any]:
    start, end = year_bounds(year)
    recorded = Q(status__in=HELD_OR_LATER, present__gt=0)
    return (
        Meeting.objects.kept()
        .filter(school__in=schools, scheduled_at__gte=start, scheduled_at__lt=end)
        .order_by()
        .values("school_id")
        .annotate(
            recorded=Count("pk", filter=recorded),
            faultless=Count("pk", filter=recorded & Q(findings_block=0, findings_warn=0)),
            blocked=Count("pk", filter=Q(findings_block__gt=0)),
            warned=Count("pk", filter=Q(findings_warn__gt=0)),
            signed=Count("pk", filter=Q(status__in=(MeetingStatus.SIGNED, MeetingStatus.ARCHIVED))),
        )
    )


def _decisions(schools: list[UUID], year: int) -> QuerySet[Any, Any]:
    days = {"decided_on__gte": date(year, 1, 1), "decided_on__lte": date(year, 12, 31)}
    rows = Decision.objects.filter(school__in=schools, **days).order_by().values("school_id")
    return rows.annotate(decisions=Count("pk"))
