"""Keeping the words of the full-text search: noted in the transaction of a change, indexed a moment later, or all anew."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from attachments.models import Attachment, AttachmentText, TextState
from audit.registry import Recorded
from checklists.models import Task
from common.dates import local_day
from common.text import initials_of, pinyin_of
from governance.models import AgendaItem, Decision, Meeting, MinutesVersion, Topic
from governance.models.confirming import VersionState
from reports.grams import grams_of, sound_grams
from reports.models import SearchNote, SearchText, TextKind

BATCH = 100
PART = 8000  # characters of one row of a long text; a tsvector holds no more than 16,383 places
OVERLAP = 60
LOCK = 0x46494E44
NOTED = ("governance.meeting.", "governance.item.", "governance.minutes.", "governance.topic.", "attachments.file.")
WITHOUT_EFFECT = (".read", "exported", "downloaded", ".opened")
MEETING, ITEM, TOPIC, DECISION, TASK, FILE = (
    model._meta.label_lower for model in (Meeting, AgendaItem, Topic, Decision, Task, Attachment)
)


def note(events: Sequence[Recorded]) -> None:
    """The sink of `audit.record`: what these facts are about is to be indexed again."""
    subjects = {
        event.subject
        for event in events
        if event.kind.startswith(NOTED) and not event.kind.endswith(WITHOUT_EFFECT) and event.subject
    }
    SearchNote.objects.bulk_create([SearchNote(subject=subject) for subject in sorted(subjects)])


def index_batch(*, limit: int = BATCH) -> int:
    """Take up to `limit` notes and index what they name; returns how many notes.

    Notes are read before the words are: a change that comes later brings a note of its own, which stays.
    """
    with transaction.atomic():
        one_at_a_time()
        notes = dict(SearchNote.objects.order_by("pk").values_list("pk", "subject")[:limit])
        if not notes:
            return 0
        ids: dict[str, set[UUID]] = defaultdict(set)
        for subject in notes.values():
            label, _, pk = subject.partition(":")
            ids[label].add(UUID(pk))
        meetings = ids[MEETING] | set(AgendaItem.objects.filter(pk__in=ids[ITEM]).values_list("meeting", flat=True))
        index_meetings(meetings)
        index_topics(ids[TOPIC])
        index_files(ids[FILE])
        SearchNote.objects.filter(pk__in=notes).delete()
    return len(notes)


def one_at_a_time() -> None:
    """Of two who index at once the second waits: each replaces the rows it finds, and would not find those of the other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def rebuild(*, batch: int = 200) -> Iterator[int]:
    """Index everything anew, the oldest first, so that the latest has the highest key; yields how many things are done."""
    SearchText.objects.all().delete()
    done = 0
    for ids, index in (
        (Meeting.objects.order_by("scheduled_at", "pk"), index_meetings),
        (Topic.objects.order_by("created_at", "pk"), index_topics),
        (Attachment.objects.filter(words__state=TextState.READ).order_by("created_at", "pk"), index_files),
    ):
        keys: list[UUID] = list(ids.values_list("pk", flat=True))
        for start in range(0, len(keys), batch):
            with transaction.atomic():
                one_at_a_time()
                index(keys[start : start + batch])
            done += len(keys[start : start + batch])
            yield done


def index_meetings(ids: Iterable[UUID]) -> None:
    """The items of these meetings and their minutes. A draft in the recycle bin keeps its words: who searches never sees it."""
    meetings = {row.pk: row for row in Meeting.objects.filter(pk__in=set(ids)).only("school", "body", "scheduled_at")}
    if not meetings:
        return
    sealed: dict[UUID, dict[str, str]] = {}
    versions = MinutesVersion.objects.filter(meeting__in=meetings, state=VersionState.SEALED).order_by("number")
    for meeting_id, text in versions.values_list("meeting", "text"):
        sealed[meeting_id] = _sections(text)
    rows: list[SearchText] = []
    for item in AgendaItem.objects.filter(meeting__in=meetings).order_by("meeting", "order"):
        meeting = meetings[item.meeting_id]
        rows += _rows(meeting, TextKind.ITEM, item.title, item.summary, meeting=meeting, item=item)
        words = sealed.get(meeting.pk, {}).get(str(item.pk)) or "\n".join(
            filter(None, (item.decision_text, item.minutes_text))
        )
        if words:
            rows += _rows(meeting, TextKind.MINUTES, item.title, words, meeting=meeting, item=item)
    old = SearchText.objects.filter(meeting__in=meetings).exclude(kind=TextKind.FILE)
    _replace(old, rows)


def _sections(text: dict[str, Any]) -> dict[str, str]:
    return {part["item"]: "\n".join(part["paragraphs"]) for part in text.get("sections", ())}


def index_topics(ids: Iterable[UUID]) -> None:
    """Topics by their title and what their author wrote."""
    topics = list(Topic.objects.filter(pk__in=set(ids)))
    rows: list[SearchText] = []
    for topic in topics:
        words = (topic.background, topic.basis, topic.proposal, topic.alternative, topic.question)
        rows += _rows(topic, TextKind.TOPIC, topic.title, "\n".join(filter(None, words)), topic=topic)
    _replace(SearchText.objects.filter(topic__in=topics, kind=TextKind.TOPIC), rows)


def index_files(ids: Iterable[UUID]) -> None:
    """Files whose words were read, under what they belong to. Those of anything else than these subjects are not searched."""
    texts = AttachmentText.objects.filter(attachment__in=set(ids)).select_related("attachment")
    found = list(texts)
    owners = _owners([text.attachment.subject for text in found])
    rows: list[SearchText] = []
    for text in found:
        owner = owners.get(text.attachment.subject)
        if owner is not None:
            file = text.attachment
            rows += _rows(file, TextKind.FILE, file.name, text.text, file=file, **owner)
    _replace(SearchText.objects.filter(file__in=[text.pk for text in found]), rows)


def _owners(subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By subject, what decides who may find it: a meeting (and item), a topic or a task; and the body. Five queries."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    for subject in set(subjects):
        label, _, key = subject.partition(":")
        ids[label].append(UUID(key))
    owners: dict[str, dict[str, Any]] = {}
    for pk, body in Meeting.objects.filter(pk__in=ids[MEETING]).values_list("pk", "body"):
        owners[f"{MEETING}:{pk}"] = {"meeting_id": pk, "body": body}
    for pk, meeting, body in AgendaItem.objects.filter(pk__in=ids[ITEM]).values_list("pk", "meeting", "meeting__body"):
        owners[f"{ITEM}:{pk}"] = {"meeting_id": meeting, "item_id": pk, "body": body}
    decisions = Decision.objects.filter(pk__in=ids[DECISION])
    for pk, meeting, item, body in decisions.values_list("pk", "meeting", "item", "meeting__body"):
        owners[f"{DECISION}:{pk}"] = {"meeting_id": meeting, "item_id": item, "body": body}
    for pk, body in Topic.objects.filter(pk__in=ids[TOPIC]).values_list("pk", "body"):
        owners[f"{TOPIC}:{pk}"] = {"topic_id": pk, "body": body}
    for pk in Task.objects.filter(pk__in=ids[TASK]).values_list("pk", flat=True):
        owners[f"{TASK}:{pk}"] = {"task_id": pk, "body": ""}
    return owners


def _replace(old: Any, rows: list[SearchText]) -> None:
    old.delete()
    SearchText.objects.bulk_create(rows, batch_size=200)


def _rows(thing: Any, kind: TextKind, title: str, text: str, **belongs: Any) -> Iterator[SearchText]:
    """The rows of one thing. The title stands in each, so that title and text may hold one word each of what is asked."""
    day = _day(thing)
    body = belongs.pop("body", "") or getattr(thing, "body", "")
    marks = [school_mark(thing.school_id), f"y{day.year}", f"k{kind}", *([f"b{body}"] if body else [])]
    if kind != TextKind.MINUTES:
        marks += [*sound_grams(pinyin_of(title), "py"), *sound_grams(initials_of(title), "pi")]
    for part, start in enumerate(range(0, max(len(text), 1), PART)):
        piece = text[start : start + PART + OVERLAP]
        grams = " ".join([*marks, *grams_of(title), *grams_of(piece)])
        yield SearchText(
            kind=kind, part=part, school_id=thing.school_id, day=day, title=title, text=piece, grams=grams, **belongs
        )


def school_mark(school_id: UUID) -> str:
    """The word by which the index knows a school, so that a search in one school reads the words of that school only."""
    return f"s{school_id.hex}"


def _day(thing: Any) -> date:
    return local_day(thing.scheduled_at if isinstance(thing, Meeting) else thing.created_at)
