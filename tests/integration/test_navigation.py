"""The shell: each post finds the pages it may open and no other, the place one is at, and counters; at almost no cost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications.models import Message
from notifications.services import dispatch_batch
from reports import context
from schools.permissions import Post
from tests import factories
from tests.integration.test_tasks_steps import bring, give

pytestmark = pytest.mark.django_db
BOOKS = ["议事目录 25/20", "议事规则", "程序规则", "议事规范"]
MEETINGS = {
    "secretary": [
        *("会议", "议题", "决议", "书记校长沟通", "利益关系申报", "放行清单", "归档与检查", "回收站"),
        *BOOKS,
    ],
    "organiser": ["会议", "议题", "决议", "书记校长沟通", "放行清单", "归档与检查", *BOOKS],
}
SCHOOL_NAV = ["我的工作台", "试点推进", "融合发展", "闭环运行", "本校档案"]
EXPECTED = {
    "secretary": (SCHOOL_NAV, ["清单", "会议", "提醒", "我的"]),
    "principal": (SCHOOL_NAV, ["清单", "会议", "提醒", "我的"]),
    "clerk": (SCHOOL_NAV, ["清单", "会议", "提醒", "我的"]),
    "team": (SCHOOL_NAV, ["清单", "会议", "提醒", "我的"]),
    "office": (["工作台", "学校档案", "试点推进", "融合发展"], ["清单", "提醒", "我的"]),
    "organiser": (
        ["工作台", "学校档案", "试点推进", "融合发展", "闭环运行", "数据导入"],
        ["清单", "会议", "提醒", "我的"],
    ),
    "supervisor": (["工作台", "学校档案", "试点推进", "融合发展", "闭环运行"], ["清单", "会议", "提醒", "我的"]),
    "leader": (["工作台", "学校档案", "试点推进", "融合发展", "闭环运行"], ["清单", "会议", "提醒", "我的"]),
    "system_admin": (["工作台", "账号"], ["账号", "提醒", "我的"]),
    "security_admin": (["工作台", "职务"], ["职务", "提醒", "我的"]),
    "auditor": (["工作台", "日志"], ["日志", "提醒", "我的"]),
    "reviewer": (["工作台", "项目评审"], ["提醒", "我的"]),
    "nobody": (["工作台"], ["提醒", "我的"]),
}


@pytest.fixture
def cast() -> factories.Cast:
    factories.reference()
    return factories.make_cast()


def user_of(role: str, cast: factories.Cast) -> User:
    if role in cast.people:
        return cast.user(role)
    if role == "office":
        return factories.make_office_user()
    if role == "nobody":
        return User.objects.get(person=factories.make_person("无任职", "nobody"))
    return factories.make_bureau(Post(role))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def portal(client: Client, address: str = "/") -> Any:
    return client.get(address).context["portal"]


@pytest.mark.parametrize("role", EXPECTED)
def test_each_post_finds_what_it_may_open(role: str, cast: factories.Cast) -> None:
    client = client_of(user_of(role, cast))
    shell = portal(client)
    nav, tabs = EXPECTED[role]
    assert [item["label"] for item in shell["nav"]] == nav
    assert [tab["label"] for tab in shell["tabs"]] == tabs
    children = [child for item in shell["nav"] for child in item["children"]]
    for entry in (*shell["nav"], *children, *shell["tabs"]):
        assert client.get(entry["url"]).status_code == 200, entry["url"]


@pytest.mark.parametrize("role", MEETINGS)
def test_the_strand_of_meetings_has_its_lists(role: str, cast: factories.Cast) -> None:
    item = next(item for item in portal(client_of(user_of(role, cast)))["nav"] if item["numeral"] == "三")
    assert [child["label"] for child in item["children"]] == MEETINGS[role]


@pytest.mark.parametrize(
    ("address", "item", "child", "tab"),
    [
        ("reports:home", "我的工作台", None, None),
        ("checklists:mine", "试点推进", "我的推进清单", "清单"),
        ("checklists:list", "试点推进", "全部任务", "清单"),
        ("governance:meetings", "闭环运行", "会议", "会议"),
        ("governance:meeting-new", "闭环运行", "会议", "会议"),
        ("governance:decisions", "闭环运行", "决议", "会议"),
        ("governance:talks", "闭环运行", "书记校长沟通", "会议"),
        ("governance:waivers", "闭环运行", "放行清单", "会议"),
        ("governance:matters", "闭环运行", "议事目录 25/20", "会议"),
        ("notifications:inbox", None, None, "提醒"),
        ("reports:me", None, None, "我的"),
        ("reports:search", None, None, None),
        ("schools:permissions", None, None, None),
    ],
)
def test_the_place_one_is_at_is_marked_once(
    cast: factories.Cast, address: str, item: str | None, child: str | None, tab: str | None
) -> None:
    shell = portal(client_of(cast.user("secretary")), reverse(address))
    children = [one for parent in shell["nav"] for one in parent["children"]]
    for entries, expected in ((shell["nav"], item), (children, child), (shell["tabs"], tab)):
        assert [entry["label"] for entry in entries if entry["current"]] == ([expected] if expected else [])


def test_a_schools_page_stands_under_the_file_and_administration_does_not(cast: factories.Cast) -> None:
    organiser = client_of(factories.make_bureau())
    for address, label in (("/schools/FH001/", "学校档案"), ("/schools/roster/", "数据导入")):
        shell = portal(organiser, address)
        assert [item["label"] for item in shell["nav"] if item["current"]] == [label]
    accounts = portal(client_of(factories.make_bureau(Post.SYSTEM_ADMIN)), "/schools/accounts/")
    assert [item["label"] for item in accounts["nav"] if item["current"]] == ["账号"]


def test_a_schools_people_see_their_schools_name_first(cast: factories.Cast) -> None:
    shell = portal(client_of(cast.user("principal")))
    assert (shell["name"], shell["subtitle"]) == (cast.school.name, "奉化区中小学校治理平台")
    assert shell["user_name"] == cast.principal.name
    assert set(shell["user_post"].split("、")) == {"校长", "委员"}
    office = portal(client_of(factories.make_office_user()))
    assert (office["name"], office["user_post"]) == ("奉化区中小学校治理平台", "城东教办")


def test_counters_tell_what_waits(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = give(cast, "principal", 3, 4, 5)
    bring(tasks[0], "submitted", cast.user("principal"), cast.user("secretary"))
    dispatch_batch(at=timezone.now())
    principal = client_of(cast.user("principal"))
    shell = portal(principal)
    unread = Message.objects.filter(reader=cast.user("principal"), read_at=None).count()
    assert unread >= 3 and shell["unread"] == unread
    assert [item["count"] for item in shell["nav"] if item["numeral"] == "一"] == [2]  # one waits for somebody else
    monkeypatch.setattr(context, "MANY_UNREAD", 3)
    with CaptureQueriesContext(connection) as captured:
        shell = portal(principal)
    counting = [query["sql"] for query in captured if "notifications_message" in query["sql"]]
    assert len(counting) == 1 and "LIMIT 3" in counting[0]  # a full inbox is not counted to its end
    assert shell["unread"] == "2+"
    assert [tab["count"] for tab in shell["tabs"]] == [2, 0, "2+", 0]


def test_a_visitor_costs_no_query(cast: factories.Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = Client().get(reverse("accounts:sign-in"))
    assert answer.status_code == 200 and len(captured) == 0


@pytest.mark.parametrize(
    ("role", "counters"), [("secretary", 2), ("clerk", 2), ("organiser", 1), ("auditor", 1), ("office", 1)]
)
def test_the_shell_asks_two_counters_at_most(role: str, counters: int, cast: factories.Cast) -> None:
    client = client_of(user_of(role, cast))
    address = reverse("schools:permissions")  # a page that asks nothing itself but who is there
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    known = ("django_session", "accounts_user", "schools_appointment", "schools_schoolgroupobjectpermission")
    rest = [query["sql"] for query in captured if not query["sql"].partition(" FROM ")[2].strip('"').startswith(known)]
    assert len(rest) == counters, rest


def test_what_prints_no_shell_reads_nothing_for_it(cast: factories.Cast) -> None:
    request = RequestFactory().get("/")
    request.user = cast.user("secretary")
    with CaptureQueriesContext(connection) as captured:
        context.portal(request)
    assert len(captured) == 0


def test_an_account_with_a_first_password_is_shown_no_way_past_it(cast: factories.Cast) -> None:
    user = cast.user("secretary")
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    shell = portal(client_of(user), reverse("accounts:change-password"))
    assert "nav" not in shell and "tabs" not in shell and shell["user_name"] == user.name


def test_demonstration_data_says_so_on_every_page(cast: factories.Cast, settings: Any) -> None:
    settings.PORTAL_DEMO = True
    assert "演示数据" in client_of(cast.user("clerk")).get("/").content.decode()


def test_my_page_names_posts_with_dates_and_what_i_can_set(cast: factories.Cast) -> None:
    client = client_of(cast.user("principal"))
    page = client.get(reverse("reports:me")).content.decode()
    for said in (cast.principal.name, "校长", "委员", cast.school.name, "2020-09-01 起", "principal-FH001"):
        assert said in page
    for route in ("accounts:change-password", "accounts:text-size", "accounts:sign-out", "schools:permissions"):
        assert reverse(route) in page
    assert "1380000" not in page
