"""Looking into an upload before a byte of it is kept: virus test string, archives that burst, macros, XML that expands.

This is no virus scanner. It refuses what can be told from the file itself, within bounds of its own: nothing is written to
disk, and never is more than `MOST_AT_ONCE` of it unpacked into memory at a time.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePath
from typing import IO

OFFICE = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".pptx": "ppt/presentation.xml"}
ARCHIVES = frozenset({*OFFICE, ".zip"})
OLD_OFFICE = frozenset({".doc", ".xls"})
# In two halves, so that scanners do not take this module for the test file itself.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
OLE = b"\xd0\xcf\x11\xe0"
OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
MACRO_TYPES = (b"macroEnabled", b"vnd.ms-office.vbaProject")
PROGRAMS = frozenset(
    ".exe .dll .com .scr .msi .bat .cmd .ps1 .vbs .vbe .js .jse .wsf .hta .lnk .jar .reg .cpl .docm .xlsm .pptm".split()
)
DTD = tuple(mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be"))
CHUNK = 256 * 1024
MOST_ENTRIES = 3000
LARGEST_DIRECTORY = 2 * 1024 * 1024
MOST_UNPACKED = 256 * 1024 * 1024
MOST_AT_ONCE = 32 * 1024 * 1024  # a nested archive is unpacked into memory
RATIO, RATIO_FROM = 150, 10 * 1024 * 1024  # beyond the first 10 MiB, no honest document shrinks to a 150th
DEEPEST = 3
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"


class Suspicious(Exception):
    """Why the file is not taken, and what to do, as the end of a sentence that begins with its name."""


VIRUS = "含有病毒测试特征，没有保存。请先用杀毒软件检查这台电脑，再换一份干净的文件上传"
BROKEN = "打不开，可能没有存完整。用原来的软件重新保存一份再上传"
ENCRYPTED = "设有密码，不能检查内容。去掉密码再上传"
BURSTS = "解压后大得不正常，没有保存。只打包需要的文件，或逐份上传"
NESTED = "里压缩包套压缩包的层数太多，没有保存。解开后逐份上传"
MANY = f"里的文件太多（超过 {MOST_ENTRIES} 个）。分成几份，或逐份上传"
MACROS = "含有宏，没有保存。另存为不含宏的格式（.docx、.xlsx、.pptx）再上传"
EXPANDS = "里有会自行展开的 XML 定义，没有保存。用 Word、WPS 打开后另存一份再上传"
PROGRAM = "里有程序文件（{name}），没有保存。去掉程序文件再上传"
OUTSIDE = "里有指向别处的文件名，没有保存。重新打包再上传"
UNUSUAL = "用了少见的压缩方式，不能检查内容。用系统自带的压缩功能重新打包再上传"
NOT_THAT = "的内容与扩展名对不上，用原来的软件另存一份再上传"


@dataclass
class _Budget:
    """What may still be unpacked of one upload, nested archives included."""

    size: int
    unpacked: int = 0
    entries: int = 0

    def spend(self, amount: int) -> None:
        self.unpacked += amount
        if self.unpacked > MOST_UNPACKED or (self.unpacked > RATIO_FROM and self.unpacked > RATIO * self.size):
            raise Suspicious(BURSTS)

    def count(self, entries: int) -> None:
        self.entries += entries
        if self.entries > MOST_ENTRIES:
            raise Suspicious(MANY)


@dataclass
class _Watch:
    """Looks for marks in a stream that comes in pieces; a mark may lie across two of them."""

    marks: tuple[tuple[bytes, str], ...]
    _tail: bytes = field(default=b"")

    def see(self, piece: bytes) -> None:
        seen = self._tail + piece
        for mark, why in self.marks:
            if mark in seen:
                raise Suspicious(why)
        self._tail = seen[-128:]


def inspect(file: IO[bytes], ending: str, size: int) -> None:
    """Raise `Suspicious` with what is wrong; the file is left at its beginning."""
    try:
        file.seek(0)
        marks = ((EICAR, VIRUS), (OLE_MACROS, MACROS)) if ending in OLD_OFFICE else ((EICAR, VIRUS),)
        watch = _Watch(marks)
        for piece in _pieces(file.read):
            watch.see(piece)
        if ending in ARCHIVES:
            _archive(file, ending, _Budget(size), 1)
    finally:
        file.seek(0)


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(CHUNK):
        yield piece


def _archive(file: IO[bytes], ending: str, budget: _Budget, depth: int) -> None:
    if depth > DEEPEST:
        raise Suspicious(NESTED)
    _directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            budget.count(len(entries))
            _names(entries, ending)
            for entry in entries:
                _entry(archive, entry, ending, budget, depth)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, struct.error) as fault:
        raise Suspicious(BROKEN) from fault


def _directory(file: IO[bytes]) -> None:
    """Refuse a directory that would take long to read, before `zipfile` reads it."""
    file.seek(0)
    head = file.read(4)
    if head == OLE:
        raise Suspicious(ENCRYPTED)  # Office stores a document with a password in the old container
    end = file.seek(0, 2)
    file.seek(max(0, end - 65_600))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise Suspicious(BROKEN)
    entries, size = struct.unpack("<HL", tail[at + 10 : at + 16])
    if END_64 in tail[max(0, at - 20) : at] or entries > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        raise Suspicious(MANY)
    file.seek(0)


def _names(entries: list[zipfile.ZipInfo], ending: str) -> None:
    names = {entry.filename.lower() for entry in entries}
    if ending in OFFICE and not {"[content_types].xml", OFFICE[ending]} <= names:
        raise Suspicious(NOT_THAT)
    for entry in entries:
        parts = PurePath(entry.filename.replace("\\", "/"))
        if entry.flag_bits & 0x1:
            raise Suspicious(ENCRYPTED)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
            raise Suspicious(UNUSUAL)
        if parts.is_absolute() or ".." in parts.parts:
            raise Suspicious(OUTSIDE)
        if parts.name.lower() in MACRO_PARTS:
            raise Suspicious(MACROS)
        if parts.suffix.lower() in PROGRAMS:
            raise Suspicious(PROGRAM.format(name=parts.name[:60]))


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, ending: str, budget: _Budget, depth: int) -> None:
    """Unpack one entry piece by piece; what its header says of its size is not believed."""
    watch = _Watch(_marks(entry.filename.lower(), ending))
    kept: BytesIO | None = None
    with archive.open(entry) as stream:
        for number, piece in enumerate(_pieces(stream.read)):
            budget.spend(len(piece))
            watch.see(piece)
            if number == 0 and piece.startswith((b"PK\x03\x04", END)):
                kept = BytesIO()
            if kept is not None:
                if kept.tell() + len(piece) > MOST_AT_ONCE:
                    raise Suspicious(NESTED)
                kept.write(piece)
    if kept is not None:
        inner = PurePath(entry.filename).suffix.lower()
        _archive(kept, inner if inner in OFFICE else ".zip", budget, depth + 1)


def _marks(name: str, ending: str) -> tuple[tuple[bytes, str], ...]:
    marks: list[tuple[bytes, str]] = [(EICAR, VIRUS)]
    if ending in OFFICE and name.endswith((".xml", ".rels")):
        marks += [(mark, EXPANDS) for mark in DTD]
    if name == "[content_types].xml":
        marks += [(mark, MACROS) for mark in MACRO_TYPES]
    return tuple(marks)
