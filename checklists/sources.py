"""What the source of a task can say of it: registered by the app that owns the source, asked by the task's page and cards."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from checklists.models import Task


@dataclass(frozen=True)
class Said:
    """`part`: the part of the source the task belongs to; `waits_for`: tasks that come before it and are not closed."""

    part: str = ""
    waits_for: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """A sentence about what comes before; it informs, no step is refused for it."""
        return f"前置任务{'、'.join(f'“{name}”' for name in self.waits_for)}还没有完成" if self.waits_for else ""


NOTHING = Said()
Teller = Callable[[Collection[UUID]], Mapping[UUID, Said]]
_tellers: dict[str, Teller] = {}


def register_source(kind: str, teller: Teller) -> None:
    """`teller` answers for many tasks of that source kind in a constant number of queries."""
    _tellers[kind] = teller


def said_of(tasks: Iterable[Task]) -> dict[UUID, Said]:
    """By task; those nothing is said of are left out."""
    by_kind: dict[str, list[UUID]] = {}
    for task in tasks:
        by_kind.setdefault(task.checklist.source_kind, []).append(task.pk)
    found: dict[UUID, Said] = {}
    for kind, ids in by_kind.items():
        if kind in _tellers:
            found.update(_tellers[kind](ids))
    return found
