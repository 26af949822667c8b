"""Random meetings without faults: few people, few matters, so that the rules' conditions meet often.

A meeting is made from one seed in plain Python, which is a hundred times faster than drawing each field by itself.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

MEMBERS = ("m1", "m2", "m3", "m4", "m5", "m6")
OBSERVERS = ("o1", "o2")
POSTS = ("deputy_secretary", "vice_principal", "committee_member", "admin_team_member")
MATTERS = (None, "P01", "P02", "P08", "P11", "P12", "P16", "P17", "P19", "P20", "P24", "A01", "A09", "A12")
STAGES = (
    *("secretary_principal_talk", "secretary_principal_talk", "principal_meeting", "cadre_consultation"),
    *("staff_congress", "academic_committee", "parents_committee", "meal_committee", "finance_review"),
)
TEXTS = (None, "", " ", "　\u2003", "\u200b", "\x1c", "写明了", "写明了")
METHODS = (None, "oral", "show_of_hands", "signed_ballot", "secret_ballot")
OUTCOMES = (
    *(None, "approved", "approved", "approved_in_principle", "rejected"),
    *("deferred", "withdrawn", "proposed_to_party"),
)
FORMS = (None, "meeting", "meeting", "circulation", "countersign", "one_by_one")
SCHOOLS: tuple[dict[str, str] | None, ...] = (
    None,
    {},
    {"leadership_mode": "separate"},
    {"leadership_mode": "separate"},
    {"leadership_mode": "combined"},
)
TIMES = ("T00:00:00+08:00", "T23:59+08:00", "T14:00:00.5+08:00", "T15:59:59Z")
DAYS = (
    *(date(2026, 9, 10), date(2026, 9, 29), date(2025, 1, 24), date(2024, 2, 1)),
    *(date(2026, 12, 28), date(2026, 12, 29), date(2023, 12, 31), date(2023, 12, 29)),
)


class Maker:
    """Makes parts of a meeting with one random generator."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.pick = dice, dice.choice
        self.day = self.pick(DAYS)
        self.members = MEMBERS[: self.pick((0, 1, 2, 3, 4, 5, 6, 6, 6, 6))]

    def maybe(self, make: Callable[[], Any], chance: float = 0.8) -> Any:
        return make() if self.dice.random() < chance else None

    def some(self, values: Sequence[str], most: int) -> list[str]:
        return self.dice.sample(values, min(len(values), self.dice.randint(0, most)))

    def near(self, before: int, after: int) -> str | None:
        return self.maybe(lambda: (self.day + timedelta(days=self.dice.randint(-before, after))).isoformat())

    def member(self) -> str | None:
        return self.maybe(lambda: self.pick(self.members)) if self.members else None

    def sparse(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Half of what is not known is absent rather than null."""
        return {key: value for key, value in entry.items() if value is not None or self.dice.random() < 0.5}

    def votes(self) -> dict[str, int]:
        return {key: self.dice.randint(0, 6) for key in ("agree", "disagree", "abstain")}

    def step(self) -> dict[str, Any]:
        result = self.pick((None, "agreed", "mostly_agreed", "disagreed"))
        return {"stage": self.pick(STAGES), **self.sparse({"done_on": self.near(3, 1), "result": result})}

    def task(self) -> dict[str, Any]:
        texts = {
            key: self.pick(TEXTS[-3:] if self.dice.random() < 0.8 else TEXTS) for key in ("goal", "measures", "owner")
        }
        return self.sparse({**texts, "due_on": self.maybe(lambda: "2026-10-01")})

    def stances(self) -> list[dict[str, Any]]:
        """Mostly one stance of each, in order; sometimes a stranger, a second stance, an equal number."""
        speakers = [who for who in self.dice.sample(self.members, len(self.members)) if self.dice.random() < 0.85]
        if "m1" in speakers and self.dice.random() < 0.5:
            speakers.sort(key=lambda who: who == "m1")
        if self.dice.random() < 0.25:
            speakers.append(self.pick((*self.members, *OBSERVERS)))
        kinds = ("agree", "agree", "agree", "disagree", "abstain")
        said = [{"member": who, "stance": self.pick(kinds), "seq": seq} for seq, who in enumerate(speakers)]
        if said and self.dice.random() < 0.2:
            self.pick(said)["seq"] = self.dice.randint(-1, 7)
        return self.maybe(lambda: said, 0.9) or []

    def item(self, order: int) -> dict[str, Any]:
        method = self.pick(METHODS)
        few = 2 if self.dice.random() < 0.4 else 0
        known = {
            "catalogue": self.pick(MATTERS),
            "proposed_on": self.near(4, 1),
            "confirmed_by": self.member(),
            "urgent": self.pick((None, True, False)),
            "urgent_reason": self.pick(TEXTS),
            "urgent_consent": self.pick((None, True, True, False)),
            "materials": self.pick((None, 0, 1, 2)),
            "steps": self.maybe(lambda: [self.step() for _ in range(self.dice.randint(0, 4))]),
            "left": self.some(self.members, few),
            "recused": self.some(self.members, few),
            "conflicts": self.some(self.members, few),
            "absent_opinions": self.some(self.members, few // 2),
            "stances": None if method == "secret_ballot" else self.stances(),
            "counted_votes": self.maybe(self.votes),
            "method": method,
            "outcome": self.pick(OUTCOMES),
            "tasks": self.maybe(lambda: [self.task() for _ in range(self.dice.randint(0, 2))]),
        }
        return {"id": f"i{order}", "order": order, **self.sparse(known)}

    def document(self) -> dict[str, Any]:
        posts = {member: self.some(POSTS, 2) for member in self.members}
        for post in ("secretary", "principal"):
            if self.members and self.dice.random() < 0.85:
                posts[self.pick((self.members[0], self.pick(self.members)))].append(post)
        status = ("present",) * 6 + ("leave", "absent") + ((None,) if self.dice.random() < 0.2 else ())
        attendance = [self.sparse({"member": who, "status": self.pick(status)}) for who in self.members]
        if attendance and self.dice.random() < 0.15:
            attendance.pop()
        known = {
            "school": self.pick(SCHOOLS),
            "form": self.pick(FORMS),
            "materials_sent_on": self.near(4, 1),
            "chair": self.maybe(lambda: self.sparse({"member": self.member(), "delegation_note": self.pick(TEXTS)})),
            "recorder": self.maybe(lambda: self.pick(("clerk", " ", *self.members))),
            "minutes": self.maybe(lambda: self.sparse({"signed_by": self.member(), "signed_on": self.near(1, 14)})),
        }
        orders = self.dice.sample(range(-1, 9), self.dice.randint(0, 3))
        return {
            "body": self.pick(("party", "party", "principal")),
            "scheduled_at": f"{self.day.isoformat()}{self.pick(TIMES)}",
            "members": [{"id": member, "posts": held} for member, held in posts.items()],
            "attendance": attendance,
            "observers": list(OBSERVERS),
            "items": [self.item(order) for order in orders],
            **self.sparse(known),
        }


def random_document(seed: int) -> dict[str, Any]:
    """The same seed makes the same meeting."""
    return Maker(random.Random(seed)).document()


def documents() -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(0, 2**40).map(random_document)
