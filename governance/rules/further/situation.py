"""A stored meeting and a month of a school with the words their rules use."""

from calendar import monthrange
from datetime import date, timedelta

from governance.rules.facts import Stance
from governance.rules.further.facts import SchoolMonthFacts, StoredItemFacts, StoredMeetingFacts
from governance.rules.reference import Reference
from governance.rules.situation import ItemSituation, MeetingSituation
from governance.rules.workdays import is_working_day

WEEK = timedelta(days=7)


class StoredMeeting:
    """A stored meeting: `facts` as stored, `judged` with the contract's words, `items` in their order."""

    __slots__ = ("facts", "items", "judged")

    def __init__(self, facts: StoredMeetingFacts, reference: Reference) -> None:
        self.facts = facts
        self.judged = MeetingSituation(facts.meeting, reference)
        stored = {item.id: item for item in facts.items}
        self.items = tuple(
            StoredItem(stored.get(item.facts.id, StoredItemFacts(item.facts.id)), item, self)
            for item in self.judged.items
        )


class StoredItem:
    """One item of a stored meeting."""

    __slots__ = ("facts", "judged", "meeting")

    def __init__(self, facts: StoredItemFacts, judged: ItemSituation, meeting: StoredMeeting) -> None:
        self.facts = facts
        self.judged = judged
        self.meeting = meeting

    def stating(self, stance: Stance) -> list[str]:
        """Ids of the members in the room who take this stance, sorted."""
        said = self.judged.stances_of.items()
        return sorted(
            who for who, all_of in said if who in self.judged.present and any(s.stance is stance for s in all_of)
        )


class SchoolMonth:
    """A month of a school: first and last day, whether it is over, and its weeks (Mondays; a week belongs to its Thursday)."""

    __slots__ = ("facts", "first", "last", "reference")

    def __init__(self, facts: SchoolMonthFacts, reference: Reference) -> None:
        self.facts = facts
        self.reference = reference
        self.first = date(facts.year, facts.month, 1)
        self.last = date(facts.year, facts.month, monthrange(facts.year, facts.month)[1])

    @property
    def name(self) -> str:
        """`2026-09`."""
        return f"{self.facts.year}-{self.facts.month:02d}"

    @property
    def is_over(self) -> bool:
        """Whether the month has ended."""
        return self.facts.today > self.last

    @property
    def is_before_the_school(self) -> bool:
        """The month ended before the school was asked about."""
        return self.facts.since is not None and self.last < self.facts.since

    def weeks(self) -> list[date]:
        """The Mondays of those weeks of the month that are over, lie after `since` and have a working day."""
        thursday = self.first + timedelta(days=(3 - self.first.weekday()) % 7)
        found = []
        while thursday <= self.last:
            monday = thursday - timedelta(days=3)
            if self._is_asked(monday):
                found.append(monday)
            thursday += WEEK
        return found

    def _is_asked(self, monday: date) -> bool:
        if monday + WEEK > self.facts.today or self.facts.since is None or monday < self.facts.since:
            return False
        days = [monday + timedelta(days=n) for n in range(7)]
        return any(is_working_day(day, self.reference) for day in days)
