"""Tables that leave the portal as .xlsx or .csv. Every file says who took it, when and under which number.

Spreadsheets run what looks like a formula: cells that begin with = + - @, TAB, CR or their full-width twins are
neutralised by an apostrophe in both formats, and .xlsx cells are written as text or number, never as formula or link.
"""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from common.dates import SHANGHAI

TRIGGERS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
OPTIONS = {
    "in_memory": True,
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Cell = str | int | None


@dataclass(frozen=True)
class Export:
    """A table to be taken away. `number` is that of the fact that records the export; working lists have none."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    by: str
    at: datetime
    number: int | None = None

    @property
    def origin(self) -> str:
        """The line above the table."""
        number = f"　编号：{self.number}" if self.number is not None else ""
        return f"{self.title}　导出人：{self.by}　时间：{self.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}{number}"


def neutral(value: str) -> str:
    """The text without control letters (XML forbids them), and with an apostrophe where a spreadsheet would compute."""
    kept = "".join(char for char in value if char in "\t\n\r" or unicodedata.category(char) not in ("Cc", "Cs"))
    looks_live = unicodedata.normalize("NFKC", kept[:1]).startswith(TRIGGERS) or kept.lstrip()[:1] in TRIGGERS
    return f"'{kept}" if kept and looks_live else kept


def to_csv(export: Export) -> bytes:
    """UTF-8 with byte order mark, as Excel and WPS expect it."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(export.origin)])
    writer.writerow([neutral(title) for title in export.columns])
    for row in export.rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def to_xlsx(export: Export) -> bytes:
    """One sheet: the origin, a header that stays in sight and repeats in print, text and numbers."""
    import xlsxwriter  # at the first file; no start of a process waits for it

    out = BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": export.title, "author": export.by, "comments": export.origin})
        sheet = book.add_worksheet(export.title[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        sheet.freeze_panes(2, 1)
        for column, title in enumerate(export.columns):
            sheet.set_column(column, column, max(8, min(30, 2 * len(title) + 4)))
        sheet.write_string(0, 0, neutral(export.origin))
        for column, title in enumerate(export.columns):
            sheet.write_string(1, column, neutral(title), bold)
        for line, row in enumerate(export.rows, start=2):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, column, neutral(cell))
                elif cell is not None:
                    sheet.write_number(line, column, cell)
    return out.getvalue()


def download(export: Export, kind: str) -> HttpResponse:
    """The answer with the file: `kind` xlsx or csv, named after the table and the day."""
    content, mime = (to_csv(export), CSV) if kind == "csv" else (to_xlsx(export), XLSX)
    return attachment(content, f"{export.title}_{export.at.astimezone(SHANGHAI):%Y%m%d}.{kind}", mime)


def attachment(content: bytes, name: str, mime: str) -> HttpResponse:
    """A file to be saved, never shown in place."""
    response = HttpResponse(content, content_type=mime)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
