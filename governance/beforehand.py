"""会前: what was done before a meeting, item by item: steps, talks of secretary and principal, files. One query a meeting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from governance.models import AgendaItem, Meeting, PriorStep, TalkItem
from governance.models.preparation import TALK_STAGE
from governance.rules import facts as f

FILE = "file"
LABEL = "governance.agendaitem"
MEMO = "_beforehand"


@dataclass(frozen=True)
class Before:
    """One step, talk or file. `said` is the note of a step, the result of a talk, the name of a file; `ref` a talk or file; `place` orders those of one day."""

    stage: str
    day: date | None
    place: str
    said: str
    ref: UUID | None


Found = dict[UUID, list[Before]]


def beforehand_of(meeting: Meeting) -> Found:
    """By item, in order of the day; read once for each meeting object."""
    found: Found | None = getattr(meeting, MEMO, None)
    if found is None:
        found = _read(meeting)
        setattr(meeting, MEMO, found)
    return found


def keep_beforehand(meeting: Meeting, rows: Iterable[tuple[UUID, Before]]) -> None:
    """Give a meeting what was read of many meetings at once."""
    found: Found = {}
    for item, row in rows:
        found.setdefault(item, []).append(row)
    setattr(meeting, MEMO, {item: sorted(of, key=_place) for item, of in found.items()})


def read_beforehand(meetings: Iterable[Meeting]) -> None:
    """Steps and talks of many meetings in two queries, for judging; files are not read. Meetings that have been read stay as they are."""
    unread = [meeting for meeting in meetings if getattr(meeting, MEMO, None) is None]
    of_items = {"item__meeting__in": [meeting.pk for meeting in unread]}
    found: dict[UUID, list[tuple[UUID, Before]]] = {meeting.pk: [] for meeting in unread}
    steps = PriorStep.objects.filter(**of_items).order_by()
    for pk, item, stage, day in steps.values_list("item__meeting_id", "item_id", "stage", "done_on"):
        found[pk].append((item, Before(stage, day, "", "", None)))
    talks = TalkItem.objects.filter(**of_items).order_by()
    columns = ("item__meeting_id", "item_id", "talk__held_on", "talk__created_at", "talk__result", "talk_id")
    for pk, item, day, at, result, talk in talks.values_list(*columns):
        found[pk].append((item, Before(TALK_STAGE, day, str(at), result, talk)))
    for meeting in unread:
        keep_beforehand(meeting, found[meeting.pk])


def step_facts(meeting: Meeting, item: AgendaItem) -> tuple[f.StepFacts, ...]:
    """The steps and talks of an item as the engine reads them; of talks on one day the later recorded one stands last."""
    return tuple(
        f.StepFacts(row.stage, row.day, f.StepResult(row.said) if row.stage == TALK_STAGE and row.said else None)
        for row in beforehand_of(meeting).get(item.pk, ())
        if row.stage != FILE
    )


# Asked at every step of a meeting in the same words: as text it costs a tenth of building the three queries anew.
_STEPS = (
    "SELECT CAST(s.item_id AS text), s.done_on, '', s.stage, s.note, '' FROM governance_priorstep s"
    " JOIN governance_agendaitem i ON i.id = s.item_id WHERE i.meeting_id = %s"
)
_TALKS = (
    f"SELECT CAST(l.item_id AS text), t.held_on, CAST(t.created_at AS text), '{TALK_STAGE}', t.result, CAST(t.id AS text)"  # noqa: S608
    " FROM governance_talkitem l JOIN governance_talk t ON t.id = l.talk_id"
    " JOIN governance_agendaitem i ON i.id = l.item_id WHERE i.meeting_id = %s"
)
_FILES = (
    f"SELECT a.subject, CAST(NULL AS date), CAST(a.created_at AS text), '{FILE}', a.name, CAST(a.id AS text)"  # noqa: S608
    " FROM attachments_attachment a WHERE a.subject IN ({})"
)


def _read(meeting: Meeting) -> Found:
    key = Meeting._meta.pk.get_db_prep_value(meeting.pk, connection)
    parts, values = [_STEPS, _TALKS], [key, key]
    if with_files := [f"{LABEL}:{item.pk}" for item in meeting.items.all() if item.materials]:
        parts.append(_FILES.format(", ".join(["%s"] * len(with_files))))
        values += with_files
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return _sorted(cursor.fetchall())


def _sorted(rows: Iterable[tuple[str, date | str | None, str, str, str, str]]) -> Found:
    found: Found = {}
    for owner, day, place, stage, said, ref in rows:
        item = UUID(owner.removeprefix(f"{LABEL}:"))
        on = date.fromisoformat(day) if isinstance(day, str) else day  # SQLite knows no dates
        found.setdefault(item, []).append(Before(stage, on, place, said, UUID(ref) if ref else None))
    return {item: sorted(of, key=_place) for item, of in found.items()}


def _place(row: Before) -> tuple[date, str, str]:
    """Of two talks on one day the one recorded later comes last (R-T10)."""
    return row.day or date.max, row.place, row.stage
