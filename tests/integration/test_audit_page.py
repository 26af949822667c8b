"""日志: the auditor reads the facts and checks their chain; for everybody else the page does not exist."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.services import record
from reports.selectors import audit_log
from schools.permissions import Post
from tests import factories

pytestmark = pytest.mark.django_db
LOG, VERIFY = "/audit/", "/audit/verify/"


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


@pytest.fixture
def auditor() -> User:
    return factories.make_bureau(Post.AUDITOR)


@pytest.fixture
def desk(auditor: User) -> Client:
    client = Client()
    client.force_login(auditor)
    return client


def read(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(LOG, query)
    assert answer.status_code == 200
    return answer.context["rows"]


def note(kind: str = "schools.school.changed", *, by: User | None = None, **data: Any) -> None:
    with transaction.atomic():
        record(kind, by=by, at=timezone.now(), **data)


@pytest.mark.parametrize("post", [Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.ORGANISER, Post.SUPERVISOR, Post.LEADER])
def test_for_everybody_else_the_page_does_not_exist(post: Post) -> None:
    client = Client()
    client.force_login(factories.make_bureau(post))
    before = Event.objects.count()
    assert (client.get(LOG).status_code, client.post(VERIFY).status_code) == (404, 404)
    assert Event.objects.count() == before


def test_a_schools_people_do_not_find_it_either(cast: factories.Cast) -> None:
    for role in cast.people:
        client = Client()
        client.force_login(cast.user(role))
        assert client.get(LOG).status_code == client.post(VERIFY).status_code == 404


def test_facts_stand_newest_first_in_words(cast: factories.Cast, desk: Client) -> None:
    meeting = factories.make_minuted(cast)
    factories.governance.return_meeting(
        meeting=meeting, reason="请假事由没有写清", by=cast.user("secretary"), at=timezone.now()
    )
    rows = read(desk)
    row = rows[0]
    assert (row["label"], row["actor_name"], row["school"]) == ("退回修改", cast.secretary.name, cast.school.short_name)
    assert ("理由", "请假事由没有写清") in row["details"]
    numbers = [row["seq"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)


def test_each_reading_is_a_fact_with_what_was_asked(desk: Client, auditor: User) -> None:
    read(desk, kind="schools.person.added", person="沈")
    fact = Event.objects.order_by("-seq").first()
    assert fact is not None and (fact.kind, fact.actor_id) == ("audit.log.read", auditor.pk)
    assert fact.data["filters"] == {"kind": "schools.person.added", "person": "沈"}
    assert read(desk)[0]["label"] == "查阅日志"


def test_facts_are_narrowed_by_kind_school_person_and_days(cast: factories.Cast, desk: Client) -> None:
    other = factories.make_cast("FH002", "竹坞小学")
    note(by=cast.user("clerk"), school_id=cast.school.pk)
    note(by=other.user("clerk"), school_id=other.school.pk)
    note()
    kind = {"kind": "schools.school.changed"}
    today = timezone.localdate().isoformat()
    assert len(read(desk, **kind)) == 3
    for asked in ({"school": "FH001"}, {"person": cast.clerk.name}, {"person": "clerk-FH001"}):
        assert [row["actor_name"] for row in read(desk, **kind, **asked)] == [cast.clerk.name], asked
    assert [row["actor_name"] for row in read(desk, **kind, person="系统")] == ["系统"]
    assert len(read(desk, **kind, since=today, until=today)) == 3
    assert read(desk, **kind, until="2020-01-01") == [] == read(desk, **kind, since="2099-01-01")
    assert read(desk, person="查无此人") == [] == read(desk, school="查无此校")


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "no.such.kind"},
        {"since": "not-a-day", "until": "2026-13-45"},
        {"cursor": "nonsense"},
        {"cursor": "x" * 5000},
        {"since": "20260101"},
    ],
)
def test_what_cannot_be_read_does_not_filter(desk: Client, cast: factories.Cast, query: dict[str, str]) -> None:
    assert len(read(desk, **query)) > 5


def test_pages_go_on_where_the_last_one_ended(desk: Client) -> None:
    for _ in range(120):
        note()
    seen: list[int] = []
    query = {"kind": "schools.school.changed"}
    answer = desk.get(LOG, query)
    while True:
        seen += [row["seq"] for row in answer.context["rows"]]
        if not answer.context["next_url"]:
            break
        assert "kind=schools.school.changed" in answer.context["next_url"]
        answer = desk.get(LOG + answer.context["next_url"])
    assert len(seen) == 120 and seen == sorted(seen, reverse=True)
    assert answer.context["previous_url"]


def test_phone_numbers_and_account_ids_are_not_shown(desk: Client, cast: factories.Cast) -> None:
    note(name="张三", changes={"phone": "13812345678"}, account="c0ffee", url="/somewhere/", numbers=[13812345678])
    page = desk.get(LOG).content.decode()
    assert "13812345678" not in page and "138****5678" in page and "张三" in page
    assert "c0ffee" not in page and "/somewhere/" not in page


def test_the_chain_holds_and_the_check_is_recorded(desk: Client, cast: factories.Cast) -> None:
    for scope, whole in (("all", True), ("last", False)):
        page = desk.post(VERIFY, {"scope": scope}, follow=True).content.decode()
        assert "前后相接，没有改动" in page
        fact = Event.objects.filter(kind="audit.log.verified").order_by("-seq").first()
        assert fact is not None and fact.data["whole"] is whole and fact.data["broken"] is None


def forge() -> Event:
    """A fact slipped in past the service: its place in the chain does not fit."""
    return Event.objects.create(
        kind="schools.school.changed", at=timezone.now(), actor_name="不明", prev_hash="0" * 64, hash="f" * 64
    )


def test_a_broken_chain_is_named(desk: Client, cast: factories.Cast) -> None:
    forged = forge()
    page = desk.post(VERIFY, {"scope": "all"}, follow=True).content.decode()
    assert f"第 {forged.seq} 条记录与上一条记录接不上" in page
    fact = Event.objects.filter(kind="audit.log.verified").get()
    assert fact.data["broken"] == forged.seq


def test_the_last_facts_are_walked_from_the_one_before_them(
    desk: Client, cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LAST", 3)
    assert audit_log.verify(whole=False) == (3, None)
    forged = forge()
    for _ in range(3):
        note()
    count, broken = audit_log.verify(whole=False)
    assert broken is None and count == 3  # the forged fact lies before
    note()
    monkeypatch.setattr(audit_log, "LAST", 5)
    count, broken = audit_log.verify(whole=False)
    assert broken is not None and broken.seq == forged.seq


def test_the_cost_is_the_same_for_few_and_for_many(desk: Client, cast: factories.Cast) -> None:
    query = {"kind": "schools.school.changed", "school": "FH001", "person": cast.clerk.name}
    costs = []
    for number in (1, 40):
        for _ in range(number):
            note(by=cast.user("clerk"), school_id=cast.school.pk)
        desk.get(LOG, query)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(LOG, query).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1]
    assert len([q for q in captured if q["sql"].startswith("SELECT")]) <= 10


def test_the_page_leads_nowhere_else_but_to_itself(desk: Client) -> None:
    answer = desk.get(LOG)
    assert reverse("reports:audit-verify") in answer.content.decode()
    assert [item["label"] for item in answer.context["portal"]["nav"]] == ["工作台", "日志"]
