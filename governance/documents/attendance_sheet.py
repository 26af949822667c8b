"""签到表: the members due with their posts, how each attended and why not, room for a signature; then who sits in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.dates import local_day
from governance.documents.shapes import Run, Shape
from governance.documents.vote_sheet import facts_of
from governance.models import Attendance, Meeting, MeetingMember, Observer
from governance.selectors import members_due

HEAD = ("序号", "姓名", "职务", "到会情况", "说明", "签名")
WIDTHS = (11, 25, 42, 20, 26, 32)  # millimetres; together the width of the type area
OBSERVERS_HEAD = ("序号", "姓名", "身份", "列席议题", "签名")
OBSERVERS_WIDTHS = (11, 25, 46, 42, 32)
ROW = 12  # room for a name by hand


@dataclass(frozen=True)
class AttendanceSheet:
    """The whole sheet. Before 登记召开 it lists who is due that day, to be signed at the door."""

    title: str
    facts: tuple[tuple[str, str], ...]
    members: tuple[tuple[str, ...], ...]
    observers: tuple[tuple[str, ...], ...]
    summary: str


def attendance_sheet_of(meeting: Meeting) -> AttendanceSheet:
    """The sheet. Expects `reading.for_minutes`; asks the appointments of the day as long as there is no snapshot of them."""
    stored = list(meeting.members.all())
    rows = [_member(number, member) for number, member in enumerate(stored, 1)] if stored else _due(meeting)
    return AttendanceSheet(
        f"{meeting.title()}签到表", facts_of(meeting), tuple(rows), tuple(_observers(meeting)), _summary(stored)
    )


def _member(number: int, member: MeetingMember) -> tuple[str, ...]:
    status = Attendance(member.status).label if member.status else ""
    return (str(number), member.name, member.post_label, status, member.reason)


def _due(meeting: Meeting) -> list[tuple[str, ...]]:
    due = members_due(meeting.school, meeting.body, local_day(meeting.scheduled_at))
    return [(str(number), member.person.name, member.post_label, "", "") for number, member in enumerate(due, 1)]


def _observers(meeting: Meeting) -> list[tuple[str, ...]]:
    """Observers, and the recorder when he is neither a member nor among them."""
    observers: list[Observer] = list(meeting.observers.all())
    rows = [(observer.name, observer.role, _about(observer)) for observer in observers]
    known = {observer.person_id for observer in observers} | {member.person_id for member in meeting.members.all()}
    if meeting.recorder and meeting.recorder_id not in known:
        rows.append((meeting.recorder.name, "记录", "全程"))
    return [(str(number), *row) for number, row in enumerate(rows, 1)]


def _about(observer: Observer) -> str:
    orders = sorted(item.order for item in observer.items.all())
    return f"第{'、'.join(map(str, orders))}项" if orders else "全程"


def _summary(members: Sequence[MeetingMember]) -> str:
    """“应到7人，实到6人，请假1人”, once everybody's attendance is registered."""
    if not members or not all(member.status for member in members):
        return ""
    counts = {status: sum(member.status == status for member in members) for status in Attendance}
    away = "".join(
        f"，{status.label}{counts[status]}人" for status in (Attendance.LEAVE, Attendance.ABSENT) if counts[status]
    )
    return f"应到{len(members)}人，实到{counts[Attendance.PRESENT]}人{away}"


def build(sheet: AttendanceSheet, *, author: str, note: str, at: datetime) -> bytes:
    """The sheet as a Word file; `note` says who took it away, under which number."""
    from governance.documents.paper import Paper  # at the first file; no start of a process waits for it

    paper = Paper(sheet.title, author=author, note=note, at=at)
    paper.title(sheet.title)
    for label, value in sheet.facts:
        paper.labelled(label, value)
    if sheet.summary:
        paper.labelled("到会", sheet.summary)
    paper.blank()
    paper.table(HEAD, [(*row, "") for row in sheet.members], WIDTHS, least=ROW)
    if sheet.observers:
        paper.line(Run("列席"), Shape(first=2, before=4, keep=True))
        paper.table(OBSERVERS_HEAD, [(*row, "") for row in sheet.observers], OBSERVERS_WIDTHS, least=ROW)
    paper.number_pages(note)
    return paper.save()
