"""A school's own 工作台: what waits for this person, the next meetings, tasks by urgency, what the rules found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse

from accounts.models import User
from checklists import showing as task_showing
from checklists.models import OPEN, Task, TaskStatus
from checklists.selectors import MyCounts, may_close_somewhere, my_counts, my_tasks, to_close
from common.dates import days_left_text, local_day, meeting_time
from governance.declaring import missing_for
from governance.lists import sight_of
from governance.models import Meeting, MeetingStatus
from governance.topic_lists import may_propose, waiting_topics
from reports import waiting, waiting_communities, waiting_pilots, waiting_plans, waiting_projects
from reports.selectors import meetings as meeting_selectors
from reports.showing import meeting_url, overdue_url, part, task_url
from schools import access
from schools.models import School
from schools.permissions import HEAD_POST, Body, Post, SchoolPerm

MOST_CARDS, MOST_OPEN, MOST_FOUND, MOST_CLOSING = 6, 8, 5, 50
CARD = (
    "target", "status", "due_on", "version", "school_id", "responsible_post", "responsible__name",
    "responsible__account_id", "checklist__title", "checklist__source_kind",
)  # fmt: skip
CLOSING = ("target", "due_on", "responsible__name", "school__short_name")
OPEN_TASK = ("id", "target", "due_on", "status", "responsible__name")


@dataclass(frozen=True)
class Desk:
    """What a person of a school sees at sign-in."""

    counts: MyCounts
    groups: list[task_showing.Group]
    todo: list[dict[str, Any]]
    next_meetings: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    open_total: int
    late_total: int
    findings: list[dict[str, Any]]
    blocked: int
    closing: int
    sees_meetings: bool
    is_principal: bool
    may_propose: bool

    @property
    def tasks_first(self) -> bool:
        """A principal begins with the own checklist."""
        return self.is_principal and bool(self.groups)

    @property
    def more_tasks(self) -> int:
        """Open tasks of the person beyond the cards that are shown."""
        return self.counts.open - sum(len(group.cards) for group in self.groups)

    @property
    def nothing_text(self) -> str:
        """Why the list is empty, in terms of what could stand in it."""
        if self.sees_meetings:
            return "要你签发、审定、记录的会议，要你办理的议题，要你确认的任务，会列在这里。"
        return "要你确认的任务会列在这里。"


def desk_of(user: User, school: School, at: datetime, back: str) -> Desk:
    """The desk of one account at one school. `back`: where steps taken from here lead back to."""
    today, sight = local_day(at), sight_of(user)
    running = meeting_selectors.going_on(user, school) if sight else []
    closing = _closing(user, school, today)
    topics = waiting_topics(user, school.pk) if may_propose(user) else []
    todo = [
        *waiting.from_meetings(user, running, at),
        *waiting.from_closing(closing, today),
        *waiting.from_topics(topics, today),
        *waiting.from_declaration(school, missing_for(user, school, at), today),
        *waiting_pilots.from_receipts(user, today),
        *waiting_pilots.from_own_application(user, school, today),
        *waiting_plans.from_own_plan(user, school, today),
        *waiting_projects.from_projects(user, today, school),
        *waiting_projects.from_reviews(user, today),
        *waiting_communities.from_communities(user, school, today),
    ]
    tasks = _open_tasks(user, school, today)
    held = (meeting for meeting in running if meeting.status == MeetingStatus.HELD)
    return Desk(
        counts=my_counts(user, today),
        groups=task_showing.own_groups(_own(user), user, today, back),
        todo=waiting.items(todo),
        next_meetings=next_meetings(user, running, sight.bodies, at),
        tasks=tasks,
        open_total=tasks[0]["total"] if tasks else 0,
        late_total=tasks[0]["overdue"] if tasks else 0,
        findings=findings_lines(meeting_selectors.with_findings(user, at, MOST_FOUND, school)) if sight else [],
        blocked=sum(meeting.findings_block > 0 for meeting in held),
        closing=len(closing),
        sees_meetings=bool(sight),
        is_principal=Post.PRINCIPAL in access.posts_at(user, school.pk),
        may_propose=may_propose(user),
    )


def _own(user: User) -> list[Task]:
    """The most urgent tasks of the person; those that only wait for somebody else come last."""
    rows = my_tasks(user).filter(status__in=OPEN).select_related("responsible", "checklist").only(*CARD)
    return list(rows.order_by("due_on", "pk")[:MOST_CARDS])


def _closing(user: User, school: School, today: date) -> list[Task]:
    if not may_close_somewhere(user):
        return []
    rows = to_close(user, today).filter(school=school).select_related("responsible", "school").only(*CLOSING)
    return list(rows.order_by("due_on", "pk")[:MOST_CLOSING])


def _open_tasks(user: User, school: School, today: date) -> list[dict[str, Any]]:
    """The school's open tasks, the most urgent first, each with the numbers of all open and of all overdue ones."""
    rows = Task.objects.visible_to(user).filter(school=school).open().order_by("due_on", "pk")
    rows = rows.annotate(total=Window(Count("pk")), overdue=Window(Count("pk", filter=Q(due_on__lt=today))))
    return [
        {
            **row,
            "url": task_url(row["id"]),
            "kind": task_showing.urgency(row["status"], row["due_on"], today),
            "words": TaskStatus(row["status"]).label,
            "tag": task_showing.TAGS[TaskStatus(row["status"])],
        }
        for row in rows.values(*OPEN_TASK, "total", "overdue")[:MOST_OPEN]
    ]


# ---- meetings ----

UNSIGNED_WORDS = {MeetingStatus.HELD: "还没有送签", MeetingStatus.MINUTED: "等签发"}
NODES = "准备议题、审定、通知、开会记录、送签、签发"


def next_meetings(user: User, running: list[Meeting], bodies: Sequence[Body], at: datetime) -> list[dict[str, Any]]:
    """For each body the account sees: its next meeting and the step it is at, or that none is planned."""
    found = meeting_selectors.next_of(running, at)
    may_plan = bool(access.school_ids(user, SchoolPerm.RECORD_MINUTES))
    lines = []
    for body in bodies:
        meeting = found.get(body)
        line: dict[str, Any] = {"body": body.value, "name": body.label, "may_plan": may_plan}
        if meeting is not None:
            place, step = _step(meeting)
            line |= {
                "title": meeting.title(),
                "url": meeting.get_absolute_url(),
                "when": meeting_time(meeting.scheduled_at),
                "place": meeting.place,
                "items": meeting.item_count,
                "step": step,
                "states": "d" * (place - 1) + "n" + "t" * (6 - place),
                "names": NODES,
            }
        lines.append(line)
    return lines


def _step(meeting: Meeting) -> tuple[int, str]:
    """Which of the six steps a planned meeting is at, and in words what it waits for."""
    if meeting.status == MeetingStatus.CALLED:
        return 4, "已通知，等开会"
    if meeting.agenda_confirmed_at is not None:
        return 3, "议程已审定，等发通知"
    if meeting.item_count:
        return 2, f"等{HEAD_POST[meeting.body].label}审定议程"
    return 1, "还没有议题"


def findings_lines(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Meetings with findings as items of the to-do list; each opens its meeting."""
    return [
        {
            **_line(row),
            "icon": "alert-octagon" if row["findings_block"] else "alert-triangle",
            "kind": "bad" if row["findings_block"] else "warn",
            "due": f"{local_day(row['scheduled_at']):%m-%d}",
            "note": row["said"] or f"{_counted(row)}，送签前要改",
        }
        for row in rows
    ]


def _counted(row: dict[str, Any]) -> str:
    numbers = ((row["findings_block"], "不合规"), (row["findings_warn"], "需留意"))
    return "、".join(f"{number} 处{word}" for number, word in numbers if number)


def unsigned_lines(rows: Sequence[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """Minutes that wait for their signature too long, as items of the to-do list."""
    lines = []
    for row in rows:
        day = local_day(row["scheduled_at"])
        until = meeting_selectors.sign_until(day)
        words = UNSIGNED_WORDS[MeetingStatus(row["status"])]
        due = {"due": days_left_text(until, today) if until else "", "due_kind": "bad"}
        lines.append(
            {**_line(row), "icon": "clock-exclamation", "kind": "bad", "note": f"{day:%m-%d} 开会，{words}", **due}
        )
    return lines


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": f"{row['school__short_name']}第{row['serial']}次{Body(row['body']).label}",
        "url": meeting_url(row["id"]),
        "seal": row["body"],
    }


# ---- the sentence ----


def sentence(desk: Desk) -> list[dict[str, str]]:
    """What stands at the head of the desk; each number opens its records."""
    clauses = [_own_clause(desk), _todo_clause(desk)]
    ordered = clauses if desk.tasks_first else reversed(clauses)
    parts: list[dict[str, str]] = []
    for clause in filter(None, ordered):
        parts += [*([part("；")] if parts else []), *clause]
    parts.append(part("。本校 " if desk.late_total else "。本校"))
    if desk.late_total:
        parts += [part(f"{desk.late_total} 项任务", overdue_url(), "bad"), part("逾期")]
    else:
        parts.append(part("没有任务逾期"))
    if desk.blocked:
        url = f"{reverse('governance:meetings')}?findings=block&status={MeetingStatus.HELD.value}"
        parts += [part("，"), part(f"{desk.blocked} 次会议", url, "bad"), part("有不合规项要改")]
    return [*parts, part("。")]


def _own_clause(desk: Desk) -> list[dict[str, str]]:
    mine, counts = reverse("checklists:mine"), desk.counts
    if not counts.open:
        return [part("你没有未完成的任务")]
    parts = [part("你有 "), part(f"{counts.open} 项任务", mine), part("未完成")]
    if counts.overdue:
        parts += [part("，其中 "), part(f"{counts.overdue} 项逾期", f"{mine}#late", "bad")]
    return parts


def _todo_clause(desk: Desk) -> list[dict[str, str]]:
    if not desk.todo:
        return []
    parts = [part("有 "), part(f"{len(desk.todo)} 件事", "#todo"), part("等你处理")]
    if desk.closing:
        url = f"{reverse('checklists:mine')}#closing"
        parts += [part("，其中 "), part(f"{desk.closing} 项任务", url), part("待确认销号")]
    return parts
