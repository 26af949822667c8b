"""What of the log concerns restricted items: the auditor reads who did what when, and none of their words."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from checklists.models import Task
from governance.models import AgendaItem, Decision, Meeting, Secrecy, Talk, Topic

WITHHELD = "限定人员议题"
# What a fact about a restricted object still shows: numbers, codes and days.
PLAIN = frozenset(
    "due_on old_due_on days_left files size sha256 result length rows format order level before rule item items present decisions seal".split()
)
TASK_URL = re.compile(r"/([0-9a-f]{8}-[0-9a-f-]{27})/")
RESTRICTED = Q(secrecy=Secrecy.RESTRICTED)
# Label of a subject → its objects, and which of them are restricted.
CLOSED: dict[str, tuple[Callable[[], QuerySet[Any]], Q]] = {
    "governance.agendaitem": (AgendaItem.objects.all, RESTRICTED),
    "governance.decision": (Decision.objects.all, Q(item__secrecy=Secrecy.RESTRICTED)),
    "governance.topic": (Topic.objects.all, RESTRICTED),
    "governance.talk": (Talk.objects.all, Q(links__item__secrecy=Secrecy.RESTRICTED)),
    "governance.meeting": (Meeting.objects.all, Q(items__secrecy=Secrecy.RESTRICTED)),
    "checklists.task": (Task.objects.all, Q(checklist__restricted=True)),
}


def open_subjects(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, UUID]]:
    """Label and id of what the facts are about, as far as it is known and not restricted. One query for each label at most.

    What is gone (an item that was taken off the agenda) is not known, and stays closed.
    """
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        for label, pk in about(row):
            wanted.setdefault(label, set()).add(pk)
    found: set[tuple[str, UUID]] = set()
    for label, ids in wanted.items():
        objects, closed = CLOSED[label]
        rows_of = objects().filter(pk__in=ids).exclude(pk__in=objects().filter(closed, pk__in=ids).values("pk"))
        found |= {(label, pk) for pk in rows_of.values_list("pk", flat=True)}
    return found


def about(row: Mapping[str, Any]) -> list[tuple[str, UUID]]:
    """What one fact is about, of the kinds that can be restricted: its subject, whose file it is, the items it names."""
    subject, data = str(row["subject"]), row["data"]
    names = [subject, str(data.get("of", ""))]
    if subject.startswith("deadlines.deadline:") and (task := TASK_URL.search(str(data.get("url", "")))):
        names.append(f"checklists.task:{task[1]}")
    items = data.get("items") if isinstance(data.get("items"), list) else []
    names += [f"governance.agendaitem:{pk}" for pk in (data.get("item"), *items) if pk]
    return [named for name in names if (named := _named(name))]


def _named(name: str) -> tuple[str, UUID] | None:
    label, _, pk = name.partition(":")
    if label not in CLOSED:
        return None
    try:
        return label, UUID(pk)
    except ValueError:
        return None


def veil(rows: Iterable[dict[str, Any]]) -> None:
    """Take the words out of the facts that concern restricted objects. The name of a meeting says nothing of its items and stays."""
    rows = list(rows)
    known = open_subjects(rows)
    for row in rows:
        if _says_not_whose(row) or any(named not in known for named in about(row)):
            if not str(row["subject"]).startswith("governance.meeting:"):
                row["subject_text"] = WITHHELD
            row["data"] = {key: value for key, value in row["data"].items() if key in PLAIN}


def _says_not_whose(row: Mapping[str, Any]) -> bool:
    """A fact about a file that does not say what it belongs to: its name may tell something, so it stays closed."""
    return str(row["subject"]).startswith("attachments.attachment:") and not row["data"].get("of")
