"""列席: who sits in on a meeting without a vote, for all of it or for some items. What they may read of it is said by `models.items`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.models import Meeting

MOST = 60  # of one meeting


@dataclass(frozen=True)
class Seat:
    """One observer as lists and pages show it. Without items: there for the whole meeting."""

    id: UUID
    name: str
    role: str
    items: tuple[int, ...]

    @property
    def words(self) -> str:
        """“马骏（总务主任；第 3、4 项）”."""
        there = f"第 {'、'.join(map(str, self.items))} 项" if self.items else ""
        about = "；".join(filter(None, [self.role, there]))
        return f"{self.name}（{about}）" if about else self.name


def seats_of(meeting: Meeting) -> list[Seat]:
    """The observers as shown. One query: a row for each item, and one for who is there all the time."""
    rows = meeting.observers.order_by("order", "pk", "items__order").values_list("pk", "name", "role", "items__order")
    found: dict[UUID, list[Any]] = {}
    for pk, name, role, item in rows:
        seat = found.setdefault(pk, [name, role, []])
        if item is not None:
            seat[2].append(item)
    return [Seat(pk, name, role, tuple(items)) for pk, (name, role, items) in found.items()]
