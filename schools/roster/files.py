"""From the bytes of an upload to the sheet that holds the roster. What the name ends in does not matter, the content does."""

import json
import subprocess
import sys
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from schools.roster import reader, text, xlsx
from schools.roster.columns import BY_TITLE
from schools.roster.table import (
    DAMAGED,
    HEADER_WITHIN,
    LOCKED,
    MAX_BYTES,
    MAX_FILLED_ROWS,
    NOT_A_TABLE,
    TOO_MANY_ROWS,
    Sheet,
    Unreadable,
)

OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TOO_LARGE = f"文件不超过 {MAX_BYTES // 1024 // 1024} MB。只保留学校名册这一张表，另存后再上传"
EMPTY = "文件是空的。换一个有内容的文件"
ENOUGH_TITLES = 3


@dataclass
class Found:
    """The roster's sheet, the row of its header, the columns by title, and what the reader ought to know."""

    sheet: Sheet
    header: int
    titles: list[str]
    notes: list[str] = field(default_factory=list)


def find_roster(data: bytes) -> Found:
    """The first sheet with the roster's header. Raises `Unreadable`."""
    return find_table(data, BY_TITLE)


def find_table(data: bytes, wanted: Collection[str]) -> Found:
    """The first sheet with a header of these titles, of whatever table. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    if not data.strip(b"\x00\r\n\t "):
        raise Unreadable(EMPTY)
    if data.startswith((xlsx.MAGIC, OLD_EXCEL)):
        return _from_workbook(data, wanted)
    return _from_text(data, wanted)


def _from_text(data: bytes, wanted: Collection[str]) -> Found:
    for letters in text.decoded(data):
        if text.is_web_page(letters):
            raise Unreadable(text.WEB_PAGE)
        head = _look(text.parse(letters[: text.HEAD]), wanted)
        if head is not None and (found := _look(text.parse(letters), wanted)) is not None:
            return found
    raise Unreadable(NOT_A_TABLE if b"\x00" in data else _no_header(wanted))


def _no_header(wanted: Collection[str]) -> str:
    return "没有找到表头。第一行写列名：" + "、".join(wanted) + "；或者把内容贴进模板"


def _from_workbook(data: bytes, wanted: Collection[str]) -> Found:
    scans = xlsx.scan(data) if data.startswith(xlsx.MAGIC) else {}
    too_long = [name for name, scan in scans.items() if scan.too_long]
    if scans and len(too_long) == len(scans):
        raise Unreadable(TOO_MANY_ROWS)
    sheets, left_out = _parse(data, too_long)
    for sheet in sheets:
        if (found := _look(sheet, wanted)) is not None:
            sheet.formulas = scans[sheet.name].formulas if sheet.name in scans else set()
            if len(sheets) + left_out > 1:
                found.notes.append(f"文件有 {len(sheets) + left_out} 张工作表，读的是“{sheet.name}”")
            return found
    raise Unreadable(TOO_MANY_ROWS if left_out else _no_header(wanted))


def _parse(data: bytes, skipped: list[str]) -> tuple[list[Sheet], int]:
    """The readable sheets, visible ones first, and how many were too long to read."""
    command = [sys.executable, "-I", str(Path(reader.__file__)), json.dumps(skipped)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=reader.SECONDS, check=False)  # noqa: S603  our own interpreter and script
    except subprocess.TimeoutExpired as fault:
        raise Unreadable(TOO_MANY_ROWS) from fault
    if done.returncode:
        raise Unreadable(LOCKED if done.returncode == reader.WITH_PASSWORD else DAMAGED)
    read = json.loads(done.stdout)
    sheets = [Sheet(one["name"], one["rows"], one["hidden"], one["merged"]) for one in read if one["rows"] is not None]
    sheets.sort(key=lambda sheet: sheet.hidden)
    return sheets, len(read) - len(sheets)


def _look(sheet: Sheet, wanted: Collection[str]) -> Found | None:
    """The header: the first of the top rows that holds at least three of the titles."""
    for number, cells in enumerate(sheet.rows[:HEADER_WITHIN]):
        titles = [clean_title(cell) for cell in cells]
        if sum(title in wanted for title in titles) >= ENOUGH_TITLES:
            if sum(any(row) for row in sheet.rows) > MAX_FILLED_ROWS:
                raise Unreadable(TOO_MANY_ROWS)
            return Found(sheet, number, titles)
    return None


def clean_title(cell: str) -> str:
    """A column title without spaces, line breaks and invisible letters, full-width letters narrowed."""
    kept = (char for char in unicodedata.normalize("NFKC", cell) if unicodedata.category(char)[0] not in "CZ")
    return "".join(kept).strip("*:")
