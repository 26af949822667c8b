"""Reading the inbox."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from audit.registry import all_kinds
from notifications.models import Message

DEADLINES = "deadlines."  # reminders of days speak of time, everything else of people's acts


@dataclass(frozen=True)
class Category:
    """A way to look at the inbox."""

    code: str
    label: str
    icon: str


CATEGORIES = (
    Category("due", "到期与逾期", "clock-exclamation"),
    Category("todo", "待办", "clipboard-check"),
    Category("notice", "通知", "info-circle"),
)


def category_of(kind: str) -> str:
    """`due` for reminders, `todo` for what asks the reader to act (such kinds also go out by mail), else `notice`."""
    if kind.startswith(DEADLINES):
        return "due"
    return "todo" if kind in _asking() else "notice"


def _asking() -> list[str]:
    return [kind.code for kind in all_kinds() if kind.mail and not kind.code.startswith(DEADLINES)]


def inbox_of(user: User, *, category: str = "", unread: bool = False) -> QuerySet[Any, Any]:
    """The reader's messages as rows; an unknown category does not filter. The caller orders and pages."""
    rows = Message.objects.filter(reader=user)
    if unread:
        rows = rows.filter(read_at__isnull=True)
    if category == "due":
        rows = rows.filter(kind__startswith=DEADLINES)
    elif category == "todo":
        rows = rows.filter(kind__in=_asking())
    elif category == "notice":
        rows = rows.exclude(Q(kind__startswith=DEADLINES) | Q(kind__in=_asking()))
    return rows.values("id", "kind", "title", "url", "at", "read_at", "event__data__days_left", "event__actor_name")


def unread_count(user: User) -> int:
    """Messages not opened yet, for the badge; one look at the partial index."""
    return Message.objects.filter(reader=user, read_at__isnull=True).count()


def unread_by_category(user: User) -> dict[str, int]:
    """The same number by category."""
    numbers = dict.fromkeys((category.code for category in CATEGORIES), 0)
    rows = (
        Message.objects.filter(reader=user, read_at__isnull=True).values_list("kind").annotate(Count("pk")).order_by()
    )
    for kind, number in rows:
        numbers[category_of(kind)] += number
    return numbers
