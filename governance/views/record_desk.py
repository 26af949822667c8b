"""What lies before the recorder while the record is typed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from common.dates import local_day
from common.errors import Fault
from governance.declaring import Hint, hints_for
from governance.drafts import Roster, roster_on
from governance.forms.sheet import ItemSheet, Sheet, place
from governance.models import AgendaItem, Meeting, MeetingMember
from governance.proposing import Proposal, proposal_for
from governance.record import ItemRecord, Record
from governance.reference import reference_for
from governance.rules.findings import Result
from governance.rules.reference import Reference
from governance.views.marks import Marks
from schools.models import Person
from schools.permissions import HEAD_POST, Body


@dataclass
class Desk:
    """All that lies before the recorder: the stored meeting, what stands in the fields, and what the rules say of it."""

    meeting: Meeting
    sheet: Sheet
    record: Record
    results: Sequence[Result]
    faults: Sequence[Fault] = field(default_factory=tuple)
    hidden: Collection[UUID] = ()  # items whose words this account may not read
    marks: Marks = field(init=False)

    def __post_init__(self) -> None:
        self.marks = Marks(self.meeting)

    @cached_property
    def reference(self) -> Reference:
        """What was in force for this meeting. One query."""
        return reference_for(self.meeting)

    @cached_property
    def roster(self) -> Roster:
        """Who is in office at the school that day. One query, and none for what needs no names beyond the members due."""
        return roster_on(self.meeting.school, self.meeting.body, local_day(self.meeting.scheduled_at))

    @property
    def recorder(self) -> Person | None:
        """The recorder as typed."""
        if self.record.recorder == self.meeting.recorder_id:
            return self.meeting.recorder
        return next((person for person in self.roster.people if person.pk == self.record.recorder), None)

    @cached_property
    def members(self) -> list[MeetingMember]:
        """The members due, head of the body first."""
        return list(self.meeting.members.all())

    @cached_property
    def items(self) -> list[AgendaItem]:
        """The items in order."""
        return list(self.meeting.items.all())

    @cached_property
    def head(self) -> UUID | None:
        """Who speaks last: the head of the body when there, else who chairs (R-V02, R-V03)."""
        head = HEAD_POST[Body(self.meeting.body)]
        return next((m.person_id for m in self.members if head in m.posts), None)

    @cached_property
    def proposals(self) -> dict[UUID, Proposal]:
        """What the agenda proposes for each item."""
        people = {person.pk for person in self.roster.people}
        return {item.pk: proposal_for(self.meeting, item, self.reference, people) for item in self.items}

    @cached_property
    def hints(self) -> dict[UUID, list[Hint]]:
        """Declared interests that items touch. One query."""
        readable = [item for item in self.items if item.pk not in self.hidden]
        return hints_for(self.meeting, readable, {member.person_id: member.name for member in self.members})

    @cached_property
    def errors(self) -> dict[str, str]:
        """The first fault at each place of the page."""
        found: dict[str, str] = {}
        for fault in self.faults:
            found.setdefault(place(fault.path), fault.reason)
        return found

    @cached_property
    def entries(self) -> dict[UUID, ItemRecord]:
        """The items of the typed record."""
        return {entry.item: entry for entry in self.record.items}

    @cached_property
    def by_subject(self) -> dict[str, list[Result]]:
        """Results of the meeting and of each item."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.subject, []).append(result)
        return found

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of the item that a result is about."""
        return {f"items/{item.pk}": n for n, item in enumerate(self.items, start=1)}

    def results_of(self, item: AgendaItem) -> list[Result]:
        """Results of one item; of a withheld one nothing is said."""
        if item.pk in self.hidden:
            return []
        return self.by_subject.get(f"items/{item.pk}", [])


def away_words(desk: Desk, typed: ItemSheet) -> str:
    """“回避 郑雅琴；离席 朱丽”, blank when nobody is."""
    groups = []
    for name, label in (("left", "离席"), ("conflict", "应回避"), ("recused", "回避")):
        names = [m.name for m in desk.members if typed.people.get(m.person_id, {}).get(name)]
        if names:
            groups.append(f"{label} {'、'.join(names)}")
    return "；".join(groups)
