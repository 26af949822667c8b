"""核查意见清单: every finding once, at its item, and as a file."""

import csv
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from python_calamine import load_workbook

from accounts.models import User
from audit.models import Event
from common.dates import SHANGHAI
from governance.models import Waiver
from schools.models import School
from tests import factories
from tests.planted import (
    ALL,
    LIST,
    Planter,
    client_of,
    listed,
    make_district,
    page,
    plant_rates,
    school,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def planter() -> Planter:
    return Planter()


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


@pytest.fixture
def district(planter: Planter) -> list[School]:
    return make_district(planter)


# ---- lists and files ----


@pytest.mark.parametrize("sort", ["", "time", "-time", "school", "-school", "rule", "-rule"])
def test_pages_of_the_list_show_every_finding_once(district: list[School], organiser: User, sort: str) -> None:
    rows = listed(client_of(organiser), f"{LIST}?{ALL}&level=judged&sort={sort}")
    expected = [row.pk for row in stored() if row.outcome != "not_applicable"]
    assert len(rows) > 100
    assert sorted(row["id"] for row in rows) == sorted(expected)
    name = {"school": "meeting__school__py", "rule": "rule"}.get(sort.removeprefix("-"), "meeting__scheduled_at")
    values = [row[name] for row in rows]
    assert values == sorted(values, reverse=sort.startswith("-") or not sort)


def test_a_finding_opens_its_item_on_the_meetings_page(planter: Planter, organiser: User) -> None:
    meeting = planter.meeting(
        school(1),
        datetime(2026, 10, 9, tzinfo=SHANGHAI),
        [("R-T04", "pass", "warn", ""), ("R-T03", "fail", "warn", "P01")],
    )
    (row,) = listed(client_of(organiser), f"{LIST}?{ALL}")
    assert row["url"] == f"{meeting.get_absolute_url()}#item-2"
    html = page(organiser, row["url"].partition("#")[0])
    assert 'id="item-2"' in html
    read = Event.objects.get(kind="governance.meeting.read")
    assert read.subject == f"governance.meeting:{meeting.pk}"


def test_who_let_a_rule_pass_and_why_stands_beside_the_finding(planter: Planter, organiser: User) -> None:
    at = datetime(2026, 10, 9, tzinfo=SHANGHAI)
    meeting = planter.meeting(school(1), at, [("R-T04", "waived", "block", "")])
    other = planter.meeting(school(2), at, [("R-T04", "waived", "block", "")])
    for one, reason in ((meeting, "上级当天布置"), (other, "另一个理由")):
        waiver = Waiver(meeting=one, rule="R-T04", reason=reason, message="", waived_at=at, waived_by=planter.signer)
        with connection.cursor() as cursor:
            _without_triggers(cursor, waiver)
    (row,) = listed(client_of(organiser), f"{LIST}?{ALL}&school=FH001")
    assert row["waiver"] == {"by": planter.signer.name, "reason": "上级当天布置"}
    assert row["words"] == "已放行"


def _without_triggers(cursor: Any, waiver: Waiver) -> None:
    """A waiver comes before the signature; here it is written after it, past the triggers that guard signed meetings."""
    if connection.vendor == "postgresql":
        cursor.execute("ALTER TABLE governance_waiver DISABLE TRIGGER USER")
    else:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'governance_waiver'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
    waiver.save(force_insert=True)
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE governance_waiver ENABLE TRIGGER USER")


def opened(content: bytes, kind: str) -> list[list[str]]:
    """The table of an exported file, read by another program's eyes."""
    if kind == "csv":
        return list(csv.reader(StringIO(content.decode("utf-8-sig"))))
    rows = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_can_be_taken_away_and_that_is_recorded(district: list[School], organiser: User, kind: str) -> None:
    query = f"{ALL}&size=large&sort=rule"
    client = client_of(organiser)
    answer = client.get(f"{reverse('reports:findings-export', args=[kind])}?{query}")
    origin, columns, *lines = opened(answer.content, kind)
    shown = listed(client, f"{LIST}?{query}")
    assert len(lines) == len(shown) > 10
    rule, code, item = (columns.index(name) for name in ("规则", "学校代码", "议题序号"))
    assert [(line[rule], line[code]) for line in lines] == [
        (row["rule"], row["meeting__school__code"]) for row in shown
    ]
    assert [line[item] for line in lines] == [str(row["item__order"] or "") for row in shown]
    taken = Event.objects.get(kind="reports.findings.exported")
    assert f"编号：{taken.seq}" in origin[0]
    assert (taken.data["rows"], taken.data["format"], taken.data["filters"]["size"]) == (len(lines), kind, "large")
    assert client.get(reverse("reports:findings-export", args=["exe"])).status_code == 404


def test_a_schools_file_holds_its_own_findings_alone(planter: Planter) -> None:
    cast = factories.make_cast("FH001", "本校小学")
    plant_rates(planter, cast.school, 2, 2)
    plant_rates(planter, school(2), 2, 2)
    answer = client_of(cast.user("secretary")).get(
        f"{reverse('reports:findings-export', args=['csv'])}?{ALL}&school=FH002"
    )
    _, _, *lines = opened(answer.content, "csv")
    assert {line[1] for line in lines} == {"FH001"} and len(lines) == 2
