"""Opening, moving and ending deadlines; the sweep that speaks of those due."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef

from audit.services import Subject, record_series, subject_of
from common.bulk import KeyText, among, insert_rows
from common.dates import at_hour, local_day
from common.history import already_told
from common.ids import new_id
from deadlines.models import Deadline, JobRun, Reminder
from deadlines.schedule import next_reminder
from schools.models import Person, School

BATCH = 1000  # on PostgreSQL about a tenth of a second, the chain of facts held for half of it


@dataclass(frozen=True)
class Start:
    """A clock to be started: what it is of, and who has to be done by when."""

    on: models.Model
    school: School
    title: str
    url: str
    responsible: Person
    due_on: date


def open_deadline(
    *, on: models.Model, school: School, title: str, url: str, responsible: Person, due_on: date, at: datetime
) -> Deadline:
    """Start the clock of `on`, in the caller's transaction."""
    return open_deadlines(starts=[Start(on, school, title, url, responsible, due_on)], at=at)[0]


def open_deadlines(*, starts: Sequence[Start], at: datetime) -> list[Deadline]:
    """Start many clocks with one statement."""
    deadlines = [
        Deadline(
            school=start.school,
            subject=subject_of(start.on),
            title=start.title[:300],
            url=start.url,
            responsible=start.responsible,
            due_on=start.due_on,
            remind_at=next_reminder(start.due_on, at),
        )
        for start in starts
    ]
    for deadline in deadlines:
        deadline.stamp(at)
    return Deadline.objects.bulk_create(deadlines)


def move_deadline(*, on: models.Model, due_on: date, responsible: Person, title: str = "", at: datetime) -> None:
    """Another day, person or title: reminders are planned anew. Also wakes a deadline that had ended."""
    deadline = Deadline.objects.select_for_update().get(subject=subject_of(on))
    deadline.due_on, deadline.responsible = due_on, responsible
    deadline.title = title[:300] or deadline.title
    deadline.ended_at = None
    deadline.remind_at = next_reminder(due_on, at)
    deadline.commit(at)


def end_deadline(*, on: models.Model, at: datetime) -> None:
    """Stop the clock; nothing more is said."""
    ended = Deadline.objects.filter(subject=subject_of(on)).update(
        remind_at=None, ended_at=at, updated_at=at, version=F("version") + 1
    )
    if not ended:
        raise Deadline.DoesNotExist(subject_of(on))


class _Due(NamedTuple):
    """A deadline whose moment has come, as a plain row. `spoken`: the ledger has this reminder of this day already."""

    key: str
    school: str
    title: str
    url: str
    person: str
    due_on: date
    account: str | None
    spoken: bool


@transaction.atomic
def sweep_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Speak of up to `limit` deadlines whose moment has come; returns how many were handled.

    One transaction: rows locked (another worker skips them), the next moment stored, ledger rows and facts written.
    A worker that is killed leaves nothing half done; the next sweep finds the same rows.
    """
    today = local_day(at)
    rows = _claim(at, today, limit)
    moments = {day: next_reminder(day, at) for day in {row.due_on for row in rows}}
    by_moment: dict[datetime, list[str]] = defaultdict(list)
    for row in rows:
        by_moment[moments[row.due_on]].append(row.key)
    for moment, keys in by_moment.items():
        Deadline.objects.filter(pk__in=among(keys)).update(remind_at=moment)
    _tell([row for row in rows if not row.spoken], today, at)
    return len(rows)


def _claim(at: datetime, today: date, limit: int) -> list[_Due]:
    """Lock the rows due, oldest first. Only who holds the lock of a deadline writes its ledger, so `spoken` stays true."""
    since = at_hour(today, time.min)
    same_day = Reminder.objects.filter(
        deadline=OuterRef("pk"), person=OuterRef("responsible"), due_on=OuterRef("due_on"),
        at__gte=since, at__lt=since + timedelta(days=1),
    )  # fmt: skip
    due = Deadline.objects.filter(remind_at__lte=at).order_by("remind_at", "pk")
    locked = due.select_for_update(skip_locked=True, of=("self",)).annotate(spoken=Exists(same_day))
    columns = locked.values_list(
        KeyText("pk"), KeyText("school"), "title", "url", KeyText("responsible"), "due_on",
        KeyText("responsible__account"), "spoken",
    )  # fmt: skip
    return [_Due(*row) for row in columns[:limit]]


def _tell(rows: list[_Due], today: date, at: datetime) -> None:
    """Ledger rows and facts for what was not yet spoken of today (a repeat of the same day is not told again)."""
    if not rows:
        return
    when = at.isoformat()
    ledger = [(new_id(), row.key, row.person, row.due_on, (row.due_on - today).days, when) for row in rows]
    insert_rows(Reminder, ("id", "deadline_id", "person_id", "due_on", "days_left", "at"), ledger)
    record_series("deadlines.deadline.reminded", [_subject(row, today) for row in rows], by=None, at=at)


def _subject(row: _Due, today: date) -> Subject:
    data = {
        "days_left": (row.due_on - today).days,
        "due_on": row.due_on.isoformat(),
        "url": row.url,
        "account": row.account or "",
    }
    return Subject(row.school, f"{Deadline._meta.label_lower}:{row.key}", row.title, data)


def note_run(*, name: str, at: datetime) -> None:
    """Remember that a periodic job ran."""
    JobRun.objects.update_or_create(name=name, defaults={"at": at})


def settle_history(*, at: datetime) -> int:
    """After loading history: plan every open deadline's next moment after `at`, saying nothing of what lies before."""
    if not already_told():
        raise RuntimeError("only history may be settled silently")
    moved = 0
    for row in Deadline.objects.filter(remind_at__lte=at).order_by("pk"):
        row.remind_at = next_reminder(row.due_on, at)
        row.save(update_fields=["remind_at"])
        moved += 1
    return moved
