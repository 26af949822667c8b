"""同类比较: a school beside schools of the same size, location or foundation, by findings per ten signed meetings.

No school is ever ranked: groups show their median and quartiles, schools stand in the order of their names with the
quarter they fall into. Below `LEAST_MEETINGS` meetings a school is not compared, below `LEAST_SCHOOLS` compared schools a
group is not: chance, and knowing one's neighbours, would weigh more than the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from reports.findings.filters import LEVELS, Filters
from reports.selectors.findings import NOTHING, Scope, counted, meetings
from schools import access
from schools.models import Foundation, Location, School, Size
from schools.permissions import SchoolPerm

LEAST_MEETINGS = 8
LEAST_SCHOOLS = 4
PER = 10  # meetings

CHOICES: dict[str, Any] = {"size": Size, "location": Location, "foundation": Foundation}
WORDS = {"size": "规模", "location": "", "foundation": "基础"}
DIMENSIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "size": ("按规模", ("size",)),
    "location": ("按区位", ("location",)),
    "foundation": ("按基础", ("foundation",)),
    "all": ("三项都相同", tuple(CHOICES)),
}
BELOW, MIDDLE, ABOVE = "below", "middle", "above"


@dataclass(frozen=True)
class Peer:
    """One school with its base."""

    id: UUID
    code: str
    name: str
    office: str
    key: tuple[str, ...]
    meetings: int
    found: int

    @property
    def rate(self) -> Fraction | None:
        """Findings per ten meetings; None when there are too few meetings to compare by."""
        return Fraction(PER * self.found, self.meetings) if self.meetings >= LEAST_MEETINGS else None


@dataclass(frozen=True)
class Quartiles:
    """The middle of the compared schools, and the middle of each half."""

    low: Fraction
    median: Fraction
    high: Fraction

    def quarter(self, rate: Fraction) -> str:
        """Below the lower quartile, above the upper, or in the middle half."""
        return BELOW if rate < self.low else ABOVE if rate > self.high else MIDDLE


@dataclass
class Group:
    """Schools that are alike in `names` (fields of School)."""

    names: tuple[str, ...]
    key: tuple[str, ...]
    compared: list[Peer] = field(default_factory=list)
    too_few: list[Peer] = field(default_factory=list)

    @property
    def code(self) -> str:
        """How the group stands in the address."""
        return ".".join(self.key)

    @property
    def label(self) -> str:
        """“规模大、城区、基础强”."""
        pairs = zip(self.names, self.key, strict=True)
        return "、".join(f"{WORDS[name]}{CHOICES[name](value).label}" for name, value in pairs)

    @cached_property
    def quartiles(self) -> Quartiles | None:
        """None below `LEAST_SCHOOLS` compared schools."""
        rates = [peer.rate for peer in self.compared if peer.rate is not None]
        return quartiles_of(rates) if len(rates) >= LEAST_SCHOOLS else None


def quartiles_of(rates: Sequence[Fraction]) -> Quartiles:
    """Quartiles by linear interpolation between the ordered values, both ends included; exact, in fractions."""
    ordered = sorted(rates)
    return Quartiles(*(_at(ordered, Fraction(place, 4)) for place in (1, 2, 3)))


def _at(ordered: Sequence[Fraction], share: Fraction) -> Fraction:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def groups_of(user: User, filters: Filters, dimension: str, now: Scope) -> list[Group]:
    """The groups of all schools, those of the same size first, each with its schools by name; three queries.

    Who sees only some schools gets the groups of those, reckoned from all schools alike: the numbers are to be shown
    without names then (`own_groups` of the page). Size, location, foundation and mode of the filters choose the schools
    that are compared; school and office only whose names are looked at.
    """
    names = DIMENSIONS[dimension][1]
    schools = School.objects.filter(**filters.groups())
    seen = access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
    if not seen.everywhere:
        own = list(School.objects.filter(pk__in=seen.ids).values_list(*names).distinct())
        schools = schools.filter(_alike(names, own))
    filters = replace(filters, school="", office="")
    whole = seen.everywhere and not filters.narrows_schools
    peers = _peers(schools, filters, names, now.over(None if whole else schools))
    groups: dict[tuple[str, ...], Group] = {}
    for peer in peers:
        group = groups.setdefault(peer.key, Group(names, peer.key))
        (group.too_few if peer.rate is None else group.compared).append(peer)
    return sorted(
        groups.values(), key=lambda group: [CHOICES[n].values.index(v) for n, v in zip(names, group.key, strict=True)]
    )


def _alike(names: tuple[str, ...], keys: list[tuple[str, ...]]) -> Q:
    alike = Q(pk__in=[])
    for key in keys:
        alike |= Q(**dict(zip(names, key, strict=True)))
    return alike


def _peers(schools: QuerySet[School], filters: Filters, names: tuple[str, ...], scope: Scope) -> list[Peer]:
    found = counted(scope, filters, "school_id", base=False)
    held = meetings(scope, filters, "school_id")
    rows = schools.order_by("py", "pk").values_list("pk", "code", "short_name", "office__code", *names)
    return [
        Peer(
            pk,
            code,
            name,
            office or "",
            tuple(key),
            held.get((pk,), 0),
            found.get((pk,), NOTHING).of(filters.level if filters.level in LEVELS else ""),
        )
        for pk, code, name, office, *key in rows
    ]
