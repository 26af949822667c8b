"""The agenda while it is typed (准备议题): who is due, what the rules say of it, what still stops the notice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from common.dates import local_day, meeting_time
from common.errors import Difference
from governance.beforehand import step_facts
from governance.models import AgendaItem, Form, Meeting
from governance.rules import facts as f
from governance.rules.engine import judge
from governance.rules.findings import MEETING, Result
from governance.rules.reference import Reference
from governance.selectors import RULE_POSTS, DueMember, with_waivers
from governance.services import AgendaInput, ItemInput
from governance.services.agenda import line_of
from schools.models import Appointment, Person, School
from schools.permissions import BODY_POSTS, HEAD_POST, Body, Post

# Rules that can be answered before anybody has come. Who confirmed each item (R-T01, R-T02) is said by `preflight`.
_OF_BOTH = ("R-A09", "R-T03", "R-T04", "R-T05", "R-T10", "R-T13", "R-T14", "R-T16", "R-T17", "R-T18")
BEFORE_MEETING = {
    Body.PARTY: ("R-C01", "R-C02", "R-C04", *_OF_BOTH, "R-T07", "R-T08", "R-T09", "R-T12", "R-T20"),
    Body.PRINCIPAL: ("R-C03", *_OF_BOTH),
}


@dataclass(frozen=True)
class Roster:
    """Everybody in office at a school on a day, and who of them is due at a body. One query."""

    due: list[DueMember]
    people: list[Person]
    labels: Mapping[UUID, str]

    def choices(self, people: list[Person]) -> list[tuple[str, str]]:
        """Options of a select: “林岚（校长、委员）”."""
        return [(str(person.pk), f"{person.name}（{self.labels[person.pk]}）") for person in people]


def roster_on(school: School, body: str, day: date) -> Roster:
    """The roster of that day, head of the body first among those due, then by rank (R-A01, R-A03)."""
    held: dict[UUID, list[Appointment]] = {}
    for row in Appointment.objects.on(day).filter(school=school).select_related("person").order_by("rank", "pk"):
        held.setdefault(row.person_id, []).append(row)
    due = [
        DueMember(rows[0].person, tuple(dict.fromkeys(row.post for row in rows if row.post in RULE_POSTS)))
        for rows in held.values()
        if any(row.post in BODY_POSTS[body] for row in rows)
    ]
    labels = {person: "、".join(dict.fromkeys(Post(row.post).label for row in rows)) for person, rows in held.items()}
    return Roster(
        sorted(due, key=lambda member: HEAD_POST[body] not in member.posts),
        [rows[0].person for rows in held.values()],
        labels,
    )


def stored_agenda(meeting: Meeting) -> AgendaInput:
    """The agenda as it stands in the rows, in the form in which it is typed."""
    return AgendaInput(
        scheduled_at=meeting.scheduled_at,
        place=meeting.place,
        chair=meeting.chair_id,
        delegation_note=meeting.delegation_note,
        recorder=meeting.recorder_id,
        form=meeting.form,
        materials_sent_on=meeting.materials_sent_on,
        items=tuple(line_of(item) for item in meeting.items.all()),
    )


@dataclass(frozen=True)
class Judged:
    """What the rules say: of the meeting, and of each line of the agenda in its order."""

    meeting: list[Result] = field(default_factory=list)
    items: list[list[Result]] = field(default_factory=list)

    def all(self) -> list[Result]:
        """Everything said."""
        return [*self.meeting, *(result for results in self.items for result in results)]


def judge_agenda(meeting: Meeting, agenda: AgendaInput, due: list[DueMember], reference: Reference) -> Judged:
    """The rules of `BEFORE_MEETING` on an agenda as it is typed; stored items are named by their ids and bring what is
    prepared for them (steps, talks, materials).

    Expects `selectors.for_agenda`. `reference` is what is in force on the typed day.
    """
    school, body = meeting.school, Body(meeting.body)
    stored = {item.pk: item for item in meeting.items.all()}
    names = [str(line.item or order) for order, line in enumerate(agenda.items)]
    known = {member.person.pk for member in due}
    chair = f.ChairFacts(str(agenda.chair), agenda.delegation_note) if agenda.chair in known else None
    facts = f.MeetingFacts(
        body=f.Body(meeting.body),
        scheduled_at=agenda.scheduled_at,
        leadership_mode=f.LeadershipMode(school.leadership_mode),
        form=f.Form(agenda.form),
        materials_sent_on=agenda.materials_sent_on,
        chair=chair,
        recorder=str(agenda.recorder) if agenda.recorder else None,
        members=tuple(f.MemberFacts(str(m.person.pk), frozenset(map(f.Post, m.posts))) for m in due),
        items=tuple(
            _line_facts(name, order, line, stored.get(line.item) if line.item else None)
            for order, (name, line) in enumerate(zip(names, agenda.items, strict=True))
        ),
    )
    by_subject: dict[str, list[Result]] = {}
    for result in with_waivers(meeting, judge(facts, reference, BEFORE_MEETING[body])):
        by_subject.setdefault(result.subject, []).append(result)
    return Judged(by_subject.get(MEETING, []), [by_subject.get(f"items/{name}", []) for name in names])


def _line_facts(name: str, order: int, line: ItemInput, item: AgendaItem | None) -> f.ItemFacts:
    prepared: dict[str, Any] = {"materials": 0}
    if item is not None:
        prepared = {
            "urgent": item.urgent,
            "urgent_reason": item.urgent_reason,
            "urgent_consent": item.urgent_consent,
            "materials": item.materials,
            "steps": step_facts(item.meeting, item),
        }
    return f.ItemFacts(
        id=name,
        order=order,
        title=line.title,
        catalogue=line.matter or None,
        proposed_on=line.proposed_on,
        proposer=str(line.proposer) if line.proposer else None,
        **prepared,
    )


def agenda_differences(theirs: AgendaInput, yours: AgendaInput, names: Mapping[UUID, str]) -> list[Difference]:
    """Every field in which the stored agenda and the typed one differ, with labels and values in words."""
    left, right = dict(_fields(theirs, theirs, names)), dict(_fields(yours, theirs, names))
    found = []
    for key in [*left, *(key for key in right if key not in left)]:
        path, label = key
        removed_or_new = key not in left or key not in right
        if removed_or_new and not path.endswith(".title"):
            continue  # of a line that only one of the two has, its name is enough
        before, after = left.get(key, "–"), right.get(key, "–")
        if before != after:
            found.append(Difference(path, label, before, after))
    return found


Fields = Iterator[tuple[tuple[str, str], str]]


def _fields(agenda: AgendaInput, stored: AgendaInput, names: Mapping[UUID, str]) -> Fields:
    def person(key: UUID | None) -> str:
        return names.get(key, "（不在任）") if key else "–"

    yield ("scheduled_at", "时间"), f"{local_day(agenda.scheduled_at).year}年{meeting_time(agenda.scheduled_at)}"
    yield ("place", "地点"), agenda.place or "–"
    yield ("chair", "主持"), person(agenda.chair)
    yield ("recorder", "记录"), person(agenda.recorder)
    yield ("delegation_note", "委托主持说明"), agenda.delegation_note or "–"
    yield ("form", "决定方式"), Form(agenda.form).label
    yield ("materials_sent_on", "材料送达日期"), str(agenda.materials_sent_on or "–")
    known = {line.item: order for order, line in enumerate(stored.items, start=1)}
    for order, line in enumerate(agenda.items, start=1):
        place = known.get(line.item) if line.item else None
        if place is None:
            yield (f"items.new.{order}.title", f"第 {order} 项（新加）·名称"), line.title or "未写名称"
            continue
        label, base = f"原第 {place} 项", f"items.{line.item}"
        yield (f"{base}.order", f"{label}·次序"), f"第 {order} 项"
        yield (f"{base}.title", f"{label}·名称"), line.title or "–"
        yield (f"{base}.matter", f"{label}·事项"), line.matter or "–"
        yield (f"{base}.proposer", f"{label}·提出人"), person(line.proposer)
        yield (f"{base}.proposed_on", f"{label}·提出日期"), str(line.proposed_on or "–")
        yield (f"{base}.summary", f"{label}·事由"), line.summary or "–"
        yield (f"{base}.presenter", f"{label}·汇报人"), person(line.presenter)
        yield (f"{base}.minutes_needed", f"{label}·时长"), f"{line.minutes_needed} 分钟" if line.minutes_needed else "–"
