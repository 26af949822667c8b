"""Reading tasks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import User
from attachments.models import Attachment
from attachments.registry import may_read
from attachments.selectors import files_of
from audit.models import Event
from audit.registry import kind_of
from audit.services import subject_of
from checklists.closing import CLOSING_POSTS, closing_falls_to
from checklists.models import OPEN, Progress, Task, TaskQuerySet, TaskStatus
from schools import access
from schools.models import Appointment, Person
from schools.permissions import Post

SOON = timedelta(days=30)  # “30 天内” of the checklist
COUNTS = "_my_task_counts"


def may_read_files(user: User, task_id: UUID) -> bool:
    """Evidence may be read by whoever may see the task."""
    return Task.objects.visible_to(user).filter(pk=task_id).exists()


def has_secret_files(task_id: UUID) -> bool:
    """Whether the names of its evidence tell of something restricted."""
    return Task.objects.filter(pk=task_id, checklist__restricted=True).exists()


# ---- what an account has to do ----


@dataclass(frozen=True)
class MyCounts:
    """The tasks an account is responsible for, in numbers.

    `todo` needs work, `submitted` waits for 确认销号; `overdue` is everything open after its day, and
    `overdue_submitted` the part of it that only waits for somebody else.
    """

    todo: int
    submitted: int
    closed: int
    cancelled: int
    overdue: int
    overdue_submitted: int

    @property
    def open(self) -> int:
        """未完成."""
        return self.todo + self.submitted

    @property
    def counted(self) -> int:
        """What progress is measured against: everything that was not cancelled."""
        return self.open + self.closed

    @property
    def all(self) -> int:
        """Cancelled ones included."""
        return self.counted + self.cancelled

    @property
    def percent(self) -> int:
        """Closed ones of those that count, 0 to 100."""
        return round(100 * self.closed / self.counted) if self.counted else 0


def my_tasks(user: User) -> TaskQuerySet:
    """The tasks this account is responsible for, at schools it may still see."""
    return Task.objects.visible_to(user).of_person(user)


def my_counts(user: User, today: date) -> MyCounts:
    """The numbers of `my_tasks` in one query a request (the memo lives on the user object; shell and page share it)."""
    kept: tuple[date, MyCounts] | None = getattr(user, COUNTS, None)
    if kept is None or kept[0] != today:
        submitted, late = Q(status=TaskStatus.SUBMITTED), Q(due_on__lt=today)
        row = my_tasks(user).aggregate(
            todo=Count("pk", filter=Q(status__in=OPEN) & ~submitted),
            submitted=Count("pk", filter=submitted),
            closed=Count("pk", filter=Q(status=TaskStatus.CLOSED)),
            cancelled=Count("pk", filter=Q(status=TaskStatus.CANCELLED)),
            overdue=Count("pk", filter=Q(status__in=OPEN) & late),
            overdue_submitted=Count("pk", filter=submitted & late),
        )
        kept = (today, MyCounts(**row))
        setattr(user, COUNTS, kept)
    return kept[1]


def may_close_somewhere(user: User) -> bool:
    """Whether 确认销号 can fall to this account at all."""
    return access.holds_post(user, *CLOSING_POSTS, Post.ORGANISER)


def to_close(user: User, today: date) -> TaskQuerySet:
    """Submitted tasks whose 确认销号 falls to this account today.

    The rule of `guards.refusal` (permission table, footnotes 8 and 9) as one query, so that a list need not ask the
    guard row by row; a test holds the two against each other.
    """
    falls_to_me = closing_falls_to(user, today)
    if falls_to_me is None:
        return Task.objects.none()
    return Task.objects.filter(falls_to_me, status=TaskStatus.SUBMITTED)


# ---- about one task ----


def source_url(task: Task, user: User) -> str:
    """The address of the decision a task comes from, for those who may open it (the subject's own guard says who)."""
    return task.checklist.url if may_read(user, task.checklist.subject) else ""


def in_office(school_id: UUID, today: date) -> list[tuple[Person, str]]:
    """People who hold a post of the school today, in its order, each once, with their posts in words."""
    posts: dict[Person, list[str]] = {}
    rows = Appointment.objects.on(today).filter(school=school_id).select_related("person").order_by("rank", "pk")
    for appointment in rows:
        posts.setdefault(appointment.person, []).append(appointment.get_post_display())
    return [(person, "、".join(held)) for person, held in posts.items()]


def evidence_counts(ids: Iterable[UUID]) -> dict[UUID, int]:
    """Number of files by task, one query for a page of tasks; tasks without files are left out."""
    label = Task._meta.label_lower
    subjects = [f"{label}:{pk}" for pk in ids]
    rows = Attachment.objects.filter(subject__in=subjects).values_list("subject").annotate(Count("pk")).order_by()
    return {UUID(subject.partition(":")[2]): number for subject, number in rows}


@dataclass
class Entry:
    """One step in the life of a task, with what was written and handed in at that moment."""

    at: datetime
    label: str
    who: str
    kind: str = "d"
    text: str = ""
    notes: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)


STOPS = {"checklists.task.returned", "checklists.task.cancelled", "checklists.task.reopened"}
CARRIED_WORDS = {
    "target": "目标任务",
    "measures": "推进措施",
    "due_on": "完成时限",
    "responsible": "责任主体",
    "units": "协同部门",
}
WITH_EVIDENCE = {"checklists.task.progressed", "checklists.task.submitted"}


def history_of(task: Task) -> list[Entry]:
    """Everything that happened to a task, newest first: its facts, with the progress notes and files of the same moment."""
    events = list(
        Event.objects.filter(subject=subject_of(task)).order_by("-seq").values("kind", "at", "actor_name", "data")
    )
    texts: dict[datetime, str] = dict(Progress.objects.filter(task=task).order_by("at", "pk").values_list("at", "text"))
    files: dict[datetime, list[Attachment]] = defaultdict(list)
    for attachment in files_of([task])[subject_of(task)]:
        files[attachment.created_at].append(attachment)
    heirs = _heirs(task, events)
    entries = []
    for event, heir in zip(events, heirs, strict=True):
        kind = str(event["kind"])
        entry = Entry(event["at"], kind_of(kind).label, event["actor_name"], "x" if kind in STOPS else "d")
        entry.notes = _notes(kind, event["data"], heir)
        if kind in WITH_EVIDENCE:
            entry.text, entry.files = texts.pop(entry.at, ""), files.pop(entry.at, [])
        entries.append(entry)
    return entries


def _heirs(task: Task, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each fact (newest first) the name of who was responsible after it: each hand-over names only who was before."""
    name, heirs = task.responsible.name, []
    for event in events:
        heirs.append(name)
        name = event["data"].get("before", name)
    return heirs


def _notes(kind: str, data: Mapping[str, Any], heir: str) -> list[str]:
    said = []
    if kind in ("checklists.task.opened", "checklists.task.reopened"):
        said.append(f"责任人{heir}，时限 {data['due_on']}")
    if kind == "checklists.task.amended":
        said.append(f"新版方案改了{'、'.join(CARRIED_WORDS[name] for name in data['changed'])}")
    if data.get("old_due_on"):
        said.append(f"{data['old_due_on']} 改为 {data['due_on']}")
    if data.get("before"):
        said.append(f"{data['before']} 转交给 {heir}")
    if data.get("reason"):
        said.append(f"理由：{data['reason']}")
    return said
