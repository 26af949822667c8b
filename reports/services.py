"""Keeping the roll-up rows: a note in the transaction of each change, folded into the rows a moment later."""

from uuid import UUID

from django.db import transaction

from audit.models import Event
from reports.models import Change, Standing
from reports.selectors.standing import NAMES, counted_afresh
from schools.models import School

COUNTED = ("checklists.task.", "governance.meeting.", "governance.decision.")
WITHOUT_EFFECT = frozenset({"governance.meeting.read"})
BATCH = 500


def note(events: list[Event]) -> None:
    """The sink of `audit.record`: schools whose tasks, meetings or decisions change are to be counted again."""
    schools = {
        event.school_id
        for event in events
        if event.school_id is not None and event.kind.startswith(COUNTED) and event.kind not in WITHOUT_EFFECT
    }
    if schools:
        Change.objects.bulk_create([Change(school_id=school) for school in sorted(schools)])


@transaction.atomic
def fold_batch(*, year: int, limit: int = BATCH) -> int:
    """Take up to `limit` notes and up to `limit` schools without a row of that year; returns how many of both.

    The notes are read before the numbers are counted, so whatever a note tells of is counted; a change that comes
    later brings a note of its own, which stays. The rows are locked in between: of two folds at once, the one that
    writes last has also counted last.
    """
    notes: dict[int, UUID] = dict(Change.objects.order_by("pk").values_list("pk", "school_id")[:limit])
    missing = School.objects.exclude(standings__year=year).order_by("pk").values_list("pk", flat=True)[:limit]
    new = [Standing(school_id=school, year=year) for school in missing]
    Standing.objects.bulk_create(new, ignore_conflicts=True)
    wanted = {*notes.values(), *(row.school_id for row in new)}
    rows = Standing.objects.filter(school__in=wanted, year=year).order_by("pk").select_for_update()
    locked = {row.school_id: row for row in rows}
    for school, numbers in counted_afresh(locked, year).items():
        for name in NAMES:
            setattr(locked[school], name, getattr(numbers, name))
    Standing.objects.bulk_update(locked.values(), NAMES)
    Change.objects.filter(pk__in=notes).delete()
    return len(notes) + len(new)


@transaction.atomic
def note_all() -> None:
    """Have every school counted again."""
    Change.objects.bulk_create([Change(school_id=pk) for pk in School.objects.values_list("pk", flat=True)])
