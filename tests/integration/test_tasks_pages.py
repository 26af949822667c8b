"""The pages of the checklists: mine by urgency, all tasks with filters, one task with its story; each in as many queries for 30 rows as for one."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from checklists import services
from checklists.models import Task
from checklists.selectors import my_counts
from schools.permissions import Post
from tests import factories
from tests.integration.test_tasks_steps import bring, due, give

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


def seen_by(user: User, address: str, **query: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(address, query)


def mine(user: User, **query: Any) -> Any:
    return seen_by(user, reverse("checklists:mine"), **query)


def listed(user: User, **query: Any) -> list[str]:
    answer = seen_by(user, reverse("checklists:list"), **query)
    assert answer.status_code == 200
    return [row["target"] for row in answer.context["rows"]]


# ---- mine ----


def test_my_tasks_stand_by_urgency_with_the_steps_i_may_take(cast: factories.Cast) -> None:
    late, soon, later, waiting, done = give(cast, "principal", 0, 30, 31, 5, 6)
    Task.objects.filter(pk=late.pk).update(due_on=due(-8))
    bring(waiting, "submitted", cast.user("principal"), cast.user("secretary"))
    bring(done, "closed", cast.user("principal"), cast.user("secretary"))
    answer = mine(cast.user("principal"))
    groups = {group.name: [card["title"] for card in group.cards] for group in answer.context["groups"]}
    assert groups == {"逾期": ["任务1"], "30 天内": ["任务2"], "以后": ["任务3"], "待确认": ["任务4"]}
    assert [task.pk for task in answer.context["done"]] == [done.pk]
    cards = {card["title"]: card for group in answer.context["groups"] for card in group.cards}
    assert [action["label"] for action in cards["任务1"]["actions"]] == ["标为完成", "登记进展"]
    assert cards["任务4"]["actions"] == []
    assert cards["任务1"]["kind"] == "bad" and cards["任务2"]["kind"] == ""
    solid = [action for card in cards.values() for action in card["actions"] if action["primary"]]
    assert len(solid) == 1, "one solid button on the screen"
    page = answer.content.decode()
    assert "逾期 8 天" in page and "5 项" in page and "完成 20%" in page
    segments = [(item["label"], item["count"], item["current"]) for item in answer.context["segments"]]
    assert segments == [("未完成", 4, True), ("已完成", 1, False), ("全部", 5, False)]
    assert late.get_absolute_url() in page and soon.get_absolute_url() in page and later.get_absolute_url() in page


def test_the_views_show_what_is_done_and_everything(cast: factories.Cast) -> None:
    open_one, done, ended = give(cast, "principal", 5, 6, 7)
    bring(done, "closed", cast.user("principal"), cast.user("secretary"))
    bring(ended, "cancelled", cast.user("principal"), cast.user("secretary"))
    done_page = mine(cast.user("principal"), view="done")
    assert [task.pk for task in done_page.context["done"]] == [done.pk]
    all_page = mine(cast.user("principal"), view="all")
    assert [card["title"] for card in all_page.context["cards"]] == [ended.target, done.target, open_one.target]
    assert "已终止" in all_page.content.decode()
    counts = my_counts(cast.user("principal"), due(0))
    assert (counts.todo, counts.closed, counts.cancelled, counts.counted, counts.all) == (1, 1, 1, 2, 3)


def test_overdue_counts_what_waits_for_others_and_says_so(cast: factories.Cast) -> None:
    late, waiting = give(cast, "principal", 1, 1)
    bring(waiting, "submitted", cast.user("principal"), cast.user("secretary"))
    Task.objects.filter(pk__in=[late.pk, waiting.pk]).update(due_on=due(-1))
    counts = my_counts(cast.user("principal"), due(0))
    assert (counts.overdue, counts.overdue_submitted) == (2, 1)
    page = mine(cast.user("principal")).content.decode()
    assert "逾期 2 项" in page and "1 项已标为完成，等待确认" in page


def test_nobody_sees_tasks_of_others_among_his_own_and_who_left_sees_none(cast: factories.Cast) -> None:
    give(cast, "principal")
    assert mine(cast.user("team")).context["groups"] == []
    cast.people["principal"].appointments.update(ends_on=due(-1))
    left = mine(cast.user("principal"))
    assert left.context["groups"] == [] and left.context["counts"].all == 0
    assert "没有由你负责的任务" in left.content.decode()


def test_what_waits_for_my_closing_is_listed_and_closed_from_the_list(cast: factories.Cast) -> None:
    [task] = give(cast, "team")
    task = services.submit(task=task, text="食堂已验收\n附照片", by=cast.user("team"), at=timezone.now())
    assert mine(cast.user("team")).context["closing"] == []
    answer = mine(cast.user("secretary"))
    [card] = answer.context["closing"]
    assert card["excerpt"] == "食堂已验收\n附照片"
    assert "待我确认销号" in answer.content.decode()
    close = card["actions"][0]
    client = Client()
    client.force_login(cast.user("secretary"))
    done = client.post(close["url"], {"version": close["version"]}, follow=True)
    assert done.redirect_chain == [(reverse("checklists:mine"), 302)]
    assert "已确认销号" in done.content.decode()
    assert Task.objects.get(pk=task.pk).status == "closed"
    assert done.context["closing"] == []


def test_long_lists_come_in_pages_that_lead_back_and_forth(cast: factories.Cast) -> None:
    give(cast, "principal", *range(60))
    client = Client()
    client.force_login(cast.user("principal"))
    first = client.get(reverse("checklists:mine"))
    second = client.get(reverse("checklists:mine") + first.context["next_url"])
    back = client.get(reverse("checklists:mine") + second.context["previous_url"])

    def titles(answer: Any) -> list[str]:
        return [card["title"] for group in answer.context["groups"] for card in group.cards]

    assert len(titles(first)) == 50 and len(titles(second)) == 10
    assert titles(back) == titles(first)
    assert not first.context["previous_url"] and not second.context["next_url"]
    assert titles(mine(cast.user("principal"), cursor="broken")) == titles(first)


# ---- all tasks ----


def test_the_list_shows_a_school_its_own_and_the_bureau_all(cast: factories.Cast) -> None:
    other = factories.make_cast("FH002", "映月小学", office="城西教办")
    give(cast, "principal", 5)
    give(other, "principal", 6)
    Task.objects.filter(school=other.school).update(target="映月的任务")
    assert listed(cast.user("member")) == ["任务1"]
    assert listed(factories.make_bureau()) == ["任务1", "映月的任务"]
    assert listed(factories.make_office_user("城西教办")) == ["映月的任务"]
    assert listed(factories.make_bureau(Post.AUDITOR)) == []


def test_filters_narrow_the_list(cast: factories.Cast) -> None:
    other = factories.make_cast("FH002", "映月小学")
    one, two, three = give(cast, "principal", 2, 20, 40)
    give(other, "principal", 3)
    Task.objects.filter(school=other.school).update(target="100% 映月")
    Task.objects.filter(pk=one.pk).update(due_on=due(-2))
    services.hand_to(task=two, person=cast.people["team"], by=cast.user("secretary"), at=timezone.now())
    bring(three, "submitted", cast.user("principal"), cast.user("secretary"))
    bureau = factories.make_bureau()
    assert listed(bureau, overdue="1") == ["任务1"]
    assert listed(bureau, status="submitted") == ["任务3"]
    assert (
        listed(bureau, school="FH002")
        == listed(bureau, school="映月")
        == listed(bureau, school="yyxx")
        == ["100% 映月"]
    )
    assert listed(bureau, responsible="何主任") == listed(bureau, responsible="hzr") == ["任务2"]
    assert listed(bureau, due_after=due(3).isoformat(), due_before=due(20).isoformat()) == ["100% 映月", "任务2"]
    assert listed(bureau, q="0%") == ["100% 映月"]
    assert listed(bureau, status="closed") == []
    assert len(listed(bureau, status="all", school="'", q="\\")) == 0
    assert len(listed(bureau, status="nonsense", due_after="gestern", cursor="%%")) == 4


def test_exports_hold_the_filtered_rows_and_leave_a_fact(cast: factories.Cast) -> None:
    first, _ = give(cast, "principal", 2, 20)
    Task.objects.filter(pk=first.pk).update(target="=HYPERLINK(1)", due_on=due(-3))
    answer = seen_by(cast.user("clerk"), reverse("checklists:export-csv"), overdue="1")
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text and "任务2" not in text
    fact = Event.objects.get(kind="checklists.task.exported")
    assert (fact.actor_name, fact.data["rows"], fact.data["filters"]) == ("周干事01", 1, "?overdue=1")
    assert f"编号：{fact.seq}" in text
    book = seen_by(cast.user("clerk"), reverse("checklists:export-xlsx"))
    assert io.BytesIO(book.content).read(2) == b"PK"


# ---- one task ----


def test_the_page_tells_the_story_with_files_and_reasons(cast: factories.Cast) -> None:
    [task] = give(cast)
    principal, secretary, at = cast.user("principal"), cast.user("secretary"), timezone.now()
    photo = SimpleUploadedFile("公示栏.jpg", b"\xff\xd8\xff123")
    services.progress(task=task, text="已公示", files=[photo], by=principal, at=at)
    services.submit(task=task, text="公示期满", by=principal, at=timezone.now())
    services.send_back(task=task, reason="缺公示结果", by=secretary, at=timezone.now())
    services.reschedule(task=task, due_on=due(33), reason="等公示结果", by=secretary, at=timezone.now())
    services.hand_to(task=task, person=cast.people["team"], by=secretary, at=timezone.now())
    answer = seen_by(cast.user("clerk"), task.get_absolute_url())
    history = answer.context["history"]
    assert [entry.label for entry in history] == [
        "转交他人",
        "调整时限",
        "退回补充",
        "标为完成",
        "登记进展",
        "交办任务",
    ]
    assert history[0].notes == ["林校长01 转交给 何主任01"]
    assert history[1].notes[0].endswith(f"改为 {due(33)}")
    assert history[2].notes == ["理由：缺公示结果"]
    assert (history[3].text, history[4].text) == ("公示期满", "已公示")
    assert [file.name for file in history[4].files] == ["公示栏.jpg"]
    assert history[5].notes[0].startswith("责任人林校长01，")
    page = answer.content.decode()
    for words in ("措施1", "2026-党-001-01 换届", "公示栏.jpg", "缺公示结果", "何主任01负责"):
        assert words in page


def test_only_who_may_open_the_decision_gets_a_link_to_it(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    url = task.checklist.url
    assert url in seen_by(cast.user("secretary"), task.get_absolute_url()).content.decode()
    office = seen_by(factories.make_office_user(), task.get_absolute_url())
    assert office.status_code == 200 and url not in office.content.decode()


def test_buttons_are_the_open_steps_and_what_is_awaited_is_said(cast: factories.Cast) -> None:
    [task] = give(cast)

    def buttons(role: str) -> tuple[list[str], list[str]]:
        context = seen_by(cast.user(role), task.get_absolute_url()).context
        return ([item["step"].label for item in context["main"]], [item["step"].label for item in context["side"]])

    assert buttons("principal") == (["标为完成", "登记进展"], ["调整时限", "转交他人"])
    assert buttons("secretary") == ([], ["调整时限", "转交他人", "终止任务"])
    assert buttons("clerk") == ([], [])
    services.submit(task=task, text="好了", by=cast.user("principal"), at=timezone.now())
    assert buttons("deputy") == (["确认销号", "退回补充"], [])
    assert "确认销号由书记、校长、副书记办理" in seen_by(cast.user("clerk"), task.get_absolute_url()).content.decode()


def test_steps_taken_from_the_page_lead_back_to_the_list_one_came_from(cast: factories.Cast) -> None:
    [task] = give(cast)
    origin = reverse("checklists:list") + "?overdue=1"
    client = Client()
    client.force_login(cast.user("principal"))
    page = client.get(task.get_absolute_url(), {"next": origin})
    form = client.get(page.context["main"][1]["url"])
    assert form.context["next"] == origin
    hostile = client.get(task.get_absolute_url(), {"next": "//elsewhere.example/"})
    assert hostile.context["back"] == reverse("checklists:mine")
    assert "elsewhere" not in hostile.context["main"][0]["url"]


def test_evidence_is_read_by_those_who_may_see_the_task_and_by_nobody_else(cast: factories.Cast) -> None:
    [task] = give(cast)
    photo = SimpleUploadedFile("公示栏.jpg", b"\xff\xd8\xff123")
    services.progress(task=task, text="", files=[photo], by=cast.user("principal"), at=timezone.now())
    [entry, _] = seen_by(cast.user("clerk"), task.get_absolute_url()).context["history"]
    url = entry.files[0].get_absolute_url()
    stranger = factories.make_cast("FH002").user("secretary")
    for user in (cast.user("team"), factories.make_bureau(Post.LEADER), factories.make_office_user()):
        assert b"".join(seen_by(user, url).streaming_content) == b"\xff\xd8\xff123"
    for user in (stranger, factories.make_bureau(Post.SYSTEM_ADMIN), factories.make_office_user("城西教办", "west")):
        assert seen_by(user, url).status_code == 404
        assert seen_by(user, task.get_absolute_url()).status_code == 404
        assert seen_by(user, reverse("checklists:task-action", args=[task.pk, "close"])).status_code == 404


# ---- cost ----


def cost(user: User, address: str, **query: Any) -> int:
    client = Client()
    client.force_login(user)
    client.get(address, query)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address, query).status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", ["mine", "list", "done", "all"])
def test_lists_cost_the_same_for_one_row_and_for_thirty(cast: factories.Cast, page: str) -> None:
    address = reverse("checklists:list" if page == "list" else "checklists:mine")
    query = {"view": page} if page in ("done", "all") else {}
    [one] = give(cast, "principal")
    [first] = give(cast, "team", 3, source=cast.people["team"])
    services.submit(task=first, text="好了", by=cast.user("team"), at=timezone.now())
    services.progress(
        task=one, text="", files=[SimpleUploadedFile("a.pdf", b"%PDF-")], by=cast.user("principal"), at=timezone.now()
    )
    before = cost(cast.user("principal"), address, **query)
    for task in give(cast, "team", *range(29), source=cast.people["clerk"]):
        services.submit(task=task, text="好了", by=cast.user("team"), at=timezone.now())
    for task in give(cast, "principal", *range(29), source=cast.people["principal"])[:14]:
        bring(task, "closed", cast.user("principal"), cast.user("secretary"))
    after = cost(cast.user("principal"), address, **query)
    assert before == after <= 8


def test_a_task_costs_the_same_with_a_long_story(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    task = services.submit(task=task, text="好了", by=cast.user("principal"), at=timezone.now())
    users = [cast.user(role) for role in ("secretary", "principal", "clerk")]
    before = [cost(user, task.get_absolute_url()) for user in users]
    services.send_back(task=task, reason="再补一份", by=cast.user("secretary"), at=timezone.now())
    for number in range(30):
        paper = SimpleUploadedFile(f"{number}.pdf", b"%PDF-")
        services.progress(task=task, text="又一步", files=[paper], by=cast.user("principal"), at=timezone.now())
    services.submit(task=task, text="好了", by=cast.user("principal"), at=timezone.now())
    after = [cost(user, task.get_absolute_url()) for user in users]
    assert before == after
    assert max(after) <= 12
