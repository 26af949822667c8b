"""导入 and 粘贴: a table is held against the checklist, looked at, and written as a whole or not at all. Twice the same changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from checklists.selectors import in_office
from common.dates import local_day
from common.errors import Fault, InvalidInput, Stale, WrongState
from pilots.models import Plan, PlanRow, RowDependency
from pilots.policies import clauses_in_force
from pilots.row_keys import key_of
from pilots.row_order import Circle, check_circle
from pilots.row_table import Cells, Known, Table, Wrong, clause_words, numbers_in, read_line
from pilots.services.plan_base import locked_plan, refuse_writing
from pilots.services.rows import LABELS, LIMITS, MOST_ROWS, Frame, RowInput, faults_of, renumber, said, tell, write_row

CHANGED_MEANWHILE = "核对之后清单又有变化，什么都没有写入。看过最新结果再导入。"
NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass
class Line:
    """A line of the table: what it says, what is wrong with it by field, and the row it would make, change or leave."""

    number: int
    cells: Cells
    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    row: PlanRow | None = None
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """new, changed or same."""
        return NEW if self.row is None else CHANGED if self.changes else SAME


@dataclass
class Preview:
    """All lines, and `seen`: a mark of the checklist they were held against."""

    lines: list[Line]
    seen: str
    columns: Sequence[str] = ()

    @property
    def faults(self) -> int:
        """How many cells are to be mended."""
        return sum(len(line.faults) for line in self.lines)

    def says(self, column: str) -> bool:
        """Whether a line has something to say in that column."""
        return any(line.cells.get(column) or column in line.faults or column in line.changes for line in self.lines)

    def number_of(self, state: str) -> int:
        """How many lines there are of a kind."""
        return sum(line.state == state for line in self.lines)


def look(*, plan: Plan, table: Table, kind: str = "", today: date) -> Preview:
    """Hold the table against the checklist as it is now. `kind`: the work of new lines that name none."""
    people = in_office(plan.school_id, today)
    clauses = list(clauses_in_force(plan.school_id))
    known = Known(people, {clause_words(clause): clause for clause in clauses})
    frame = Frame({person.pk for person, _ in people}, {clause.pk for clause in clauses})
    rows = list(plan.rows.select_related("responsible", "clause__policy").order_by("order", "pk"))
    lines = [Line(number, cells) for number, cells in enumerate(table.lines, start=1)]
    _read_all(lines, table, known, kind, rows)
    _match(lines, rows)
    for line in lines:
        _judge(line, frame)
    _order(lines, plan, rows)
    return Preview(lines, _mark(rows))


@transaction.atomic
def import_rows(
    *, plan: Plan, table: Table, kind: str = "", seen: str, name: str = "", by: User, at: datetime
) -> Preview:
    """导入 what is new and what differs, all or nothing; refused when the checklist is no longer what was looked at."""
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    preview = look(plan=plan, table=table, kind=kind, today=local_day(at))
    if preview.faults:
        raise InvalidInput(
            [Fault(f"{line.number}.{name}", words) for line in preview.lines for name, words in line.faults.items()]
        )
    if seen != preview.seen:
        raise Stale(CHANGED_MEANWHILE)
    new, changed = preview.number_of(NEW), preview.number_of(CHANGED)
    if not new and not changed:
        raise WrongState("表里的任务都已经在清单里，没有重复导入。")
    if plan.rows.count() + new > MOST_ROWS:
        raise WrongState(f"一份清单最多 {MOST_ROWS} 项，导入后会超过。先合并几项。")
    _write(plan, preview, at)
    renumber(plan)
    source = f"{name}：" if name else ""
    tell(plan, "rows_imported", by, at, text=f"{source}添加 {new} 项，修改 {changed} 项", before=_before(preview))
    return preview


# ---- looking ----


def _read_all(lines: Sequence[Line], table: Table, known: Known, kind: str, rows: Sequence[PlanRow]) -> None:
    homes = {key_of("", row.target): row.kind for row in rows}
    for line in lines:
        line.values, line.faults = read_line(line.cells, known)
        for place, name in table.formulas:
            if place == line.number - 1:
                line.faults[name] = "单元格里是公式，粘贴为数值再导入"
        if not line.values.get("kind") and "kind" not in line.faults:
            line.values["kind"] = homes.get(key_of("", line.cells.get("target", "")), kind)


def _match(lines: Sequence[Line], rows: Sequence[PlanRow]) -> None:
    """A line is a row of the same work and words; two lines of the same are one too many."""
    stored: dict[Any, PlanRow] = {}
    for row in rows:
        stored.setdefault(key_of(row.kind, row.target), row)
    first: dict[Any, int] = {}
    for line in lines:
        target = line.cells.get("target", "")
        if not target:
            continue
        key = key_of(line.values.get("kind", ""), target)
        if first.setdefault(key, line.number) != line.number:
            line.faults.setdefault("target", f"与第 {first[key]} 行重复，只留一行")
        else:
            line.row = stored.get(key)


def _judge(line: Line, frame: Frame) -> None:
    """Faults of the whole row, and what would change in the one it is."""
    given = {name: line.values[name] for name in LABELS if name in line.values}
    if line.row is not None:
        present = {name: getattr(line.row, name) for name in LABELS}
        given = present | {name: value for name, value in given.items() if name in line.cells}
        people = {*frame.people, line.row.responsible_id} if line.row.responsible_id else frame.people
        frame = replace(frame, people=people)
    row = RowInput(**given)
    for fault in faults_of(row, frame):
        line.faults.setdefault(fault.path, fault.reason)
    line.values = {name: getattr(row, name) for name in LABELS}
    if line.row is not None:
        line.changes = {
            name: said(line.row, name) for name in LABELS if _differ(getattr(line.row, name), line.values[name])
        }


def _differ(stored: Any, given: Any) -> bool:
    if isinstance(stored, str):
        return stored != given.strip()
    return bool(stored != given)


def _order(lines: Sequence[Line], plan: Plan, rows: Sequence[PlanRow]) -> None:
    """前置任务 by number: those of the table when it has a column 序号, else those of the checklist."""
    own = {line.cells["number"].strip(): line.number for line in lines if line.cells.get("number", "").strip()}
    stored = {row.pk: row for row in rows}
    present = {(link.row_id, link.after_id) for link in RowDependency.objects.filter(row__plan=plan)}
    by_row = {line.row.pk: line for line in lines if line.row is not None}
    places: dict[int, Any] = {row.order: row.pk for row in rows} if not own else {}
    links = {pair for pair in present if pair[0] not in by_row or "after" not in by_row[pair[0]].cells}
    for line in lines:
        if "after" not in line.cells:
            continue
        try:
            wanted = numbers_in(line.cells["after"])
        except Wrong as wrong:
            line.faults["after"] = str(wrong)
            continue
        ends = [_end(lines, own, places, number) for number in wanted]
        if None in ends or _self(line) in ends:
            line.faults["after"] = "前置任务写表里另外一项的序号" if own else "前置任务写清单里另外一项的序号"
            continue
        line.values["after"] = ends
        links |= {(_self(line), end) for end in ends}
        if line.row is not None and set(ends) != {after for row, after in present if row == line.row.pk}:
            line.changes["after"] = _present(line.row, present, stored)
    _circles(lines, links)


def _end(lines: Sequence[Line], own: Mapping[str, int], places: Mapping[int, Any], number: int) -> Any:
    if str(number) in own:
        return _self(lines[own[str(number)] - 1])
    return places.get(number)


def _self(line: Line) -> Any:
    """The row, or for a new one the number of its line."""
    return line.row.pk if line.row is not None else line.number


def _present(row: PlanRow, present: set[tuple[UUID, UUID]], stored: Mapping[UUID, PlanRow]) -> str:
    numbers = sorted(stored[after].order for one, after in present if one == row.pk)
    return "、".join(f"第 {number} 项" for number in numbers) or "–"


def _circles(lines: Sequence[Line], links: set[tuple[Any, Any]]) -> None:
    try:
        check_circle(sorted(links, key=str))
    except Circle as circle:
        for line in lines:
            if _self(line) in circle.keys and line.cells.get("after"):
                line.faults.setdefault("after", "几项互相等待，绕成了圈。去掉其中一处")


def _mark(rows: Sequence[PlanRow]) -> str:
    return sha256(
        "|".join(f"{row.pk}:{row.version}" for row in sorted(rows, key=lambda one: one.pk)).encode()
    ).hexdigest()


def _before(preview: Preview) -> dict[str, Any]:
    return {str(line.row.pk): line.changes for line in preview.lines if line.row is not None and line.changes}


# ---- writing ----


def _write(plan: Plan, preview: Preview, at: datetime) -> None:
    made: dict[Any, PlanRow] = {}
    fresh = []
    for line in preview.lines:
        values = RowInput(**{name: value for name, value in line.values.items() if name != "after"})
        if line.row is None:
            made[line.number] = _unsaved(plan, values, MOST_ROWS + line.number, at)
            fresh.append(made[line.number])
        elif line.changes:
            made[line.row.pk] = write_row(line.row, values, at)
    PlanRow.objects.bulk_create(fresh)
    for line in preview.lines:
        if "after" in line.values:
            _link(line, made)


def _unsaved(plan: Plan, row: RowInput, order: int, at: datetime) -> PlanRow:
    made = PlanRow(
        plan=plan, order=order, kind=row.kind, due_on=row.due_on, responsible=row.responsible, clause=row.clause
    )
    for name in LIMITS:
        setattr(made, name, getattr(row, name).strip())
    made.stamp(at)
    return made


def _link(line: Line, made: Mapping[Any, PlanRow]) -> None:
    own = made[line.number].pk if line.row is None else line.row.pk
    wanted = {made[end].pk if isinstance(end, int) else end for end in line.values["after"]}
    RowDependency.objects.filter(row=own).exclude(after__in=wanted).delete()
    known = set(RowDependency.objects.filter(row=own).values_list("after_id", flat=True))
    RowDependency.objects.bulk_create([RowDependency(row_id=own, after_id=key) for key in sorted(wanted - known)])
