"""The benchmarks run on a handful of rows and measure what they say. No test looks at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone

from audit.models import Event
from benchmarks import pages, rules, start, sweep
from benchmarks.__main__ import SCENARIOS
from benchmarks.district import District, build
from benchmarks.measure import Measured, Scenario, Target, measure, table
from common.ids import seeded_ids
from deadlines.models import Deadline, Reminder
from governance.models import Decision, Meeting, ReplayFlip, ReplayRun, RuleResult
from governance.models.meetings import MeetingStatus
from notifications.models import Outbox
from schools import access
from schools.models import Office, School
from schools.permissions import SchoolPerm

pytestmark = pytest.mark.walk  # written for PostgreSQL; once is enough
AT = timezone.now()


@pytest.fixture
def district(db: None) -> Iterator[District]:
    """The connection of the test stays open between requests, as Django's own test client keeps it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield build(2, at=AT, meetings=4, items=5)
    for signal in signals:
        signal.connect(close_old_connections)


def nothing() -> None: ...


def test_the_district_is_one_the_services_could_have_made(district: District) -> None:
    school = School.objects.get(code="BM0001")
    assert access.can(district.secretary, SchoolPerm.SIGN_MINUTES, school.pk)
    assert access.school_ids(district.organiser, SchoolPerm.VIEW_MEETINGS).everywhere
    assert Meeting.objects.filter(status=MeetingStatus.SIGNED).count() == 2 * 2 + 1
    assert Decision.objects.filter(meeting=district.signed).count() == 5
    assert RuleResult.objects.filter(meeting=district.signed).exists()
    assert not RuleResult.objects.filter(meeting=district.signed, outcome="fail").exists()
    assert Event.objects.filter(subject__endswith=str(district.minuted.pk)).exists()


def test_a_district_grows_and_keeps_its_measured_meetings(district: District) -> None:
    grown = build(3, at=AT, meetings=4, items=5)
    assert School.objects.count() == 3
    assert (grown.signed.pk, grown.minuted.pk) == (district.signed.pk, district.minuted.pk)


def test_the_district_has_the_same_ids_every_time(district: District) -> None:
    with seeded_ids("benchmark-1"):
        assert Office.objects.order_by("code")[:1].get().pk == Office().pk


@pytest.mark.postgres
@pytest.mark.parametrize("number", sorted(pages.PAGES))
def test_pages_and_documents_answer_and_are_counted(district: District, number: str) -> None:
    made = list(pages.PAGES[number](district))
    assert made
    for scenario in made:
        assert scenario.number == number
        measured = measure(scenario, schools=2, rounds=1)
        assert measured.queries
        assert measured.ours > 0 < measured.limit


@pytest.mark.postgres
def test_a_limit_page_is_as_large_as_ours(district: District) -> None:
    for scenario in pages.meeting_pages(district):
        limit, ours = scenario.limit(), scenario.ours()
        assert isinstance(limit, tuple)
        assert isinstance(ours, bytes)
        assert len(limit[1]) >= len(ours) * 0.98  # the token against forgery has another length each time


@pytest.mark.postgres
def test_each_round_of_the_sweep_speaks_of_other_rows(district: District) -> None:
    against_one_update, against_all = sweep.scenarios(district, open_rows=160, due=10, rounds=2)
    measured = measure(against_one_update, schools=2)
    assert measured.queries
    assert Deadline.objects.filter(remind_at__lte=AT).count() == 0
    assert Reminder.objects.count() == Outbox.objects.count() == 3 * 10  # two rounds, and one to count the statements
    measure(against_all, schools=2)
    assert Deadline.objects.filter(remind_at__lte=AT).count() == 0
    assert Reminder.objects.count() == Outbox.objects.count() == 3 * 10 + 5 * 10, "the limit writes as much as ours"


@pytest.mark.postgres
def test_the_engine_and_a_replay_are_measured_over_a_written_past(district: District) -> None:
    engine, replay = rules.scenarios(district, schools=2, meetings=4)
    engine.ours()
    measured = measure(replay, schools=2, rounds=1)
    signed = Meeting.objects.filter(status=MeetingStatus.SIGNED)
    assert signed.count() == 2 * 2 + 1 + 2 * 4
    assert measured.queries
    assert ReplayRun.objects.filter(status="done", meetings_done=signed.count()).count() == 2
    assert ReplayFlip.objects.exists()


@pytest.mark.soak
def test_the_portal_is_started_and_weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    scenario = start.scenario(database_url="", var_dir=tmp_path)
    scenario.limit()
    scenario.ours()
    assert scenario.memory is not None
    assert scenario.memory() > 1024 * 1024


def test_a_target_is_reached_only_when_all_of_it_is() -> None:
    scenario = Scenario("P1", "会议", Target(ratio=4, queries=12), nothing, nothing)
    assert Measured(scenario, 48, limit=0.001, ours=0.004, queries=12).reached
    assert not Measured(scenario, 48, limit=0.001, ours=0.005, queries=12).reached
    assert not Measured(scenario, 48, limit=0.001, ours=0.004, queries=13).reached


def test_the_table_keeps_its_columns_with_chinese_names() -> None:
    scenario = Scenario("P4", "工作台", Target(ratio=6), nothing, nothing)
    lines = table([Measured(scenario, 48, limit=0.001, ours=0.0025, processor=2.0, queries=3)]).splitlines()
    assert len(lines) == 3
    assert [cell.strip() for cell in lines[2].split("|")[1:9]] == [
        "P4",
        "工作台",
        "48",
        "1.00",
        "2.50",
        "2.5",
        "2.0",
        "3",
    ]


def test_every_scenario_can_be_chosen() -> None:
    assert set(SCENARIOS) == {*pages.PAGES, "P7", "P9", "P11"}
