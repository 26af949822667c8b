"""How tasks look on pages: cards of the phone list, words and marks of a row. It decides nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from checklists.guards import refusal
from checklists.models import OPEN, Task, TaskStatus
from checklists.selectors import SOON
from checklists.sources import NOTHING, Said, said_of
from checklists.states import TASK
from common.dates import days_left_text, local_day
from common.exports import Cell
from common.transitions import Transition

TAGS = {
    TaskStatus.NOT_STARTED: "none",
    TaskStatus.IN_PROGRESS: "go",
    TaskStatus.SUBMITTED: "wait",
    TaskStatus.CLOSED: "done",
    TaskStatus.CANCELLED: "none",
}
ICONS = {"submit": "check", "progress": "camera", "close": "checks", "return": "arrow-back-up"}
SOON_COLOUR = 7  # days; the first reminder is due then


def action_url(pk: object, name: str, back: str) -> str:
    """Where a step is taken, and where it leads back to."""
    return f"{reverse('checklists:task-action', args=[pk, name])}?{urlencode({'next': back})}"


def urgency(status: str, due_on: date, today: date, within: int = SOON_COLOUR) -> str:
    """bad when late, warn within `within` days, else nothing; only for tasks that are open."""
    if status not in OPEN or (due_on - today).days > within:
        return ""
    return "bad" if due_on < today else "warn"


def due_words(status: str, due_on: date, today: date) -> str:
    """“应 11-12 完成，逾期 8 天”, “11-20 今天到期”, “12-10 到期，还有 20 天”; the day alone when nothing is open."""
    if status not in OPEN:
        return f"时限 {due_on:%Y-%m-%d}"
    left = days_left_text(due_on, today)
    day = f"{due_on:%m-%d}" if due_on.year == today.year else f"{due_on:%Y-%m-%d}"
    if due_on < today:
        return f"应 {day} 完成，{left}"
    return f"{day} {left}" if due_on == today else f"{day} 到期，{left}"


@dataclass
class Group:
    """Cards under one heading."""

    name: str
    kind: str = ""
    icon: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)


def own_groups(rows: Iterable[Task], user: User, today: date, back: str) -> list[Group]:
    """The open tasks of an account by urgency; groups without a task are left out."""
    late, soon, later = Group("逾期", "bad", "clock-exclamation"), Group("30 天内"), Group("以后")
    waiting = Group("待确认", icon="clock")
    rows = list(rows)
    for task, card in zip(rows, own_cards(rows, user, today, back), strict=True):
        if task.status == TaskStatus.SUBMITTED:
            waiting.cards.append(card)
        elif task.due_on < today:
            late.cards.append(card)
        else:
            (soon if task.due_on <= today + SOON else later).cards.append(card)
    groups = [group for group in (late, soon, later, waiting) if group.cards]
    for action in (action for group in groups for card in group.cards for action in card["actions"]):
        action["primary"] = True  # one solid button on the screen: the first step of the most urgent task
        break
    return groups


def task_url(task: Task, back: str) -> str:
    """The task's page, which then leads back."""
    return f"{task.get_absolute_url()}?{urlencode({'next': back})}"


def own_cards(rows: Sequence[Task], user: User, today: date, back: str) -> list[dict[str, Any]]:
    """Cards of an account's own tasks, each with what its source says of it."""
    said = said_of(rows)
    return [own_card(task, user, today, back, said.get(task.pk, NOTHING)) for task in rows]


def own_card(task: Task, user: User, today: date, back: str, said: Said = NOTHING) -> dict[str, Any]:
    """A card with what the responsible person may do: 标为完成 first, then 登记进展."""
    steps = {step.name: step for step in TASK.open_from(task.status) if step.name in ("submit", "progress")}
    actions = [
        _link(task, steps[name], back)
        for name in ("submit", "progress")
        if name in steps and refusal(task, steps[name], user) is None
    ]
    return {
        "title": task.target,
        "url": task_url(task, back),
        "note": " · ".join(filter(None, (said.part, task.checklist.source_words))),
        "excerpt": said.warning if actions else "",
        "due": due_words(task.status, task.due_on, today),
        "kind": urgency(task.status, task.due_on, today),
        "tag": "" if actions else task.get_status_display(),
        "tag_kind": TAGS[TaskStatus(task.status)],
        "actions": actions,
    }


def closing_card(task: Task, today: date, back: str) -> dict[str, Any]:
    """A card for whoever confirms: what the responsible person wrote last, 确认销号 at once or 退回补充 with a reason."""
    post = f"（{task.responsible_post}）" if task.responsible_post else ""
    close, send_back = TASK.get("close"), TASK.get("return")
    return {
        "title": task.target,
        "url": task_url(task, back),
        "note": f"{task.school.short_name} · {task.responsible.name}{post}",
        "excerpt": getattr(task, "last_words", "") or "",
        "due": due_words(task.status, task.due_on, today),
        "kind": urgency(task.status, task.due_on, today),
        "actions": [
            {**_link(task, step, back), "version": task.version if step is close else None}
            for step in (close, send_back)
            if step is not None
        ],
    }


def _link(task: Task, step: Transition, back: str) -> dict[str, Any]:
    return {
        "label": step.label,
        "url": action_url(task.pk, step.name, back),
        "icon": ICONS[step.name],
        "primary": False,
    }


EXPORTED = ("学校", "目标任务", "推进措施", "完成时限", "责任人", "职务", "状态", "逾期天数", "销号日期", "来源")


def exported(row: dict[str, Any], today: date) -> tuple[Cell, ...]:
    """One row of the list as it leaves the portal."""
    late = (today - row["due_on"]).days if row["status"] in OPEN and row["due_on"] < today else None
    return (
        row["school__short_name"],
        row["target"],
        row["measures"],
        row["due_on"].isoformat(),
        row["responsible__name"],
        row["responsible_post"],
        TaskStatus(row["status"]).label,
        late,
        local_day(row["closed_at"]).isoformat() if row["closed_at"] else "",
        row["checklist__title"],
    )
