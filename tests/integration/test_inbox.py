"""The inbox: each notice once and only to its reader, read by opening, in as many queries for 30 rows as for one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from checklists import services
from deadlines.schedule import BEFORE, EVERY
from deadlines.services import sweep_batch
from notifications.models import Message
from notifications.selectors import CATEGORIES, category_of, unread_by_category, unread_count
from notifications.services import dispatch_batch
from tests import factories
from tests.integration.test_tasks_steps import give

pytestmark = pytest.mark.django_db
INBOX = "/inbox/"


def told(at: datetime | None = None) -> None:
    """What the periodic jobs do, twice, as after a restart."""
    at = at or timezone.now()
    for _ in range(2):
        sweep_batch(at=at)
        dispatch_batch(at=at)


@pytest.fixture
def cast() -> factories.Cast:
    cast = factories.make_cast()
    told()
    Message.objects.all().delete()
    return cast


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def titles(user: User, **query: Any) -> list[str]:
    answer = client_of(user).get(INBOX, query)
    assert answer.status_code == 200
    return [row["title"] for _, rows in answer.context["days"] for row in rows]


def test_each_reader_is_told_once_and_the_doer_not_at_all(cast: factories.Cast) -> None:
    [task] = give(cast)
    told()
    assert titles(cast.user("principal")) == ["交给你一项任务：任务1"]
    services.submit(task=task, text="好了", by=cast.user("principal"), at=timezone.now())
    told()
    told()
    assert titles(cast.user("secretary")) == titles(cast.user("deputy")) == ["待你确认销号：任务1"]
    assert len(titles(cast.user("principal"))) == 1
    assert titles(cast.user("team")) == []


def test_opening_marks_as_read_and_leads_to_the_task(cast: factories.Cast) -> None:
    [task] = give(cast)
    told()
    user = cast.user("principal")
    client, message = client_of(user), Message.objects.get()
    assert unread_count(user) == 1
    assert "未读：" in client.get(INBOX).content.decode()
    address = reverse("notifications:open", args=[message.pk])
    assert client.get(address).status_code == 405, "a GET changes nothing"
    assert unread_count(user) == 1
    answer = client.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, task.get_absolute_url())
    first = Message.objects.get().read_at
    assert first is not None and unread_count(user) == 0
    client.post(address)
    assert Message.objects.get().read_at == first, "read stays read, at its first time"
    assert titles(user) == ["交给你一项任务：任务1"]
    assert titles(user, state="unread") == []


def test_a_notice_of_somebody_else_does_not_exist(cast: factories.Cast) -> None:
    give(cast)
    told()
    message = Message.objects.get()
    for user in (cast.user("secretary"), factories.make_bureau()):
        assert client_of(user).post(reverse("notifications:open", args=[message.pk])).status_code == 404
        client_of(user).post(reverse("notifications:read"))
        assert titles(user) == []
    message.refresh_from_db()
    assert message.read_at is None


def test_everything_seen_is_marked_as_read_and_what_came_since_is_not(cast: factories.Cast) -> None:
    give(cast)
    told()
    user = cast.user("principal")
    page = client_of(user).get(INBOX)
    give(cast, "principal", 5, source=cast.people["team"])
    told(timezone.now() + timedelta(hours=1))
    answer = client_of(user).post(
        reverse("notifications:read"), {"until": page.context["until"], "next": f"{INBOX}?kind=todo"}
    )
    assert answer.headers["Location"] == f"{INBOX}?kind=todo"
    assert [read is None for read in Message.objects.order_by("at").values_list("read_at", flat=True)] == [False, True]
    client_of(user).post(reverse("notifications:read"), {"until": "x", "next": "https://elsewhere.example/"})
    assert unread_count(user) == 1, "nothing is in the past of an unreadable moment but what has arrived"


def test_reminders_work_and_news_are_kept_apart(cast: factories.Cast) -> None:
    [task] = give(cast, "principal", 7)
    told(timezone.now() + timedelta(days=5))
    services.submit(task=task, text="好了", by=cast.user("principal"), at=timezone.now())
    services.close(task=task, by=cast.user("secretary"), at=timezone.now())
    told()
    user = cast.user("principal")
    assert titles(user, kind="due") == ["任务1：还有 2 天到期"]
    assert titles(user, kind="todo") == ["交给你一项任务：任务1"]
    assert titles(user, kind="notice") == ["已确认销号：任务1"]
    assert len(titles(user, kind="nonsense")) == 3
    assert unread_by_category(user) == {"due": 1, "todo": 1, "notice": 1}
    assert {category_of(kind) for kind in Message.objects.values_list("kind", flat=True)} == {
        c.code for c in CATEGORIES
    }


def test_an_overdue_task_is_said_in_words_and_colour(cast: factories.Cast) -> None:
    give(cast, "principal", 0)
    Message.objects.all().delete()
    told(timezone.now() + timedelta(days=2, hours=12))
    [(_, rows)] = client_of(cast.user("principal")).get(INBOX, {"kind": "due"}).context["days"]
    assert (rows[0]["word"], rows[0]["tone"], rows[0]["go"]) == ("逾期", "bad", "去办理")


def test_an_empty_inbox_says_what_will_come(cast: factories.Cast) -> None:
    page = client_of(cast.user("team")).get(INBOX).content.decode()
    assert "还没有提醒" in page and "全部标为已读" not in page
    assert "没有这样的提醒" in client_of(cast.user("team")).get(INBOX, {"state": "unread"}).content.decode()


def test_the_page_names_the_days_the_schedule_holds(cast: factories.Cast) -> None:
    page = client_of(cast.user("team")).get(INBOX).content.decode()
    assert (BEFORE, EVERY) == ((7, 3, 1, 0), 2)
    assert "前 7、3、1 天和当天" in page and "每两天一次" in page


def test_the_inbox_comes_in_pages_newest_first(cast: factories.Cast) -> None:
    give(cast, "principal", *range(60))
    told()
    client = client_of(cast.user("principal"))
    first = client.get(INBOX)
    second = client.get(first.context["next_url"])
    shown = [[row["id"] for _, rows in page.context["days"] for row in rows] for page in (first, second)]
    assert list(map(len, shown)) == [50, 10]
    assert not set(shown[0]) & set(shown[1])
    back = client.get(second.context["previous_url"])
    assert [row["id"] for _, rows in back.context["days"] for row in rows] == shown[0]
    assert client.get(INBOX, {"cursor": "broken"}).status_code == 200


def test_the_inbox_costs_the_same_for_one_row_and_for_thirty(cast: factories.Cast) -> None:
    give(cast)
    told()

    def cost() -> int:
        client = client_of(cast.user("principal"))
        client.get(INBOX)
        with CaptureQueriesContext(connection) as queries:
            client.get(INBOX)
        return len(queries)

    before = cost()
    give(cast, "principal", *range(30), source=cast.people["team"])
    told()
    assert cost() == before <= 8
