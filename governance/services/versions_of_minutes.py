"""The versions of the minutes: the first is sealed with the signature, further ones by 更正纪要 (R-M05). What is sealed never changes.

A correction changes words: the opening and what was discussed. Who came, how the vote went, what was decided and the tasks are those of
the record; they change by 复议 alone (R-E04).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse

from accounts.models import User
from audit.services import record
from common.errors import Fault, InvalidInput, WrongState, require_reason
from common.transitions import Transition
from governance.correcting import SectionText, corrected, word_faults
from governance.documents.reading import for_minutes
from governance.keeping import asked_version, seal_of_version, sealed_version, versions_of, why_not_now
from governance.minutes_text import Minutes, as_document, from_document, minutes_of
from governance.models import Meeting, MinutesVersion, Observer
from governance.models.confirming import VersionState
from governance.reference import reference_for
from governance.rules.reference import Reference
from governance.services.base import begin
from governance.states import KEEPING
from schools.models import Person


def seal_first_version(meeting: Meeting, reference: Reference, by: User, at: datetime) -> MinutesVersion:
    """With the signature: the words of the minutes as they stand, the names of those who kept silent among them."""
    _complete(meeting)
    version = MinutesVersion(
        meeting=meeting,
        number=1,
        text=as_document(minutes_of(meeting, reference)),
        asked_by=meeting.minuted_by,
        asked_at=meeting.minuted_at or at,
    )
    return _seal(version, by, at)


def _complete(meeting: Meeting) -> None:
    """What the words need beyond what the step has read: two queries or three, where `for_minutes` would read all of it again."""
    _name_reporters(meeting)
    observers = Observer.objects.order_by("order").prefetch_related("items")
    prefetch_related_objects([meeting], Prefetch("observers", observers))


def _name_reporters(meeting: Meeting) -> None:
    """Who proposed or presents an item: as a rule a member, who has been read."""
    items = list(meeting.items.all())
    people = {member.person_id: member.person for member in meeting.members.all()}
    others = {pk for item in items for pk in (item.proposer_id, item.presenter_id) if pk} - people.keys()
    people |= Person.objects.in_bulk(others) if others else {}
    for item in items:
        if item.proposer_id:
            item.proposer = people[item.proposer_id]
        if item.presenter_id:
            item.presenter = people[item.presenter_id]


def _seal(version: MinutesVersion, by: User, at: datetime) -> MinutesVersion:
    version.state = VersionState.SEALED
    version.settled_by, version.settled_at = by, at
    version.seal = seal_of_version(version)
    version.commit(at)
    return version


@dataclass(frozen=True)
class Correction:
    """What is to stand instead: None or a section that is not named stays as it is."""

    opening: str | None = None
    sections: tuple[SectionText, ...] = ()


@transaction.atomic
def ask_correction(
    *, meeting: Meeting, reason: str, new: Correction, version: int | None = None, by: User, at: datetime
) -> Meeting:
    """更正纪要, asked for by the recorder or 党政办 with a reason; who signs answers. One at a time."""
    meeting, step = begin(meeting, "correct", by, version, with_record=False, machine=KEEPING)
    standing = sealed_version(meeting)
    if (why := why_not_now(meeting, standing)) or standing is None:
        raise WrongState(why)
    reason = require_reason(reason)
    text = from_document(standing.text)
    full = for_minutes(Meeting.objects.all()).get(pk=meeting.pk)
    reference = reference_for(meeting)
    if faults := word_faults(full, reference, text, new.opening, new.sections):
        raise InvalidInput(faults)
    changed = corrected(text, new.opening, new.sections)
    if changed == text:
        raise InvalidInput([Fault("sections", "还没有改动。改好文字再提交更正")])
    _keep_asked(meeting, changed, reason, by, at)
    return _told(meeting, step, by, at, reason=reason, accounts=[str(meeting.signed_by_id)])


def _keep_asked(meeting: Meeting, text: Minutes, reason: str, by: User, at: datetime) -> None:
    number = versions_of(meeting)[-1].number + 1
    version = MinutesVersion(
        meeting=meeting,
        number=number,
        state=VersionState.ASKED,
        text=as_document(replace(text, version=number)),
        reason=reason,
        asked_by=by,
        asked_at=at,
    )
    version.commit(at)


@transaction.atomic
def agree_correction(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """同意更正, by who signs and not by who asked: the corrected words become a sealed version, the one before stays readable."""
    meeting, step, asked = _answered(meeting, "agree_correction", by, version)
    sealed = _seal(asked, by, at)
    told = meeting.members.filter(person__account__isnull=False).values_list("person__account_id", flat=True)
    accounts = sorted({str(account) for account in (*told, asked.asked_by_id)})
    return _told(meeting, step, by, at, reason=asked.reason, number=sealed.number, seal=sealed.seal, accounts=accounts)


@transaction.atomic
def refuse_correction(*, meeting: Meeting, reason: str, version: int | None = None, by: User, at: datetime) -> Meeting:
    """不予更正, with a reason: the minutes stay as they are; what was asked stays readable."""
    meeting, step, asked = _answered(meeting, "refuse_correction", by, version)
    reason = require_reason(reason)
    asked.state, asked.answer = VersionState.REFUSED, reason
    asked.settled_by, asked.settled_at = by, at
    asked.commit(at)
    return _told(meeting, step, by, at, reason=reason, number=asked.number, accounts=[str(asked.asked_by_id)])


def _answered(meeting: Meeting, name: str, by: User, version: int | None) -> tuple[Meeting, Transition, MinutesVersion]:
    meeting, step = begin(meeting, name, by, version, with_record=False, machine=KEEPING)
    asked = asked_version(meeting)
    if asked is None:
        raise WrongState("没有等你答复的更正。刷新页面看最新情况。")
    return meeting, step, asked


def _told(meeting: Meeting, step: Transition, by: User, at: datetime, **data: Any) -> Meeting:
    meeting.commit(at)
    url = reverse("governance:minutes-versions", args=[meeting.pk])
    record(step.event, by=by, at=at, on=meeting, school_id=meeting.school_id, url=url, **data)
    return meeting
