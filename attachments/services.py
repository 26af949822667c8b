"""Storing files: limits before anything is read, content checked against the ending."""

import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, models, transaction

from accounts.models import User
from attachments import registry
from attachments.inspection import ARCHIVES, ENCRYPTED, NOT_THAT, OLE, Suspicious, inspect
from attachments.models import Attachment
from audit.services import Fact, record_many, subject_of
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
UNNAMED = "附件"  # in facts, instead of a name that would tell something
CHECKED = "_checked_as"  # what an upload was found to be, kept on it for the rest of the request


def clean_name(raw: str) -> str:
    """The file's own name without folders and control characters, at most 120 characters, ending kept."""
    base = PurePath(raw.replace("\\", "/")).name
    kept = "".join(ch for ch in base if unicodedata.category(ch) not in {"Cc", "Cf", "Cs"}).strip(" .") or "文件"
    stem, ending = PurePath(kept).stem, PurePath(kept).suffix
    return stem[: 120 - len(ending)] + ending


def check_upload(upload: UploadedFile) -> str:
    """The ending, or a refusal that says what can be uploaded. Looked into once, however many doors and services ask."""
    checked: str = getattr(upload, CHECKED, "")
    if not checked:
        checked = _looked_into(upload)
        setattr(upload, CHECKED, checked)
    return checked


def _looked_into(upload: UploadedFile) -> str:
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
    if ending in ARCHIVES and head.startswith(OLE):
        raise InvalidInput([Fault("file", f"“{name}”{ENCRYPTED}")])
    if (starts and not head.startswith(starts)) or (not starts and b"\x00" in head):
        raise InvalidInput([Fault("file", f"“{name}”{NOT_THAT}")])
    try:
        inspect(cast(IO[bytes], upload.file), ending, size)
    except Suspicious as why:
        raise InvalidInput([Fault("file", f"“{name}”{why}")]) from why
    return ending


def fact_of(kind: str, attachment: Attachment, *, secret: bool | None = None, **data: Any) -> Fact:
    """A fact about a file and what it belongs to. Its name is left out when that is restricted (`secret`: asked already)."""
    if secret is None:
        secret = registry.is_secret(attachment.subject)
    text = UNNAMED if secret else None
    return Fact(kind, attachment, attachment.school_id, {"of": attachment.subject, **data}, text=text)


@transaction.atomic
def attach(*, upload: UploadedFile, on: models.Model, school: School | None, by: User, at: datetime) -> Attachment:
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
    try:
        attachment.commit(at)
        record_many([fact_of("attachments.file.added", attachment, size=attachment.size)], by=by, at=at)
    except BaseException:  # no row, no bytes
        attachment.file.delete(save=False)
        raise
    return attachment


@transaction.atomic
def detach(*, attachment: Attachment, by: User | None, at: datetime) -> None:
    """Remove a file from its subject; the stored bytes go once the change is certain. Whether it may go is the caller's part."""
    record_many([fact_of("attachments.file.removed", attachment, sha256=attachment.sha256)], by=by, at=at)
    file, school_id = attachment.file, attachment.school_id
    attachment.delete()

    def drop() -> None:
        """Copies share the stored file (`copy_to`); the last row takes it along."""
        if not Attachment.objects.filter(school=school_id, file=file.name).exists():
            file.delete(save=False)

    transaction.on_commit(drop)


@transaction.atomic
def copy_to(*, files: Sequence[Attachment], on: models.Model, by: User, at: datetime) -> list[Attachment]:
    """Give another subject the same files: rows of its own that share what is stored. Files removed meanwhile are left out."""
    rows = Attachment.objects.filter(pk__in=[file.pk for file in files]).order_by("pk")
    if connection.features.has_select_for_update:  # none of them loses its bytes before the copy is certain
        rows = rows.select_for_update()
    found = {row.pk: row for row in rows}
    copies = []
    for original in (found[file.pk] for file in files if file.pk in found):
        copy = Attachment(
            school_id=original.school_id,
            subject=subject_of(on),
            name=original.name,
            file=original.file.name,
            size=original.size,
            media_type=original.media_type,
            sha256=original.sha256,
            uploaded_by_id=original.uploaded_by_id,
        )
        copy.stamp(at)
        copies.append(copy)
    Attachment.objects.bulk_create(copies)
    secret = registry.is_secret(subject_of(on)) if copies else False
    facts = [fact_of("attachments.file.added", copy, secret=secret, size=copy.size, copied=True) for copy in copies]
    if facts:
        record_many(facts, by=by, at=at)
    return copies
