"""Full-text search over items, minutes, topics and files: what the account may read, and nothing else.

The index is asked first, for no more than `WINDOW` of the latest rows that fit; schools, body, year and kind are words of
the index too. So a search costs the same in a district of 48 and of 4,800 schools. Who may read is asked of the rows
themselves, in the same statement, at every search: a change of rights or of 知悉范围 counts at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from checklists.models import Task
from common.keyset import BadCursor, Page, page_of
from governance.models import AgendaItem, Meeting, Topic
from governance.models.meetings import HELD_OR_LATER
from reports.grams import Asked, Phrase, Snippet, asked, for_fts5, for_tsquery, marked, snippet, words_in
from reports.indexing import school_mark
from reports.models import SearchText, TextKind
from schools import access
from schools.permissions import Body, SchoolPerm

WINDOW = 2000
SIZE = 20
FEW_SCHOOLS = 60  # beyond that, naming each school in the question costs more than it saves
IN_FTS5 = "SELECT rowid FROM reports_searchindex WHERE reports_searchindex MATCH %s ORDER BY rowid DESC LIMIT %s"
IN_POSTGRES = "SELECT id FROM reports_searchtext WHERE vector @@ %s::tsquery ORDER BY id DESC LIMIT %s"


@dataclass(frozen=True)
class TextFilters:
    """What narrows a full-text search; empty = everything."""

    kind: str = ""
    school: str = ""
    body: str = ""
    year: int | None = None

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def filters_from(query: QueryDict, schools: Mapping[str, UUID]) -> TextFilters:
    """The filters in the address, as far as they make sense."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    year = query.get("year", "")
    return TextFilters(
        one_of("kind", TextKind.values),
        one_of("school", schools),
        one_of("body", Body.values),
        int(year) if len(year) == 4 and year.isascii() and year.isdecimal() else None,
    )


@dataclass(frozen=True)
class Hit:
    """One thing found: where it is, its title and the place in its text, hits apart."""

    kind: TextKind
    url: str
    title: list[Snippet]
    text: list[Snippet]
    note: str
    seal: str


@dataclass(frozen=True)
class Hits:
    """One page of hits, how many there are of each kind, and whether older ones were left out."""

    rows: list[Hit]
    counts: dict[str, int]
    windowed: bool
    next: str | None = None
    previous: str | None = None


NOTHING = Hits([], {}, False)


def find(user: User, term: str, filters: TextFilters, schools: Mapping[str, UUID], *, cursor: str = "") -> Hits:
    """A page of what fits `term`, latest day first. Two statements, whatever is found."""
    wanted = asked(term)
    scope = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    if not wanted or not scope:
        return NOTHING
    narrowed = [*wanted, *_marks(filters, schools)]
    if filters.school == "" and not scope.everywhere and len(scope.ids) <= FEW_SCHOOLS:
        narrowed.append(tuple(Phrase((school_mark(pk),)) for pk in sorted(scope.ids)))
    rows = readable_texts(user).filter(pk__in=_window(narrowed))
    counts = dict(rows.order_by().values_list("kind").annotate(number=Count("pk")))
    if not counts:
        return NOTHING
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    page = _page(rows.select_related("school", "meeting", "topic").defer("grams"), cursor)
    total = sum(counts.values())
    return Hits(_hits(page.rows, term), counts, total >= WINDOW, page.next, page.previous)


def _marks(filters: TextFilters, schools: Mapping[str, UUID]) -> list[Asked]:
    """The filters as words of the index; the kind is counted, and narrows afterwards."""
    marks = []
    if filters.school:
        marks.append(school_mark(schools[filters.school]))
    if filters.body:
        marks.append(f"b{filters.body}")
    if filters.year:
        marks.append(f"y{filters.year}")
    return [(Phrase((mark,)),) for mark in marks]


def _window(wanted: list[Asked]) -> RawSQL:
    """The keys of the latest rows that fit."""
    if connection.vendor == "postgresql":
        return RawSQL(IN_POSTGRES, [for_tsquery(wanted), WINDOW])  # noqa: S611  constant, with parameters
    return RawSQL(IN_FTS5, [for_fts5(wanted), WINDOW])  # noqa: S611  constant, with parameters


def readable_texts(user: User) -> QuerySet[SearchText]:
    """The words this account may read today: of items of its meetings, of its topics, of its tasks.

    Asked for each row of the window, not by lists of ids, which would grow with the district.
    """
    meeting = Exists(Meeting.objects.visible_to(user).filter(pk=OuterRef("meeting")))
    item = Exists(AgendaItem.objects.readable_by(user).filter(pk=OuterRef("item")))
    topic = Exists(Topic.objects.visible_to(user).readable_by(user).filter(pk=OuterRef("topic")))
    task = Exists(Task.objects.visible_to(user).filter(pk=OuterRef("task")))
    of_meeting = Q(meeting__isnull=False) & Q(meeting) & (Q(item__isnull=True) | Q(item))
    of_topic, of_task = Q(topic__isnull=False) & Q(topic), Q(task__isnull=False) & Q(task)
    return SearchText.objects.filter(of_meeting | of_topic | of_task)


def _page(rows: QuerySet[SearchText], cursor: str) -> Page:
    try:
        return page_of(rows, order="-day", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order="-day", size=SIZE)


def _hits(rows: list[SearchText], term: str) -> list[Hit]:
    """Rows as the page shows them; further parts of a long file are the same hit."""
    seen: set[tuple[Any, ...]] = set()
    hits = []
    for row in rows:
        key = (row.kind, row.file_id, row.item_id, row.topic_id)
        if key not in seen:
            seen.add(key)
            hits.append(_hit(row, term))
    return hits


def _hit(row: SearchText, term: str) -> Hit:
    meeting, topic = row.meeting, row.topic
    place = meeting.title() if meeting else (topic.number() or "还没有单号") if topic else "任务佐证"
    return Hit(
        kind=TextKind(row.kind),
        url=_url(row),
        title=marked(row.title, words_in(term)),
        text=snippet(row.text, term),
        note=" · ".join((row.school.short_name, place, f"{row.day:%Y-%m-%d}")),
        seal=meeting.body if meeting else topic.body if topic else "",
    )


def _url(row: SearchText) -> str:
    """Where to read it: the file's subject for files, so that one sees what it belongs to."""
    if row.topic is not None:
        return row.topic.get_absolute_url()
    if row.meeting is not None:
        of_minutes = row.kind == TextKind.MINUTES and row.meeting.status in HELD_OR_LATER
        return reverse("governance:minutes", args=[row.meeting_id]) if of_minutes else row.meeting.get_absolute_url()
    return reverse("checklists:task", args=[row.task_id])
