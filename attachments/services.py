"""Storing files: limits before anything is read, content checked against the ending."""

import hashlib
import unicodedata
from datetime import datetime
from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from accounts.models import User
from attachments.models import Attachment
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput
from schools.models import School

# Ending → media type and the bytes such a file starts with.
KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (b"PK\x03\x04",)),
    ".doc": ("application/msword", (b"\xd0\xcf\x11\xe0",)),
    ".xls": ("application/vnd.ms-excel", (b"\xd0\xcf\x11\xe0",)),
    ".zip": ("application/zip", (b"PK\x03\x04",)),
    ".txt": ("text/plain", ()),
}
ACCEPT = ",".join(KINDS)


def clean_name(raw: str) -> str:
    """The file's own name without folders and control characters, at most 120 characters, ending kept."""
    base = PurePath(raw.replace("\\", "/")).name
    kept = "".join(ch for ch in base if unicodedata.category(ch) not in {"Cc", "Cf", "Cs"}).strip(" .") or "文件"
    stem, ending = PurePath(kept).stem, PurePath(kept).suffix
    return stem[: 120 - len(ending)] + ending


def check_upload(upload: UploadedFile) -> str:
    """The ending, or a refusal that says what can be uploaded."""
    name = clean_name(upload.name or "")
    ending = PurePath(name).suffix.lower()
    limit = settings.UPLOAD_LIMIT // (1024 * 1024)
    size = upload.size or 0
    if ending not in KINDS:
        raise InvalidInput([Fault("file", f"“{name}”这种文件不能上传。可用：{'、'.join(sorted(KINDS))}")])
    if size > settings.UPLOAD_LIMIT:
        raise InvalidInput([Fault("file", f"“{name}”有 {size / 1048576:.0f} MB。压缩到 {limit} MB 以内再上传")])
    if size == 0:
        raise InvalidInput([Fault("file", f"“{name}”是空文件，换一份再上传")])
    head = upload.read(16)
    upload.seek(0)
    starts = KINDS[ending][1]
    if (starts and not head.startswith(starts)) or (not starts and b"\x00" in head):
        raise InvalidInput([Fault("file", f"“{name}”的内容与扩展名对不上，用原来的软件另存一份再上传")])
    return ending


@transaction.atomic
def attach(*, upload: UploadedFile, on: models.Model, school: School, by: User, at: datetime) -> Attachment:
    """Store a file with its subject. The stored name is the id; the shown name is cleaned."""
    ending = check_upload(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    attachment = Attachment(
        school=school,
        subject=subject_of(on),
        name=clean_name(upload.name or ""),
        size=upload.size or 0,
        media_type=KINDS[ending][0],
        sha256=digest.hexdigest(),
        uploaded_by=by,
    )
    attachment.file.save(f"{local_day(at):%Y/%m}/{attachment.pk.hex}{ending}", upload, save=False)
    attachment.commit(at)
    record(
        "attachments.file.added",
        by=by,
        at=at,
        on=attachment,
        school_id=school.pk,
        of=attachment.subject,
        size=attachment.size,
    )
    return attachment


@transaction.atomic
def detach(*, attachment: Attachment, by: User, at: datetime) -> None:
    """Remove a file from its subject; the stored bytes go once the change is certain. Whether it may go is the caller's part."""
    record(
        "attachments.file.removed",
        by=by,
        at=at,
        on=attachment,
        school_id=attachment.school_id,
        of=attachment.subject,
        sha256=attachment.sha256,
    )
    file = attachment.file
    attachment.delete()
    transaction.on_commit(lambda: file.delete(save=False))
