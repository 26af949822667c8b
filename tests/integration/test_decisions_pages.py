"""Pages of decisions and of the catalogue."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from checklists import services as checklists
from checklists.models import Task
from governance.models import Decision
from schools.permissions import Body
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
LIST = "/governance/decisions/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def queries(user: User, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


def finish(cast: Cast, task: Task) -> None:
    at = timezone.now()
    task = checklists.submit(task=task, text="已完成", by=cast.user("principal"), at=at)
    checklists.close(task=task, by=cast.user("secretary"), at=at)


def test_decisions_are_seen_with_their_meeting(cast: Cast) -> None:
    factories.make_signed(cast)
    factories.make_signed(cast, Body.PRINCIPAL, matters=("A11",))
    factories.make_signed(factories.make_cast("FH002"))
    seen = {
        "secretary": {"党-001-01", "校-001-01"}, "clerk": {"党-001-01", "校-001-01"},
        "deputy": {"党-001-01"}, "team": {"校-001-01"},
    }  # fmt: skip
    for role, numbers in seen.items():
        client = signed_in(cast.user(role))
        listed = text_of(client.get(LIST))
        assert {n for n in ("党-001-01", "校-001-01") if n in listed} == numbers
        for decision in Decision.objects.all():
            own = decision.school_id == cast.school.pk and decision.number[5:] in numbers
            assert client.get(decision.get_absolute_url()).status_code == (200 if own else 404)
    assert text_of(signed_in(factories.make_bureau()).get(LIST)).count("党-001-01") == 2
    office = signed_in(factories.make_office_user())
    assert "你的职务不看决议" in text_of(office.get(LIST))
    assert office.get(Decision.objects.all()[0].get_absolute_url()).status_code == 404


def test_the_loop_stands_at_execution_until_all_tasks_are_closed(cast: Cast) -> None:
    task = factories.make_task(cast)
    decision = Decision.objects.get()
    client = signed_in(cast.user("deputy"))
    running = client.get(decision.get_absolute_url())
    assert "闭环走到“执行”" in text_of(running) and "0 / 1 项完成" in text_of(running)
    assert "第 1 天" in running.content.decode()
    assert re.search(r"决策已完成、执行进行中", client.get(LIST).content.decode())
    Task.objects.update(due_on=timezone.localdate() - timedelta(days=3))
    late = client.get(decision.get_absolute_url())
    assert "1 项逾期" in text_of(late) and "逾期 3 天" in text_of(late)
    assert "执行超期" in client.get(LIST).content.decode() and "is-bad" in client.get(LIST).content.decode()
    finish(cast, task)
    done = text_of(client.get(decision.get_absolute_url()))
    assert "执行已完成" in done and "任务已完成" in done and "逾期" not in done
    assert "执行已完成" in client.get(LIST).content.decode()


def test_a_decision_shows_text_votes_source_and_tasks_with_links(cast: Cast) -> None:
    meeting = factories.make_signed(cast, matters=("P16",))
    decision, task = Decision.objects.get(), Task.objects.get()
    answer = signed_in(cast.user("member")).get(decision.get_absolute_url())
    html, said = answer.content.decode(), text_of(answer)
    for words in ("会议同意。", "记名投票，赞成 4 票，反对 0 票，弃权 0 票", "P16 中层干部选拔任用与调整", "完成专题学习",
                  "分组组织学习研讨", "党政办", decision.number):  # fmt: skip
        assert words in said, words
    assert f"{meeting.get_absolute_url()}#item-1" in html and task.get_absolute_url() in html
    assert f"{reverse('governance:matter', args=['P16'])}?version=2026-11-22" in html


def test_filters_of_decisions(cast: Cast) -> None:
    factories.make_signed(cast)
    factories.make_signed(factories.make_cast("FH002"))
    client = signed_in(factories.make_bureau())
    late = Decision.objects.filter(school=cast.school)
    Task.objects.filter(checklist__decision__in=late).update(due_on=timezone.localdate() - timedelta(days=1))
    year = timezone.localdate().year

    def rows(query: str) -> int:
        return client.get(LIST + query).content.decode().count('<th scope="row">')

    assert rows("") == 2
    assert (rows("?late=1"), rows("?school=FH002"), rows("?body=principal"), rows(f"?year={year - 2}")) == (1, 1, 0, 0)
    for nonsense in ("?late=ja", "?school=x", "?year=0", "?cursor=zzz", "?body='"):
        assert rows(nonsense) == 2
    assert "没有符合这些条件的决议" in text_of(client.get(LIST + "?body=principal"))


def test_without_decisions_the_list_says_where_they_come_from(cast: Cast) -> None:
    assert "会议纪要签发后" in text_of(signed_in(cast.user("clerk")).get(LIST))


def test_list_and_page_cost_the_same_for_1_and_30_rows(cast: Cast) -> None:
    users = [cast.user("clerk"), cast.user("deputy"), factories.make_bureau()]
    counts: list[list[int]] = []
    for matters in (("P01",), tuple(["P01"] * 29)):
        factories.make_signed(cast, matters=matters)
        page = Decision.objects.order_by("created_at", "pk")[0].get_absolute_url()
        counts.append([queries(user, url) for user in users for url in (LIST, page)])
    assert counts[0] == counts[1]

    assert max(counts[0][::2]) <= 9 and max(counts[0][1::2]) <= 12  # one counts what is withheld


# ---- the catalogue ----


def test_the_catalogue_lists_45_matters_and_says_that_it_is_a_reconstruction(cast: Cast) -> None:
    factories.reference()
    for user in (cast.user("team"), factories.make_bureau(), factories.make_office_user()):
        answer = signed_in(user).get(reverse("governance:matters"))
        html = answer.content.decode()
        assert len(re.findall(r'<tr id="[PA]\d\d">', html)) == 45
        assert "参考目录(重建稿)，以区局正式文本为准" in html and "版本 2026-11-22" in text_of(answer)
    for code in ("A04", "P14"):
        assert f'href="{reverse("governance:matter", args=[code])}"' in html, (
            "what feeds what can be followed both ways"
        )


def test_the_catalogue_is_searched_by_text(cast: Cast) -> None:
    factories.reference()
    client = signed_in(cast.user("clerk"))

    def found(query: str) -> set[str]:
        html = client.get(reverse("governance:matters") + query).content.decode()
        return set(re.findall(r'<tr id="([PA]\d\d)">', html))

    assert {"P19", "A06"} <= found("?q=职称")
    assert "P16" in found("?q=p16") and found("?q=职称&body=principal") == {"A06"}
    assert "P19" in found("?q=职称 奖惩") <= found("?q=职称")
    assert found("?q=没有这样的事项") == set()
    assert "目录里没有找到" in text_of(client.get(reverse("governance:matters") + "?q=没有这样的事项"))
    assert len(found("?body=x&q=%00")) in (0, 45)


def test_the_catalogue_takes_a_constant_number_of_queries(cast: Cast) -> None:
    factories.reference()
    assert queries(cast.user("clerk"), reverse("governance:matters")) <= 8
