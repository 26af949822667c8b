"""What the list of tasks is narrowed by. Values come from the address; what cannot be read does not filter."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q

from accounts.models import User
from checklists.models import TaskQuerySet, TaskStatus
from common.text import clean_term
from schools.models import School

OPEN, ALL = "open", "all"
VIEWS = (OPEN, *TaskStatus.values, ALL)


@dataclass(frozen=True)
class TaskFilter:
    """The list's filters. Both days are included; `school` and `responsible` are names, pinyin or initials (school: or a code)."""

    status: str = OPEN
    overdue: bool = False
    school: str = ""
    responsible: str = ""
    due_after: date | None = None
    due_before: date | None = None
    q: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the address."""
        status = query.get("status", "")
        return cls(
            status=status if status in VIEWS else OPEN,
            overdue=query.get("overdue", "") in ("1", "true"),
            school=clean_term(query.get("school", "")),
            responsible=clean_term(query.get("responsible", "")),
            due_after=_day(query.get("due_after", "")),
            due_before=_day(query.get("due_before", "")),
            q=clean_term(query.get("q", "")),
        )

    def address(self, **changes: Any) -> str:
        """The query string of these filters with `changes`; values that do not filter are left out."""
        changed, plain = replace(self, **changes), type(self)()
        kept = {
            f.name: getattr(changed, f.name) for f in fields(self) if getattr(changed, f.name) != getattr(plain, f.name)
        }
        return "?" + urlencode({name: 1 if value is True else value for name, value in kept.items()})

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view (status, overdue) filters."""
        return bool(self.school or self.responsible or self.due_after or self.due_before or self.q)

    @property
    def order(self) -> str:
        """What is still to do is read from the oldest day on, what lies behind from the newest."""
        return "due_on" if self.overdue or self.status in (OPEN, *_OPEN_STATES) else "-due_on"

    def apply(self, rows: TaskQuerySet, user: User, today: date) -> TaskQuerySet:
        """The rows that fit."""
        rows = self._in_view(rows, today)
        if self.school:
            rows = rows.filter(school__in=School.objects.visible_to(user).search(self.school).values("pk"))
        if self.responsible:
            rows = rows.filter(_named(self.responsible))
        if self.due_after:
            rows = rows.filter(due_on__gte=self.due_after)
        if self.due_before:
            rows = rows.filter(due_on__lte=self.due_before)
        if self.q:
            rows = rows.filter(target__icontains=self.q)
        return rows

    def _in_view(self, rows: TaskQuerySet, today: date) -> TaskQuerySet:
        if self.overdue:
            rows = rows.overdue(today)
        elif self.status == OPEN:
            rows = rows.open()
        return rows if self.status in (OPEN, ALL) else rows.filter(status=self.status)


_OPEN_STATES = (TaskStatus.NOT_STARTED, TaskStatus.IN_PROGRESS, TaskStatus.SUBMITTED)


def _named(term: str) -> Q:
    low = term.lower().replace(" ", "")
    return (
        Q(responsible__name__icontains=term)
        | Q(responsible__py__startswith=low)
        | Q(responsible__py_first__startswith=low)
    )


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None
