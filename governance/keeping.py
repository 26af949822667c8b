"""What is kept of signed minutes: sealed versions, a correction that waits for its answer, scans of the signed original. Pure reading."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from attachments.models import Attachment
from audit.services import subject_of
from governance.models import Meeting, MinutesVersion
from governance.models.confirming import VersionState
from governance.record import record_of

SCAN_ENDINGS = (".pdf", ".jpg", ".jpeg", ".png")
SCAN_TYPES = ("application/pdf", "image/jpeg", "image/png")
_SCANS, _VERSIONS = "_signed_originals", "_minutes_versions"


def versions_of(meeting: Meeting) -> list[MinutesVersion]:
    """Every version, the first one first, with who asked and who answered; read once for each instance."""
    if not hasattr(meeting, _VERSIONS):
        rows = meeting.minutes_versions.select_related("asked_by", "settled_by").order_by("number")
        setattr(meeting, _VERSIONS, list(rows))
    versions: list[MinutesVersion] = getattr(meeting, _VERSIONS)
    return versions


def sealed_version(meeting: Meeting) -> MinutesVersion | None:
    """The text that stands: the latest sealed version. None for minutes signed before versions were kept."""
    sealed = [version for version in versions_of(meeting) if version.state == VersionState.SEALED]
    return sealed[-1] if sealed else None


def asked_version(meeting: Meeting) -> MinutesVersion | None:
    """The correction that waits for its answer."""
    return next((version for version in versions_of(meeting) if version.state == VersionState.ASKED), None)


def why_not_now(meeting: Meeting, standing: MinutesVersion | None) -> str:
    """Why no correction can be asked for (in Chinese), or an empty text. `standing` is the version that stands."""
    if asked_version(meeting) is not None:
        return "已经有一份更正在等签发人答复，等答复了再提。"
    if standing is None:
        return "这份纪要签发时系统还没有封存版本，不能在线更正。请在原件上更正后上传扫描件。"
    return ""


def scans_of(meeting: Meeting) -> list[Attachment]:
    """Scans of the signed original, the oldest first; read once for each instance."""
    if not hasattr(meeting, _SCANS):
        rows = Attachment.objects.filter(subject=subject_of(meeting), media_type__in=SCAN_TYPES)
        setattr(meeting, _SCANS, list(rows.select_related("uploaded_by").order_by("created_at", "pk")))
    scans: list[Attachment] = getattr(meeting, _SCANS)
    return scans


def canonical(content: object) -> str:
    """JSON that is the same wherever it is made: keys in order, no blanks, nothing escaped."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def checksum(content: object) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical(content).encode("utf-8")).hexdigest()


def matches(version: MinutesVersion) -> bool:
    """Whether the text still gives its checksum (校验码相符)."""
    return seal_of_version(version) == version.seal


def seal_of_version(version: MinutesVersion) -> str:
    """Of the text, together with whose version it is, which, and why."""
    return checksum(
        {
            "meeting": str(version.meeting_id),
            "number": version.number,
            "reason": version.reason,
            "text": version.text,
        }
    )


def seal_of(meeting: Meeting, results: Sequence[Mapping[str, Any]]) -> str:
    """Of head, record and results; anybody can compute it again from the same rows. `results` are as the rule-check contract writes them.

    Seals of meetings signed long ago are compared with what this makes today: a new field of the record must not change it.
    """
    return checksum(
        {
            "school": meeting.school.code,
            "body": meeting.body,
            "number": meeting.number(),
            "scheduled_at": meeting.scheduled_at.astimezone(UTC).isoformat(),
            "signed_at": meeting.signed_at.astimezone(UTC).isoformat() if meeting.signed_at else None,
            "signed_by": str(meeting.signed_by_id),
            "record": record_of(meeting),
            "results": list(results),
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return str(value)
