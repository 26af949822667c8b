"""会议材料包: all materials of a meeting as one ZIP, a folder for each item, with a page that lists them offline.

The archive is written while it is sent: however large, it never stands in memory or on the disk as a whole.
"""

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.template.loader import render_to_string

from attachments.models import Attachment
from audit.services import subject_of
from common.dates import SHANGHAI
from governance.models import AgendaItem, Meeting

CHUNK = 64 * 1024
STYLE, OFFLINE_STYLE = "style.css", settings.BASE_DIR / "static/css/dossier.css"
LONGEST_FOLDER, LONGEST_FILE = 60, 100
FORBIDDEN = frozenset('<>:"/\\|?*')
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)


@dataclass(frozen=True)
class Paper:
    """One file: where it stands in the archive; `there` is false when the stored bytes are gone."""

    path: str
    name: str
    file: Attachment
    there: bool


@dataclass
class Folder:
    """One item with its files. A withheld one has a number alone."""

    order: int
    title: str
    name: str
    withheld: bool = False
    papers: list[Paper] = field(default_factory=list)


@dataclass(frozen=True)
class Pack:
    """What goes into the archive."""

    meeting: Meeting
    folders: list[Folder]

    @property
    def papers(self) -> list[Paper]:
        """Files whose bytes are there."""
        return [paper for folder in self.folders for paper in folder.papers if paper.there]

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(paper.file.size for paper in self.papers)


def pack_of(meeting: Meeting, readable: Iterable[AgendaItem]) -> Pack:
    """The folders in order of the agenda. `readable` are the items whose words the reader may see. One query for the files."""
    items = {item.pk: item for item in readable}
    files: dict[str, list[Attachment]] = {}
    subjects = [subject_of(item) for item in items.values()]
    for file in Attachment.objects.filter(subject__in=subjects).order_by("created_at", "pk"):
        files.setdefault(file.subject, []).append(file)
    folders = []
    for item in meeting.items.all():
        if item.pk not in items:
            folders.append(Folder(item.order, "", f"{item.order:02d}", withheld=True))
            continue
        name = f"{item.order:02d} {safe_name(item.title, LONGEST_FOLDER)}".strip()
        folder = Folder(item.order, item.title, name)
        folder.papers = list(_papers(name, files.get(subject_of(item), ())))
        folders.append(folder)
    return Pack(meeting, folders)


def _papers(folder: str, files: Iterable[Attachment]) -> Iterator[Paper]:
    used: set[str] = set()
    for file in files:
        name = _unused(safe_name(file.name, LONGEST_FILE), used)
        yield Paper(f"{folder}/{name}", name, file, there=file.file.storage.exists(file.file.name or ""))


def safe_name(raw: str, longest: int) -> str:
    """A name that Windows, macOS and Linux take and that never leads out of its folder; the ending stays."""
    plain = "".join(
        "_" if ch in FORBIDDEN else ch
        for ch in unicodedata.normalize("NFC", raw)
        if unicodedata.category(ch) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    plain = plain.strip(" .")
    stem, ending = PurePath(plain).stem, PurePath(plain).suffix[:12]
    kept = (stem[: longest - len(ending)].rstrip(" .") or "未命名") + ending
    return f"_{kept}" if stem.split(".")[0].casefold() in RESERVED else kept


def _unused(name: str, used: set[str]) -> str:
    """The name, numbered when another file of the folder has it (upper and lower case are one on Windows)."""
    stem, ending, number, found = PurePath(name).stem, PurePath(name).suffix, 1, name
    while found.casefold() in used:
        number += 1
        found = f"{stem} ({number}){ending}"
    used.add(found.casefold())
    return found


class _Pipe(io.RawIOBase):
    """Takes what the archive writes and gives it on; it cannot go back, so the archive does not try to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]  # any buffer
        self.parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def streamed(pack: Pack) -> Iterator[bytes]:
    """The archive, piece by piece. Files are stored as they are: nearly all of them are compressed already."""
    pipe = _Pipe()
    page = render_to_string("governance/pack_index.html", {"pack": pack, "meeting": pack.meeting, "style": STYLE})
    with ZipFile(pipe, "w", ZIP_STORED) as archive:
        with archive.open(_entry(pack.meeting, "index.html", ZIP_DEFLATED), "w") as out:
            out.write(page.encode())
        with archive.open(_entry(pack.meeting, STYLE, ZIP_DEFLATED), "w") as out:
            out.write(OFFLINE_STYLE.read_bytes())
        yield pipe.take()
        for paper in pack.papers:
            with (
                archive.open(_entry(pack.meeting, paper.path, ZIP_STORED), "w") as out,
                paper.file.file.open("rb") as source,
            ):
                while part := source.read(CHUNK):
                    out.write(part)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def _entry(meeting: Meeting, path: str, method: int) -> ZipInfo:
    at = meeting.scheduled_at.astimezone(SHANGHAI)
    entry = ZipInfo(path, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, 0))
    entry.compress_type = method
    entry.external_attr = 0o644 << 16
    return entry
