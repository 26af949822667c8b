"""Spreadsheet files for tests: .xlsx by XlsxWriter, .csv in any encoding, and the smallest .xls a reader accepts."""

import csv
import struct
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

HEADER = (
    "学校代码", "学校名称", "学段", "教办", "区位", "规模", "基础", "学生数", "教职工数", "党组织类型", "已建立党组织委员会",
    "领导配备模式",
)  # fmt: skip
Row = Sequence[Any]


def school(number: int = 1, **values: Any) -> list[Any]:
    """One sound row; `values` replace cells by their column titles."""
    row = dict(
        zip(
            HEADER,
            (
                f"FH{number:03}",
                f"第{number}小学",
                "小学",
                "城东教办",
                "城区",
                "中",
                "强",
                800,
                60,
                "党支部",
                "是",
                "分设",
            ),
            strict=True,
        )
    )
    assert values.keys() <= row.keys()
    return list((row | values).values())


def table(*rows: Row) -> list[Row]:
    """Header and rows."""
    return [HEADER, *rows]


def as_csv(rows: Sequence[Row], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Row], *, before: Any = None, after: Any = None, name: str = "名册") -> bytes:
    """One sheet; `before` and `after` get the workbook (and the sheet) to add what a test needs."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        if before:
            before(book)
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(line, column, cell)
        if after:
            after(book, sheet)
    return out.getvalue()


def as_xls(rows: Sequence[Row]) -> bytes:
    """BIFF8 records in a compound file (MS-XLS, MS-CFB): enough for one sheet of text and numbers."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet += _cell(line, column, cell) if cell is not None else b""
    sheet += _record(0x000A)
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    name = "名册".encode("utf-16-le")
    length = len(head) + 4 + 8 + len(name) + 4
    head += _record(0x0085, struct.pack("<IBBBB", length, 0, 0, 2, 1) + name) + _record(0x000A)
    return _compound(head + sheet)


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(line: int, column: int, cell: Any) -> bytes:
    place = struct.pack("<HHH", line, column, 0)
    if isinstance(cell, int | float):
        return _record(0x0203, place + struct.pack("<d", cell))
    return _record(0x0204, place + struct.pack("<HB", len(cell), 1) + str(cell).encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """A file system with the one stream "Workbook": header, allocation table, directory, content."""
    stream = stream.ljust(4096, b"\x00")
    stream += b"\x00" * (-len(stream) % 512)
    sectors = len(stream) // 512
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    tables = -(-(sectors + 2) // 126)  # a few spare entries
    first = tables + 1
    chain = [table] * tables + [end] + [*range(first + 1, first + sectors), end]
    chain += [free] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *range(tables), *[free] * (109 - tables))
    root = _entry("Root Entry", 5, end, 0, child=1)
    directory = root + _entry("Workbook", 2, first, len(stream)) + bytes(256)
    return header + struct.pack(f"<{len(chain)}I", *chain) + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    letters = name.encode("utf-16-le").ljust(64, b"\x00")
    none = 0xFFFFFFFF
    head = letters + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, none, none, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
