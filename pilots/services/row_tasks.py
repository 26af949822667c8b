"""When a plan is approved its rows become tasks; a later edition keeps those that run, carries changes over, ends what it dropped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from checklists.models import Checklist, SourceKind, Task
from checklists.selectors import in_office
from checklists.services import NewTask, drop_by_source, follow_source, open_checklist
from common.dates import local_day
from pilots.models import Plan, PlanRow

DROPPED = "新版方案不再列此项"


@transaction.atomic
def open_tasks(*, plan: Plan, by: User, at: datetime) -> None:
    """Each row is one task of the plan's checklist, with its deadline. The step that approves the plan has locked and checked it."""
    rows = list(plan.rows.select_related("responsible", "task").order_by("order", "pk"))
    posts = {person.pk: words for person, words in in_office(plan.school_id, local_day(at))}
    new = [row for row in rows if row.task is None]
    checklist = open_checklist(
        school=plan.school, source=plan, kind=SourceKind.PLAN, title=str(plan), url=plan.get_absolute_url(),
        tasks=[_as_task(row, posts) for row in new], by=by, at=at,
    )  # fmt: skip
    _carry_over([row for row in rows if row.task is not None], checklist, posts, by, at)
    for row, task in zip(new, checklist.tasks.filter(plan_rows=None).order_by("order", "pk"), strict=True):
        row.task = task
        row.stamp(at)
    PlanRow.objects.bulk_update(new, ["task", "updated_at", "version"])
    _end_dropped(plan, {row.task_id for row in rows if row.task_id}, by, at)


def _as_task(row: PlanRow, posts: Mapping[UUID, str]) -> NewTask:
    person, due_on = row.responsible, row.due_on
    if person is None or due_on is None:
        raise ValueError(f"row {row.pk} was handed in without its four definites")
    return NewTask(row.target, row.measures, due_on, person, posts.get(person.pk, "")[:40], row.units)


def _carry_over(
    rows: Sequence[PlanRow], checklist: Checklist, posts: Mapping[UUID, str], by: User, at: datetime
) -> None:
    for row in rows:
        if row.task is not None and row.task.is_open():
            follow_source(task=row.task, new=_as_task(row, posts), checklist=checklist, by=by, at=at)


def _end_dropped(plan: Plan, kept: set[UUID], by: User, at: datetime) -> None:
    """Running tasks of earlier editions that no row names any more."""
    running = Task.objects.open().filter(
        pk__in=PlanRow.objects.filter(plan__school=plan.school_id, task__isnull=False).values("task")
    )
    for task in running.exclude(pk__in=kept).order_by("pk"):
        drop_by_source(task=task, reason=DROPPED, by=by, at=at)
