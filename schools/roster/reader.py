"""Reads a workbook in a process of its own: `python reader.py '["sheet to skip"]' < file > json`.

A hostile file may ask the parser for gigabytes or crash it; here that ends this process and not the server. Memory and
processor time are limited where the system can do so. Imports nothing of the portal. Exit status: 0 read, 3 the file
has a password, anything else the file cannot be read.
"""

import contextlib
import json
import sys
from io import BytesIO
from typing import Any

MEMORY = 256 * 1024 * 1024
SECONDS = 8
MAX_SHEETS = 20
MAX_AREA = 1_000_000  # cells of the rectangle around all values
WITH_PASSWORD = 3


def main() -> int:
    """Limit ourselves, read, write."""
    data = sys.stdin.buffer.read()
    _limit()
    from python_calamine import CalamineError, PasswordError, load_workbook

    try:
        with load_workbook(BytesIO(data)) as workbook:
            json.dump(list(sheets(workbook, set(json.loads(sys.argv[1])))), sys.stdout)
    except PasswordError:
        return WITH_PASSWORD
    except CalamineError:
        return 1
    return 0


def _limit() -> None:
    with contextlib.suppress(ImportError):  # not on Windows, which has the time-out of the caller only
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sheets(workbook: Any, skipped: set[str]) -> Any:
    """Name, visibility, cells and merged rectangles of each sheet; `rows` None = too large or skipped."""
    for meta in workbook.sheets_metadata[:MAX_SHEETS]:
        shown = {
            "name": meta.name,
            "hidden": str(meta.visible) != "SheetVisibleEnum.Visible",
            "rows": None,
            "merged": [],
        }
        if str(meta.typ) == "SheetTypeEnum.WorkSheet" and meta.name not in skipped:
            sheet = workbook.get_sheet_by_name(meta.name)
            if sheet.total_height * max(sheet.total_width, 1) <= MAX_AREA:
                rows = sheet.to_python(skip_empty_area=False)
                shown["rows"] = [[as_text(value) for value in row] for row in rows]
                shown["merged"] = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
        yield shown


def as_text(value: object) -> str:
    """A value as somebody would type it: 1835.0 → 1835, True → 是, dates as 2026-11-20."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
