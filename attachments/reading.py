"""The words of a file, read in a process of its own: `python -m attachments.reading .pdf < file`, one JSON line on stdout.

Files come from outside, and the libraries that read them were not written for enemies. The process has little memory and
little time, knows neither database nor settings, and whatever happens to it the portal goes on.
"""

import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

MOST = 200_000  # characters that are kept
PAGES, CELLS = 400, 200_000
SECONDS, MEMORY = 25, 1024 * 1024 * 1024
NO_WORDS = "文件里没有文字（可能是扫描件或图片）"
LOCKED = "文件设有密码"
UNREADABLE = "文件打不开，读不出文字"


class NoText(Exception):
    """Why there are no words, in Chinese."""


def read(content: bytes, ending: str) -> str:
    """The words of a file with that ending, at most `MOST` characters; raises `NoText`."""
    text = _limited(READERS[ending](content))
    if not text.strip():
        raise NoText(NO_WORDS)
    return text


def _limited(pieces: Iterable[str]) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        line = " ".join(piece.replace("\x00", "").split())
        if not line:
            continue
        kept.append(line)
        length += len(line) + 1
        if length >= MOST:
            break
    return "\n".join(kept)[:MOST]


def _plain(content: bytes) -> Iterator[str]:
    codes = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for code in codes:
        try:
            yield from content.decode(code).splitlines()
            return
        except UnicodeDecodeError:
            continue
    raise NoText("文字编码认不出来，用记事本另存为 UTF-8")


def _word(content: bytes) -> Iterator[str]:
    import docx
    from docx.oxml.ns import qn

    body = docx.Document(BytesIO(content)).element.body
    for paragraph in body.iter(qn("w:p")):
        yield "".join(text.text or "" for text in paragraph.iter(qn("w:t")))


def _slides(content: bytes) -> Iterator[str]:
    from defusedxml.ElementTree import parse

    name = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    with zipfile.ZipFile(BytesIO(content)) as archive:
        slides = [
            found for entry in archive.namelist() if (found := re.fullmatch(r"ppt/slides/slide(\d+)\.xml", entry))
        ]
        for slide in sorted(slides, key=lambda found: int(found[1]))[:PAGES]:
            with archive.open(slide[0]) as stream:
                for paragraph in parse(stream).iter(f"{name}p"):
                    yield "".join(text.text or "" for text in paragraph.iter(f"{name}t"))


def _sheets(content: bytes) -> Iterator[str]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(content))
    left = CELLS
    for name in book.sheet_names:
        yield name
        for row in book.get_sheet_by_name(name).to_python(skip_empty_area=True):
            left -= len(row)
            if left < 0:
                return
            yield " ".join(str(cell) for cell in row if cell not in ("", None))


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise NoText(LOCKED)
    for number, page in enumerate(reader.pages):
        if number >= PAGES:
            return
        yield from page.extract_text().splitlines()


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".txt": _plain,
    ".docx": _word,
    ".pptx": _slides,
    ".xlsx": _sheets,
    ".xls": _sheets,
    ".pdf": _pdf,
}


def _bounded() -> None:
    """Little memory and little time, where the system can say so."""
    try:
        import resource
    except ImportError:  # not on Windows; the parent's own time limit stands
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def main() -> None:
    """Read the file on stdin and say what was found."""
    import logging
    import warnings

    _bounded()
    logging.disable()
    warnings.simplefilter("ignore")
    answer: dict[str, Any]
    try:
        answer = {"text": read(sys.stdin.buffer.read(), sys.argv[1])}
    except NoText as why:
        answer = {"reason": str(why)}
    except Exception as fault:
        answer = {"reason": UNREADABLE, "fault": type(fault).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
