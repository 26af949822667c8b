"""The roll-up behind the overview: right at every moment, whatever happens between a change and its fold."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.services import record
from reports import services as rollup
from reports.models import Change, Standing
from reports.selectors import overview
from tests import factories
from tests.integration.test_tasks_steps import due

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


def test_a_change_is_noted_in_its_own_transaction_and_seen_at_once(cast: factories.Cast, organiser: User) -> None:
    year = due(0).year
    rollup.fold_batch(year=year)
    assert not Change.objects.exists()
    factories.make_signed(cast)
    assert Change.objects.filter(school_id=cast.school.pk).exists()
    assert Standing.objects.get(school=cast.school, year=year).signed == 0
    assert overview.overview_of(organiser, due(0)).total.numbers.signed == 1
    while rollup.fold_batch(year=year):
        pass
    assert Standing.objects.get(school=cast.school, year=year).signed == 1
    assert overview.overview_of(organiser, due(0)).total.numbers.signed == 1


def test_a_change_that_is_taken_back_leaves_no_note(cast: factories.Cast) -> None:
    rollup.fold_batch(year=due(0).year)
    with pytest.raises(RuntimeError), transaction.atomic():
        factories.make_held(cast)
        raise RuntimeError
    assert not Change.objects.exists()


def test_reading_minutes_and_other_facts_change_no_standing(cast: factories.Cast, organiser: User) -> None:
    meeting = factories.make_signed(cast)
    while rollup.fold_batch(year=due(0).year):
        pass
    with transaction.atomic():
        record("governance.meeting.read", by=organiser, at=timezone.now(), on=meeting, school_id=cast.school.pk)
        record("schools.school.changed", by=organiser, at=timezone.now(), on=cast.school, school_id=cast.school.pk)
    assert not Change.objects.exists()


def test_a_change_during_the_fold_is_counted_by_the_next(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    year = due(0).year
    rollup.fold_batch(year=year)
    count = rollup.counted_afresh

    def meanwhile(schools: Any, asked: int) -> Any:
        counted = count(schools, asked)
        Change.objects.create(school_id=cast.school.pk)
        return counted

    factories.make_signed(cast)
    monkeypatch.setattr(rollup, "counted_afresh", meanwhile)
    rollup.fold_batch(year=year)
    assert Change.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_folds_at_once_the_later_count_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fold has counted and hesitates; meanwhile a meeting is signed and a second fold begins. It has to wait."""
    cast, year = factories.make_cast(), due(0).year
    while rollup.fold_batch(year=year):
        pass
    factories.make_signed(cast)
    counted, go_on = threading.Event(), threading.Event()
    count = rollup.counted_afresh

    def hesitate(schools: Any, asked: int) -> Any:
        numbers = count(schools, asked)
        if threading.current_thread().name == "slow":
            counted.set()
            assert go_on.wait(20)
        return numbers

    def fold() -> None:
        rollup.fold_batch(year=year)
        connection.close()

    monkeypatch.setattr(rollup, "counted_afresh", hesitate)
    slow = threading.Thread(target=fold, name="slow")
    slow.start()
    assert counted.wait(20)
    factories.make_signed(cast)
    quick = threading.Thread(target=fold, name="quick")
    quick.start()
    quick.join(1)
    assert quick.is_alive()  # it waits for the row
    go_on.set()
    slow.join(20), quick.join(20)
    assert Standing.objects.get(year=year).signed == 2
    assert overview.overview_of(factories.make_bureau(), due(0)).total.numbers.signed == 2


def test_a_recount_mends_what_was_changed_by_hand(cast: factories.Cast) -> None:
    year = due(0).year
    factories.make_signed(cast)
    while rollup.fold_batch(year=year):
        pass
    Standing.objects.update(signed=99)
    rollup.note_all()
    rollup.fold_batch(year=year)
    assert Standing.objects.get().signed == 1


def test_a_new_year_begins_with_new_rows(cast: factories.Cast, organiser: User) -> None:
    factories.make_signed(cast)
    today = due(0)
    while rollup.fold_batch(year=today.year):
        pass
    assert overview.overview_of(organiser, date(today.year + 1, 1, 2)).total.numbers.signed == 0
    rollup.fold_batch(year=today.year + 1)
    assert Standing.objects.count() == 2
