"""Counts of what the rules found in signed meetings: from the roll-up rows, and from meetings that are not folded into them yet.

Both are read by one statement, so a fold in between neither loses nor doubles a meeting. Live findings of meetings that are
not signed yet belong to no rule here: they are still being worked on, and only their numbers are kept (`unsigned`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from governance.models import Meeting, MeetingStatus, RuleResult
from governance.models.items import readable
from governance.rules.findings import Outcome
from reports.findings.filters import DIRECT, FOUND, JUDGED, LEVELS, MORE_LEVELS, OF_MEETING, Filters, level_of
from reports.models import EVERY, FindingCount, MeetingCount, SignedNote
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
MATTER = Case(
    When(item__isnull=True, then=Value("")),
    default=Coalesce(F("item__matter__code"), Value(FindingCount.UNCLASSIFIED)),
    output_field=CharField(),
)
# Column of the counts → the same in the results of meetings that wait to be counted.
IN_RESULTS = {
    "school_id": "meeting__school_id",
    "month": "meeting__signed_note__month",
    "body": "meeting__body",
    "rule": "rule",
    "matter": "matter_code",
}
IN_MEETINGS = {"school_id": "school_id", "month": "signed_note__month"}


@dataclass(frozen=True)
class Tally:
    """How often rules were judged (不适用 left out), by what came of it."""

    bad: int = 0
    warn: int = 0
    ins: int = 0
    let: int = 0
    ok: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def judged(self) -> int:
        """All judgements: the base of every rate."""
        return self.found + self.ok

    @property
    def found(self) -> int:
        """All that were not simply met."""
        return self.bad + self.warn + self.ins + self.let

    def of(self, level: str) -> int:
        """The findings of one level; of all levels when none is asked for."""
        return int(getattr(self, level)) if level else self.found


NAMES = (*LEVELS, "ok")
NOTHING = Tally()


def schools_seen(user: User) -> QuerySet[School]:
    """Schools whose meetings the account may see as a whole; members of a body see its meetings, but no overview."""
    return access.within(School.objects.all(), user, SchoolPerm.VIEW_MEETINGS, "pk")


def narrowed(schools: QuerySet[School], filters: Filters) -> QuerySet[School]:
    """Those the filters ask for."""
    schools = schools.filter(**filters.groups())
    if filters.school:
        schools = schools.filter(code=filters.school)
    if filters.office == DIRECT:
        return schools.filter(office__isnull=True)
    return schools.filter(office__code=filters.office) if filters.office else schools


MOST_NOTED = 500


def noted_meetings() -> list[UUID] | None:
    """The meetings that wait to be counted, a handful as a rule; None when they are many.

    Naming them keeps the database from looking through all results for them. One that is folded meanwhile is left out by
    its note, one that comes later is left for the next look.
    """
    found = list(SignedNote.objects.order_by("pk").values_list("meeting_id", flat=True)[: MOST_NOTED + 1])
    return found if len(found) <= MOST_NOTED else None


@dataclass(frozen=True)
class Scope:
    """Whose findings are counted. Without `schools` all of the district, by rows of its own; `noted` as `noted_meetings` says."""

    schools: QuerySet[School] | Iterable[UUID] | None = None
    noted: list[UUID] | None = None

    def over(self, schools: QuerySet[School] | Iterable[UUID] | None) -> "Scope":
        """The same moment over other schools."""
        return replace(self, schools=schools)

    def ids(self) -> Any:
        """For `school_id__in`."""
        return self.schools.order_by().values("pk") if isinstance(self.schools, QuerySet) else self.schools

    def counts(self, by_school: bool) -> Q:
        """The roll-up rows to add up."""
        if self.schools is not None:
            return Q(school_id__in=self.ids())
        return ~Q(school_id=EVERY) if by_school else Q(school_id=EVERY)

    def waiting(self, meeting: str) -> Q:
        """Of the meetings that wait to be counted those in scope; `meeting` is the way to the meeting, empty or with `__`."""
        schools = Q() if self.schools is None else Q(**{f"{meeting}school_id__in": self.ids()})
        named = Q() if self.noted is None else Q(**{f"{meeting}pk__in": self.noted})
        return schools & named


def scope_of(user: User, filters: Filters) -> Scope:
    """The schools of the account under the filters."""
    if access.school_ids(user, SchoolPerm.VIEW_MEETINGS).everywhere and not filters.narrows_schools:
        return Scope(noted=noted_meetings())
    return Scope(narrowed(schools_seen(user), filters), noted_meetings())


def counted(scope: Scope, filters: Filters, *by: str, base: bool = True) -> dict[tuple[Any, ...], Tally]:
    """Judgements by those columns of `FindingCount`, in one statement. The level of the filters is left to the reader.

    Without `base` what was met is left out: far fewer rows, where meetings are the base.
    """
    columns, met = (*by, "outcome", "severity"), Q(outcome=Outcome.PASS.value)
    # Without the base in the words of the partial index, which then answers alone.
    stored = FindingCount.objects.filter(scope.counts("school_id" in by), Q() if base else ~met, _wanted(filters, ""))
    waiting = (
        RuleResult.objects.filter(JUDGED if base else FOUND, meeting__signed_note__isnull=False)
        .annotate(matter_code=MATTER)
        .filter(scope.waiting("meeting__"), _wanted(filters, "meeting__signed_note__"))
    )
    rows = stored.order_by().values_list(*columns).annotate(times=Sum("number"))
    more = waiting.order_by().values_list(*(IN_RESULTS.get(name, name) for name in columns)).annotate(times=Count("pk"))
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for *key, outcome, severity, times in rows.union(more, all=True):
        levels = found.setdefault(tuple(key), dict.fromkeys(NAMES, 0))
        levels[level_of(outcome, severity)] += times
    return {key: Tally(**levels) for key, levels in found.items()}


def _wanted(filters: Filters, note: str) -> Q:
    """Period, body, severity, rule and matter; `note` is the way to the note of a meeting that waits, empty for the counts."""
    asked: dict[str, Any] = {f"{note}month__gte": filters.period.first, f"{note}month__lte": filters.period.last}
    if filters.body:
        asked["meeting__body" if note else "body"] = filters.body
    if filters.severity:
        asked["severity"] = filters.severity
    if filters.rule:
        asked["rule"] = filters.rule
    if filters.matter:
        asked["matter_code" if note else "matter"] = "" if filters.matter == OF_MEETING else filters.matter
    return Q(**asked)


def meetings(scope: Scope, filters: Filters, *by: str) -> dict[tuple[Any, ...], int]:
    """Signed meetings of the period and body by those columns of `MeetingCount`, in one statement."""
    months = {"month__gte": filters.period.first, "month__lte": filters.period.last}
    body = {"body": filters.body} if filters.body else {}
    stored = MeetingCount.objects.filter(scope.counts("school_id" in by), **months, **body)
    waiting = Meeting.objects.filter(
        scope.waiting(""), **{f"signed_note__{name}": value for name, value in months.items()}, **body
    )
    # Grouped by body in any case: without a column there would be one row even of nothing.
    rows = stored.order_by().values_list("body", *by).annotate(times=Sum("number"))
    more = waiting.order_by().values_list("body", *(IN_MEETINGS[name] for name in by)).annotate(times=Count("pk"))
    found: dict[tuple[Any, ...], int] = {}
    for _, *key, times in rows.union(more, all=True):
        found[tuple(key)] = found.get(tuple(key), 0) + times
    return found


@dataclass(frozen=True)
class Unsigned:
    """Meetings that were held and are not signed yet, with findings still to be worked on."""

    held_bad: int = 0
    held_warn: int = 0
    minuted_warn: int = 0

    def __bool__(self) -> bool:
        return bool(self.held_bad or self.held_warn or self.minuted_warn)


def unsigned(scope: Scope, filters: Filters) -> Unsigned:
    """How many there are today, whatever the period; body and schools of the filters are kept."""
    rows = Meeting.objects.filter(status__in=(MeetingStatus.HELD, MeetingStatus.MINUTED))
    if scope.schools is not None:
        rows = rows.filter(school__in=scope.ids())
    if filters.body:
        rows = rows.filter(body=filters.body)
    held, minuted = Q(status=MeetingStatus.HELD), Q(status=MeetingStatus.MINUTED)
    return Unsigned(
        **rows.aggregate(
            held_bad=Count("pk", filter=held & Q(findings_block__gt=0)),
            held_warn=Count("pk", filter=held & Q(findings_warn__gt=0)),
            minuted_warn=Count("pk", filter=minuted & Q(findings_warn__gt=0)),
        )
    )


# ---- the records behind the numbers ----

LISTED = (
    "id", "rule", "outcome", "severity", "message", "meeting_id", "meeting__scheduled_at", "meeting__body", "meeting__year",
    "meeting__serial", "meeting__school__code", "meeting__school__short_name", "meeting__school__py", "item_id", "item__order",
    "item__title", "item__matter__code",
)  # fmt: skip


MOST_WITHHELD = 1000


def results(user: User, filters: Filters) -> QuerySet[Any, Any]:
    """The very results that were counted, as rows of `LISTED`, but those about items whose words the account may not read;
    the caller orders and pages.
    """
    return _counted_results(user, filters).filter(Q(item__isnull=True) | readable(user, "item__")).values(*LISTED)


def results_withheld(user: User, filters: Filters) -> int:
    """How many of them are left out; counted up to `MOST_WITHHELD`."""
    closed = _counted_results(user, filters).filter(~readable(user, "item__"), item__isnull=False)
    return closed.order_by()[:MOST_WITHHELD].count()


def _counted_results(user: User, filters: Filters) -> QuerySet[RuleResult]:
    start, end = filters.period.moments()
    rows = access.within(RuleResult.objects.all(), user, SchoolPerm.VIEW_MEETINGS, "meeting__school_id")
    rows = rows.filter(
        {**LEVELS, **MORE_LEVELS}[filters.level][1] if filters.level else FOUND,
        meeting__scheduled_at__gte=start,
        meeting__scheduled_at__lt=end,
    )
    if filters.narrows_schools:
        rows = rows.filter(meeting__school__in=narrowed(schools_seen(user), filters).order_by().values("pk"))
    if filters.body:
        rows = rows.filter(meeting__body=filters.body)
    if filters.severity:
        rows = rows.filter(severity=filters.severity)
    if filters.rule:
        rows = rows.filter(rule=filters.rule)
    return _of_matter(rows, filters.matter)


def _of_matter(rows: QuerySet[RuleResult], matter: str) -> QuerySet[RuleResult]:
    if not matter:
        return rows
    if matter == OF_MEETING:
        return rows.filter(item__isnull=True)
    if matter == FindingCount.UNCLASSIFIED:
        return rows.filter(item__isnull=False, item__matter__isnull=True)
    return rows.filter(item__matter__code=matter)


def signed_meetings(user: User, filters: Filters) -> QuerySet[Meeting]:
    """The signed meetings that were counted: period, body and schools of the filters."""
    start, end = filters.period.moments()
    rows = access.within(Meeting.objects.all(), user, SchoolPerm.VIEW_MEETINGS)
    rows = rows.filter(status__in=SIGNED, scheduled_at__gte=start, scheduled_at__lt=end)
    if filters.narrows_schools:
        rows = rows.filter(school__in=narrowed(schools_seen(user), filters).order_by().values("pk"))
    return rows.filter(body=filters.body) if filters.body else rows


def months_shown(filters: Filters, today: date) -> list[date]:
    """The months of the period that have begun; those to come have no meetings."""
    return [month for month in filters.period.months() if month <= today]
