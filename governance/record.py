"""The record of a meeting (会议记录) as one value: what the form posts, the service stores and two clerks may differ about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from common.errors import Difference
from governance.models import AgendaItem, Attendance, Meeting, Method, Outcome, Stance


@dataclass(frozen=True)
class MemberRecord:
    """Attendance of one member due."""

    person: UUID
    status: str = ""
    reason: str = ""


@dataclass(frozen=True)
class StanceRecord:
    """One member's stance; `seq` is the place in the order of speaking, from 1."""

    person: UUID
    stance: str
    seq: int
    opinion: str = ""
    together: bool = False


@dataclass(frozen=True)
class TaskRecord:
    """四明确 of one task as typed."""

    goal: str = ""
    measures: str = ""
    due_on: date | None = None
    responsible: UUID | None = None
    units: str = ""


@dataclass(frozen=True)
class ItemRecord:
    """One item: who was out, who stated what, votes, outcome, decision, tasks.

    `votes` is agree, disagree, abstain; `written` are opinions that absent members sent (书面意见), by person.
    """

    item: UUID
    method: str = ""
    votes: tuple[int, int, int] | None = None
    outcome: str = ""
    decision_text: str = ""
    left: frozenset[UUID] = frozenset()
    recused: frozenset[UUID] = frozenset()
    conflicts: frozenset[UUID] = frozenset()
    written: tuple[tuple[UUID, str], ...] = ()
    stances: tuple[StanceRecord, ...] = ()
    tasks: tuple[TaskRecord, ...] = ()


@dataclass(frozen=True)
class Record:
    """The whole record."""

    chair: UUID | None = None
    delegation_note: str = ""
    recorder: UUID | None = None
    members: tuple[MemberRecord, ...] = ()
    items: tuple[ItemRecord, ...] = ()


@dataclass(frozen=True)
class Names:
    """Names for labels: people by id, items by id with their place."""

    people: Mapping[UUID, str] = field(default_factory=dict)
    items: Mapping[UUID, str] = field(default_factory=dict)


def record_of(meeting: Meeting) -> Record:
    """The stored record. Expects `selectors.for_record` to have prefetched; members and items in order."""
    members = tuple(MemberRecord(m.person_id, m.status, m.reason) for m in meeting.members.all())
    return Record(
        meeting.chair_id,
        meeting.delegation_note,
        meeting.recorder_id,
        members,
        tuple(_item_record(item) for item in meeting.items.all()),
    )


def _item_record(item: AgendaItem) -> ItemRecord:
    presences = [(p.member.person_id, p) for p in item.presences.all()]
    stances = sorted(item.stances.all(), key=lambda s: s.seq)
    return ItemRecord(
        item=item.pk,
        method=item.method,
        votes=None if item.agree is None else (item.agree, item.disagree or 0, item.abstain or 0),
        outcome=item.outcome,
        decision_text=item.decision_text,
        left=frozenset(person for person, p in presences if p.left),
        recused=frozenset(person for person, p in presences if p.recused),
        conflicts=frozenset(person for person, p in presences if p.conflict),
        written=tuple(sorted((person, p.written_opinion) for person, p in presences if p.written_opinion)),
        stances=tuple(StanceRecord(s.member.person_id, s.stance, s.seq, s.opinion, s.together) for s in stances),
        tasks=tuple(
            TaskRecord(t.goal, t.measures, t.due_on, t.responsible_id, t.units)
            for t in sorted(item.planned_tasks.all(), key=lambda t: t.order)
        ),
    )


def differences(theirs: Record, yours: Record, names: Names) -> list[Difference]:
    """Every field in which two records differ, in page order, with labels and values in words."""
    left, right = dict(_fields(theirs, names)), dict(_fields(yours, names))
    found = []
    for key in [*left, *(key for key in right if key not in left)]:
        before, after = left.get(key, "–"), right.get(key, "–")
        if before != after:
            path, label = key
            found.append(Difference(path, label, before, after))
    return found


Fields = Iterator[tuple[tuple[str, str], str]]


def _fields(record: Record, names: Names) -> Fields:
    def person(key: UUID | None) -> str:
        return "–" if key is None else names.people.get(key, "（不在名单）")

    yield ("chair", "主持"), person(record.chair)
    yield ("delegation_note", "委托主持说明"), record.delegation_note or "–"
    yield ("recorder", "记录"), person(record.recorder)
    for member in record.members:
        status = Attendance(member.status).label if member.status else "–"
        said = f"{status}（{member.reason}）" if member.reason else status
        yield (f"members.{member.person}", f"{person(member.person)}的到会情况"), said
    for item in record.items:
        yield from _item_fields(item, names)


def _item_fields(item: ItemRecord, names: Names) -> Fields:
    where = names.items.get(item.item, "议题")
    base = f"items.{item.item}"
    people = names.people
    yield (f"{base}.method", f"{where}·表决方式"), Method(item.method).label if item.method else "–"
    votes = item.votes
    yield (f"{base}.votes", f"{where}·票数"), "赞成 {} 反对 {} 弃权 {}".format(*votes) if votes else "–"
    yield (f"{base}.outcome", f"{where}·结论"), Outcome(item.outcome).label if item.outcome else "–"
    yield (f"{base}.decision_text", f"{where}·决议"), item.decision_text or "–"
    for label, group in (("离席", item.left), ("回避", item.recused), ("应回避", item.conflicts)):
        yield (f"{base}.{label}", f"{where}·{label}"), "、".join(sorted(people.get(p, "–") for p in group)) or "–"
    for who, opinion in item.written:
        yield (f"{base}.written.{who}", f"{where}·{people.get(who, '')}的书面意见"), opinion
    for stance in item.stances:
        said = f"{Stance.Choice(stance.stance).label} {stance.opinion}".strip()
        yield (
            (f"{base}.stances.{stance.person}", f"{where}·{people.get(stance.person, '')}的表态"),
            f"第{stance.seq}位 {said}",
        )
    for number, task in enumerate(item.tasks, start=1):
        responsible = people.get(task.responsible, "–") if task.responsible else "–"
        said = f"{task.goal or '–'}；{task.measures or '–'}；{task.due_on or '–'}；{responsible}；{task.units or '–'}"
        yield (f"{base}.tasks.{number}", f"{where}·任务{number}"), said
