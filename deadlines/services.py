"""Opening, moving and ending deadlines; the sweep that speaks of those due."""

from collections import defaultdict
from datetime import date, datetime

from django.db import models, transaction
from django.db.models import F

from audit.services import Fact, record_many, subject_of
from common.dates import local_day
from common.history import already_told
from deadlines.models import Deadline, JobRun, Reminder
from deadlines.schedule import next_reminder
from schools.models import Person, School

BATCH = 500


def open_deadline(
    *, on: models.Model, school: School, title: str, url: str, responsible: Person, due_on: date, at: datetime
) -> Deadline:
    """Start the clock of `on`, in the caller's transaction."""
    deadline = Deadline(
        school=school,
        subject=subject_of(on),
        title=title[:300],
        url=url,
        responsible=responsible,
        due_on=due_on,
        remind_at=next_reminder(due_on, at),
    )
    deadline.commit(at)
    return deadline


def move_deadline(*, on: models.Model, due_on: date, responsible: Person, at: datetime) -> None:
    """Another day or another person: reminders are planned anew. Also wakes a deadline that had ended."""
    deadline = Deadline.objects.select_for_update().get(subject=subject_of(on))
    deadline.due_on, deadline.responsible = due_on, responsible
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


@transaction.atomic
def sweep_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Speak of up to `limit` deadlines whose moment has come; returns how many were handled.

    One transaction: rows locked (another worker skips them), the next moment stored, ledger rows and facts written.
    A worker that is killed leaves nothing half done; the next sweep finds the same rows.
    """
    due = Deadline.objects.filter(remind_at__lte=at).order_by("remind_at", "pk")[:limit]
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("responsible"))
    today = local_day(at)
    by_moment: dict[datetime, list[Deadline]] = defaultdict(list)
    for row in rows:
        by_moment[next_reminder(row.due_on, at)].append(row)
    for moment, group in by_moment.items():
        Deadline.objects.filter(pk__in=[row.pk for row in group]).update(remind_at=moment)
    spoken = Reminder.objects.bulk_create(
        [
            Reminder(
                deadline=row, person=row.responsible, due_on=row.due_on, days_left=(row.due_on - today).days, at=at
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )
    _tell(spoken, {row.pk: row for row in rows}, at)
    return len(rows)


def _tell(spoken: list[Reminder], rows: dict[object, Deadline], at: datetime) -> None:
    """Facts for the reminders that are new in the ledger (a repeat of the same day is not told again)."""
    new = set(Reminder.objects.filter(pk__in=[reminder.pk for reminder in spoken]).values_list("pk", flat=True))
    facts = []
    for reminder in spoken:
        if reminder.pk in new:
            row = rows[reminder.deadline_id]
            data = {
                "days_left": reminder.days_left,
                "due_on": row.due_on.isoformat(),
                "url": row.url,
                "account": str(row.responsible.account_id or ""),
            }
            facts.append(Fact("deadlines.deadline.reminded", row, row.school_id, data))
    if facts:
        record_many(facts, by=None, at=at)


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
