"""Many facts and rows at once: the same chain, constraints and outbox as one by one, on both databases."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from audit.registry import all_kinds
from audit.services import Fact, Subject, in_batches, record, record_many, record_series
from audit.verify import first_break
from common.bulk import KeyText, among, insert_rows
from common.dates import SHANGHAI, local_day
from common.history import as_history
from deadlines.models import Deadline, Reminder
from notifications.models import Outbox
from schools.models import School
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 1, 12, tzinfo=SHANGHAI)
REMINDED = "deadlines.deadline.reminded"
AWKWARD = ["", r"\N", r"\.", "a\tb\nc\rd", 'quoted "so"', "a\\b", "{1,2}", "，。党", "x" * 400]


def subjects(school: School | None = None) -> list[Subject]:
    key = None if school is None else str(school.pk)
    return [
        Subject(key, f"test.thing:{n}", text, {"url": text, "account": "", "days_left": n, "due_on": "2026-09-04"})
        for n, text in enumerate(AWKWARD)
    ]


def test_a_series_is_chained_to_what_was_there_and_to_what_follows() -> None:
    school = factories.make_school()
    with transaction.atomic():
        record("audit.refusal", by=None, at=AT)
    with transaction.atomic():
        record_series(REMINDED, subjects(school), by=None, at=AT)
        record_series(REMINDED, subjects(), by=None, at=AT + timedelta(minutes=1))
    with transaction.atomic():
        record("audit.refusal", by=None, at=AT)
    count, _, broken = first_break()
    assert broken is None
    assert count == Event.objects.count() >= 2 * len(AWKWARD) + 2


def test_text_that_the_database_could_misread_is_kept_as_it_is() -> None:
    with transaction.atomic():
        record_series(REMINDED, subjects(), by=None, at=AT)
    rows = list(Event.objects.filter(kind=REMINDED).order_by("seq"))
    assert [row.subject_text for row in rows] == [text[:300] for text in AWKWARD]
    assert [row.data["url"] for row in rows] == AWKWARD
    assert {row.actor_name for row in rows} == {"系统"}
    assert {(row.at, row.actor_id, row.school_id, row.told) for row in rows} == {(AT, None, None, False)}


def test_a_series_by_somebody_says_the_same_as_facts_one_by_one() -> None:
    cast = factories.make_cast()
    person = cast.user("secretary")
    deadline = Deadline(school=cast.school, subject="x:1", title="完成专题学习", pk=uuid4())
    with transaction.atomic():
        [one] = record_many([Fact(REMINDED, deadline, cast.school.pk, {"url": "/"})], by=person, at=AT)
        name = f"deadlines.deadline:{deadline.pk}"
        record_series(REMINDED, [Subject(str(cast.school.pk), name, str(deadline), {"url": "/"})], by=person, at=AT)
    other = Event.objects.order_by("-seq")[:1].get()
    alike = ("kind", "at", "actor_id", "actor_name", "school_id", "subject", "subject_text", "data", "told")
    assert [getattr(one, field) for field in alike] == [getattr(other, field) for field in alike]
    assert other.prev_hash == one.hash and other.hash == other.digest()


def test_a_series_is_to_be_told_fact_by_fact_and_history_is_not() -> None:
    with transaction.atomic():
        record_series(REMINDED, subjects(), by=None, at=AT)
    facts = Event.objects.filter(kind=REMINDED).order_by("seq").values_list("seq", flat=True)
    assert list(Outbox.objects.order_by("event_id").values_list("event_id", flat=True)) == list(facts)
    assert not Outbox.objects.exclude(parked_at=None, error="").exists()
    before = Outbox.objects.count()
    with as_history(), transaction.atomic():
        record_series(REMINDED, subjects(), by=None, at=AT)
    assert Outbox.objects.count() == before
    assert Event.objects.filter(told=True, kind=REMINDED).count() == len(AWKWARD)


def test_a_series_among_facts_of_history_keeps_the_order_of_the_chain() -> None:
    with as_history(), transaction.atomic(), in_batches():
        record("audit.refusal", by=None, at=AT)
        record_series(REMINDED, subjects()[:2], by=None, at=AT)
        record("audit.refusal", by=None, at=AT)
    kinds = list(Event.objects.order_by("seq").values_list("kind", flat=True))[-4:]
    assert kinds == ["audit.refusal", REMINDED, REMINDED, "audit.refusal"]
    assert first_break()[2] is None


@pytest.mark.django_db(transaction=True)
def test_a_series_outside_a_transaction_or_of_an_unknown_kind_is_a_bug() -> None:
    with pytest.raises(RuntimeError):
        record_series(REMINDED, subjects(), by=None, at=AT)
    assert "no.such.kind" not in {kind.code for kind in all_kinds()}
    with pytest.raises(KeyError), transaction.atomic():
        record_series("no.such.kind", subjects(), by=None, at=AT)
    assert not Event.objects.exists()


def test_a_series_costs_the_same_statements_for_one_and_for_many() -> None:
    counts = []
    for number in (1, len(AWKWARD)):
        with transaction.atomic(), CaptureQueriesContext(connection) as captured:
            record_series(REMINDED, subjects()[:number], by=None, at=AT)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6


def test_rows_in_bulk_keep_every_constraint() -> None:
    cast = factories.make_cast()
    factories.make_task(cast, at=AT)
    deadline = Deadline.objects.get()
    columns = ("id", "deadline_id", "person_id", "due_on", "days_left", "at")
    day = local_day(AT)
    rows = [
        (uuid4(), deadline.pk, cast.principal.pk, day, 3, AT),
        (uuid4(), deadline.pk, cast.principal.pk, day, 1, AT),
    ]
    insert_rows(Reminder, columns, rows)
    assert Reminder.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Reminder, columns, [(uuid4(), deadline.pk, cast.principal.pk, day, 3, AT)])
    insert_rows(Reminder, columns, [])
    assert Reminder.objects.count() == 2


def test_ids_in_text_find_their_rows() -> None:
    schools = [factories.make_school(code=f"FH00{n}") for n in range(1, 4)]
    keys = list(School.objects.order_by("pk").values_list(KeyText("pk"), flat=True))
    assert keys == sorted(str(school.pk) for school in schools)
    assert School.objects.filter(pk__in=among(keys[:2])).count() == 2
    assert School.objects.filter(pk__in=among([])).count() == 0
