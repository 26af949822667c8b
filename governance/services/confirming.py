"""确认记录、提出异议、处理异议: what the members present say of the record between 送签 and 签发.

Nothing here grows the meeting's version: two members who confirm on their phones at the same minute do not stand in each other's way. A
version that was seen is still asked for, so that nobody confirms a record that has been returned and sent anew meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.errors import NotAllowed, WrongState, one_fault, require_reason
from common.transitions import Transition
from governance.confirming import Confirming, Seat, confirming_of, forget, take_from_record
from governance.errors import NotConfirmed
from governance.guards import is_delegated, refusal, said_already
from governance.models import Confirmation, Meeting
from governance.services.base import begin
from governance.states import KEEPING, MEETING
from schools.permissions import HEAD_POST


@transaction.atomic
def confirm_record(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """确认记录, by a member present: he stands by what the record says of him. With it he takes back an objection of his own."""
    meeting, step = begin(meeting, "confirm_record", by, version, with_record=False)
    seat = _own_seat(meeting, step, by)
    said = seat.said or Confirmation(member=seat.member)
    if seat.objects:
        said.settled_at, said.settled_note = at, "本人撤回异议，确认记录"
    said.confirmed_at = at
    said.save()
    return _told(meeting, step, by, at, **_last(meeting, by))


@transaction.atomic
def object_to_record(*, meeting: Meeting, reason: str, version: int | None = None, by: User, at: datetime) -> Meeting:
    """提出异议, by a member present about his own words: 签发 waits until it is settled."""
    meeting, step = begin(meeting, "object", by, version, with_record=False)
    seat = _own_seat(meeting, step, by)
    reason = require_reason(reason)
    said = seat.said or Confirmation(member=seat.member)
    said.objection, said.objected_at = reason, at
    said.confirmed_at = said.settled_at = None
    said.settled_note = ""
    said.save()
    sent = str(meeting.minuted_by_id)
    return _told(meeting, step, by, at, reason=reason, member=str(seat.member.person_id), accounts=[sent])


@transaction.atomic
def settle_objection(
    *, meeting: Meeting, member: UUID | None, reason: str, version: int | None = None, by: User, at: datetime
) -> Meeting:
    """处理异议, by the recorder or who signs, with a note of what was done. The member may confirm then, or object again."""
    meeting, step = begin(meeting, "settle_objection", by, version, with_record=False, machine=KEEPING)
    reason = require_reason(reason)
    seat = next((seat for seat in confirming_of(meeting).seats if seat.member.person_id == member), None)
    if seat is None:
        raise one_fault("member", "写到会的一位成员")
    if seat.said is None or not seat.objects:
        raise WrongState(f"{seat.member.name}没有待处理的异议。刷新页面看最新情况。")
    if seat.member.person.account_id == by.pk:
        raise NotAllowed("自己的异议由记录人或签发人中的另一位处理；要撤回，点“确认记录”。")
    seat.said.settled_at, seat.said.settled_note = at, reason
    seat.said.save()
    told = [str(account) for account in (seat.member.person.account_id,) if account]
    return _told(meeting, step, by, at, reason=reason, member=str(member), accounts=told)


def _own_seat(meeting: Meeting, step: Transition, by: User) -> Seat:
    """The guard has made sure that there is one."""
    if why := said_already(meeting, step, by):
        raise WrongState(why)
    seat = confirming_of(meeting).seat_of(by)
    assert seat is not None  # noqa: S101
    return seat


def _told(meeting: Meeting, step: Transition, by: User, at: datetime, **data: Any) -> Meeting:
    """The meeting counts as changed at that time, its version stays."""
    if meeting.updated_at != at:
        Meeting.objects.filter(pk=meeting.pk).update(updated_at=at)
        meeting.updated_at = at
    record(step.event, by=by, at=at, on=meeting, school_id=meeting.school_id, url=meeting.get_absolute_url(), **data)
    return meeting


def _last(meeting: Meeting, by: User) -> dict[str, bool]:
    """Whether nobody is left to wait for: who signs hears of it."""
    return {"complete": not _asked(meeting, confirming_of(meeting), by)}


def _asked(meeting: Meeting, confirming: Confirming, by: User) -> list[Seat]:
    """Who is to confirm still, but for the head of the body who does so by signing."""
    head = HEAD_POST[meeting.body]
    signs = [seat for seat in confirming.seats if head in seat.member.posts and not is_delegated(meeting)]
    return [seat for seat in confirming.silent(by) if seat not in signs]


def ask_members(meeting: Meeting, by: User, at: datetime) -> None:
    """At 送签: the recorder who is a member has confirmed by it, the others present are asked."""
    take_from_record(meeting)
    seat = confirming_of(meeting).seat_of(by)
    if seat is not None:
        Confirmation.objects.create(member=seat.member, confirmed_at=at)
    asked = _asked(meeting, confirming_of(meeting), by)
    accounts = sorted(str(seat.member.person.account_id) for seat in asked if seat.member.person.account_id)
    record(
        "governance.meeting.confirmation_asked", by=by, at=at, on=meeting, school_id=meeting.school_id,
        url=meeting.get_absolute_url(), accounts=accounts,
    )  # fmt: skip


def drop_confirmations(meeting: Meeting) -> None:
    """At 退回修改: what was said was about another record. The facts of it remain."""
    Confirmation.objects.filter(member__meeting=meeting).delete()
    forget(meeting)


def settle_by_signing(meeting: Meeting, by: User, at: datetime) -> None:
    """At 签发: refused while an objection is open or somebody may still confirm; who signs and was present confirms by it.

    Who kept silent gets a row that says nothing: that he was asked is kept as well.
    """
    take_from_record(meeting)
    confirming = confirming_of(meeting)
    if why := confirming.stops(by, at):
        raise NotConfirmed(why)
    mine = confirming.seat_of(by)
    if mine is not None and not mine.confirmed:
        said = mine.said or Confirmation(member=mine.member)
        said.confirmed_at = at
        said.save()
    silent = [seat for seat in confirming.seats if seat.said is None and seat is not mine]
    Confirmation.objects.bulk_create([Confirmation(member=seat.member) for seat in silent])


@transaction.atomic
def confirm_together(*, meeting: Meeting, by: Sequence[User], at: datetime) -> Meeting:
    """What `confirm_record` does, for several members at one time: for history that is loaded, while nobody else acts."""
    step = MEETING.require("confirm_record", meeting.status)
    for user in by:
        if why := refusal(meeting, step, user):
            raise NotAllowed(why)
    seats = [_own_seat(meeting, step, user) for user in by]
    Confirmation.objects.bulk_create([Confirmation(member=seat.member, confirmed_at=at) for seat in seats])
    for user in by:
        _told(meeting, step, user, at, complete=False)
    return meeting


def to_confirm(meeting: Meeting) -> Iterable[Seat]:
    """Members present who have said nothing yet and are no head who signs."""
    head = HEAD_POST[meeting.body]
    return [seat for seat in confirming_of(meeting).seats if seat.said is None and head not in seat.member.posts]
