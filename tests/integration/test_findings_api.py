"""`reports/findings/`: sums by school, month, rule, matter and outcome, each with the page of its very records."""

import random
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.dates import SHANGHAI, local_day
from governance.models import RuleResult
from reports import services as rollup
from tests import factories
from tests.integration.test_api import Api, machine
from tests.planted import Planter, Said

pytestmark = pytest.mark.django_db
BOTH = ("reports:read", "governance:read")
PATH = "reports/findings/"
SINCE = "since=2026-01&until=2026-12"


@pytest.fixture
def casts() -> list[factories.Cast]:
    """Two schools with six meetings each."""
    planter, chance = Planter(), random.Random(11)
    made = [factories.make_cast("FH001", "甲小学"), factories.make_cast("FH002", "乙小学")]
    for cast in made:
        for month in (3, 3, 9, 9, 10, 10):
            said: list[Said] = [
                (rule, chance.choice(("pass", "fail", "insufficient", "waived", "not_applicable")), "warn", matter)
                for rule, matter in (("R-T04", ""), ("R-T03", "P01"), ("R-T14", "-"), ("R-V02", "P16"))
            ]
            planter.meeting(cast.school, datetime(2026, month, 5, tzinfo=SHANGHAI), said)
    rollup.fold_findings()
    return made


def by_hand(*outcomes: str) -> dict[tuple[Any, ...], int]:
    found: dict[tuple[Any, ...], int] = {}
    for row in RuleResult.objects.filter(outcome__in=outcomes).select_related("meeting__school", "item__matter"):
        matter = "meeting" if row.item is None else row.item.matter.code if row.item.matter else None
        month = f"{local_day(row.meeting.scheduled_at):%Y-%m}"
        key = (row.meeting.school.code, month, row.meeting.body, row.rule, row.severity, matter, row.outcome)
        found[key] = found.get(key, 0) + 1
    return found


KEYS = ("school", "month", "body", "rule", "severity", "matter", "outcome")


def everything(api: Api, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        following = answer.json()["next"]
    return rows


def summed(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
    found = {tuple(row[key] for key in KEYS): row["count"] for row in rows}
    assert len(found) == len(rows), "each sum stands once"
    return found


@pytest.mark.parametrize("manner", ["", "&page_size=3", "&ordering=-month&page_size=4", "&ordering=rule"])
def test_the_sums_are_those_of_counting_by_hand(casts: list[factories.Cast], manner: str) -> None:
    api = machine(*BOTH)
    assert summed(everything(api, f"{PATH}?{SINCE}{manner}")) == by_hand("fail", "insufficient", "waived")
    assert summed(everything(api, f"{PATH}?{SINCE}&outcome=pass{manner}")) == by_hand("pass")


def test_filters_narrow_the_sums(casts: list[factories.Cast]) -> None:
    api, whole = machine(*BOTH), by_hand("fail", "insufficient", "waived")
    for query, fits in (
        ("school=FH002", lambda key: key[0] == "FH002"),
        ("rule=R-T03", lambda key: key[3] == "R-T03"),
        ("matter=P16", lambda key: key[5] == "P16"),
        ("matter=meeting", lambda key: key[5] == "meeting"),
        ("matter=null", lambda key: key[5] is None),
        ("outcome=waived", lambda key: key[6] == "waived"),
        ("body=principal", lambda key: False),
        ("severity=warn", lambda key: True),
        ("since=2026-10&until=2026-10", lambda key: key[1] == "2026-10"),
    ):
        asked = query if "since" in query else f"{SINCE}&{query}"
        expected = {key: number for key, number in whole.items() if fits(key)}
        assert summed(everything(api, f"{PATH}?{asked}")) == expected, query


def test_each_sum_opens_exactly_its_records(casts: list[factories.Cast]) -> None:
    client = Client()
    client.force_login(factories.make_bureau())
    for row in everything(machine(*BOTH), f"{PATH}?{SINCE}"):
        address = urlsplit(row["records_url"])
        assert len(client.get(f"{address.path}?{address.query}").context["rows"]) == row["count"], row


def test_a_token_needs_both_scopes(casts: list[factories.Cast]) -> None:
    assert machine("reports:read").get(PATH).status_code == 403
    assert machine("governance:read").get(PATH).status_code == 403
    assert "governance:read" in machine("reports:read").get(PATH).json()["detail"]
    assert Api().get(PATH).status_code == 401


def test_a_client_of_one_school_and_its_people_get_no_other_schools_sums(casts: list[factories.Cast]) -> None:
    own = {key: number for key, number in by_hand("fail", "insufficient", "waived").items() if key[0] == "FH001"}
    assert summed(everything(machine(*BOTH, schools=("FH001",)), f"{PATH}?{SINCE}")) == own
    api = Api()
    api.client.force_login(casts[0].user("principal"))
    assert summed(everything(api, f"{PATH}?{SINCE}")) == own
    assert everything(api, f"{PATH}?{SINCE}&school=FH002") == []


@pytest.mark.parametrize("role", ["deputy", "team", "office", "auditor"])
def test_who_sees_no_schools_meetings_as_a_whole_gets_no_sum(casts: list[factories.Cast], role: str) -> None:
    user: User
    if role in casts[0].people:
        user = casts[0].user(role)
    else:
        user = factories.make_office_user() if role == "office" else factories.make_bureau(factories.Post.AUDITOR)
    api = Api()
    api.client.force_login(user)
    assert everything(api, f"{PATH}?{SINCE}") == []


@pytest.mark.parametrize(
    "query",
    ["colour=red", "since=2026", "until=2026-13", "outcome=not_applicable", "body=x", "severity=x", "updated_since=2026-01-01T00:00:00Z",
     "include_deleted=true", "ordering=number", "page_size=0", "cursor=x"],
)  # fmt: skip
def test_what_the_document_does_not_know_is_refused(casts: list[factories.Cast], query: str) -> None:
    answer = machine(*BOTH).get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_cost_does_not_grow_with_the_rows(casts: list[factories.Cast]) -> None:
    api = machine(*BOTH)
    numbers = []
    for size in (1, 20):
        with CaptureQueriesContext(connection) as caught:
            assert len(api.get(f"{PATH}?{SINCE}&page_size={size}").json()["results"]) == size
        numbers.append(len(caught))
    assert numbers[0] == numbers[1] <= 6
