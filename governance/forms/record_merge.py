"""Two clerks at one record (同时记录): what each changed since the version both started from is put together, field by field.

Three sheets: `base`, the record this page started from; `mine`, what stands on it now; `theirs`, what is stored. A field that only one of
them changed goes through; one that both changed to different values is a clash: it stays as the other clerk stored it until this one
chooses. Clashes chosen about later are named in `held` and never overwrite anything meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.forms.record import speaking
from governance.forms.record_steps import count_votes, speaking_order
from governance.forms.sheet import HEAD, TASK, VOTES, Fields, ItemSheet, Sheet, identity
from governance.models import Attendance, Method, Outcome, Stance
from governance.record import Names

Row = tuple[str, ...]
HEADS = {"chair": "主持", "delegation_note": "委托主持说明", "recorder": "记录"}
OF_A_MEMBER = {"status": "到会情况", "reason": "到会说明"}
OF_AN_ITEM = {"method": "表决方式", "outcome": "结论", "decision_text": "决议"}
OF_A_PERSON = {
    **{"left": "离席", "recused": "回避", "conflict": "应回避"},
    **{"opinion": "发言要点", "written": "书面意见", "stance": "表态"},
}
WITH = {"stance": ("stance", "together")}  # fields that belong to one another
TASK_WORDS = dict(zip(TASK, ("目标任务", "推进措施", "完成时限", "责任主体", "协同部门"), strict=True))


@dataclass(frozen=True)
class Clash:
    """One field that both changed: in words, and what the page has to put into which of its fields to take the other's."""

    path: str
    label: str
    theirs: str
    yours: str
    fields: Mapping[str, str]
    tasks: Mapping[str, list[Fields]] = field(default_factory=dict)


@dataclass
class Merged:
    """`stored` is to be saved: clashes as the other clerk has them. `shown` is what the page shows: clashes as typed here."""

    stored: Sheet
    shown: Sheet
    clashes: list[Clash] = field(default_factory=list)


def merge(base: Sheet, mine: Sheet, theirs: Sheet, names: Names, held: Collection[str] = ()) -> Merged:
    """Put `mine` and `theirs` together."""
    return _Merger(base, mine, theirs, names, frozenset(held)).run()


class _Merger:
    def __init__(self, base: Sheet, mine: Sheet, theirs: Sheet, names: Names, held: frozenset[str]) -> None:
        self.base, self.mine, self.theirs, self.names, self.held = base, mine, theirs, names, held
        self.members = list(mine.members)
        self.place_of = {person: n for n, person in enumerate(self.members, start=1)}
        self.merged = Merged(deepcopy(mine), deepcopy(mine))

    def run(self) -> Merged:
        """Head, attendance, then each item."""
        for name, label in HEADS.items():
            sheets = [sheet.head for sheet in self._sheets()]
            self._fields(sheets, (name,), name, label, name)
        for person, n in self.place_of.items():
            if person not in self.theirs.members:
                continue
            sheets = [sheet.members.get(person, {}) for sheet in self._sheets()]
            for name, label in OF_A_MEMBER.items():
                said = f"{self._name(person)}的{label}"
                self._fields(sheets, (name,), f"members.{person}.{name}", said, f"m-{n}-{name}")
        for n, item in enumerate(self.mine.items, start=1):
            if item in self.theirs.items:
                self._item(n, item)
        return self.merged

    def _sheets(self) -> list[Sheet]:
        return [self.base, self.mine, self.theirs, self.merged.stored, self.merged.shown]

    def _item(self, n: int, item: UUID) -> None:
        parts = [sheet.items.setdefault(item, ItemSheet()) for sheet in self._sheets()]
        where = self.names.items.get(item, "议题")
        for name, label in OF_AN_ITEM.items():
            fields = [part.fields for part in parts]
            self._fields(fields, (name,), f"items.{item}.{name}", f"{where}·{label}", f"i-{n}-{name}")
        for person, m in self.place_of.items():
            fields = [part.of(person) for part in parts]
            for name, label in OF_A_PERSON.items():
                said = f"{where}·{self._name(person)}的{label}"
                at = f"i-{n}-s-{m}-"
                self._fields(fields, WITH.get(name, (name,)), f"items.{item}.{person}.{name}", said, f"{at}{name}", at)
        self._order(n, item, parts, where)
        self._votes(n, item, parts, where)
        self._tasks(n, item, parts, where)

    def _fields(
        self, sheets: list[Fields], group: tuple[str, ...], path: str, label: str, place: str, prefix: str = ""
    ) -> None:
        """One field, or some that belong together. `sheets` are the same part of base, mine, theirs, stored, shown."""
        base, mine, theirs, stored, shown = sheets
        before, yours, other = (tuple(sheet.get(name, "") for name in group) for sheet in (base, mine, theirs))
        clash = yours not in (before, other) and other != before
        if path in self.held or clash:
            stored.update(zip(group, other, strict=True))
        elif yours == before != other:
            stored.update(zip(group, other, strict=True))
            shown.update(zip(group, other, strict=True))
        if clash and path not in self.held:
            names = [f"{prefix}{name}" for name in group] if prefix else [place]
            self._clash(path, label, group[0], other[0], yours[0], dict(zip(names, other, strict=True)))

    def _clash(self, path: str, label: str, name: str, theirs: str, yours: str, fields: Mapping[str, str]) -> None:
        said = Clash(path, label, self._words(name, theirs), self._words(name, yours), fields)
        self.merged.clashes.append(said)

    # ---- what is more than one field ----

    def _order(self, n: int, item: UUID, parts: list[ItemSheet], where: str) -> None:
        """The order of speaking, of those who have spoken in all three: numbers of the others follow from it."""
        base, mine, theirs, stored, shown = parts
        spoke = [p for p in self.members if all(s.of(p).get("stance") for s in (base, mine, theirs))]
        before, yours, other = ([p for p in speaking(s, self.members) if p in spoke] for s in (base, mine, theirs))
        path = f"items.{item}.order"
        clash = yours not in (before, other) and other != before and path not in self.held
        if path not in self.held and (other in (before, yours)):
            return
        order = {p: str(seq) for seq, p in enumerate(speaking_order(theirs, self.members), start=1)}
        for person, seq in order.items():
            stored.of(person)["seq"] = seq
            if yours == before:
                shown.of(person)["seq"] = seq
        if clash:
            said = ["、".join(self._name(person) for person in people) for people in (other, yours)]
            fields = {f"i-{n}-s-{self.place_of[person]}-seq": seq for person, seq in order.items()}
            self.merged.clashes.append(Clash(path, f"{where}·发言次序", said[0], said[1], fields))

    def _votes(self, n: int, item: UUID, parts: list[ItemSheet], where: str) -> None:
        """票数 are one field; where both clerks have them from their stances, they are counted anew from the stances of both."""
        base, mine, theirs, stored, shown = parts
        before, yours, other = (tuple(s.fields.get(name, "") for name in VOTES) for s in (base, mine, theirs))
        path = f"items.{item}.votes"
        if path in self.held:
            stored.fields.update(zip(VOTES, other, strict=True))
            return
        if other == yours and not any(yours):
            return
        if self._counted(self.mine, mine) and self._counted(self.theirs, theirs):
            count_votes(self.merged.stored, stored)
            count_votes(self.merged.shown, shown)
        elif yours == before != other:
            for part in (stored, shown):
                part.fields.update(zip(VOTES, other, strict=True))
        elif yours != other != before:
            stored.fields.update(zip(VOTES, other, strict=True))
            said = [f"赞成 {v[0] or 0} 反对 {v[1] or 0} 弃权 {v[2] or 0}" for v in (other, yours)]
            fields = {f"i-{n}-{name}": value for name, value in zip(VOTES, other, strict=True)}
            self.merged.clashes.append(Clash(path, f"{where}·票数", said[0], said[1], fields))

    @staticmethod
    def _counted(sheet: Sheet, item: ItemSheet) -> bool:
        """Whether the votes are those of the stances."""
        if item.fields.get("method") == Method.SECRET_BALLOT:
            return False
        stances = [item.of(person).get("stance") for person in sheet.in_room(item)]
        return any(stances) and all(item.fields.get(name, "") == str(stances.count(name)) for name in VOTES)

    def _tasks(self, n: int, item: UUID, parts: list[ItemSheet], where: str) -> None:
        """会后任务: rows both know are merged field by field, rows that either added are all kept."""
        rows = [
            [tuple(row.get(name, "") for name in TASK) for row in part.tasks if any(row.values())] for part in parts
        ]
        before, yours, other = rows[:3]
        path = f"items.{item}.tasks"
        if yours == other or (other == before and path not in self.held):
            return
        stored, shown = parts[3], parts[4]
        if path in self.held:
            stored.tasks = _as_fields(other)
        elif yours == before:
            stored.tasks, shown.tasks = _as_fields(other), _as_fields(other)
        elif min(len(yours), len(other)) >= len(before):
            self._rows(n, item, (before, yours, other), (stored, shown), where)
        else:  # one of them removed a row that the other may have changed
            stored.tasks = _as_fields(other)
            said = ["；".join(row[0] or "–" for row in rows) or "–" for rows in (other, yours)]
            tasks = {str(n): _as_fields(other)}
            self.merged.clashes.append(Clash(path, f"{where}·会后任务", said[0], said[1], {}, tasks))

    def _rows(
        self, n: int, item: UUID, rows: tuple[list[Row], ...], into: tuple[ItemSheet, ItemSheet], where: str
    ) -> None:
        before, yours, other = rows
        known = len(before)
        added = [*other[known:], *(row for row in yours[known:] if row not in other[known:])]
        stored, shown = ([dict(zip(TASK, row, strict=True)) for row in other[:known]] for _ in range(2))
        for k in range(known):
            three = [dict(zip(TASK, row[k], strict=True)) for row in rows]
            stored[k], shown[k] = dict(three[1]), dict(three[1])
            for name in TASK:
                label = f"{where}·任务 {k + 1} 的{TASK_WORDS[name]}"
                sheets = [*three, stored[k], shown[k]]
                self._fields(sheets, (name,), f"items.{item}.tasks.{k}.{name}", label, f"i-{n}-t-{k}-{name}")
        into[0].tasks, into[1].tasks = [*stored, *_as_fields(added)], [*shown, *_as_fields(added)]

    # ---- in words ----

    def _name(self, person: UUID) -> str:
        return self.names.people.get(person, "（不在名单）")

    def _words(self, name: str, value: str) -> str:
        choices: dict[str, Any] = {"status": Attendance, "method": Method, "outcome": Outcome, "stance": Stance.Choice}
        if not value:
            return "没有" if name in ("left", "recused", "conflict") else "–"
        if name in choices:
            return str(choices[name](value).label) if value in choices[name].values else value
        if name in ("left", "recused", "conflict"):
            return "有"
        if name in ("chair", "recorder", "responsible"):
            person = identity(value)
            return self._name(person) if person else value
        return value


def _as_fields(rows: Sequence[Row]) -> list[Fields]:
    return [dict(zip(TASK, row, strict=True)) for row in rows]


def named(sheet: Sheet) -> tuple[dict[str, str], dict[str, list[Fields]]]:
    """The fields by the names they have on the page, and the tasks by the number of their item."""
    found = {name: sheet.head.get(name, "") for name in HEAD}
    for n, typed in enumerate(sheet.members.values(), start=1):
        found |= {f"m-{n}-{name}": typed.get(name, "") for name in OF_A_MEMBER}
    places = {person: m for m, person in enumerate(sheet.members, start=1)}
    for n, item in enumerate(sheet.items.values(), start=1):
        found |= {f"i-{n}-{name}": item.fields.get(name, "") for name in (*OF_AN_ITEM, *VOTES)}
        for person, fields in item.people.items():
            if person in places:
                at = f"i-{n}-s-{places[person]}-"
                found |= {f"{at}{name}": fields.get(name, "") for name in (*OF_A_PERSON, "seq", "together")}
    return found, {str(n): item.tasks for n, item in enumerate(sheet.items.values(), start=1)}
