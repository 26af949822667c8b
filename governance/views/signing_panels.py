"""What the meeting's page shows around the signature: who confirmed the record, then versions of the minutes and their archiving."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import User
from common.dates import meeting_time
from governance.confirming import Confirming, Seat, confirming_of, out_of_reach
from governance.forms.actions import StepForm
from governance.guards import is_delegated, may_record, open_keeping
from governance.keeping import asked_version, matches, scans_of, sealed_version
from governance.models import Meeting, MeetingStatus, Stance
from governance.states import KEEPING
from schools.permissions import HEAD_POST

SETTLE = next(step for step in KEEPING if step.name == "settle_objection")
SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
ACCEPT = ".pdf,.jpg,.jpeg,.png"


@dataclass(frozen=True)
class SeatRow:
    """One member present: what he said of the record, and what may be done about it. Words of an objection only for who reads all items."""

    name: str
    post: str
    tag: tuple[str, str]
    at: datetime | None
    note: str
    objection: str
    settled: str
    person: UUID
    form: StepForm | None


@dataclass(frozen=True)
class OwnWords:
    """What the record says that this member stated at one item."""

    order: int
    title: str
    stance: str
    opinion: str


def panels_of(meeting: Meeting, user: User, at: datetime, hidden: Collection[UUID]) -> dict[str, Any]:
    """Context of the panels, by the state of the meeting; nothing before 送签. `hidden` items are not to be read by this account."""
    if meeting.status == MeetingStatus.MINUTED:
        return {"confirming": _confirm_panel(meeting, user, at, hidden)}
    if meeting.status in SIGNED:
        return {"kept": _kept_panel(meeting, user, hidden)}
    return {}


def _confirm_panel(meeting: Meeting, user: User, at: datetime, hidden: Collection[UUID]) -> dict[str, Any]:
    confirming = confirming_of(meeting)
    seat = confirming.seat_of(user)
    return {
        "rows": list(_seat_rows(meeting, confirming, user, at, hidden)),
        "confirmed": sum(seat.confirmed for seat in confirming.seats),
        "state": _state(meeting, confirming, at),
        "objecting": bool(confirming.objecting),
        "mine": list(_own_words(meeting, user, hidden)) if seat else [],
        "asked": seat is not None and not seat.confirmed and not _signs(meeting, seat),
    }


def _state(meeting: Meeting, confirming: Confirming, at: datetime) -> str:
    """What 签发 waits for, in one sentence."""
    if confirming.objecting:
        return "有异议还没有处理，处理之前不能签发。"
    head = HEAD_POST[meeting.body].label
    silent = [seat for seat in confirming.silent() if not _signs(meeting, seat)]
    if not silent:
        return f"到会成员都已确认，等{head}签发。"
    if confirming.opens_at is not None and at >= confirming.opens_at:
        return f"送签已满两个工作日，{head}可以签发；没有确认的在纪要里印为“未确认”。"
    until = meeting_time(confirming.opens_at) if confirming.opens_at else ""
    return f"全部确认后{head}就可以签发；到{until}还没有确认的，也可以签发，纪要里印为“未确认”。"


def _signs(meeting: Meeting, seat: Seat) -> bool:
    """The head, who confirms by signing."""
    return HEAD_POST[meeting.body] in seat.member.posts and not is_delegated(meeting)


def _seat_rows(
    meeting: Meeting, confirming: Confirming, user: User, at: datetime, hidden: Collection[UUID]
) -> Iterator[SeatRow]:
    gone = out_of_reach(meeting, confirming.seats, at)
    may_settle = any(step is SETTLE for step in open_keeping(meeting, user))
    for seat in confirming.seats:
        said, own = seat.said, seat.member.person.account_id == user.pk
        shown = said is not None and (own or not hidden)
        yield SeatRow(
            name=seat.member.name,
            post=seat.member.post_label,
            tag=_tag(seat),
            at=(said.confirmed_at or said.settled_at or said.objected_at) if said else None,
            note=_seat_note(meeting, seat, seat.member.person_id in gone),
            objection=said.objection if said and shown else "",
            settled=said.settled_note if said and shown else "",
            person=seat.member.person_id,
            form=_settle_form(meeting, seat) if may_settle and seat.objects and not own else None,
        )


def _tag(seat: Seat) -> tuple[str, str]:
    if seat.objects:
        return "back", "有异议"
    if seat.confirmed:
        return "done", "已确认"
    return ("wait", "异议已处理") if seat.said is not None and seat.said.objection else ("none", "待确认")


def _seat_note(meeting: Meeting, seat: Seat, gone: bool) -> str:
    if seat.confirmed or seat.objects:
        return ""
    if gone:
        return "没有可用的账号或已不在任，不能在线确认；满两个工作日后按“未确认”签发"
    return "签发时一并确认" if _signs(meeting, seat) else ""


def _settle_form(meeting: Meeting, seat: Seat) -> StepForm:
    return StepForm(SETTLE, initial={"version": meeting.version}, auto_id=f"id_settle_{seat.member.pk}_%s")


def _own_words(meeting: Meeting, user: User, hidden: Collection[UUID]) -> Iterator[OwnWords]:
    """From the stances that the page has read."""
    seat = confirming_of(meeting).seat_of(user)
    for item in meeting.items.all():
        if item.pk in hidden or seat is None:
            continue
        said = next((stance for stance in item.stances.all() if stance.member_id == seat.member.pk), None)
        stance = Stance.Choice(said.stance).label if said and said.stance else "没有登记表态"
        yield OwnWords(item.order, item.title, stance, said.opinion if said else "")


def _kept_panel(meeting: Meeting, user: User, hidden: Collection[UUID]) -> dict[str, Any]:
    latest = sealed_version(meeting)
    may = may_record(meeting, user)
    lines = latest.text["lines"] if latest else []
    return {
        "version": latest,
        "matches": latest is not None and matches(latest),
        "unconfirmed": next(("、".join(names) for label, names in lines if label == "未确认"), ""),
        "reason": latest.reason if latest and not hidden else "",
        "asked": asked_version(meeting),
        "may_correct": latest is not None and any(step.name == "correct" for step in open_keeping(meeting, user)),
        "scans": [] if hidden else scans_of(meeting),
        "scans_withheld": bool(hidden) and bool(scans_of(meeting)),
        "may_add": may and not hidden,
        "may_remove": may and not hidden and meeting.status == MeetingStatus.SIGNED,
        "accept": ACCEPT,
        "retention": settings.MINUTES_RETENTION,
    }
