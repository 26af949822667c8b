"""The words of the rule-check contract (“Words used below”), worked out once per meeting and once per item."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from governance.rules.counting import Counted, counting_of
from governance.rules.facts import (
    AttendanceStatus,
    Body,
    Conclusion,
    ItemFacts,
    LeadershipMode,
    MeetingFacts,
    Method,
    Post,
    Stance,
    StanceFacts,
    StepResult,
)
from governance.rules.reference import Reference
from governance.rules.thresholds import Base

ADOPTED = frozenset({Conclusion.APPROVED, Conclusion.APPROVED_IN_PRINCIPLE})
DECIDED = ADOPTED | {Conclusion.REJECTED}
SET_ASIDE = frozenset({Conclusion.DEFERRED, Conclusion.WITHDRAWN})

# The characters with the property White_Space. Python's own str.isspace() also counts U+001C to U+001F, which are none.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def blank(text: str | None) -> bool:
    """Nothing but Unicode white space."""
    return text is None or not text.strip(WHITE_SPACE)


class DoneStep(NamedTuple):
    """A step that counts: done on or before the meeting's date."""

    stage: str
    day: date
    result: StepResult | None


class MeetingSituation:
    """One meeting with the sets that its rules ask for.

    `due` counts the members, leave or not; `present` holds the ids of those whose status is present; `unrecorded` counts the members
    without an attendance status; `attendance_open` means nobody can count yet.
    """

    __slots__ = (
        "attendance_open",
        "chair",
        "chair_posts",
        "counting",
        "delegated",
        "due",
        "facts",
        "held_on",
        "is_party",
        "items",
        "member_ids",
        "mode",
        "posts",
        "present",
        "principal",
        "reference",
        "secretary",
        "unrecorded",
    )

    def __init__(self, facts: MeetingFacts, reference: Reference) -> None:
        self.facts = facts
        self.reference = reference
        self.held_on = facts.held_on
        self.is_party = facts.body is Body.PARTY
        self.mode: LeadershipMode | None = facts.leadership_mode
        self.counting = counting_of(reference)
        self.posts = {member.id: member.posts for member in facts.members}
        self.member_ids = frozenset(self.posts)
        self.due = len(self.posts)
        status = {row.member: row.status for row in facts.attendance if row.status is not None}
        self.present = frozenset(member for member in self.posts if status.get(member) is AttendanceStatus.PRESENT)
        self.unrecorded = sum(member not in status for member in self.posts)
        self.attendance_open = self.due == 0 or self.unrecorded > 0
        self.secretary = self._holder(Post.SECRETARY)
        self.principal = self._holder(Post.PRINCIPAL)
        self.chair = facts.chair.member if facts.chair else None
        self.chair_posts = self.posts_of(self.chair)
        self.delegated = facts.chair is not None and not blank(facts.chair.delegation_note)
        self.items = tuple(ItemSituation(item, self) for item in sorted(facts.items, key=lambda item: item.order))

    def posts_of(self, member: str | None) -> frozenset[Post]:
        """The posts of a member; nobody holds none."""
        return frozenset() if member is None else self.posts.get(member, frozenset())

    def due_counted(self) -> Counted:
        """应到 as configured for the meeting: the members due, and vacant seats where the bureau counts them."""
        vacant = self.counting.vacant(self.due)
        return Counted(self.due + vacant, vacant=vacant)

    def _holder(self, post: Post) -> str | None:
        return next((member for member, posts in self.posts.items() if post in posts), None)


class ItemSituation:
    """One item with the sets that its rules ask for.

    `present` = present(i): the ids of members present, minus those who left or were recused. `matter` is None when `catalogue` is not
    given. `counting_steps` are the steps done on or before the meeting's date, in the order of the list.
    """

    __slots__ = (
        "adopted",
        "counting_steps",
        "decided",
        "facts",
        "important",
        "matter",
        "meeting",
        "present",
        "secret",
        "set_aside",
        "stances_of",
    )

    def __init__(self, facts: ItemFacts, meeting: MeetingSituation) -> None:
        self.facts = facts
        self.meeting = meeting
        self.matter = meeting.reference.matters.get(facts.catalogue) if facts.catalogue is not None else None
        self.important = self.matter is not None and self.matter.important
        self.adopted = facts.outcome in ADOPTED
        self.decided = facts.outcome in DECIDED
        self.set_aside = facts.outcome in SET_ASIDE
        self.secret = facts.method is Method.SECRET_BALLOT
        self.present = meeting.present.difference(facts.left, facts.recused)
        self.stances_of: dict[str, list[StanceFacts]] = {}
        for stance in facts.stances:
            self.stances_of.setdefault(stance.member, []).append(stance)
        self.counting_steps = tuple(
            DoneStep(step.stage, step.done_on, step.result)
            for step in facts.steps
            if step.done_on is not None and step.done_on <= meeting.held_on
        )

    def due_counted(self) -> Counted:
        """应到 as configured for this item: where the bureau says so, recused members are left out."""
        due, recused = self.meeting.due_counted(), len(self.facts.recused)
        if self.meeting.counting.recused_in_due or not recused:
            return due
        return due._replace(number=due.number - recused, recused=recused)

    def present_counted(self) -> Counted:
        """实到 as configured for this item: present(i), and where the bureau says so, the recused who are at the meeting."""
        number = len(self.present)
        recused = (
            self.meeting.present.intersection(self.facts.recused) if self.meeting.counting.recused_in_present else ()
        )
        return Counted(number + len(recused), base=Base.PRESENT, recused=len(recused))

    def counted(self, base: Base) -> Counted:
        """The number that a majority of this item is measured against."""
        return self.due_counted() if base is Base.DUE else self.present_counted()

    def nobody_decides(self, counted: Counted) -> bool:
        """Members are due, but none of them is left to measure a majority against."""
        return counted.number == 0 and self.meeting.due > 0

    def tally(self, stance: Stance) -> int:
        """How many distinct members of present(i) have at least one such stance."""
        return sum(
            any(said.stance is stance for said in stances)
            for member, stances in self.stances_of.items()
            if member in self.present
        )

    def agreeing(self) -> int:
        """agree(i); a secret ballot whose votes are not announced counts as nobody (R-V06 asks for the votes first)."""
        if not self.secret:
            return self.tally(Stance.AGREE)
        return self.facts.counted_votes.agree if self.facts.counted_votes else 0

    def states_last(self, member: str) -> bool:
        """The member's first stance comes after every stance of anybody else; an equal number is not last."""
        first = min(stance.seq for stance in self.stances_of[member])
        return all(
            stance.seq < first for other, stances in self.stances_of.items() if other != member for stance in stances
        )

    def has_step(self, stages: Collection[str]) -> bool:
        """Whether a counting step of one of these stages exists."""
        return any(step.stage in stages for step in self.counting_steps)
