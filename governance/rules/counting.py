"""What a majority is measured against: 应到 or 实到, with recusals (R-Q06) and vacant seats (R-Q04) as configured.

Delivered: recused members stay in 应到 and are not among those in the room; vacant seats are not counted. So 应到 is the number of
members due, and those in the room are present(i) of the rule-check contract.
"""

from dataclasses import dataclass
from typing import NamedTuple

from governance.rules.reference import Kind, Reference
from governance.rules.thresholds import Base

RECUSAL_RULE, SEATS_RULE = "R-Q06", "R-Q04"
RECUSAL = {"recused_in_due": Kind.FLAG, "recused_in_present": Kind.FLAG}
SEATS = {"seats": Kind.WHOLE, "vacant_seats_in_due": Kind.FLAG}


@dataclass(frozen=True, slots=True)
class Counting:
    """How recusals and vacant seats count. `seats` is the number of seats of the body (席位数); 0 = not registered."""

    recused_in_due: bool = True
    recused_in_present: bool = False
    seats: int = 0
    vacant_seats_in_due: bool = False

    def vacant(self, members: int) -> int:
        """How many vacant seats belong to 应到."""
        return max(0, self.seats - members) if self.vacant_seats_in_due else 0


class Counted(NamedTuple):
    """A number of members to measure against, and what it takes in or leaves out, for the message."""

    number: int
    base: Base = Base.DUE
    vacant: int = 0
    recused: int = 0

    @property
    def said(self) -> str:
        """“应到7人”, “应到9人（含空缺2席）”, “实到5人（不含回避1人）”."""
        notes = [f"含空缺{self.vacant}席"] if self.vacant else []
        if self.recused:
            notes.append(f"{'含' if self.base is Base.PRESENT else '不含'}回避{self.recused}人")
        note = f"（{'，'.join(notes)}）" if notes else ""
        return f"{self.base.label}{self.number}人{note}"

    def facts(self) -> dict[str, int]:
        """The numbers of `said`, by name."""
        found = {"due" if self.base is Base.DUE else "present": self.number}
        if self.vacant:
            found["vacant"] = self.vacant
        if self.recused:
            found["recused"] = self.recused
        return found


def counting_of(reference: Reference) -> Counting:
    """The configuration in force. Raises `ReferenceFault` when a parameter is missing or of the wrong kind."""
    recusal, seats = reference.rules[RECUSAL_RULE], reference.rules[SEATS_RULE]
    return Counting(
        recused_in_due=recusal.flag("recused_in_due"),
        recused_in_present=recusal.flag("recused_in_present"),
        seats=seats.whole("seats"),
        vacant_seats_in_due=seats.flag("vacant_seats_in_due"),
    )
