"""Views of a list of schools (全部, 待审核, …): which schools stand in each, and how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Count, Q, QuerySet

from schools.models import School


class Addressed(Protocol):
    """Filters of a list that can write themselves into an address."""

    @property
    def view(self) -> str:
        """The view asked for; empty = all."""

    def address(self, **changes: str) -> str:
        """The query string with `changes`."""


@dataclass(frozen=True)
class SchoolViews:
    """Views by name: words and condition. With `always`, others are left out while nobody stands in them."""

    named: Mapping[str, tuple[str, Q]]
    always: tuple[str, ...] | None = None

    def known(self, view: str) -> str:
        """That view, or none."""
        return view if view in self.named else ""

    def within(self, rows: QuerySet[School], view: str) -> QuerySet[School]:
        """The schools of that view; of none all."""
        return rows.filter(self.named[view][1]) if view else rows

    def counts(self, rows: QuerySet[School]) -> dict[str, int]:
        """How many schools stand in each view; one query."""
        wanted = {name: Count("pk", filter=condition) for name, (_, condition) in self.named.items()}
        found: dict[str, int] = rows.order_by().aggregate(all=Count("pk"), **wanted)
        return found

    def segments(self, filters: Addressed, counts: Mapping[str, int]) -> list[dict[str, Any]]:
        """The views with their counts, as the page prints them; each keeps the filters."""
        views = [("", "全部"), *((name, label) for name, (label, _) in self.named.items())]
        return [
            {
                "label": label,
                "url": filters.address(view=name),
                "current": filters.view == name,
                "count": counts[name or "all"],
            }
            for name, label in views
            if self.always is None or counts[name or "all"] or name in ("", filters.view, *self.always)
        ]
