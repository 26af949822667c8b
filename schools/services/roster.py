"""Importing the roster: check, look, confirm. Nothing of the schools is written before the confirmation, then all or nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.errors import DomainError, NotAllowed, Stale, WrongState
from schools import access
from schools.models import RosterUpload
from schools.permissions import SchoolPerm
from schools.roster.preview import Preview, compare, digest, name_clashes
from schools.roster.reading import Reading, RowFault, read
from schools.selectors import stored_roster
from schools.services.schools import SchoolRow, put_schools

IMPORT_LOCK = 0x524F5354  # one import at a time, whatever file it comes from
MAX_FAULTS = 2_000  # of one file that are kept; more of them say nothing new
Status = RosterUpload.Status


class FaultyRoster(DomainError):
    """A roster with faults is not imported; `faults` names them."""

    title = "名册有几处要改"

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(f"有 {len(faults)} 处要改，改好才能导入。")
        self.faults = tuple(faults)


def may_import(user: User) -> bool:
    """The organisation section imports the roster (manage_roster)."""
    return access.school_ids(user, SchoolPerm.MANAGE_ROSTER).everywhere


def check_roster(*, data: bytes, filename: str, by: User, at: datetime) -> RosterUpload:
    """Read a file and keep what it says. Raises `Unreadable` when it is no table; then nothing is kept."""
    _require(by)
    reading = read(data)
    with transaction.atomic():
        upload = RosterUpload(uploaded_by=by, filename=_plain(filename))
        _judge(upload, reading, at)
        _told_of_check(upload, by, at)
    return upload


@transaction.atomic
def recheck_roster(*, upload: RosterUpload, by: User, at: datetime) -> RosterUpload:
    """Hold the rows kept from a file against the roster as it is now."""
    _require(by)
    upload = RosterUpload.objects.select_for_update().get(pk=upload.pk)
    if upload.status not in (Status.CHECKED, Status.EXPIRED):
        raise WrongState("这份名册不能重新核对。重新上传文件。")
    kept = Reading(rows_of(upload), list(upload.counts.get("lines", [])), [], list(upload.counts.get("notes", [])))
    _judge(upload, kept, at)
    _told_of_check(upload, by, at)
    return upload


@transaction.atomic
def confirm_import(*, upload: RosterUpload, version: int | None, by: User, at: datetime) -> RosterUpload:
    """Write the checked rows, all or none. Refused when the roster changed since the check, or somebody was first."""
    _require(by)
    one_at_a_time()
    upload = RosterUpload.objects.select_for_update(of=("self",)).select_related("confirmed_by").get(pk=upload.pk)
    if upload.status == Status.CONFIRMED:
        raise WrongState(f"{upload.confirmed_by} 已导入这份名册，没有重复导入。")
    if upload.status == Status.FAULTY:
        raise WrongState("这份名册还有几处要改。改好文件，重新上传。")
    stored = stored_roster()
    if upload.status == Status.EXPIRED or digest(stored) != upload.basis:
        raise WrongState("核对之后学校名册又有变化。重新核对，再确认导入。")
    if version is not None and version != upload.version:
        raise Stale("刚才有人重新核对过这份名册。看过最新结果再确认。")
    preview = _write(rows_of(upload), stored, by, at)
    upload.status, upload.confirmed_at, upload.confirmed_by = Status.CONFIRMED, at, by
    upload.commit(at)
    RosterUpload.objects.filter(status=Status.CHECKED).update(status=Status.EXPIRED, updated_at=at)
    record("schools.roster.imported", by=by, at=at, on=upload, **preview.counts)
    return upload


def import_roster(*, data: bytes, by: User | None, at: datetime, dry_run: bool = False) -> tuple[Preview, list[str]]:
    """Check and write in one go (the command); returns what was or would be changed, and remarks.

    Raises `Unreadable` or `FaultyRoster`. `by` None is the operator of the machine.
    """
    if by is not None:
        _require(by)
    reading = read(data)
    with transaction.atomic():
        one_at_a_time()
        stored = stored_roster()
        faults = reading.faults + name_clashes(reading.rows, reading.lines, stored)
        if faults:
            raise FaultyRoster(faults)
        if dry_run:
            return compare(reading.rows, stored), reading.notes
        preview = _write(reading.rows, stored, by, at)
        record("schools.roster.imported", by=by, at=at, **preview.counts)
    return preview, reading.notes


def rows_of(upload: RosterUpload) -> list[SchoolRow]:
    """The rows kept from the file."""
    return [SchoolRow(**row) for row in upload.rows]


def _require(by: User) -> None:
    if not may_import(by):
        raise NotAllowed("名册由组织科导入。")


def one_at_a_time() -> None:
    """Two writers of the roster queue up, also with two files; SQLite's transactions do so by themselves (IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


def _plain(filename: str) -> str:
    kept = "".join(char for char in filename if char.isprintable())
    return kept[-200:] or "名册"


def _judge(upload: RosterUpload, reading: Reading, at: datetime) -> None:
    stored = stored_roster()
    faults = reading.faults + name_clashes(reading.rows, reading.lines, stored)
    upload.status = Status.FAULTY if faults else Status.CHECKED
    upload.basis = digest(stored)
    upload.rows = [asdict(row) for row in reading.rows]
    upload.faults = [asdict(fault) for fault in sorted(faults, key=lambda fault: fault.row)[:MAX_FAULTS]]
    upload.counts = {
        **compare(reading.rows, stored).counts,
        "faults": len(faults),
        "faulty_rows": len({fault.row for fault in faults}),
        "lines": reading.lines,
        "notes": reading.notes,
    }
    upload.commit(at)


def _told_of_check(upload: RosterUpload, by: User, at: datetime) -> None:
    counts: dict[str, Any] = {key: value for key, value in upload.counts.items() if isinstance(value, int)}
    record("schools.roster.checked", by=by, at=at, on=upload, **counts)


def _write(rows: Sequence[SchoolRow], stored: dict[str, dict[str, Any]], by: User | None, at: datetime) -> Preview:
    preview = compare(rows, stored)
    changing = preview.to_write
    put_schools([row for row in rows if row.code in changing], by=by, at=at)
    return preview
