"""How the comparison with peers reads: the groups, and the schools of one group in the order of their names."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from reports.findings import showing
from reports.findings.filters import DIRECT, FIELDS, Filters
from reports.selectors.peers import ABOVE, BELOW, DIMENSIONS, LEAST_MEETINGS, LEAST_SCHOOLS, Group, Peer

MOST_NAMES = 200
# Where a school stands among its peers: words and shape, never a place in a row.
QUARTERS = {BELOW: "少于多数同类", ABOVE: "多于多数同类"}
USUAL = "在中间一半"
STRIP = 200  # width of the strip, in its own coordinates
EDGE = 6


def dimensions(filters: Filters, current: str) -> list[dict[str, Any]]:
    """The ways to group, as views with addresses."""
    return [
        {
            "id": f"by-{code}",
            "label": label,
            "url": f"?{filters.address(view='peers', by=code)}",
            "current": code == current,
        }
        for code, (label, _) in DIMENSIONS.items()
    ]


def group_lines(
    filters: Filters, groups: Sequence[Group], dimension: str, opened: Group | None
) -> list[dict[str, Any]]:
    """One line a group: how many schools, how many of them compared, median and quartiles."""
    return [
        {
            "label": group.label,
            "url": f"?{filters.address(view='peers', by=dimension, group=group.code)}#names",
            "opened": group is opened,
            "schools": len(group.compared) + len(group.too_few),
            "compared": len(group.compared),
            "too_few": len(group.too_few),
            **_middle(group),
        }
        for group in groups
    ]


def _middle(group: Group) -> dict[str, str]:
    found = group.quartiles
    if found is None:
        return {"low": "", "median": "", "high": ""}
    return {
        "low": showing.one_decimal(found.low),
        "median": showing.one_decimal(found.median),
        "high": showing.one_decimal(found.high),
    }


def opened_of(groups: Sequence[Group], asked: str, school: str) -> Group | None:
    """The group that is asked for, else that of the school one looks at, else the first that is compared."""
    for group in groups:
        if group.code == asked:
            return group
    for group in groups:
        if school and any(peer.code == school for peer in (*group.compared, *group.too_few)):
            return group
    return next((group for group in groups if group.quartiles), groups[0] if groups else None)


def names_of(filters: Filters, group: Group) -> dict[str, Any]:
    """The schools of a group by name; those looked at alone when school or office is chosen."""

    def looked_at(peers: Sequence[Peer]) -> list[Peer]:
        return [
            peer
            for peer in peers
            if (not filters.school or peer.code == filters.school) and filters.office in ("", peer.office or DIRECT)
        ]

    compared, too_few = looked_at(group.compared), looked_at(group.too_few)
    return {
        "label": group.label,
        "rows": [school_line(filters, group, peer) for peer in compared[:MOST_NAMES]],
        "more": max(len(compared) - MOST_NAMES, 0),
        "too_few": [school_line(filters, group, peer) for peer in too_few[:MOST_NAMES]],
        "compares": group.quartiles is not None,
    }


def school_line(filters: Filters, group: Group, peer: Peer) -> dict[str, Any]:
    """A school with its numbers, and where it stands among its peers."""
    found, rate = group.quartiles, peer.rate
    narrow = {"school": peer.code, **dict.fromkeys(("office", *FIELDS), "")}
    meetings = showing.meetings_cell(filters, peer.meetings, peer.name, **narrow)
    return {
        "name": peer.name,
        "url": showing.view_url(filters, "rule", **narrow),
        "meetings": meetings,
        "found": showing.Cell(
            peer.found, showing.list_url(filters, **narrow) if peer.found else "", words=f"条：{peer.name}"
        ),
        "rate": showing.one_decimal(rate) if rate is not None else "",
        "quarter": QUARTERS.get(found.quarter(rate), USUAL) if found and rate is not None else "",
        "above": bool(found and rate is not None and found.quarter(rate) == ABOVE),
        "strip": strip(group, rate) if found and rate is not None else None,
    }


def strip(group: Group, rate: Fraction) -> dict[str, int]:
    """The middle half as a box, the median as a line, the school as a dot, on the scale of the group."""
    found = group.quartiles
    most = max((peer.rate for peer in group.compared if peer.rate is not None), default=Fraction(0)) or Fraction(1)

    def place(value: Fraction) -> int:
        return EDGE + int(value * (STRIP - 2 * EDGE) / most)

    if found is None:
        return {}
    low, high = place(found.low), place(found.high)
    return {"low": low, "wide": max(high - low, 1), "median": place(found.median), "dot": place(rate)}


def own_lines(filters: Filters, groups: Sequence[Group], own: frozenset[UUID]) -> list[dict[str, Any]]:
    """The account's own schools beside the middle of their peers; no other school's name or number is in it."""
    lines = []
    for group in groups:
        for peer in (*group.compared, *group.too_few):
            if peer.id in own:
                number = len(group.compared)
                line = school_line(filters, group, peer)
                line["strip"] = None  # its scale ends with another school's number
                lines.append({**line, "group": group.label, "number": number, **_middle(group)})
    return lines


def limits() -> dict[str, int]:
    """The numbers below which nothing is compared, for the page to say."""
    return {"least_meetings": LEAST_MEETINGS, "least_schools": LEAST_SCHOOLS}
