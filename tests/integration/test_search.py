"""搜索: finds by names, pinyin, numbers and words what the account may see, and nothing else."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from governance.models import AgendaItem
from reports.selectors.search import MOST
from schools.permissions import Body, Post
from schools.services.schools import put_school
from tests import factories
from tests.integration.test_tasks_steps import give

pytestmark = pytest.mark.django_db
SEARCH = "/search/"


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001", "松风中学")


@pytest.fixture
def stranger() -> factories.Cast:
    return factories.make_cast("FH002", "竹坞小学", office="城西教办")


def found(user: User, term: str) -> dict[str, list[dict[str, Any]]]:
    client = Client()
    client.force_login(user)
    answer = client.get(SEARCH, {"q": term})
    assert answer.status_code == 200
    return {group.label: group.rows for group in answer.context["groups"]}


def titles(user: User, term: str, label: str) -> list[str]:
    return [row["title"] for row in found(user, term).get(label, [])]


@pytest.mark.parametrize("term", ["松风", "songfeng", "SFZX", "fh001", " 松风 "])
def test_schools_are_found_by_name_pinyin_initials_and_code(cast: factories.Cast, term: str) -> None:
    hits = found(factories.make_bureau(), term)["学校"]
    assert [(hit["title"], hit["url"], hit["note"]) for hit in hits] == [("松风中学", "/schools/FH001/", "城东教办")]


@pytest.mark.parametrize("term", ["沈书记01", "shenshuji", "ssj"])
def test_people_are_found_by_name_and_lead_to_their_school_without_a_phone(cast: factories.Cast, term: str) -> None:
    client = Client()
    client.force_login(cast.user("team"))
    answer = client.get(SEARCH, {"q": term})
    hits = {group.label: group.rows for group in answer.context["groups"]}["人员"]
    short = cast.school.short_name
    assert [(hit["title"], hit["url"], hit["note"]) for hit in hits] == [
        ("沈书记01", "/schools/FH001/", f"{short} · 书记")
    ]
    page = answer.content.decode()
    assert "1380000" not in page and "138****" not in page


def test_a_phone_number_finds_nobody(cast: factories.Cast) -> None:
    assert found(factories.make_bureau(), "13800001234") == {}


@pytest.mark.parametrize(
    "term", ["{number}", "第1次党组织会议", "1次党组织会议", "松风 第1次党组织会议", "学习文件", "党组织会议"]
)
def test_meetings_are_found_by_number_body_school_and_items(cast: factories.Cast, term: str) -> None:
    meeting = factories.make_held(cast)
    other = factories.make_held(cast, Body.PRINCIPAL, matters=("A01",))
    AgendaItem.objects.filter(meeting=meeting).update(title="传达学习文件精神")
    AgendaItem.objects.filter(meeting=other).update(title="招生方案")
    term = term.format(number=meeting.number())
    hits = {row["url"]: row for row in found(cast.user("secretary"), term)["会议"]}
    assert meeting.get_absolute_url() in hits
    assert (other.get_absolute_url() in hits) is (term == meeting.number())
    if term == "学习文件":
        assert hits[meeting.get_absolute_url()]["note"].endswith("议题：传达学习文件精神")


def test_decisions_are_found_by_number_title_and_text_and_tasks_by_their_target(cast: factories.Cast) -> None:
    decision = factories.make_signed(cast).decisions.get()
    secretary = cast.user("secretary")
    for term in (decision.number, decision.title, "会议同意"):
        assert titles(secretary, term, "决议") == [decision.title]
    assert titles(secretary, "专题学习", "任务") == ["完成专题学习"]


def test_a_stranger_finds_nothing_of_this_school(cast: factories.Cast, stranger: factories.Cast) -> None:
    decision = factories.make_signed(cast).decisions.get()
    for term in ("松风", "沈书记01", "2026-001", decision.number, decision.title, "专题学习", "党组织会议"):
        assert found(stranger.user("secretary"), term) == {}, term


def test_a_member_finds_the_own_bodys_meetings_only(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    assert {"会议", "决议"} <= set(found(cast.user("member"), "议题1"))
    assert found(cast.user("team"), "议题1") == {}


def test_an_office_finds_schools_people_and_tasks_but_no_meetings(
    cast: factories.Cast, stranger: factories.Cast
) -> None:
    factories.make_signed(cast)
    office = factories.make_office_user("城东教办")
    assert set(found(office, "松风")) == {"学校"}
    assert set(found(office, "专题学习")) == {"任务"}
    assert found(office, "议题1") == {} == found(office, "竹坞")


@pytest.mark.parametrize("post", [Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR])
def test_the_three_administrators_find_nothing(cast: factories.Cast, post: Post) -> None:
    factories.make_signed(cast)
    user = factories.make_bureau(post)
    for term in ("松风", "沈书记", "专题学习", "议题1"):
        assert found(user, term) == {}


def test_bureau_staff_are_not_among_the_people(cast: factories.Cast) -> None:
    organiser = factories.make_bureau()
    assert found(organiser, organiser.name) == {}


def test_at_most_eight_of_a_kind_and_the_list_has_all(cast: factories.Cast) -> None:
    give(cast, "principal", *range(1, MOST + 2))
    client = Client()
    client.force_login(cast.user("principal"))
    group = client.get(SEARCH, {"q": "任务"}).context["groups"][0]
    assert (len(group.rows), group.more) == (MOST, True)
    assert len(client.get(group.all_url).context["rows"]) == MOST + 1


@pytest.mark.parametrize("term", ["", "   ", "\t", "\u0007", "不存在的词", "%", "'; drop table", "9" * 300, "\ud7ff"])
def test_whatever_is_typed_is_answered(cast: factories.Cast, term: str) -> None:
    client = Client()
    client.force_login(cast.user("secretary"))
    assert client.get(SEARCH, {"q": term}).status_code == 200
    assert client.get(f"{SEARCH}?q=%00").status_code == 400  # CleanQuery refuses NUL for every page


def test_what_was_typed_is_shown_again_and_escaped(cast: factories.Cast) -> None:
    client = Client()
    client.force_login(cast.user("secretary"))
    page = client.get(SEARCH, {"q": "<i>沈"}).content.decode()
    assert "&lt;i&gt;沈" in page and "<i>沈" not in page
    assert "没有找到" in page and reverse("governance:matters") in page


def test_the_cost_does_not_grow_with_the_hits(cast: factories.Cast) -> None:
    row = factories.SchoolRow(
        code="FH001", name="松风中学", stage="primary", office="城东教办", location="urban", size="medium",
        foundation="medium", students=1, staff=1, party_org_type="branch", has_committee=True, leadership_mode="separate",
    )  # fmt: skip
    client = Client()
    client.force_login(factories.make_bureau())
    costs = []
    for number in (1, 12):
        for other in range(number):
            factories.make_person(f"松风{number}-{other}", school=cast.school)
            put_school(
                factories.replace(row, code=f"FH{number}{other:02}", name=f"松风{number}{other}"),
                by=None,
                at=timezone.now(),
            )
        client.get(SEARCH, {"q": "松风"})
        with CaptureQueriesContext(connection) as captured:
            client.get(SEARCH, {"q": "松风"})
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 12
