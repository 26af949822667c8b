"""五项工程 read: state of each work, its tasks and evidence, the register of its texts, figures F06 and F07 (S09, A07)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import User
from attachments.models import Attachment
from attachments.registry import may_read
from audit.services import subject_of
from checklists.models import OPEN, Task, TaskStatus
from common.dates import at_hour
from pilots.models import Foundation, FoundationKind, FoundationStatus, FoundationText, Plan, PlanRow, PlanStatus
from pilots.plan_checks import FOUR
from schools.models import School

LAST_MOMENT = {"hour": 23, "minute": 59, "second": 59, "microsecond": 999999}


@dataclass
class Work:
    """One work of one school as it stands: what was registered, and its tasks counted."""

    kind: str
    label: str
    foundation: Foundation | None = None
    total: int = 0
    closed: int = 0
    started: int = 0
    overdue: int = 0

    @property
    def status(self) -> str:
        """Done when registered; in progress as soon as one of its tasks has left 未开始."""
        if self.foundation is not None and self.foundation.status == FoundationStatus.DONE:
            return FoundationStatus.DONE.value
        return (FoundationStatus.IN_PROGRESS if self.started else FoundationStatus.NOT_STARTED).value

    @property
    def text_version(self) -> str | None:
        """The version of the text in force."""
        return (self.foundation.text_version or None) if self.foundation else None

    @property
    def percent(self) -> int:
        """Closed tasks of all that were not cancelled."""
        return round(100 * self.closed / self.total) if self.total else 0

    @property
    def state(self) -> str:
        """The letter of `five`: d done, x late, n now, t to do."""
        if self.status == FoundationStatus.DONE:
            return "d"
        return "x" if self.overdue else "n" if self.status == FoundationStatus.IN_PROGRESS else "t"

    @property
    def tag(self) -> tuple[str, str]:
        """Kind and words of the tag."""
        if self.overdue and self.state != "d":
            return "bad", f"{self.overdue} 项逾期"
        return TAGS[FoundationStatus(self.status)], FoundationStatus(self.status).label


TAGS = {FoundationStatus.DONE: "done", FoundationStatus.IN_PROGRESS: "go", FoundationStatus.NOT_STARTED: "none"}
Works = dict[str, Work]


def works_of(schools: Iterable[UUID], today: date) -> dict[UUID, Works]:
    """The five works of each of those schools in their order, in two queries for all."""
    found: dict[UUID, Works] = {
        pk: {kind.value: Work(kind.value, str(kind.label)) for kind in FoundationKind} for pk in schools
    }
    for foundation in Foundation.objects.filter(school__in=list(found)):
        found[foundation.school_id][foundation.kind].foundation = foundation
    for row in _counts(list(found), today):
        if row["kind"]:
            work = found[row["plan__school_id"]][row["kind"]]
            work.total, work.closed, work.started, work.overdue = (
                row[name] for name in ("total", "closed", "started", "overdue")
            )
    return found


def _counts(schools: list[UUID], today: date) -> Iterable[Any]:
    """Tasks by school and work. A school has tasks in the edition in force only."""
    rows = PlanRow.objects.filter(plan__school__in=schools, plan__status=PlanStatus.APPROVED, task__isnull=False)
    return rows.order_by().values("plan__school_id", "kind").annotate(**counted(today))


def counted(today: date) -> dict[str, Count]:
    """Numbers of tasks behind plan rows; cancelled ones do not count."""
    kept = ~Q(task__status=TaskStatus.CANCELLED)
    return {
        "total": Count("task", filter=kept),
        "closed": Count("task", filter=Q(task__status=TaskStatus.CLOSED)),
        "started": Count("task", filter=kept & ~Q(task__status=TaskStatus.NOT_STARTED)),
        "overdue": Count("task", filter=Q(task__status__in=OPEN, task__due_on__lt=today)),
    }


# ---- one school ----


@dataclass
class TextLine:
    """A registered text with the day its validity ended and its files."""

    text: FoundationText
    until: date | None
    url: str
    files: list[Attachment] = field(default_factory=list)


def register_of(school: School, user: User) -> Mapping[str, list[TextLine]]:
    """The texts of each work, the one in force first; the decision is linked for those who may open it."""
    texts = list(
        FoundationText.objects.filter(foundation__school=school)
        .select_related("foundation", "registered_by")
        .order_by("-number")
    )
    files = files_by_subject(subject_of(text) for text in texts)
    lines: dict[str, list[TextLine]] = defaultdict(list)
    for text in texts:
        known = lines[text.foundation.kind]
        until = known[-1].text.adopted_on if known else None
        url = text.adopted_url if may_read(user, text.adopted_by) else ""
        known.append(TextLine(text, until, url, files.get(subject_of(text), [])))
    return lines


def tasks_of(school: School, user: User) -> Mapping[str, list[Task]]:
    """The tasks of each work in the edition in force, in the order of the plan, with their files as `evidence`."""
    rows = (
        PlanRow.objects.filter(plan__school=school, plan__status=PlanStatus.APPROVED, task__isnull=False)
        .filter(task__in=Task.objects.visible_to(user))
        .select_related("task__responsible")
        .order_by("order", "pk")
    )
    found: dict[str, list[Task]] = defaultdict(list)
    tasks = [(row.kind, row.task) for row in rows if row.task is not None]
    files = files_by_subject(subject_of(task) for _, task in tasks)
    for kind, task in tasks:
        task.evidence = files.get(subject_of(task), [])  # type: ignore[attr-defined]  # for the page
        found[kind].append(task)
    return found


def evidence_of(school: School, kind: str) -> list[Attachment]:
    """Files handed in with the tasks of that work."""
    rows = PlanRow.objects.filter(plan__school=school, plan__status=PlanStatus.APPROVED, kind=kind, task__isnull=False)
    label = Task._meta.label_lower
    subjects = [f"{label}:{pk}" for pk in rows.values_list("task_id", flat=True)]
    return list(Attachment.objects.filter(subject__in=subjects).order_by("created_at", "pk"))


def files_by_subject(subjects: Iterable[str]) -> Mapping[str, list[Attachment]]:
    """Files of many subjects in one query."""
    found: dict[str, list[Attachment]] = defaultdict(list)
    for file in Attachment.objects.filter(subject__in=list(subjects)).order_by("created_at", "pk"):
        found[file.subject].append(file)
    return found


def may_read_text_files(user: User, text_id: UUID) -> bool:
    """Files of a registered text may be read by whoever sees the school's works."""
    seen = Foundation.objects.visible_to(user)
    return FoundationText.objects.filter(pk=text_id, foundation__in=seen).exists()


# ---- figures ----


def completed_schools(as_of: date) -> QuerySet[School]:
    """F06: schools whose founding plan, the first one approved, has all five foundations done by the end of that day."""
    until = end_of(as_of)
    approved = Plan.objects.filter(approved_at__lte=until).values("school")
    done = (
        FoundationText.objects.filter(number=1, registered_at__lte=until)
        .values("foundation__school")
        .annotate(works=Count("foundation"), first=Min("registered_at"))
        .filter(works=len(FoundationKind))
        .values("foundation__school")
    )
    return School.objects.filter(pk__in=done).filter(pk__in=approved)


def plan_tasks(as_of: date) -> QuerySet[PlanRow]:
    """F07, denominator: rows of approved plans whose task was opened by the end of that day; each task once."""
    until = end_of(as_of)
    rows = PlanRow.objects.filter(plan__approved_at__lte=until, task__created_at__lte=until)
    return rows.filter(Q(plan__superseded_at__isnull=True) | Q(plan__superseded_at__gt=until))


def definite_tasks(as_of: date) -> QuerySet[PlanRow]:
    """F07, numerator: those whose task has target, measures, deadline and responsible."""
    filled = Q(**{f"task__{name}__isnull": False for name in FOUR})
    return plan_tasks(as_of).filter(filled).exclude(task__target="").exclude(task__measures="")


def end_of(day: date) -> datetime:
    """The last moment of the day."""
    return at_hour(day).replace(**LAST_MOMENT)  # type: ignore[arg-type]  # hour to microsecond are whole numbers
