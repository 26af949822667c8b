"""The overview of many schools, for bureau and education offices. A constant number of queries, whatever the data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Sum

from accounts.models import User
from checklists.models import Task, TaskQuerySet, TaskStatus
from reports.models import Change
from reports.selectors.standing import NAMES, ZERO, Numbers, counted_afresh
from schools.models import PilotStatus, School
from schools.permissions import Post

MOST_CELLS = 200  # above this, offices are shown as rows instead of schools as cells
OVERDUE_READ = 40  # up to so many overdue tasks are simply read; more are counted by the database
DIRECT = "直属"


@dataclass(frozen=True)
class Row:
    """One school, or in large districts one office with all its schools."""

    code: str
    name: str
    schools: int = 1
    eligible: int = 0  # with a Party committee: what coverage is of
    implemented: int = 0  # of these
    office: tuple[str, str] = ("", DIRECT)  # code and name
    size: str = ""
    stage: str = ""
    numbers: Numbers = ZERO
    overdue: int = 0
    late_schools: int = 0

    @property
    def on_time(self) -> tuple[int, int]:
        """Closed tasks that were handed in by their day, of all that are closed or overdue."""
        return self.numbers.on_time, self.numbers.closed + self.overdue

    @property
    def faultless(self) -> tuple[int, int]:
        """Meetings on record without a finding, of all on record."""
        return self.numbers.faultless, self.numbers.recorded


@dataclass(frozen=True)
class Overview:
    """Rows with their totals. `by_office` tells which kind the rows are."""

    rows: list[Row]
    total: Row
    late: list[dict[str, Any]] = field(default_factory=list)  # the tasks that are overdue longest
    by_office: bool = False


def overview_of(user: User, today: date) -> Overview:
    """All schools of the account: their standing this year, and what is overdue."""
    late = list(_overdue(user, today).marked(user).values(*LATE).order_by("due_on", "pk")[:OVERDUE_READ])
    schools = _first_schools(user, today.year)
    waiting = [row["id"] for row in schools if row["waiting"]]
    fresh = counted_afresh(waiting, today.year) if waiting else {}
    if len(schools) <= MOST_CELLS:
        rows = _school_rows(schools, fresh, _late_by_school(user, today, late))
        return Overview(rows, _sum(rows), late)
    rows = _office_rows(user, today, _corrections(schools, fresh))
    return Overview(rows, _sum(rows), late, by_office=True)


LATE = ("id", "target", "due_on", "school_id", "school__code", "school__short_name", "responsible__name", "withheld")
STANDING = {f"standing_{name}": F(f"standing__{name}") for name in NAMES}
SCHOOL = (
    "id", "code", "short_name", "office__code", "office__name", "size", "stage", "has_committee", "pilot_status", "waiting", *STANDING,
)  # fmt: skip


def _overdue(user: User, today: date) -> TaskQuerySet:
    """All of them: the numbers are the same for everybody who sees the school, whatever words are withheld."""
    return Task.objects.of_schools_seen(user).overdue(today)


def handed_in_by_both_heads(user: User) -> bool:
    """Whether a submitted task may be that of somebody who is 书记 and 校长 at once. It may say yes where the exact
    question (`checklists.selectors.to_close`) finds nothing, never the other way round, and costs a tenth of it."""
    here = {"responsible__appointments__school": F("school")}
    rows = Task.objects.of_schools_seen(user).filter(status=TaskStatus.SUBMITTED)
    for post in (Post.SECRETARY, Post.PRINCIPAL):
        rows = rows.filter(**here, responsible__appointments__post=post)
    return rows.exists()


def _with_standing(user: User, year: int) -> Any:
    """Schools beside their roll-up row of that year, if there is one."""
    standing = FilteredRelation("standings", condition=Q(standings__year=year))
    return School.objects.visible_to(user).annotate(standing=standing)


def _first_schools(user: User, year: int) -> list[dict[str, Any]]:
    """Those waiting to be counted again first, then by code; one more than can be shown as cells."""
    waiting = Exists(Change.objects.filter(school_id=OuterRef("pk"))) | Q(standing__isnull=True)
    rows = _with_standing(user, year).annotate(waiting=waiting, **STANDING).order_by("-waiting", "code")
    return list(rows.values(*SCHOOL)[: MOST_CELLS + 1])


def _stored(row: dict[str, Any]) -> Numbers:
    return Numbers(*(row[name] or 0 for name in STANDING))


def _late_by_school(user: User, today: date, late: list[dict[str, Any]]) -> dict[UUID, int]:
    if len(late) == OVERDUE_READ:
        counted = _overdue(user, today).order_by().values("school_id").annotate(number=Count("pk"))
        return {row["school_id"]: row["number"] for row in counted}
    found: dict[UUID, int] = {}
    for task in late:
        found[task["school_id"]] = found.get(task["school_id"], 0) + 1
    return found


def _school_rows(schools: list[dict[str, Any]], fresh: dict[UUID, Numbers], late: dict[UUID, int]) -> list[Row]:
    rows = [
        Row(
            code=row["code"],
            name=row["short_name"],
            eligible=int(row["has_committee"]),
            implemented=int(row["has_committee"] and row["pilot_status"] == PilotStatus.IMPLEMENTED),
            office=_office(row),
            size=row["size"],
            stage=row["stage"],
            numbers=fresh.get(row["id"]) or _stored(row),
            overdue=late.get(row["id"], 0),
            late_schools=int(row["id"] in late),
        )
        for row in schools
    ]
    return sorted(rows, key=lambda row: row.code)


def _office(row: dict[str, Any]) -> tuple[str, str]:
    return (row["office__code"] or "", row["office__name"] or DIRECT)


def _corrections(schools: list[dict[str, Any]], fresh: dict[UUID, Numbers]) -> dict[str, Numbers]:
    """By office, what the roll-up does not know yet. In a large district this covers the first schools that wait; the
    others follow with the next roll-up, within a minute."""
    found: dict[str, Numbers] = {}
    for row in schools:
        if row["id"] in fresh:
            code, _ = _office(row)
            found[code] = found.get(code, ZERO) + (fresh[row["id"]] - _stored(row))
    return found


def _office_rows(user: User, today: date, corrections: dict[str, Numbers]) -> list[Row]:
    """One row an office, most overdue tasks first."""
    late = _late_by_office(user, today)
    counted = (
        _with_standing(user, today.year)
        .order_by()
        .values("office__code", "office__name")
        .annotate(
            number=Count("pk"),
            eligible=Count("pk", filter=Q(has_committee=True)),
            implemented=Count("pk", filter=Q(has_committee=True, pilot_status=PilotStatus.IMPLEMENTED)),
            **{f"standing_{name}": Sum(f"standing__{name}") for name in NAMES},
        )
    )
    rows = []
    for row in counted:
        code, name = _office(row)
        overdue, late_schools = late.get(code, (0, 0))
        numbers = _stored(row) + corrections.get(code, ZERO)
        rows.append(
            Row(code, name, row["number"], row["eligible"], row["implemented"], (code, name), numbers=numbers,
                overdue=overdue, late_schools=late_schools)
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.overdue, row.code))


def _late_by_office(user: User, today: date) -> dict[str, tuple[int, int]]:
    rows = _overdue(user, today).order_by().values("school__office__code")
    counted = rows.annotate(number=Count("pk"), schools=Count("school", distinct=True))
    return {row["school__office__code"] or "": (row["number"], row["schools"]) for row in counted}


def _sum(rows: Sequence[Row]) -> Row:
    return Row(
        "",
        "",
        schools=sum(row.schools for row in rows),
        eligible=sum(row.eligible for row in rows),
        implemented=sum(row.implemented for row in rows),
        numbers=sum((row.numbers for row in rows), ZERO),
        overdue=sum(row.overdue for row in rows),
        late_schools=sum(row.late_schools for row in rows),
    )
