"""Looking into an .xlsx before it is parsed: is it one, how many rows has it, which cells compute.

An .xlsx is a zip of XML. Its sheets are scanned here while they unpack, with limits, so that a file of 100,000 rows or
a zip bomb is refused after its first pieces; the reader itself does not tell formulas from values.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import NoReturn
from xml.parsers import expat
from zlib import error as DeflateError

from schools.roster.table import DAMAGED, MAX_FILLED_ROWS, NOT_A_TABLE, TOO_BIG_INSIDE, Unreadable

MAGIC = b"PK\x03\x04"
MAX_UNPACKED = 64 * 1024 * 1024  # of all sheets together
MAX_PARTS = 1_000
CHUNK = 64 * 1024
REF = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass
class Scan:
    """What the scan of one sheet found."""

    formulas: set[tuple[int, int]] = field(default_factory=set)
    too_long: bool = False


def scan(data: bytes) -> dict[str, Scan]:
    """The scan of each sheet by its name. Raises `Unreadable`."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _scan(archive)
    except (
        zipfile.BadZipFile,
        DeflateError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as fault:
        raise Unreadable(DAMAGED) from fault


def _scan(archive: zipfile.ZipFile) -> dict[str, Scan]:
    names = archive.namelist()
    if "xl/workbook.xml" not in names:
        raise Unreadable(NOT_A_TABLE)
    if len(names) > MAX_PARTS:
        raise Unreadable(TOO_BIG_INSIDE)
    targets = {
        a.get("Id", ""): a.get("Target", "") for a in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    left, scans = MAX_UNPACKED, {}
    for attributes in _elements(archive, "xl/workbook.xml", "sheet"):
        target = targets.get(next((value for key, value in attributes.items() if key.endswith(":id")), ""), "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in names:
            scans[attributes.get("name", "")], left = _scan_sheet(archive, part, left)
    return scans


def _scan_sheet(archive: zipfile.ZipFile, part: str, left: int) -> tuple[Scan, int]:
    scanner = _Scanner()
    with archive.open(part) as stream:
        while not scanner.scan.too_long:
            chunk = stream.read(CHUNK)
            left -= len(chunk)
            if left < 0:
                raise Unreadable(TOO_BIG_INSIDE)
            scanner.feed(chunk)
            if not chunk:
                break
    return scanner.scan, left


class _Scanner:
    """Reads the XML of one sheet as it arrives."""

    def __init__(self) -> None:
        self.scan = Scan()
        self.row, self.column = -1, -1
        self.filled = 0
        self.row_is_filled = False
        self.parser = _parser(self._start)

    def feed(self, chunk: bytes) -> None:
        """Take one more piece; an empty one ends the sheet."""
        try:
            self.parser.Parse(chunk, not chunk)
        except expat.ExpatError as fault:
            raise Unreadable(DAMAGED) from fault

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._start_row(attributes.get("r", ""))
        elif tag == "c":
            reference = attributes.get("r")
            self.row, self.column = _place(reference) if reference else (self.row, self.column + 1)
        elif tag in ("v", "is", "f"):
            if tag == "f":
                self.scan.formulas.add((self.row, self.column))
            self._fill()

    def _start_row(self, number: str) -> None:
        self.row = int(number) - 1 if number.isdecimal() else self.row + 1
        self.column, self.row_is_filled = -1, False

    def _fill(self) -> None:
        if not self.row_is_filled:
            self.row_is_filled = True
            self.filled += 1
            self.scan.too_long = self.filled > MAX_FILLED_ROWS


def _place(reference: str) -> tuple[int, int]:
    """B3 → (2, 1): row and column from 0."""
    match = REF.fullmatch(reference)
    if match is None:
        raise Unreadable(DAMAGED)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _elements(archive: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    """The attributes of all elements of that name in a small part of the archive."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == wanted:
            found.append(attributes)

    try:
        with archive.open(part) as stream:
            _parser(start).Parse(stream.read(16 * CHUNK), True)
    except (KeyError, expat.ExpatError) as fault:
        raise Unreadable(DAMAGED) from fault
    return found


def _parser(start: Callable[[str, dict[str, str]], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> NoReturn:
    raise Unreadable(DAMAGED)  # entities are declared there; no spreadsheet program writes one
