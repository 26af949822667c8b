"""What a roster would change: new, changed with old and new values, unchanged, and schools it does not name. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from schools.roster.columns import COLUMNS
from schools.roster.reading import RowFault
from schools.services.schools import SchoolRow

FIELDS = tuple(column.field for column in COLUMNS)
Stored = dict[str, dict[str, Any]]  # code → the roster's fields as stored, office by name


@dataclass(frozen=True)
class Change:
    """One field of one school, in the words of the file."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Changed:
    """A school whose row differs from what is stored."""

    code: str
    name: str
    changes: tuple[Change, ...]


@dataclass
class Preview:
    """The comparison. `untouched` are stored schools that the file leaves out; nothing happens to them."""

    new: list[SchoolRow] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, Any]:
        """How many of each."""
        return {name: len(getattr(self, name)) for name in ("new", "changed", "unchanged", "untouched")}

    @property
    def to_write(self) -> set[str]:
        """Codes of the rows that change something."""
        return {row.code for row in self.new} | {school.code for school in self.changed}


def compare(rows: Sequence[SchoolRow], stored: Stored) -> Preview:
    """Hold the rows of a file against what is stored."""
    preview = Preview()
    for row in rows:
        before = stored.get(row.code)
        if before is None:
            preview.new.append(row)
            continue
        changes = tuple(
            Change(column.title, column.word(before[column.field]), column.word(getattr(row, column.field)))
            for column in COLUMNS
            if before[column.field] != getattr(row, column.field)
        )
        if changes:
            preview.changed.append(Changed(row.code, str(before["name"]), changes))
        else:
            preview.unchanged.append(row.name)
    named = {row.code for row in rows}
    preview.untouched = [str(values["name"]) for code, values in stored.items() if code not in named]
    return preview


def name_clashes(rows: Sequence[SchoolRow], lines: Sequence[int], stored: Stored) -> list[RowFault]:
    """Rows whose name another stored school bears at present: names are unique, so they cannot be written one by one."""
    owner = {values["name"]: code for code, values in stored.items()}
    return [
        RowFault(
            line, "学校名称", row.name, f"{owner[row.name]} 现在叫这个名称",
            f"核对代码；若 {owner[row.name]} 要改名，先导入它的新名称，再导入这一行",
        )
        for line, row in zip(lines, rows, strict=True)
        if owner.get(row.name, row.code) != row.code
    ]  # fmt: skip


def digest(stored: Stored) -> str:
    """Fingerprint of the stored roster; equal as long as nobody changed a school's roster fields."""
    plain = json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()
