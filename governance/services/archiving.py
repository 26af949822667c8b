"""归档 (structures.md 5.5), and what it waits for: a scan of the minutes as they were signed by hand (签字扫描件)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.services import attach, check_upload, clean_name, detach
from audit.services import record
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_record
from governance.keeping import SCAN_ENDINGS, scans_of
from governance.models import Meeting, MeetingStatus
from governance.services.base import begin, finish, locked

MOST_SCANS = 9
SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


@transaction.atomic
def archive_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """归档: the attachments are complete, that is, at least one scan of the signed original is there."""
    meeting, step = begin(meeting, "archive", by, version, with_record=False)
    if not scans_of(meeting):
        raise WrongState("还缺签字扫描件。上传签字后的纪要原件（PDF 或照片），再归档。")
    meeting.archived_by, meeting.archived_at = by, at
    return finish(meeting, step, by, at, scans=len(scans_of(meeting)))


@transaction.atomic
def attach_scans(
    *, meeting: Meeting, files: Sequence[UploadedFile], version: int | None = None, by: User, at: datetime
) -> Meeting:
    """Add scans of the signed original, once the minutes are signed; also after 归档, for a correction is signed by hand as well."""
    meeting = _begin(meeting, version, by, SIGNED)
    if faults := _faults(files):
        raise InvalidInput(faults)
    for upload in files:
        attach(upload=upload, on=meeting, school=meeting.school, by=by, at=at)
    return _told(
        meeting, "governance.meeting.scan_added", by, at, names=[clean_name(file.name or "") for file in files]
    )


@transaction.atomic
def remove_scan(*, meeting: Meeting, scan: UUID, version: int | None = None, by: User, at: datetime) -> Meeting:
    """Take a scan away, before 归档 only."""
    meeting = _begin(meeting, version, by, (MeetingStatus.SIGNED,))
    found = next((file for file in scans_of(meeting) if file.pk == scan), None)
    if found is None:
        raise WrongState("这份扫描件已经移除。刷新页面看最新情况。")
    detach(attachment=found, by=by, at=at)
    return _told(meeting, "governance.meeting.scan_removed", by, at, names=[found.name])


def _begin(meeting: Meeting, version: int | None, by: User, states: Sequence[str]) -> Meeting:
    meeting = locked(meeting, with_record=False)
    if version is not None and version != meeting.version:
        raise Stale("刚才有人办理过这次会议。看过最新情况再办。")
    if not may_record(meeting, by):
        raise NotAllowed("签字扫描件由书记、校长或党政办管理。")
    if meeting.status not in states:
        why = "扫描件不能再移除" if meeting.status == MeetingStatus.ARCHIVED else "签发后再上传签字扫描件"
        raise WrongState(f"现在是“{meeting.get_status_display()}”，{why}。")
    return meeting


def _faults(files: Sequence[UploadedFile]) -> list[Fault]:
    if not files:
        return [Fault("scans", "选择签字后的纪要扫描件")]
    if len(files) > MOST_SCANS:
        return [Fault("scans", f"一次最多传 {MOST_SCANS} 份，现在有 {len(files)} 份，分两次传")]
    faults = []
    for upload in files:
        name = clean_name(upload.name or "")
        if PurePath(name).suffix.lower() not in SCAN_ENDINGS:
            faults.append(Fault("scans", f"“{name}”不是扫描件。传 PDF 或照片（jpg、png）"))
            continue
        try:
            check_upload(upload)
        except InvalidInput as refusal:
            faults += [Fault("scans", fault.reason) for fault in refusal.faults]
    return faults


def _told(meeting: Meeting, kind: str, by: User, at: datetime, names: Sequence[str]) -> Meeting:
    meeting.commit(at)
    record(
        kind, by=by, at=at, on=meeting, school_id=meeting.school_id, url=meeting.get_absolute_url(), names=list(names)
    )
    return meeting
