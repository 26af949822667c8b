"""等我处理: what waits for this account, as items of `_components/todo.html`. Who may do what is asked of the guards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from accounts.models import User
from checklists.models import Task
from common.dates import days_left_text, local_day
from governance.guards import open_actions
from governance.models import Meeting, MeetingStatus
from reports.selectors.meetings import sign_until
from schools import access
from schools.permissions import HEAD_POST, Body, Post

SOON = 7  # days; from here on a time limit is marked


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: `rank` orders the kinds, the day orders things of one kind."""

    rank: int
    day: date
    item: dict[str, Any]

    @property
    def order(self) -> tuple[int, date]:
        """Kind, then day."""
        return self.rank, self.day


def _due(day: date | None, today: date) -> dict[str, str]:
    if day is None:
        return {"due": "", "due_kind": ""}
    left = (day - today).days
    return {"due": days_left_text(day, today), "due_kind": "bad" if left < 0 else "warn" if left <= SOON else ""}


def from_meetings(user: User, meetings: Iterable[Meeting], at: datetime) -> list[Waiting]:
    """Steps on meetings that are this person's: his signature, his record, the agenda he confirms; for 党政办 the rest."""
    found = []
    for meeting in meetings:
        steps = {step.name for step in open_actions(meeting, user)}
        waiting = _step_of(meeting, steps, user, at)
        if waiting is not None:
            found.append(waiting)
    return found


def _step_of(meeting: Meeting, steps: set[str], user: User, at: datetime) -> Waiting | None:
    today, day = local_day(at), local_day(meeting.scheduled_at)
    title, here = meeting.title(), meeting.get_absolute_url()
    record = reverse("governance:record", args=[meeting.pk])
    agenda = reverse("governance:agenda", args=[meeting.pk])
    if "sign" in steps:
        return _waiting(0, meeting, f"签发{title}纪要", "signature", here, _due(sign_until(day), today))
    if "minute" in steps and meeting.return_reason:
        note = f"退回：{meeting.return_reason}"
        return _waiting(1, meeting, f"修改{title}记录", "arrow-back-up", record, _due(sign_until(day), today), note)
    if "minute" in steps:
        return _waiting(2, meeting, f"写{title}记录并送签", "edit", record, _due(sign_until(day), today))
    if "confirm_agenda" in steps and meeting.item_count and meeting.agenda_confirmed_at is None:
        return _waiting(3, meeting, f"审定{title}议程", "list-check", here, _on(meeting, today))
    if access.posts_at(user, meeting.school_id) & {Post.CLERK}:
        return _clerks_step(meeting, steps, at, here, agenda)
    return None


def _clerks_step(meeting: Meeting, steps: set[str], at: datetime, here: str, agenda: str) -> Waiting | None:
    """What the head of the body could do as well, but 党政办 does as a rule."""
    title, today = meeting.title(), local_day(at)
    if "hold" in steps and meeting.scheduled_at <= at:
        return _waiting(2, meeting, f"登记召开{title}", "calendar-event", here, _on(meeting, today))
    if "call" in steps and meeting.agenda_confirmed_at is not None:
        return _waiting(4, meeting, f"发{title}通知", "send", here, _on(meeting, today))
    if meeting.status == MeetingStatus.DRAFT and meeting.agenda_confirmed_at is None:
        return _waiting(5, meeting, f"准备{title}议题", "list-details", agenda, _on(meeting, today), _planned(meeting))
    return None


def _planned(meeting: Meeting) -> str:
    """How far the agenda is."""
    if not meeting.item_count:
        return "还没有议题"
    return f"{meeting.item_count} 个议题，等{HEAD_POST[Body(meeting.body)].label}审定"


def _on(meeting: Meeting, today: date) -> dict[str, str]:
    """When the meeting is; one that should have been held is late."""
    day = local_day(meeting.scheduled_at)
    if day < today:
        return {"due": f"过了 {(today - day).days} 天", "due_kind": "bad"}
    left = (day - today).days
    return {"due": f"还有 {left} 天" if left else "今天", "due_kind": "warn" if left <= 1 else ""}


def _waiting(
    rank: int, meeting: Meeting, title: str, icon: str, url: str, due: dict[str, str], note: str = ""
) -> Waiting:
    item = {"icon": icon, "title": title, "url": url, "seal": meeting.body, **due}
    item["note"] = note or f"{local_day(meeting.scheduled_at):%m-%d} 开会，{meeting.item_count} 个议题"
    return Waiting(rank, local_day(meeting.scheduled_at), item)


def from_closing(tasks: Iterable[Task], today: date, *, many_schools: bool = False) -> list[Waiting]:
    """待确认销号. `many_schools`: say which school it is."""
    return [
        Waiting(
            1,
            task.due_on,
            {
                "icon": "checks",
                "title": f"确认销号：{task.target}",
                "url": task.get_absolute_url(),
                "note": (f"{task.school.short_name}，" if many_schools else "") + f"{task.responsible.name}标为完成",
                **_due(task.due_on, today),
            },
        )
        for task in tasks
    ]


def items(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """The items in order: late ones first, then by kind and day."""
    ordered = sorted(waiting, key=lambda one: (one.item["due_kind"] != "bad", *one.order))
    return [one.item for one in ordered]
