"""Keeping the roll-up rows: a note in the transaction of each change, folded into the rows a moment later."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.registry import Recorded
from audit.services import record
from common.dates import local_day
from governance.models import Meeting
from reports.models import EVERY, Change, FindingCount, SignedNote, Standing
from reports.selectors.standing import NAMES, counted_afresh
from schools.models import School

COUNTED = ("checklists.task.", "governance.meeting.", "governance.decision.")
WITHOUT_EFFECT = frozenset({"governance.meeting.read"})
SIGNED = "governance.meeting.signed"
BATCH = 500


def note(events: Sequence[Recorded]) -> None:
    """The sink of `audit.record`: schools whose tasks, meetings or decisions change are to be counted again."""
    schools = {
        event.school
        for event in events
        if event.school is not None and event.kind.startswith(COUNTED) and event.kind not in WITHOUT_EFFECT
    }
    if schools:
        Change.objects.bulk_create([Change(school_id=school) for school in sorted(schools)])
    if signed := [event.subject.rpartition(":")[2] for event in events if event.kind == SIGNED]:
        meetings = Meeting.objects.filter(pk__in=signed).values_list("pk", "scheduled_at")
        SignedNote.objects.bulk_create(
            [SignedNote(meeting_id=pk, month=local_day(at).replace(day=1)) for pk, at in meetings]
        )


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


# What the noted meetings add, to the rows of their school (first) or to those of the whole district (second time). The order
# keeps two folds from waiting for each other's rows crosswise.
ADD_FINDINGS = """
INSERT INTO reports_findingcount (school_id, month, body, rule, severity, matter, outcome, number)
SELECT {school}, n.month, m.body, r.rule, r.severity,
       CASE WHEN r.item_id IS NULL THEN '' ELSE coalesce(a.code, {unclassified}) END, r.outcome, count(*)
  FROM reports_signednote n
  JOIN governance_meeting m ON m.id = n.meeting_id
  JOIN governance_ruleresult r ON r.meeting_id = m.id
  LEFT JOIN governance_agendaitem i ON i.id = r.item_id
  LEFT JOIN governance_matter a ON a.id = i.matter_id
 WHERE n.id IN ({notes}) AND r.outcome <> 'not_applicable'
 GROUP BY 1, 2, 3, 4, 5, 6, 7
 ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (school_id, month, body, rule, severity, matter, outcome)
DO UPDATE SET number = reports_findingcount.number + excluded.number
"""
ADD_MEETINGS = """
INSERT INTO reports_meetingcount (school_id, month, body, number)
SELECT {school}, n.month, m.body, count(*)
  FROM reports_signednote n JOIN governance_meeting m ON m.id = n.meeting_id
 WHERE n.id IN ({notes})
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
ON CONFLICT (school_id, month, body) DO UPDATE SET number = reports_meetingcount.number + excluded.number
"""


@transaction.atomic
def fold_findings(*, limit: int = BATCH) -> int:
    """Add the results of up to `limit` newly signed meetings to the counts; returns how many meetings.

    Counts and notes change in one transaction, so at every moment a meeting is either counted or noted. Of two folds at
    once the second waits, and then finds the notes of the first gone.
    """
    notes = list(SignedNote.objects.order_by("pk").select_for_update().values_list("pk", flat=True)[:limit])
    if not notes:
        return 0
    everybody = FindingCount._meta.get_field("school_id").get_db_prep_value(EVERY, connection)
    marks = ", ".join(["%s"] * len(notes))
    with connection.cursor() as cursor:
        for school, given in (("m.school_id", []), ("%s", [everybody])):
            findings = ADD_FINDINGS.format(school=school, unclassified="%s", notes=marks)
            cursor.execute(findings, [*given, FindingCount.UNCLASSIFIED, *notes])
            cursor.execute(ADD_MEETINGS.format(school=school, notes=marks), [*given, *notes])
    SignedNote.objects.filter(pk__in=notes).delete()
    return len(notes)


@transaction.atomic
def record_export(
    *, rows: int, filters: dict[str, str], kind: str, what: str = "reports.findings", by: User, at: datetime
) -> int:
    """Record that a list (`what`: the findings, the log) was taken away; returns the number that stands in the file."""
    return record(f"{what}.exported", by=by, at=at, rows=rows, filters=filters, format=kind).seq
