"""From the texts of the record page to a `Record`, with every fault that the texts themselves have."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from common.errors import Fault
from governance.forms.sheet import VOTES, Fields, ItemSheet, Sheet, identity
from governance.models import Attendance, Method, Outcome, Stance
from governance.record import ItemRecord, MemberRecord, Record, StanceRecord, TaskRecord

LAST = 10_000  # place of a speaker whose number cannot be read
MOST_VOTES = 999


def read(sheet: Sheet) -> tuple[Record, list[Fault]]:
    """The record that was typed, and what in it cannot be read. Whether it makes sense is `validation`'s part."""
    reader = _Reader()
    if sheet.twice:
        reader.fault("members", "有成员或议题重复，刷新页面再填")
    members = tuple(
        MemberRecord(
            person,
            reader.choice(typed.get("status", ""), Attendance.values, f"members[{n}].status", "从到会、请假、缺席里选"),
            reader.text(typed.get("reason", ""), 120, f"members[{n}].reason", "到会情况的说明"),
        )
        for n, (person, typed) in enumerate(sheet.members.items())
    )
    record = Record(
        chair=reader.person(sheet.head.get("chair", ""), "chair", "主持人要从应到成员里选"),
        delegation_note=sheet.head.get("delegation_note", ""),
        recorder=reader.person(sheet.head.get("recorder", ""), "recorder", "记录人要从本校当日在任的人里选"),
        members=members,
        items=tuple(_item(reader, n, item, typed, sheet) for n, (item, typed) in enumerate(sheet.items.items())),
    )
    return record, reader.faults


def _item(reader: "_Reader", index: int, item: UUID, typed: ItemSheet, sheet: Sheet) -> ItemRecord:
    where, label = f"items[{index}]", f"第 {index + 1} 项"
    fields = typed.fields
    known = {p: f for p, f in typed.people.items() if p in sheet.members}
    return ItemRecord(
        item=item,
        method=reader.choice(fields.get("method", ""), Method.values, f"{where}.method", f"{label}：重新选表决方式"),
        votes=_votes(reader, fields, where, label),
        outcome=reader.choice(fields.get("outcome", ""), Outcome.values, f"{where}.outcome", f"{label}：重新选结论"),
        decision_text=reader.text(fields.get("decision_text", ""), 4000, f"{where}.decision_text", f"{label}：决议"),
        left=frozenset(p for p, f in known.items() if f.get("left")),
        recused=frozenset(p for p, f in known.items() if f.get("recused")),
        conflicts=frozenset(p for p, f in known.items() if f.get("conflict")),
        written=_written(reader, known, where, label, list(sheet.members)),
        stances=_stances(reader, typed, where, label, list(sheet.members)),
        tasks=tuple(
            _task(reader, task, f"{where}.tasks[{n}]", label, n + 1)
            for n, task in enumerate(typed.tasks)
            if any(task.values())
        ),
    )


def _votes(reader: "_Reader", fields: Fields, where: str, label: str) -> tuple[int, int, int] | None:
    """Agree, disagree, abstain; none when all three are blank, and a blank beside a number counts as 0."""
    raw = [fields.get(name, "") for name in VOTES]
    if not any(raw):
        return None
    numbers = [reader.number(text, f"{where}.{name}", label) for name, text in zip(VOTES, raw, strict=True)]
    return numbers[0], numbers[1], numbers[2]


def _stances(
    reader: "_Reader", typed: ItemSheet, where: str, label: str, members: list[UUID]
) -> tuple[StanceRecord, ...]:
    """The stances in their order of speaking, numbered from 1 without gaps."""
    found: list[StanceRecord] = []
    for person in speaking(typed, members):
        fields = typed.of(person)
        path = f"{where}.stances[{members.index(person)}]"
        opinion = reader.text(fields.get("opinion", ""), 500, f"{path}.opinion", f"{label}：发言要点")
        stance = reader.choice(fields.get("stance", ""), Stance.Choice.values, f"{path}.stance", f"{label}：重新选表态")
        if stance:
            together = bool(fields.get("together")) and stance == Stance.Choice.AGREE
            found.append(StanceRecord(person, stance, len(found) + 1, opinion, together))
        elif opinion:
            reader.fault(f"{path}.stance", f"{label}：写了发言要点的人还没有选表态，选同意、不同意或弃权")
    return tuple(found)


def speaking(typed: ItemSheet, members: Iterable[UUID]) -> list[UUID]:
    """The members in their order of speaking; who has no number yet keeps the place in the list, at the end."""

    def key(person: UUID) -> int:
        raw = typed.people.get(person, {}).get("seq", "")
        return int(raw) if raw.isdecimal() and len(raw) < 5 else LAST

    return sorted(members, key=key)


def _written(
    reader: "_Reader", known: dict[UUID, Fields], where: str, label: str, members: list[UUID]
) -> tuple[tuple[UUID, str], ...]:
    """What absent members sent in writing (书面意见), by person."""
    found = []
    for person, fields in known.items():
        path = f"{where}.stances[{members.index(person)}].written"
        text = reader.text(fields.get("written", ""), 500, path, f"{label}：书面意见")
        if text:
            found.append((person, text))
    return tuple(sorted(found))


def _task(reader: "_Reader", fields: Fields, where: str, label: str, number: int) -> TaskRecord:
    said = f"{label}任务 {number}"
    return TaskRecord(
        goal=reader.text(fields.get("goal", ""), 300, f"{where}.goal", f"{said}：目标任务"),
        measures=reader.text(fields.get("measures", ""), 2000, f"{where}.measures", f"{said}：推进措施"),
        due_on=reader.day(fields.get("due_on", ""), f"{where}.due_on", said),
        responsible=reader.person(
            fields.get("responsible", ""), f"{where}.responsible", f"{said}：责任主体要从本校在任的人里选"
        ),
        units=reader.text(fields.get("units", ""), 200, f"{where}.units", f"{said}：协同部门"),
    )


@dataclass
class _Reader:
    """Reads single texts and keeps the faults."""

    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, reason: str) -> None:
        self.faults.append(Fault(path, reason))

    def choice(self, raw: str, allowed: Collection[str], path: str, reason: str) -> str:
        if raw and raw not in allowed:
            self.fault(path, reason)
            return ""
        return raw

    def text(self, raw: str, limit: int, path: str, name: str) -> str:
        if len(raw) > limit:
            self.fault(path, f"{name}写到 {limit:,} 字以内，现在 {len(raw):,} 字")
        return raw

    def person(self, raw: str, path: str, reason: str) -> UUID | None:
        key = identity(raw) if raw else None
        if raw and key is None:
            self.fault(path, reason)
        return key

    def number(self, raw: str, path: str, label: str) -> int:
        if not raw:
            return 0
        if raw.isdecimal() and len(raw) < 5 and int(raw) <= MOST_VOTES:
            return int(raw)
        self.fault(path, f"{label}：票数写成 0、1、2 这样的数字")
        return 0

    def day(self, raw: str, path: str, said: str) -> date | None:
        try:
            return date.fromisoformat(raw) if raw else None
        except ValueError:
            self.fault(path, f"{said}：完成时限写成 2026-11-20 这样的日期")
            return None
