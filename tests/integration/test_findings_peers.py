"""议事规范: whose findings one sees, comparison with peers, and how often schools meet."""

import random
import re
from datetime import datetime

import pytest
from django.urls import reverse

from accounts.models import User
from common.dates import SHANGHAI
from reports import services as rollup
from reports.selectors import peers
from schools.models import School
from schools.permissions import BUREAU_POSTS, SYSTEM_POSTS, Post
from tests import factories
from tests.planted import (
    ALL,
    KINDS,
    LIST,
    PAGE,
    VIEWS,
    Planter,
    client_of,
    counted_by_hand,
    linked_numbers,
    listed,
    page,
    plant_rates,
    said_by_chance,
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


# ---- who sees what ----


SEEING = ("secretary", "principal", "clerk")


@pytest.mark.parametrize(
    "role",
    ["secretary", "principal", "clerk", "deputy", "member", "team", "office", *sorted(BUREAU_POSTS | SYSTEM_POSTS)],
)
def test_only_who_sees_meetings_as_a_whole_finds_the_pages(role: str) -> None:
    cast = factories.make_cast()
    if role in cast.people:
        user = cast.user(role)
    elif role == "office":
        user = factories.make_office_user()
    else:
        user = factories.make_bureau(Post(role))
    expected = 200 if role in (*SEEING, "organiser", "supervisor", "leader") else 404
    client = client_of(user)
    export = reverse("reports:findings-export", args=["csv"])
    for address in (
        PAGE,
        LIST,
        reverse("reports:findings-meetings"),
        export,
        *(f"{PAGE}?view={view}" for view in VIEWS),
    ):
        assert client.get(address).status_code == expected, address
    labels = [child["label"] for item in client.get("/").context["portal"]["nav"] for child in item["children"]]
    assert ("议事规范" in labels) is (expected == 200)


@pytest.mark.walk
@pytest.mark.parametrize("role", ["secretary"])
def test_a_school_sees_its_own_numbers_and_never_another_schools(planter: Planter, role: str) -> None:
    cast, chance = factories.make_cast("FH001", "本校小学"), random.Random(3)
    others = [school(number) for number in range(2, 8)]
    at = datetime(2026, 10, 9, tzinfo=SHANGHAI)
    for one in (cast.school, *others):
        for _ in range(9):
            planter.meeting(one, at, said_by_chance(chance))
    rollup.fold_findings(limit=30)
    own = counted_by_hand([row for row in stored() if row.meeting.school_id == cast.school.pk], lambda row: 1)[1]
    client = client_of(cast.user(role))
    for view in VIEWS:
        for asked in ("", "&school=FH002", "&size=medium", "&office=O01", "&by=all", "&by=location&group=urban"):
            answer = client.get(f"{PAGE}?{ALL}&view={view}{asked}")
            html = answer.content.decode()
            assert f"核查 {sum(own.values())} 次" in re.sub(r"<[^>]*>", "", html), (view, asked)
            for other in others:
                assert other.short_name not in html and other.code not in html.replace("school=FH002", ""), (
                    view,
                    asked,
                )
            for address, number in linked_numbers(html):
                assert len(listed(client, address)) == number, address
    rows = listed(client, f"{LIST}?{ALL}&school=FH002")
    assert {row["meeting__school__code"] for row in rows} == {"FH001"}
    assert len(rows) == own["warn"] + own["ins"] + own["let"] + own["bad"]


# ---- peers ----


def test_groups_show_median_and_quartiles_and_schools_stand_by_name(planter: Planter, organiser: User) -> None:
    for number, found in ((4, 1), (2, 4), (3, 8), (1, 2), (5, 6)):
        plant_rates(planter, school(number, "large"), 10, found)
    plant_rates(planter, school(6, "large"), peers.LEAST_MEETINGS - 1, 7)
    plant_rates(planter, school(7, "small"), 10, 9)
    answer = client_of(organiser).get(f"{PAGE}?{ALL}&view=peers&by=size")
    large, small = answer.context["groups"]
    assert (large["schools"], large["compared"], large["too_few"]) == (6, 5, 1)
    assert (large["low"], large["median"], large["high"]) == ("2.0", "4.0", "6.0")
    assert (small["compared"], small["median"]) == (1, "")
    opened = answer.context["opened"]
    assert [row["name"] for row in opened["rows"]] == [f"第{n:03}小学" for n in range(1, 6)]
    assert [row["rate"] for row in opened["rows"]] == ["2.0", "4.0", "8.0", "1.0", "6.0"]
    assert [row["quarter"] for row in opened["rows"]] == [
        "在中间一半",
        "在中间一半",
        "多于多数同类",
        "少于多数同类",
        "在中间一半",
    ]
    assert [(row["name"], row["rate"], row["quarter"]) for row in opened["too_few"]] == [("第006小学", "", "")]
    html = answer.content.decode()
    assert "会议次数不足，不比较（1 所）" in html and f"不到 {peers.LEAST_SCHOOLS} 所，不比较" in html
    assert f"会议不到 {peers.LEAST_MEETINGS} 次" in html


def test_a_group_that_is_not_compared_shows_its_schools_without_a_place(planter: Planter, organiser: User) -> None:
    for number in range(1, peers.LEAST_SCHOOLS):
        plant_rates(planter, school(number, "small"), 10, number)
    opened = client_of(organiser).get(f"{PAGE}?{ALL}&view=peers&by=size&group=small").context["opened"]
    assert len(opened["rows"]) == peers.LEAST_SCHOOLS - 1
    assert {(row["quarter"], row["strip"]) for row in opened["rows"]} == {("", None)}


def test_all_three_dimensions_make_the_narrowest_groups(planter: Planter, organiser: User) -> None:
    for number in range(1, 7):
        plant_rates(planter, school(number, *KINDS[number % 3]), 10, number)
    answer = client_of(organiser).get(f"{PAGE}?{ALL}&view=peers&by=all")
    assert [(row["label"], row["schools"]) for row in answer.context["groups"]] == [
        ("规模大、城区、基础强", 2),
        ("规模大、农村、基础弱", 2),
        ("规模小、城区、基础强", 2),
    ]


def test_school_and_office_choose_the_names_and_not_the_peers(planter: Planter, organiser: User) -> None:
    for number in range(1, 6):
        plant_rates(planter, school(number, "large", office="城东教办" if number < 3 else "城西教办"), 10, number)
    client = client_of(organiser)
    whole = client.get(f"{PAGE}?{ALL}&view=peers").context
    for asked, names in (("school=FH004", ["第004小学"]), ("office=O01", ["第001小学", "第002小学"])):
        shown = client.get(f"{PAGE}?{ALL}&view=peers&{asked}").context
        assert shown["groups"][0]["median"] == whole["groups"][0]["median"] == "3.0"
        assert [row["name"] for row in shown["opened"]["rows"]] == names


def test_a_school_sees_the_middle_of_its_peers_and_no_other_number(planter: Planter) -> None:
    cast = factories.make_cast("FH001", "本校小学")
    plant_rates(planter, cast.school, 10, 5)
    for number, found in ((2, 1), (3, 3), (4, 9)):
        plant_rates(planter, school(number), 10, found)
    client = client_of(cast.user("principal"))
    (own,) = client.get(f"{PAGE}?{ALL}&view=peers").context["own"]
    assert (own["name"], own["rate"], own["median"], own["low"], own["high"]) == (
        "本校小学",
        "5.0",
        "4.0",
        "2.5",
        "6.0",
    )
    assert own["strip"] is None and own["number"] == 4
    html = client.get(f"{PAGE}?{ALL}&view=peers").content.decode()
    assert "opened" not in client.get(f"{PAGE}?{ALL}&view=peers").context and "9.0" not in html


def test_a_school_with_few_meetings_or_few_peers_is_told_why_it_is_not_compared(planter: Planter) -> None:
    cast = factories.make_cast("FH001", "本校小学")
    plant_rates(planter, cast.school, peers.LEAST_MEETINGS - 1, 5)
    for number in range(2, 2 + peers.LEAST_SCHOOLS):
        plant_rates(planter, school(number), 10, number)
    few_meetings = page(cast.user("clerk"), f"{PAGE}?{ALL}&view=peers")
    assert f"会议次数不足 {peers.LEAST_MEETINGS} 次，不比较" in few_meetings and "同类中间一半" in few_meetings
    School.objects.exclude(pk=cast.school.pk).update(size="large")
    few_peers = page(cast.user("clerk"), f"{PAGE}?{ALL}&view=peers")
    assert f"能比较的学校不到 {peers.LEAST_SCHOOLS} 所，不比较" in few_peers and "同类中间一半" not in few_peers


def test_the_list_of_schools_gives_no_rate_below_the_least_number_of_meetings(
    planter: Planter, organiser: User
) -> None:
    plant_rates(planter, school(1), peers.LEAST_MEETINGS - 1, 7)
    plant_rates(planter, school(2), peers.LEAST_MEETINGS, 2)
    rows = client_of(organiser).get(f"{PAGE}?{ALL}&view=school&sort=share").context["rows"]
    assert [(row.name, row.extra["rate"]) for row in rows] == [("第001小学", ""), ("第002小学", "2.5")]


# ---- frequency of meetings ----


def test_months_without_a_meeting_are_named_by_school(planter: Planter, organiser: User) -> None:
    one = school(1)
    for month in (9, 11):
        planter.meeting(one, datetime(2026, month, 5, tzinfo=SHANGHAI), [])
    shown = client_of(organiser).get(f"{PAGE}?since=2026-09&until=2026-11&view=pace&by=R-F01").context["pace"]
    marks = [(cell["mark"], cell["word"]) for cell in shown["rows"][0]["cells"]]
    assert marks[:2] == [("✓", "符合"), ("缺", "次数不够")]
    assert shown["missed"] == 1
