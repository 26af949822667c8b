"""Computing the seals anew: does what is stored still give the checksums that were written at the signature? Pure reading."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.keeping import matches, seal_of
from governance.models import Meeting, MeetingStatus, MinutesVersion, RuleResult
from governance.models.confirming import VersionState
from governance.selectors import for_record

AT_ONCE = 100
RESULT = ("rule", "outcome", "severity", "message", "facts", "basis", "remedy")


@dataclass
class Checked:
    """How much was looked at, and what came of it. `without`: signed before versions were kept."""

    meetings: int = 0
    versions: int = 0
    without: int = 0
    broken: int = 0


def check_seals(meetings: QuerySet[Meeting], found: Checked) -> Iterator[str]:
    """A line (in Chinese) for every seal that does not match; counts into `found`. A hundred meetings at a time."""
    signed = meetings.filter(status__in=(MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)).order_by("pk")
    keys = list(signed.values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        yield from _check(keys[start : start + AT_ONCE], found)


def _check(keys: list[UUID], found: Checked) -> Iterator[str]:
    results, versions = _results(keys), _versions(keys)
    for meeting in for_record(Meeting.objects.filter(pk__in=keys)).order_by("school__code", "scheduled_at", "pk"):
        found.meetings += 1
        found.without += meeting.pk not in versions
        if meeting.pk in versions and seal_of(meeting, results[meeting.pk]) != meeting.seal:
            found.broken += 1
            yield f"{meeting}：会议记录的校验码不符。"
        for version in versions.get(meeting.pk, ()):
            found.versions += 1
            if not matches(version):
                found.broken += 1
                yield f"{meeting}：纪要第 {version.number} 版的校验码不符。"


def _results(keys: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The stored results as the rule-check contract writes them, in the engine's order."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in (
        RuleResult.objects.filter(meeting__in=keys)
        .order_by("meeting", "order")
        .values("meeting_id", "item_id", *RESULT)
    ):
        subject = f"items/{row['item_id']}" if row["item_id"] else "meeting"
        found[row["meeting_id"]].append({"subject": subject} | {name: row[name] for name in RESULT})
    return found


def _versions(keys: list[UUID]) -> dict[UUID, list[MinutesVersion]]:
    found: dict[UUID, list[MinutesVersion]] = defaultdict(list)
    for version in MinutesVersion.objects.filter(meeting__in=keys, state=VersionState.SEALED).order_by("number"):
        found[version.meeting_id].append(version)
    return found
