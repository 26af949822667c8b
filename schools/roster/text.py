"""Text files: which encoding, which separator, which lines."""

import codecs
import contextlib
import csv
from collections.abc import Iterator
from io import StringIO

from schools.roster.table import HEADER_WITHIN, MAX_FILLED_ROWS, NOT_A_TABLE, TOO_MANY_ROWS, Sheet, Unreadable

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's mark, hence before it
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESSES = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
SEPARATORS = ",\t;"
MAX_LINES = 10 * MAX_FILLED_ROWS  # spreadsheets may leave thousands of empty lines behind
HEAD = 8_000  # letters in which the header is looked for
WEB_PAGE = "这是网页格式的表格。用 Excel 或 WPS 打开，另存为 .xlsx 再上传"


def decoded(data: bytes) -> Iterator[str]:
    """The text in each encoding that fits, likeliest first; the last one with marks where letters are unknown."""
    marked = [encoding for mark, encoding in MARKS if data.startswith(mark)]
    for encoding in marked or GUESSES:
        with contextlib.suppress(UnicodeError):
            yield data.decode(encoding)
    yield data.decode(marked[0] if marked else "gb18030", "replace")


def is_web_page(text: str) -> bool:
    """What some programs save as .xls is HTML or XML."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def parse(text: str) -> Sheet:
    """The lines as rows. Stops where there are more than a roster may have."""
    head = text[:HEAD].splitlines()[:HEADER_WITHIN]
    separator = max(SEPARATORS, key=lambda mark: max((line.count(mark) for line in head), default=0))
    rows: list[list[str]] = []
    filled = 0
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=separator):
            filled += any(cells)
            if filled > MAX_FILLED_ROWS or len(rows) > MAX_LINES:
                raise Unreadable(TOO_MANY_ROWS)
            rows.append(cells)
    except csv.Error as fault:  # a cell of more than 131,072 letters: no table
        raise Unreadable(NOT_A_TABLE) from fault
    return Sheet("", rows)
