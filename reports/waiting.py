"""等我处理: what waits for this account, as items of `_components/todo.html`. Who may do what is asked of the guards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from accounts.models import User
from checklists.models import Task
from common.dates import days_left_text, local_day
from governance.confirming import confirming_of, names, read_confirming
from governance.guards import is_recorder, open_actions, refusal
from governance.models import Meeting, MeetingStatus, Secrecy, Topic, TopicStatus
from governance.states import MEETING
from reports.selectors.meetings import sign_until
from schools import access
from schools.models import School
from schools.permissions import HEAD_POST, Body, Post

SOON = 7  # days; from here on a time limit is marked
DECLARE_BY = 3  # the month by whose end interests are declared


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


def due_words(day: date | None, today: date) -> dict[str, str]:
    """How a time limit stands, as an item shows it."""
    if day is None:
        return {"due": "", "due_kind": ""}
    left = (day - today).days
    return {"due": days_left_text(day, today), "due_kind": "bad" if left < 0 else "warn" if left <= SOON else ""}


def from_meetings(user: User, meetings: Iterable[Meeting], at: datetime) -> list[Waiting]:
    """Steps on meetings that are this person's: his signature, his record, the agenda he confirms; for 党政办 the rest."""
    found = []
    running = list(meetings)
    read_confirming(running)
    for meeting in running:
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
    if meeting.status == MeetingStatus.MINUTED:
        return _around_signature(meeting, steps, user, today)
    if "minute" in steps and meeting.return_reason:
        note = f"退回：{meeting.return_reason}"
        return _waiting(
            1, meeting, f"修改{title}记录", "arrow-back-up", record, due_words(sign_until(day), today), note
        )
    if "minute" in steps:
        return _waiting(2, meeting, f"写{title}记录并送签", "edit", record, due_words(sign_until(day), today))
    if "confirm_agenda" in steps and meeting.item_count and meeting.agenda_confirmed_at is None:
        return _waiting(3, meeting, f"审定{title}议程", "list-check", here, _on(meeting, today))
    if access.posts_at(user, meeting.school_id) & {Post.CLERK}:
        return _clerks_step(meeting, steps, at, here, agenda)
    return None


def _around_signature(meeting: Meeting, steps: set[str], user: User, today: date) -> Waiting | None:
    """Who signs, also while members are asked; who is asked; and who has to settle an objection."""
    title, here, confirming = meeting.title(), meeting.get_absolute_url(), confirming_of(meeting)
    until = due_words(sign_until(local_day(meeting.scheduled_at)), today)
    if refusal(meeting, MEETING.require("sign", meeting.status), user) is None:
        return _waiting(0, meeting, f"签发{title}纪要", "signature", here, until, _missing(meeting, user, steps))
    if confirming.objecting and is_recorder(meeting, user):
        return _waiting(1, meeting, f"处理对{title}记录的异议", "message", here, until)
    if "confirm_record" in steps:
        opens = local_day(confirming.opens_at) if confirming.opens_at else None
        return _waiting(1, meeting, f"确认{title}记录", "user-check", here, due_words(opens, today))
    return None


def _missing(meeting: Meeting, user: User, steps: set[str]) -> str:
    """What the signature waits for; nothing when it is open."""
    confirming = confirming_of(meeting)
    if "sign" in steps:
        return ""
    if confirming.objecting:
        return f"{names(confirming.objecting)}有异议，先处理"
    opens = f"，{local_day(confirming.opens_at):%m-%d} 起可以签发" if confirming.opens_at else ""
    return f"还差 {len(confirming.silent(user))} 人确认记录{opens}"


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
                **due_words(task.due_on, today),
            },
        )
        for task in tasks
    ]


TOPIC_STEPS = {
    TopicStatus.SUBMITTED: ("初审议题", "list-search"),
    TopicStatus.SCREENED: ("审定议题", "list-check"),
    TopicStatus.RETURNED: ("修改退回的议题", "arrow-back-up"),
    TopicStatus.DRAFT: ("填写议题", "edit"),
}


def from_topics(topics: Iterable[Topic], today: date) -> list[Waiting]:
    """Topics that wait for 初审, 审定, a change or their first words. Of a restricted one nothing is said but that it waits."""
    found = []
    for topic in topics:
        verb, icon = TOPIC_STEPS[TopicStatus(topic.status)]
        day = local_day(topic.updated_at)
        waited = (today - day).days
        item = {
            "icon": icon,
            "title": f"{verb}：{topic}",
            "url": topic.get_absolute_url(),
            "seal": topic.body,
            "note": _said_of(topic),
            "due": f"等了 {waited} 天" if waited else "今天",
            "due_kind": "warn" if waited >= SOON else "",
        }
        found.append(Waiting(3, day, item))
    return found


def _said_of(topic: Topic) -> str:
    """Why it waits: the reason of a return, who asked for it, who put it forward."""
    if topic.status == TopicStatus.RETURNED and topic.secrecy != Secrecy.RESTRICTED:
        return f"退回：{topic.reason}"
    if topic.status == TopicStatus.DRAFT:
        return f"{topic.entered_by.name}请你填写"
    return f"{topic.proposer.name}提出"


def from_declaration(school: School, missing: bool, today: date) -> list[Waiting]:
    """利益关系申报 of this year, asked for from January and until it is there."""
    if not missing:
        return []
    last = date(today.year, DECLARE_BY, 31)
    item = {
        "icon": "user-check",
        "title": f"申报 {today.year} 年利益关系",
        "url": reverse("governance:declaration-mine", args=[school.code]),
        "note": "没有需要申报的也要报，1 至 3 月办理",
        **due_words(last, today),
    }
    return [Waiting(6, last, item | ({} if today <= last else {"due": "过了 3 月", "due_kind": "warn"}))]


def items(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """The items in order: late ones first, then by kind and day."""
    ordered = sorted(waiting, key=lambda one: (one.item["due_kind"] != "bad", *one.order))
    return [one.item for one in ordered]
