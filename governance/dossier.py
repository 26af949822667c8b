"""检查卷宗: what goes into the ZIP of a school and period, for the account that asked for it.

A folder a meeting: a page with attendance, votes, findings, decisions, tasks and materials; the minutes for reading and for
printing; sheets of votes and of attendance; materials and scans. `index.html` opens from the folder without a network and
without scripts. Of items that the account may not read no word is in it: they are counted and named as withheld.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string

from accounts.models import User
from attachments.models import Attachment
from attachments.selectors import files_of
from audit.services import subject_of
from checklists.models import Task
from common.dates import SHANGHAI, at_hour
from governance import shown
from governance.documents import attendance_sheet, docx_minutes, vote_sheet
from governance.documents.reading import for_minutes, printed_minutes
from governance.models import Attendance, Decision, Dossier, Meeting, MeetingStatus
from governance.models.meetings import HELD_OR_LATER
from governance.pack import pack_of, safe_name
from governance.reference import reference_for
from governance.secrecy import WITHHELD, hidden_of, kept
from governance.selectors import may_read_files, stored_results
from schools.models import School
from schools.permissions import Body

MOST_MEETINGS = 200
LONGEST_NAME = 100
CHUNK = 256 * 1024
INDEX, STYLE, MANIFEST, SUMS = "index.html", "style.css", "manifest.json", "SHA256SUMS"
HELD = (*HELD_OR_LATER, MeetingStatus.CANCELLED)


def meetings_of(user: User, school: School, body: str, since: date, until: date) -> QuerySet[Meeting]:
    """Meetings of that school and period that took place or lapsed, within the account's sight; the earliest first."""
    rows = Meeting.objects.visible_to(user).filter(
        school=school, held_at__isnull=False, status__in=HELD, scheduled_at__gte=at_hour(since, time.min),
        scheduled_at__lt=at_hour(until + timedelta(days=1), time.min),
    )  # fmt: skip
    return (rows.filter(body=body) if body else rows).order_by("scheduled_at", "pk")


@dataclass(frozen=True)
class Entry:
    """One file in the ZIP, as the manifest names it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Listed:
    """One meeting in the index."""

    title: str
    number: str
    when: datetime
    body: str
    status: str
    path: str
    items: int
    withheld: int
    decisions: int


@dataclass
class Contents:
    """What has been put in so far."""

    entries: list[Entry] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    withheld: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class Writer:
    """Writes the ZIP file by file and keeps the sum of each."""

    def __init__(self, target: IO[bytes], dossier: Dossier, user: User, at: datetime) -> None:
        self._zip = ZipFile(target, "w", ZIP_DEFLATED)
        self._stamp = at.astimezone(SHANGHAI)
        self.dossier, self.user, self.at = dossier, user, at
        self.contents = Contents()

    def put(self, path: str, content: bytes) -> None:
        """One file from memory."""
        self._zip.writestr(self._info(path), content)
        self.contents.entries.append(Entry(path, len(content), hashlib.sha256(content).hexdigest()))

    def copy(self, path: str, file: Attachment) -> bool:
        """One stored file, in pieces; False when its bytes are gone."""
        digest, size = hashlib.sha256(), 0
        try:
            source = file.file.open("rb")
        except FileNotFoundError:
            self.contents.missing.append(path)
            return False
        with source, self._zip.open(self._info(path), "w") as out:
            for piece in iter(lambda: source.read(CHUNK), b""):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        self.contents.entries.append(Entry(path, size, digest.hexdigest()))
        return True

    def _info(self, path: str) -> ZipInfo:
        info = ZipInfo(path, self._stamp.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o640 << 16
        return info

    # ---- meetings ----

    def meeting(self, pk: UUID) -> Meeting:
        """Everything of one meeting."""
        meeting = for_minutes(Meeting.objects.all()).get(pk=pk)
        items = list(meeting.items.all())
        hidden = hidden_of(self.user, items)
        gone = frozenset(str(pk) for pk in hidden)
        folder = safe_name(f"{meeting.number()} {meeting.get_body_display()}", LONGEST_NAME)
        reference = reference_for(meeting)
        minutes = printed_minutes(meeting, reference, gone)
        note = f"检查卷宗 {self.dossier.pk}"
        papers: list[tuple[str, str]] = []
        self._page(
            papers, f"{folder}/纪要.html", "governance/dossier_minutes.html", {"minutes": minutes, "meeting": meeting}
        )
        self._paper(papers, f"{folder}/纪要.docx", docx_minutes.build(meeting, reference, gone, note))
        votes = vote_sheet.vote_sheet_of(meeting, gone)
        self._paper(
            papers, f"{folder}/表决票汇总.docx", vote_sheet.build(votes, author=self.user.name, note=note, at=self.at)
        )
        sheet = attendance_sheet.attendance_sheet_of(meeting)
        self._paper(
            papers, f"{folder}/签到表.docx", attendance_sheet.build(sheet, author=self.user.name, note=note, at=self.at)
        )
        decisions = self._decisions(meeting, hidden)
        context = {
            "meeting": meeting,
            "tag": shown.status_tag(meeting)[1],
            "papers": papers,
            "members": list(meeting.members.all()),
            "present": Attendance.PRESENT,
            "votes": votes,
            "head": vote_sheet.HEAD,
            "results": [shown.named(result) for result in kept(stored_results(meeting), hidden)],
            "decisions": decisions,
            "materials": self._materials(meeting, folder, hidden),
            "scans": self._scans(meeting, folder),
            "scans_withheld": bool(hidden),
            "withheld": WITHHELD,
        }
        self._page([], f"{folder}/会议.html", "governance/dossier_meeting.html", context)
        self.contents.included += [str(item.pk) for item in items if item.pk not in hidden]
        self.contents.withheld += [
            {"meeting": meeting.number(), "body": meeting.body, "order": item.order}
            for item in items
            if item.pk in hidden
        ]
        self.contents.listed.append(
            Listed(
                meeting.title(),
                meeting.number() or "",
                meeting.scheduled_at,
                meeting.body,
                shown.status_tag(meeting)[1],
                f"{folder}/会议.html",
                len(items),
                len(hidden),
                len(decisions),
            )
        )
        return meeting

    def _page(self, papers: list[tuple[str, str]], path: str, template: str, context: dict[str, Any]) -> None:
        root = "../" * path.count("/")
        page = render_to_string(
            template, {**context, "style": root + STYLE, "index": root + INDEX, "dossier": self.dossier}
        )
        self._paper(papers, path, page.encode())

    def _paper(self, papers: list[tuple[str, str]], path: str, content: bytes) -> None:
        self.put(path, content)
        papers.append((PurePath(path).name, PurePath(path).name))

    def _materials(self, meeting: Meeting, folder: str, hidden: set[UUID]) -> list[dict[str, Any]]:
        """The files of each item, in a folder of its own; of a withheld item its number alone."""
        readable = [item for item in meeting.items.all() if item.pk not in hidden]
        rows = []
        for place in pack_of(meeting, readable).folders:
            files = []
            for paper in place.papers:
                path = f"材料/{paper.path}"
                if self.copy(f"{folder}/{path}", paper.file):
                    files.append({"path": path, "name": paper.name, "size": paper.file.size})
            rows.append({"order": place.order, "title": place.title, "withheld": place.withheld, "files": files})
        return rows

    def _scans(self, meeting: Meeting, folder: str) -> list[dict[str, Any]]:
        """Files of the meeting itself, such as the signed original; only for who may read all of its items."""
        if not may_read_files(self.user, meeting.pk):
            return []
        files = []
        for number, scan in enumerate(files_of([meeting])[subject_of(meeting)], start=1):
            name = f"{number:02d} {safe_name(scan.name, LONGEST_NAME)}"
            if self.copy(f"{folder}/签发件/{name}", scan):
                files.append({"path": f"签发件/{name}", "name": scan.name, "size": scan.size})
        return files

    def _decisions(self, meeting: Meeting, hidden: set[UUID]) -> list[dict[str, Any]]:
        """Decisions with the tasks the account may see."""
        rows = Decision.objects.filter(meeting=meeting).exclude(item__in=hidden).order_by("number")
        decisions = list(rows)
        tasks: dict[Any, list[Task]] = {}
        wanted = Task.objects.visible_to(self.user).filter(checklist__in=[row.checklist_id for row in decisions])
        for task in wanted.select_related("responsible").order_by("order", "pk"):
            tasks.setdefault(task.checklist_id, []).append(task)
        return [{"decision": row, "tasks": tasks.get(row.checklist_id, [])} for row in decisions]

    # ---- the end ----

    def finish(self) -> None:
        """Index, manifest and sums; nothing can be added afterwards."""
        dossier, contents = self.dossier, self.contents
        self.put(STYLE, (settings.BASE_DIR / "static/css/dossier.css").read_bytes())
        context = {
            "dossier": dossier,
            "which": Body(dossier.body).label if dossier.body else "党组织会议、校长办公会议",
            "rows": contents.listed,
            "withheld": len(contents.withheld),
            "missing": contents.missing,
            "by": self.user,
            "at": self.at,
            "style": STYLE,
        }
        self.put(INDEX, render_to_string("governance/dossier_index.html", context).encode())
        manifest = {
            "format": "fenghua-dossier/1",
            "id": str(dossier.pk),
            "school": {"code": dossier.school.code, "name": dossier.school.name},
            "body": dossier.body or None,
            "since": str(dossier.since),
            "until": str(dossier.until),
            "made_at": self.at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "made_for": self.user.name,
            "meetings": len(contents.listed),
            "withheld": contents.withheld,
            "missing": contents.missing,
            "files": [entry.__dict__ for entry in contents.entries],
        }
        self.put(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        sums = "".join(f"{entry.sha256}  {entry.path}\n" for entry in contents.entries)
        self._zip.writestr(self._info(SUMS), sums.encode())
        self._zip.close()
