"""确认记录: who of the members present stands by the record that was sent for signature, who objects, and when 签发 opens. Pure reading.

Between 送签 and 签发 the members present confirm the record or object to it (roles_and_states.md §2). 送签 counts as the confirmation
of the recorder who is a member, 签发 as that of who signs. An objection left open blocks; silence blocks for two working days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from common.dates import SHANGHAI, local_day, meeting_time
from governance.models import Attendance, Confirmation, Meeting, MeetingMember, MeetingStatus
from governance.rules.load import delivered_reference
from governance.rules.workdays import nth_working_day_after
from schools.models import Appointment

WORKING_DAYS = 2
LONGEST_HOLIDAY = timedelta(
    days=10
)  # where days off are not announced yet: longer than any, so two working days are over
KEPT = "_members_present"


@dataclass(frozen=True)
class Seat:
    """One member present, with what he said of the record."""

    member: MeetingMember
    said: Confirmation | None

    @property
    def confirmed(self) -> bool:
        """He stands by the record."""
        return self.said is not None and self.said.confirmed_at is not None

    @property
    def objects(self) -> bool:
        """His objection is still open."""
        return self.said is not None and self.said.objected_at is not None and self.said.settled_at is None


@dataclass(frozen=True)
class Confirming:
    """All members present in their order, and when the record was sent."""

    seats: tuple[Seat, ...]
    sent_at: datetime | None

    @property
    def opens_at(self) -> datetime | None:
        """When 签发 opens although somebody was silent: two working days after 送签, at the same hour; None when it was not sent."""
        if self.sent_at is None:
            return None
        sent = self.sent_at.astimezone(SHANGHAI)
        last = nth_working_day_after(sent.date(), WORKING_DAYS, delivered_reference())
        return datetime.combine(last, sent.timetz()) if last else sent + LONGEST_HOLIDAY

    def seat_of(self, user: User) -> Seat | None:
        """The place of this account among the members present."""
        return next((seat for seat in self.seats if seat.member.person.account_id == user.pk), None)

    @property
    def objecting(self) -> list[Seat]:
        """Whose objections are open."""
        return [seat for seat in self.seats if seat.objects]

    def silent(self, signer: User | None = None) -> list[Seat]:
        """Who has not confirmed; who signs does so by signing."""
        mine = None if signer is None else signer.pk
        return [
            seat
            for seat in self.seats
            if not seat.confirmed and (mine is None or seat.member.person.account_id != mine)
        ]

    def stops(self, signer: User, at: datetime) -> str:
        """What stops this signature now (in Chinese, with what to do), or an empty text."""
        if self.objecting:
            return f"{names(self.objecting)}提出的异议还没有处理。退回修改，或写明处理情况，再签发。"
        silent, opens = self.silent(signer), self.opens_at
        if not silent or opens is None or at >= opens:
            return ""
        return (
            f"还有{names(silent)}没有确认记录。等确认后再签发；"
            f"到{meeting_time(opens)}还没有确认的，可以签发，纪要里印为“未确认”。"
        )


def names(seats: Iterable[Seat]) -> str:
    """“郑委员、吴副书记”."""
    return "、".join(seat.member.name for seat in seats)


def confirming_of(meeting: Meeting) -> Confirming:
    """As it stands for this meeting; its members are read once for each instance."""
    kept: list[MeetingMember] | None = getattr(meeting, KEPT, None)
    if kept is None:
        kept = _present([meeting.pk]).get(meeting.pk, [])
        setattr(meeting, KEPT, kept)
    return Confirming(tuple(Seat(member, _said(member)) for member in kept), meeting.minuted_at)


def take_from_record(meeting: Meeting) -> None:
    """Spare the query: the members were read with their confirmations (`selectors.read_for_judging`)."""
    setattr(meeting, KEPT, [member for member in meeting.members.all() if member.status == Attendance.PRESENT])


def read_confirming(meetings: Sequence[Meeting]) -> None:
    """Read it for all meetings that wait for their signature, in one query."""
    waiting = [meeting for meeting in meetings if meeting.status == MeetingStatus.MINUTED]
    found = _present([meeting.pk for meeting in waiting]) if waiting else {}
    for meeting in waiting:
        setattr(meeting, KEPT, found.get(meeting.pk, []))


def forget(meeting: Meeting) -> None:
    """Read anew at the next question."""
    if hasattr(meeting, KEPT):
        delattr(meeting, KEPT)


def _present(meetings: Sequence[UUID]) -> dict[UUID, list[MeetingMember]]:
    rows = MeetingMember.objects.filter(meeting__in=meetings, status=Attendance.PRESENT)
    found: dict[UUID, list[MeetingMember]] = {}
    for member in rows.select_related("person", "confirmation").order_by("order", "pk"):
        found.setdefault(member.meeting_id, []).append(member)
    return found


def _said(member: MeetingMember) -> Confirmation | None:
    return getattr(member, "confirmation", None)


def out_of_reach(meeting: Meeting, seats: Iterable[Seat], at: datetime) -> set[UUID]:
    """Persons who cannot press anything: without an account that works, or no longer in office. One query."""
    people = [seat.member.person_id for seat in seats]
    serving = Appointment.objects.on(local_day(at)).filter(school=meeting.school_id, person__in=people)
    able = serving.filter(person__account__is_active=True).values_list("person_id", flat=True)
    return set(people) - set(able)
