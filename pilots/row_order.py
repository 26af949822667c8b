"""The order of a checklist: through the five works, and what waits for what. Pure; it reads nothing."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pilots.models import FoundationKind, PlanRow

PLACES = {kind: place for place, kind in enumerate((*FoundationKind.values, ""))}
Row = TypeVar("Row", bound=PlanRow)


class Circle(Exception):
    """Rows that wait for each other; `keys` in the order in which they wait."""

    def __init__(self, keys: Sequence[UUID]) -> None:
        super().__init__(len(keys))
        self.keys = tuple(keys)


def in_display_order(rows: Iterable[Row]) -> list[Row]:
    """By work in the order of the source, then by number; rows of no work last."""
    return sorted(rows, key=lambda row: (PLACES[row.kind], row.order, row.pk))


def check_circle(links: Iterable[tuple[Any, Any]]) -> None:
    """`links`: (row, the row it waits for). Raises `Circle` when following them leads back to where one started."""
    waits: dict[Any, list[Any]] = {}
    for row, after in links:
        waits.setdefault(row, []).append(after)
    done: set[Any] = set()
    for start in waits:
        path: list[Any] = []
        stack = [(start, iter(waits[start]))] if start not in done else []
        if stack:
            path.append(start)
        while stack:
            row, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                done.add(path.pop())
            elif after in path:
                raise Circle(path[path.index(after) :])
            elif after not in done and after in waits:
                path.append(after)
                stack.append((after, iter(waits[after])))
