"""推进清单 as a table from Excel, as a file or pasted: cells read one by one, every fault beside its cell. It writes nothing."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from common.errors import one_fault
from pilots.models import FoundationKind, PolicyClause
from schools.models import Person
from schools.roster.files import clean_title, find_table

MOST_LINES = 200
COLUMNS = {
    "number": "序号", "kind": "工程类别", "target": "目标任务", "measures": "推进措施", "due_on": "完成时限",
    "responsible": "责任主体", "units": "协同部门", "evidence": "佐证材料", "after": "前置任务", "clause": "依据条文",
    "note": "备注",
}  # fmt: skip
PLAIN = (
    "target",
    "measures",
    "due_on",
    "responsible",
    "units",
    "evidence",
    "note",
)  # the order of cells without a header
FIELDS = {title: name for name, title in COLUMNS.items()}
KINDS = {label: value for value, label in FoundationKind.choices} | {
    "章程": "charter",
    "职责": "duties",
    "班子分工": "division_of_labour",
}
GUARDED = ("'=", "'+", "'-", "'@")  # as our own exports write what looks like a formula
Cells = dict[str, str]


@dataclass
class Table:
    """Lines of cells by field, the columns that were given, and cells that hold a formula (line, field)."""

    lines: list[Cells] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    formulas: set[tuple[int, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """What words in cells can stand for: people in office with their posts, clauses by their words."""

    people: Sequence[tuple[Person, str]]
    clauses: Mapping[str, PolicyClause]


class Wrong(Exception):
    """Why a cell cannot be taken; the text says how to mend it."""


def from_file(data: bytes) -> Table:
    """The sheet with our header. Raises `Unreadable`."""
    found = find_table(data, [COLUMNS[name] for name in ("target", "measures", "due_on", "responsible")])
    places = {FIELDS[title]: place for place, title in enumerate(found.titles) if title in FIELDS}
    table = Table(columns=list(places), notes=list(found.notes))
    for number in range(found.header + 1, len(found.sheet.rows)):
        cells = {name: found.sheet.cell(number, place) for name, place in places.items()}
        if any(cell.strip() for name, cell in cells.items() if name != "number"):
            table.formulas |= {
                (len(table.lines), name) for name, place in places.items() if (number, place) in found.sheet.formulas
            }
            table.lines.append(_cleaned(cells))
    return _limited(table)


def from_paste(text: str, start: str = "target") -> Table:
    """Cells as Excel and WPS put them on the clipboard. With a header by its titles; else from the column `start` on."""
    rows = [
        row for row in csv.reader(io.StringIO(text.replace("\r\n", "\n")), delimiter="\t") if any(map(str.strip, row))
    ]
    if not rows:
        raise one_fault("text", "先在 Excel 里选好几行复制，再贴到这里")
    titles = [FIELDS.get(clean_title(cell), "") for cell in rows[0]]
    if sum(bool(title) for title in titles) >= 2:
        columns, rows = titles, rows[1:]
    else:
        columns = _guessed(rows, start)
    lines = [_cleaned({name: cell for name, cell in zip(columns, row, strict=False) if name}) for row in rows]
    return _limited(Table(lines, [name for name in columns if name]))


def _guessed(rows: Sequence[Sequence[str]], start: str) -> list[str]:
    """Columns of cells without a header: numbers and works in front are recognised, then the columns in their order."""
    columns: list[str] = []
    if all(re.fullmatch(r"\s*[0-9]{1,3}\s*", row[0]) for row in rows) and max(map(len, rows)) > 1:
        columns.append("number")
    place = len(columns)
    if all(len(row) > place and "".join(row[place].split()) in KINDS for row in rows):
        columns.append("kind")
    rest = PLAIN[PLAIN.index(start) :] if start in PLAIN and not columns else PLAIN
    return [*columns, *rest]


def _cleaned(cells: Cells) -> Cells:
    """Without control letters and spaces around; a line break within stays."""
    return {name: _clean(cell) for name, cell in cells.items()}


def _clean(cell: str) -> str:
    kept = "".join(
        char for char in cell if char in "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    ).strip()
    return kept[1:] if kept.startswith(GUARDED) else kept


def _limited(table: Table) -> Table:
    if not table.lines:
        raise one_fault("file", "表头下面没有内容。填好再来")
    if len(table.lines) > MOST_LINES:
        raise one_fault("file", f"一次最多 {MOST_LINES} 行，这里有 {len(table.lines)} 行。分几次导入")
    return table


# ---- cells ----


def read_line(cells: Cells, known: Known) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and faults of one line, by field; `after` stays words, for other lines of the same table may be meant."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, cell in cells.items():
        try:
            values[name] = _read(name, cell, known)
        except Wrong as wrong:
            faults[name] = str(wrong)
    return values, faults


def _read(name: str, cell: str, known: Known) -> Any:
    if name == "due_on":
        return _day(cell)
    if name == "responsible":
        return _person(cell, known.people)
    if name == "kind":
        return _kind(cell)
    if name == "clause":
        return _clause(cell, known.clauses)
    return cell


def _day(cell: str) -> date | None:
    narrow = unicodedata.normalize("NFKC", cell).strip()
    if not narrow:
        return None
    narrow = re.sub(r"[年月/.]", "-", narrow).replace("日", "").split(" ")[0].split("T")[0].strip("-")
    try:
        return datetime.strptime(narrow, "%Y-%m-%d").date()  # noqa: DTZ007  a day, no moment
    except ValueError:
        raise Wrong("日期写成 2026-11-20 这样") from None


def _person(cell: str, people: Sequence[tuple[Person, str]]) -> Person | None:
    """By name; where two people share it, by name and post: 陈亮（副校长）."""
    if not cell:
        return None
    name, _, post = unicodedata.normalize("NFKC", "".join(cell.split())).partition("(")
    found = [(person, posts) for person, posts in people if person.name == name]
    if len(found) > 1 and post:
        found = [(person, posts) for person, posts in found if post.rstrip(")") in posts.split("、")]
    if len(found) > 1:
        raise Wrong(f"有{len(found)}位{name}，写成“{name}（{found[0][1]}）”")
    if not found:
        raise Wrong(f"本校现在任职的人里没有{name[:20]}，填写一名负责人")
    return found[0][0]


def _kind(cell: str) -> str:
    said = "".join(cell.split())
    if said and said not in KINDS:
        raise Wrong(f"从{'、'.join(FoundationKind.labels)}里选一项")
    return KINDS.get(said, "")


def _clause(cell: str, clauses: Mapping[str, PolicyClause]) -> PolicyClause | None:
    if cell and cell not in clauses:
        raise Wrong("没有这一条现行条文，写成“文号 条号”，或者空着")
    return clauses.get(cell)


def numbers_in(cell: str) -> list[int]:
    """“3、5” or “第 3 项” as numbers. Raises `Wrong`."""
    narrow = re.sub(r"[第项\s]", "", unicodedata.normalize("NFKC", cell))
    parts = [part for part in re.split(r"[、,;]", narrow) if part]
    if any(not re.fullmatch(r"[0-9]{1,3}", part) for part in parts):
        raise Wrong("写前置任务的序号，几项用顿号分开，如 3、5")
    return list(dict.fromkeys(map(int, parts)))


def clause_words(clause: PolicyClause) -> str:
    """A clause as it stands in files: number of the document and label."""
    return f"{clause.policy.number} {clause.label}"
