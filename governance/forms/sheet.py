"""The fields of the record page as text (会议记录), by person and by item: whatever was typed survives a refusal.

Names on the page: `chair`, `m-<member>-status`, `i-<item>-outcome`, `i-<item>-s-<member>-stance`, `i-<item>-t-<row>-goal`.
Members and items are numbered from 1 as they stand on the page; the hidden fields `m-<member>` and `i-<item>` say which
person and which item the number meant when the page was made, so that nothing is put down to somebody else.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from governance.record import ItemRecord, Record

Fields = dict[str, str]

HEAD = ("chair", "delegation_note", "recorder")
VOTES = ("agree", "disagree", "abstain")
TASK = ("goal", "measures", "due_on", "responsible", "units")
_NAME = re.compile(
    r"(?P<kind>m|i)-(?P<number>[0-9]{1,3})(?:-(?P<part>s|t)-(?P<row>[0-9]{1,3}))?(?:-(?P<field>[a-z_]+))?"
)
MOST_TASKS = 100  # of one item, by the button
MOST_ROWS = 1000  # of all items, whatever was posted


@dataclass
class ItemSheet:
    """One item: its own fields, those of each person, and the rows of its tasks."""

    fields: Fields = field(default_factory=dict)
    people: dict[UUID, Fields] = field(default_factory=dict)
    tasks: list[Fields] = field(default_factory=list)

    def of(self, person: UUID) -> Fields:
        """The fields of one person at this item."""
        return self.people.setdefault(person, {})


@dataclass
class Sheet:
    """All fields of the page. Members and items keep the order of the page; `twice` counts ids that came again."""

    head: Fields = field(default_factory=dict)
    members: dict[UUID, Fields] = field(default_factory=dict)
    items: dict[UUID, ItemSheet] = field(default_factory=dict)
    twice: int = 0

    def in_room(self, item: ItemSheet) -> set[UUID]:
        """Who is there when the item is discussed: present, not out of the room, not recused."""
        return {
            person
            for person, typed in self.members.items()
            if typed.get("status") == "present"
            and not item.of(person).get("left")
            and not item.of(person).get("recused")
        }

    def drop_blank_tasks(self) -> None:
        """Forget rows of tasks in which nothing was typed, so that rows and tasks count alike."""
        for item in self.items.values():
            item.tasks = [row for row in item.tasks if any(row.values())]


def posted(data: Mapping[str, str]) -> Sheet:
    """The sheet that a form sent. Fields that belong to no person or item of the form are left out."""
    sheet = Sheet(head={name: tidy(data.get(name, "")) for name in HEAD})
    people: dict[str, UUID] = {}
    items: dict[str, ItemSheet] = {}
    named = [(found, raw) for name, raw in data.items() if (found := _NAME.fullmatch(name))]
    for found, raw in named:
        if not found["field"] and not found["part"]:
            _identify(sheet, found["kind"], found["number"], raw, people, items)
    tasks: dict[tuple[str, int], Fields] = {}
    for found, raw in named:
        if found["field"]:
            fields = _fields_at(sheet, found, people, items, tasks)
            fields[found["field"]] = tidy(raw)
    for (number, _), row in sorted(tasks.items(), key=lambda pair: pair[0][1])[:MOST_ROWS]:
        items[number].tasks.append(row)
    return sheet


def _fields_at(
    sheet: Sheet,
    found: re.Match[str],
    people: Mapping[str, UUID],
    items: Mapping[str, ItemSheet],
    tasks: dict[tuple[str, int], Fields],
) -> Fields:
    """Where a field belongs; a field of nobody goes into a drawer that is thrown away."""
    number, part, row = found["number"], found["part"], found["row"]
    if found["kind"] == "m":
        return sheet.members[people[number]] if number in people and not part else {}
    if number not in items:
        return {}
    if part is None:
        return items[number].fields
    if part == "s":
        return items[number].of(people[row]) if row in people else {}
    return tasks.setdefault((number, int(row)), {}) if found["field"] in TASK else {}


def _identify(
    sheet: Sheet, kind: str, number: str, raw: str, people: dict[str, UUID], items: dict[str, ItemSheet]
) -> None:
    """Note which person or item a number stands for; the second number of the same id is not followed."""
    known: Mapping[UUID, object] = sheet.members if kind == "m" else sheet.items
    key = identity(raw)
    if key is None:
        return
    if key in known:
        sheet.twice += 1
    elif kind == "m":
        people[number] = key
        sheet.members[key] = {}
    else:
        items[number] = sheet.items[key] = ItemSheet()


def identity(raw: str) -> UUID | None:
    """The id that a field names, or None."""
    try:
        return UUID(raw)
    except ValueError:
        return None


def tidy(raw: str) -> str:
    """Text without control characters (PostgreSQL cannot store NUL); line ends as one character."""
    if raw.isprintable():
        return raw.strip()
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    kept = (ch for ch in text if ch in "\n\t" or unicodedata.category(ch) not in {"Cc", "Cs"})
    return "".join(kept).strip()


def written(record: Record) -> Sheet:
    """The sheet of a stored record."""
    sheet = Sheet(
        head={
            "chair": _id(record.chair),
            "delegation_note": record.delegation_note,
            "recorder": _id(record.recorder),
        }
    )
    sheet.members = {m.person: {"status": m.status, "reason": m.reason} for m in record.members}
    sheet.items = {item.item: _written_item(item, sheet.members) for item in record.items}
    return sheet


def _written_item(item: ItemRecord, members: Iterable[UUID]) -> ItemSheet:
    sheet = ItemSheet(
        {"method": item.method, "outcome": item.outcome, "decision_text": item.decision_text},
        {person: {} for person in members},
    )
    if item.votes is not None:
        sheet.fields |= {name: str(number) for name, number in zip(VOTES, item.votes, strict=True)}
    for name, group in (("left", item.left), ("recused", item.recused), ("conflict", item.conflicts)):
        for person in group:
            sheet.of(person)[name] = "1"
    for person, opinion in item.written:
        sheet.of(person)["written"] = opinion
    for said in item.stances:
        typed = {"stance": said.stance, "seq": str(said.seq), "opinion": said.opinion}
        sheet.of(said.person).update(typed | ({"together": "1"} if said.together else {}))
    sheet.tasks = [
        {
            "goal": task.goal,
            "measures": task.measures,
            "due_on": task.due_on.isoformat() if task.due_on else "",
            "responsible": _id(task.responsible),
            "units": task.units,
        }
        for task in item.tasks
    ]
    return sheet


def _id(key: UUID | None) -> str:
    return str(key) if key else ""


def place(path: str) -> str:
    """The id on the page that a fault's path means: `items[2].tasks[0].due_on` is `i-3-t-0-due_on`."""
    text = re.sub(r"^items\[(\d+)\]", lambda found: f"i-{int(found[1]) + 1}", path)
    text = re.sub(r"^members\[(\d+)\]", lambda found: f"m-{int(found[1]) + 1}", text)
    text = re.sub(r"\.stances\[(\d+)\]", lambda found: f"-s-{int(found[1]) + 1}", text)
    text = re.sub(r"\.tasks\[(\d+)\]", r"-t-\1", text)
    return {"members": "attendance", "items": "record"}.get(text, text.replace(".", "-"))
