"""五项工程一览: schools × works, and schools of one peer group (same size, foundation and location) beside each other (S09)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from accounts.models import User
from checklists.models import OPEN
from common.exports import Cell
from common.keyset import BadCursor, Page, page_of
from pilots import selection_lists
from pilots.foundations import Works, works_of
from pilots.models import Foundation, FoundationKind, FoundationStatus, PlanRow, PlanStatus
from pilots.school_views import SchoolViews
from pilots.selection_lists import SIZE, Filters
from schools import access
from schools.models import Foundation as Strength
from schools.models import Location, School, Size
from schools.permissions import SchoolPerm

LEAST = 4  # schools: below, a median says more about one of them than about the group
ALL_DONE = len(FoundationKind)
VIEWS = SchoolViews(
    {
        "done": ("五项都完成", Q(works_done=ALL_DONE)),
        "open": ("还没有都完成", Q(works_done__lt=ALL_DONE)),
        "late": ("有逾期任务", Q(has_late=True)),
    }
)


def filters_from(query: QueryDict) -> Filters:
    """The filters in the address; the views are those of the table."""
    return replace(selection_lists.filters_from(query), view=VIEWS.known(query.get("view", "")))


def schools_found(user: User, filters: Filters, today: date) -> QuerySet[School]:
    """Schools within sight under the filters but the view, with how many works are done and whether a task is late."""
    works = Foundation.objects.filter(school=OuterRef("pk"), status=FoundationStatus.DONE).order_by()
    late = PlanRow.objects.filter(
        plan__school=OuterRef("pk"), plan__status=PlanStatus.APPROVED, task__status__in=OPEN, task__due_on__lt=today
    )
    rows = selection_lists.schools_found(user, replace(filters, view=""))
    number = Subquery(works.values("school").annotate(n=Count("pk")).values("n"))
    return rows.annotate(works_done=Coalesce(number, 0), has_late=Exists(late))


def done_by_work(rows: QuerySet[School]) -> list[tuple[str, str, int]]:
    """For each work, in how many of those schools it is done; one query."""
    done = Foundation.objects.filter(school__in=rows.order_by().values("pk"), status=FoundationStatus.DONE)
    found = dict(done.order_by().values_list("kind").annotate(Count("pk")))
    return [(kind.value, str(kind.label), found.get(kind.value, 0)) for kind in FoundationKind]


@dataclass(frozen=True)
class Line:
    """One school with its five works."""

    school: School
    works: Works


def page_of_lines(rows: QuerySet[School], cursor: str, today: date) -> Page:
    """One page, by code; a cursor that is none leads to the first page."""
    rows = rows.select_related("office")
    try:
        page = page_of(rows, order="code", size=SIZE, cursor=cursor)
    except BadCursor:
        page = page_of(rows, order="code", size=SIZE)
    return replace(page, rows=lines_of(page.rows, today))


def lines_of(schools: Iterable[School], today: date) -> list[Line]:
    """Lines in a constant number of queries."""
    found = list(schools)
    works = works_of([school.pk for school in found], today)
    return [Line(school, works[school.pk]) for school in found]


COLUMNS = (
    "学校代码", "学校", "教办", "规模", "基础", "区位",
    *(f"{kind.label}{part}" for kind in FoundationKind for part in ("", "文本", "通过日期", "任务完成")),
)  # fmt: skip


def exported(line: Line) -> list[Cell]:
    """One school as a line of the exported table."""
    school = line.school
    row: list[Cell] = [
        school.code,
        school.name,
        school.office.name if school.office else "局直属",
        school.get_size_display(),
        school.get_foundation_display(),
        school.get_location_display(),
    ]
    for work in line.works.values():
        text = work.foundation
        row += [
            FoundationStatus(work.status).label,
            f"{text.text_title} {text.text_version}".strip() if text else "",
            str(text.adopted_on or "") if text else "",
            f"{work.closed}/{work.total}" if work.total else "",
        ]
    return row


# ---- schools of one kind ----

MEASURES = {"done": ("完成的工程", "项"), "share": ("任务完成率", "%"), "overdue": ("逾期任务", "项")}
BELOW, ABOVE, MIDDLE = "少于多数同类", "多于多数同类", "在中间一半"


@dataclass(frozen=True)
class Peer:
    """One school with its numbers; `share` is None while it has no tasks."""

    id: UUID
    code: str
    name: str
    key: tuple[str, str, str]
    works: Works

    @property
    def values(self) -> dict[str, Fraction | None]:
        """The measures of the school."""
        total, closed = (sum(getattr(w, name) for w in self.works.values()) for name in ("total", "closed"))
        return {
            "done": Fraction(sum(work.state == "d" for work in self.works.values())),
            "share": Fraction(100 * closed, total) if total else None,
            "overdue": Fraction(sum(work.overdue for work in self.works.values())),
        }


@dataclass
class Group:
    """Schools of the same size, foundation and location, in the order of their codes. Nobody is ranked."""

    key: tuple[str, str, str]
    peers: list[Peer] = field(default_factory=list)

    @property
    def code(self) -> str:
        """How the group stands in the address."""
        return ".".join(self.key)

    @property
    def label(self) -> str:
        """“规模中、基础强、城区”."""
        size, strength, location = self.key
        return f"规模{Size(size).label}、基础{Strength(strength).label}、{Location(location).label}"

    def known(self, measure: str) -> list[Fraction]:
        """The values there are."""
        return [value for peer in self.peers if (value := peer.values[measure]) is not None]

    @property
    def medians(self) -> dict[str, str]:
        """The middle of each measure; empty below `LEAST` schools."""
        found = {}
        for measure in MEASURES:
            values = self.known(measure)
            found[measure] = words_of(median(values)) if len(values) >= LEAST else ""
        return found

    def place_of(self, peer: Peer, measure: str) -> str:
        """Where a school stands to the middle half of the group; nothing when there are too few."""
        values, value = self.known(measure), peer.values[measure]
        if len(values) < LEAST or value is None:
            return ""
        low, _, high = quantiles(values, n=4, method="inclusive")
        return BELOW if value < low else ABOVE if value > high else MIDDLE


def words_of(value: Fraction | None) -> str:
    """One decimal, none when it is whole."""
    if value is None:
        return "–"
    return str(int(value)) if value == int(value) else f"{float(value):.1f}"


def groups_of(user: User, today: date) -> list[Group]:
    """The groups the account's schools are in, reckoned from all schools alike; three queries."""
    seen = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    rows = School.objects.filter(has_committee=True).order_by("code", "pk")
    schools = list(rows.only("code", "short_name", "size", "foundation", "location"))
    works = works_of([school.pk for school in schools], today)
    groups: dict[tuple[str, str, str], Group] = {}
    for school in schools:
        key = (school.size, school.foundation, school.location)
        peer = Peer(school.pk, school.code, school.short_name, key, works[school.pk])
        groups.setdefault(key, Group(key)).peers.append(peer)
    own = [group for group in groups.values() if any(peer.id in seen for peer in group.peers)]
    order = (Size.values, Strength.values, Location.values)
    return sorted(own, key=lambda group: [values.index(part) for values, part in zip(order, group.key, strict=True)])


def opened_of(groups: Sequence[Group], asked: str, school: str) -> Group | None:
    """The group that is asked for, else that of the school, else the first that is compared."""
    for group in groups:
        if group.code == asked or (not asked and school and any(peer.code == school for peer in group.peers)):
            return group
    return next((group for group in groups if len(group.peers) >= LEAST), groups[0] if groups else None)


def peer_lines(user: User, group: Group) -> list[dict[str, Any]]:
    """The schools of a group within this account's sight, with their numbers and where they stand."""
    seen = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    return [
        {
            "peer": peer,
            "five": "".join(work.state for work in peer.works.values()),
            "cells": [
                (label, words_of(peer.values[name]), group.place_of(peer, name))
                for name, (label, _) in MEASURES.items()
            ],
        }
        for peer in group.peers
        if peer.id in seen
    ]
