"""Lists as files: the catalogue, declarations, accounts, the log, the signed meetings behind the numbers."""

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.models import Event
from governance.models import AgendaItem
from governance.services.declarations import InterestInput, declare
from reports.selectors import audit_log
from schools.models import Person
from schools.permissions import Post
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def taken(user: User, name: str, query: str = "", kind: str = "csv") -> list[list[Any]]:
    """The rows of the file, its origin first, read by another program's eyes."""
    answer = client_of(user).get(reverse(name, args=[kind]) + query)
    assert answer.status_code == 200
    if kind == "csv":
        return [list(row) for row in csv.reader(StringIO(answer.content.decode("utf-8-sig")))]
    return CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def fact_of(kind: str) -> Event:
    return Event.objects.get(kind=kind)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_catalogue_leaves_under_its_filters_and_says_what_it_is(cast: factories.Cast, kind: str) -> None:
    factories.reference()
    rows = taken(cast.user("team"), "governance:matters-export", "?body=party&q=预算", kind)
    fact = fact_of("governance.matters.exported")
    assert rows[0][0].startswith(f"议事目录　导出人：{cast.team.name}") and rows[0][0].endswith(f"编号：{fact.seq}")
    assert fact.data["filters"] == {"q": "预算", "body": "party", "version": "2026-11-22"}
    assert {row[1] for row in rows[2:-1]} == {"党组织会议"} and len(rows) - 3 == fact.data["rows"] > 0
    assert "以区局正式文本为准" in rows[-1][0]
    assert any("必须" in row[rows[1].index("上会前环节")] for row in rows[2:-1])
    assert len(taken(cast.user("team"), "governance:matters-export")) == 45 + 3


def test_declarations_leave_without_what_was_declared_and_for_those_alone_who_see_the_list(
    cast: factories.Cast,
) -> None:
    interests = [InterestInput("company", "晨光文具店")]
    declare(school=cast.school, nothing=False, interests=interests, by=cast.user("deputy"), at=timezone.now())
    rows = taken(cast.user("clerk"), "governance:declarations-export")
    of = {row[3]: row for row in rows[2:]}
    assert of[cast.deputy.name][5:7] == ["已申报", "1"] and of[cast.member.name][5] == "还没有申报"
    assert "晨光" not in str(rows)
    year = timezone.localdate().year
    assert fact_of("governance.declarations.exported").data["filters"] == {"year": str(year)}
    earlier = taken(cast.user("secretary"), "governance:declarations-export", f"?year={year - 1}")
    assert {row[5] for row in earlier[2:]} == {"还没有申报"}
    url = reverse("governance:declarations-export", args=["csv"])
    for user in (cast.user("deputy"), factories.make_bureau(), factories.make_bureau(Post.AUDITOR)):
        assert client_of(user).get(url).status_code == 404
    assert "晨光" not in str(taken(factories.make_cast("FH002").user("clerk"), "governance:declarations-export"))


def test_accounts_leave_with_masked_numbers_under_their_view(cast: factories.Cast) -> None:
    factories.make_person("=新人", school=cast.school)
    admin = factories.make_bureau(Post.SYSTEM_ADMIN)
    User.objects.update(phone="13900001111")
    Person.objects.filter(name="=新人").update(phone="13900002222")
    User.objects.filter(username="clerk-FH001").update(is_active=False)
    rows = taken(admin, "schools:accounts-export")
    assert {row[4] for row in rows[2:]} == {"139****1111"} and len(rows) - 2 == User.objects.count()
    off = taken(admin, "schools:accounts-export", "?view=disabled")
    assert [row[:4] for row in off[2:]] == [[cast.clerk.name, "clerk-FH001", cast.school.short_name, "党政办"]]
    none = taken(admin, "schools:accounts-export", "?view=none")
    assert none[2][0] == "'=新人" and none[2][4:6] == ["139****2222", "还没有账号"]
    facts = Event.objects.filter(kind="schools.accounts.exported").order_by("seq")
    assert [fact.data["filters"] for fact in facts] == [{}, {"view": "disabled"}, {"view": "none"}]
    for user in (cast.user("secretary"), factories.make_bureau(Post.SECURITY_ADMIN)):
        assert client_of(user).get(reverse("schools:accounts-export", args=["csv"])).status_code == 404


def test_the_log_leaves_without_a_word_of_restricted_items_and_its_taking_is_a_fact(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    AgendaItem.objects.filter(meeting=meeting).update(secrecy="restricted")
    title = AgendaItem.objects.get(meeting=meeting).title
    auditor = factories.make_bureau(Post.AUDITOR)
    rows = taken(auditor, "reports:audit-export", "?school=FH001")
    assert [row[2] for row in rows[2:]].count("签发") == 1 and "限定人员议题" in str(rows) and title not in str(rows)
    fact = fact_of("audit.log.exported")
    assert (fact.data["filters"], fact.data["rows"]) == ({"school": "FH001"}, len(rows) - 2)
    assert rows[0][0].endswith(f"编号：{fact.seq}")
    numbers = [int(row[0]) for row in rows[2:]]
    assert numbers == sorted(numbers, reverse=True)


def test_a_long_log_says_that_it_was_cut(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MOST", 3)
    rows = taken(factories.make_bureau(Post.AUDITOR), "reports:audit-export", kind="xlsx")
    assert len(rows) == 2 + 3 + 1 and "只含最近 3 条" in rows[-1][2]
    assert fact_of("audit.log.exported").data["rows"] == 3


def test_the_signed_meetings_behind_the_numbers_leave_as_a_file(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    factories.make_signed(factories.make_cast("FH002"))
    rows = taken(cast.user("secretary"), "reports:findings-meetings-export")
    assert [row[:3] for row in rows[2:]] == [["FH001", cast.school.short_name, meeting.title()]]
    assert fact_of("reports.meetings.exported").data["rows"] == 1


LISTS = [
    ("governance:matters", None, "?body=party", "body=party"),
    ("governance:declarations", None, "?year=2025", "year=2025"),
    ("reports:audit", Post.AUDITOR, "?person=%E7%B3%BB%E7%BB%9F", "person=%E7%B3%BB%E7%BB%9F"),
    ("schools:accounts", Post.SYSTEM_ADMIN, "?q=clerk", "q=clerk"),
]


@pytest.mark.parametrize(("name", "post", "query", "kept"), LISTS)
def test_the_list_shows_the_way_to_its_files_with_the_filters_kept(
    cast: factories.Cast, name: str, post: Post | None, query: str, kept: str
) -> None:
    factories.reference()
    client = client_of(factories.make_bureau(post) if post else cast.user("clerk"))
    html = client.get(reverse(name) + query).content.decode()
    for kind in ("csv", "xlsx"):
        link = re.search(f'href="({re.escape(reverse(f"{name}-export", args=[kind]))}[^"]*)"', html)
        assert link and kept in link[1]
    assert client.get(reverse(f"{name}-export", args=["exe"])).status_code == 404
    assert client.post(reverse(f"{name}-export", args=["csv"])).status_code == 405


def test_files_cost_the_same_for_few_rows_and_many(cast: factories.Cast) -> None:
    factories.reference()
    admin, auditor = factories.make_bureau(Post.SYSTEM_ADMIN), factories.make_bureau(Post.AUDITOR)

    def costs() -> list[int]:
        counts = []
        for user, name in ((admin, "schools:accounts-export"), (auditor, "reports:audit-export")):
            client = client_of(user)
            with CaptureQueriesContext(connection) as counted:
                client.get(reverse(name, args=["csv"]))
            counts.append(len(counted))
        return counts

    few = costs()
    for one in range(12):
        factories.make_person(f"新人{one}", f"new-{one}", Post.VICE_PRINCIPAL, school=cast.school)
    assert costs() == few
