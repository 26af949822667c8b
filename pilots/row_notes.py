"""What a plan says of its running tasks, on the task's page and on the cards of the phone."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from checklists.models import OPEN
from checklists.sources import Said
from pilots.models import FoundationKind, PlanRow, PlanStatus, RowDependency


def notes_on(tasks: Collection[UUID]) -> Mapping[UUID, Said]:
    """Work and open predecessors by task, from the edition in force; two queries."""
    rows = PlanRow.objects.filter(task__in=tasks, plan__status=PlanStatus.APPROVED).values_list("task_id", "kind")
    links = RowDependency.objects.filter(
        row__task__in=tasks, row__plan__status=PlanStatus.APPROVED, after__task__status__in=OPEN
    )
    waits: dict[UUID, list[str]] = defaultdict(list)
    for task, name in links.order_by("after__order").values_list("row__task_id", "after__target"):
        waits[task].append(name)
    return {task: Said(FoundationKind(kind).label if kind else "", tuple(waits[task])) for task, kind in rows}
