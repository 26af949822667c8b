"""Two editions side by side: texts by character, rows by line. Pure; it reads nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from uuid import UUID

from pilots.models import FoundationKind, PlanRow

SAME, GONE, NEW = "same", "gone", "new"
# Chinese is compared by character; figures and Latin words stay whole, so that “2026” does not become “20|2|6”.
TOKEN = re.compile(r"[0-9A-Za-z]+|\s+|.", re.DOTALL)
SHORTEST_SAME = 2  # a single character that happens to stand in both is no common ground


@dataclass(frozen=True)
class Piece:
    """A run of text: the same in both, gone from the old one, or new."""

    kind: str
    text: str


def compare_texts(old: str, new: str) -> list[Piece]:
    """The runs in order; what is gone stands before what came in its place."""
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    pieces: list[Piece] = []
    for code, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        stray = code == "equal" and len(gone) < SHORTEST_SAME and bool(gone.strip()) and a > 0 and b < len(before)
        if code == "equal" and not stray:
            pieces.append(Piece(SAME, gone))
            continue
        pieces += [Piece(GONE, gone)] if gone else []
        pieces += [Piece(NEW, come)] if come else []
    return _joined(pieces)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Between two common runs all that is gone, then all that is new."""
    joined: list[Piece] = []
    gone = new = ""
    for piece in [*pieces, Piece(SAME, "")]:
        if piece.kind == GONE:
            gone += piece.text
        elif piece.kind == NEW:
            new += piece.text
        else:
            joined += [Piece(GONE, gone)] if gone else []
            joined += [Piece(NEW, new)] if new else []
            gone = new = ""
            joined += [piece] if piece.text else []
    return joined


@dataclass
class RowChange:
    """One row in two editions: `fields` are (label, before, after); a row that is new or gone says so."""

    kind: str
    order: int
    target: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


FIELDS = {
    "kind": "工程类别",
    "target": "目标任务",
    "measures": "推进措施",
    "due_on": "完成时限",
    "responsible": "责任主体",
    "units": "协同部门",
    "evidence": "佐证材料",
    "note": "备注",
}


def row_values(row: PlanRow) -> dict[str, str]:
    """What of a row is compared, as text."""
    kind = FoundationKind(row.kind).label if row.kind else ""
    return {
        "kind": str(kind),
        "target": row.target,
        "measures": row.measures,
        "due_on": str(row.due_on or ""),
        "responsible": row.responsible.name if row.responsible else "",
        "units": row.units,
        "evidence": row.evidence,
        "note": row.note,
    }


def compare_rows(old: Sequence[PlanRow], new: Sequence[PlanRow]) -> list[RowChange]:
    """Changes in the order of the new edition, rows that are gone last. A line keeps its identity through all editions."""
    before: Mapping[UUID, PlanRow] = {row.line: row for row in old}
    changes = []
    for row in new:
        if row.line not in before:
            changes.append(RowChange(NEW, row.order, row.target))
        elif found := _fields(before[row.line], row):
            changes.append(RowChange(SAME, row.order, row.target, found))
    kept = {row.line for row in new}
    return changes + [RowChange(GONE, row.order, row.target) for row in old if row.line not in kept]


def _fields(old: PlanRow, new: PlanRow) -> list[tuple[str, str, str]]:
    before, after = row_values(old), row_values(new)
    return [(label, before[name], after[name]) for name, label in FIELDS.items() if before[name] != after[name]]
