"""Continuous saving in a real browser: a lost network, an ended session, a closed window, two recorders at one record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from governance.models import Meeting
from governance.record import Record, record_of
from governance.selectors import for_record
from tests import factories as make
from tests.browser.conftest import DESKTOP, NewPage

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('record:'))"


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


@pytest.fixture
def open_record(cast: make.Cast, new_page: NewPage, live_server: Any) -> Open:
    def open_it(meeting: Meeting, role: str = "clerk", page: Page | None = None) -> Page:
        client = Client()
        client.force_login(cast.user(role))
        page = page or new_page(**DESKTOP)
        page.context.clear_cookies()
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server.url}/governance/meetings/{meeting.pk}/record/")
        return page

    return open_it


def stored(meeting: Meeting) -> Record:
    return record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))


def is_saved(page: Page) -> None:
    expect(page.locator("#record-saved")).to_contain_text("已保存", timeout=20_000)
    expect(page.locator("#record-check.htmx-request")).to_have_count(0)


def test_what_is_typed_and_tapped_is_saved_by_itself(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    page.locator("#i-1-decision_text").fill("同意采购。")
    expect(page.locator("#record-saved")).to_have_text("正在保存…")
    is_saved(page)
    record = stored(meeting)
    assert [m.status for m in record.members] == ["present"] * 4
    assert record.items[0].decision_text == "同意采购。"
    assert page.evaluate(DRAFTS) == []


def test_a_lost_network_is_said_and_nothing_is_lost(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.context.set_offline(True)
    page.locator("#i-1-decision_text").fill("断网时写的决议")
    page.locator("#m-2-reason").fill("区里开会")
    expect(page.locator("#record-saved")).to_have_text("断网，2 处改动存在这台电脑")
    expect(page.locator("#m-2-reason")).to_be_focused()
    page.get_by_role("button", name="送签").click()
    expect(page.locator("#record-saved")).to_contain_text("断网")
    assert page.evaluate(DRAFTS) != []
    page.context.set_offline(False)
    is_saved(page)
    record = stored(meeting)
    assert (record.items[0].decision_text, record.members[1].reason) == ("断网时写的决议", "区里开会")
    assert page.evaluate(DRAFTS) == []


def test_a_window_closed_while_offline_is_sent_when_the_page_is_opened_again(
    cast: make.Cast, open_record: Open
) -> None:
    meeting = make.make_held(cast)
    other, page = open_record(meeting, "secretary"), open_record(meeting)
    here = page.url
    page.context.set_offline(True)
    page.locator("#i-1-decision_text").fill("还没送到的决议")
    page.get_by_role("button", name="添加任务").click()
    page.locator("#i-1-t-1-goal").fill("第二项任务")
    expect(page.locator("#record-saved")).to_contain_text("断网")
    page.context.set_offline(False)
    page.route("**/autosave/", lambda route: route.abort())
    page.goto("about:blank")
    page.unroute("**/autosave/")
    other.locator("#m-3-reason").fill("请了假")
    is_saved(other)
    page.goto(here)
    expect(page.locator("#draft-offer")).to_be_visible()
    expect(page.locator("#i-1-decision_text")).to_have_value("还没送到的决议")
    is_saved(page)
    record = stored(meeting)
    assert record.items[0].decision_text == "还没送到的决议"
    assert [task.goal for task in record.items[0].tasks] == ["第二项任务"]
    assert record.members[2].reason == "请了假"  # what another clerk saved meanwhile stays
    expect(page.locator("#m-3-reason")).to_have_value("请了假")
    page.reload()
    expect(page.locator("#draft-offer")).to_be_hidden()


def test_what_was_typed_survives_the_end_of_the_session(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    Session.objects.all().delete()
    page.locator("#i-1-decision_text").fill("还没保存的决议")
    page.wait_for_url("**/accounts/sign-in/**")
    page.get_by_label("登录名").fill("clerk-FH001")
    page.get_by_label("密码").fill(make.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/record/")
    expect(page.locator("#i-1-decision_text")).to_have_value("还没保存的决议")
    is_saved(page)
    assert stored(meeting).items[0].decision_text == "还没保存的决议"


def test_what_waits_belongs_to_one_account(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.route("**/autosave/", lambda route: route.abort())
    page.locator("#i-1-decision_text").fill("周干事的草稿")
    expect(page.locator("#record-saved")).to_contain_text("1 处改动存在这台电脑")
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")
    page.unroute("**/autosave/")
    page = open_record(meeting, "secretary", page=page)
    expect(page.locator("#draft-offer")).to_be_hidden()
    expect(page.locator("#i-1-decision_text")).to_have_value("")


def test_two_recorders_at_once_see_each_others_fields(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    mine, theirs = open_record(meeting), open_record(meeting, "secretary")
    theirs.get_by_role("button", name="全部到会").click()
    theirs.get_by_role("button", name="套用“一致同意”").click()
    theirs.locator("#i-1-t-0-goal").fill("书记加的任务")
    is_saved(theirs)
    mine.locator("#i-1-t-0-goal").fill("我加的任务")
    is_saved(mine)
    expect(mine.locator("[data-in]")).to_have_text("4")
    expect(mine.locator("[data-vote=agree]")).to_have_value("4")
    expect(mine.locator("#i-1-t-1-goal")).to_have_value("我加的任务")
    item = stored(meeting).items[0]
    assert [task.goal for task in item.tasks] == ["书记加的任务", "我加的任务"]
    assert [s.person for s in item.stances][-1] == cast.people["secretary"].pk


def test_a_field_both_changed_is_chosen_by_hand(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast, matters=("P01", "P01"))
    mine, theirs = open_record(meeting), open_record(meeting, "secretary")
    theirs.locator("#i-1-decision_text").fill("书记写的决议")
    theirs.locator("#m-2-reason").fill("书记写的说明")
    is_saved(theirs)
    mine.locator("#m-2-reason").fill("我写的说明")
    mine.locator("#i-1-decision_text").fill("我写的决议")
    panel = mine.locator("#record-clashes")
    expect(panel.locator("tbody tr")).to_have_count(2)
    expect(mine.locator("#record-saved")).to_contain_text("有 2 处和他人填得不同")
    expect(mine.locator("#i-1-decision_text")).to_have_value("我写的决议")
    mine.locator("#m-3-reason").fill("别的内容照样保存")
    expect(mine.locator("#record-saved")).to_contain_text("有 2 处和他人填得不同")
    mine.reload()  # what is not chosen yet waits through a new page, too
    expect(panel.locator("tbody tr")).to_have_count(2)
    expect(mine.locator("#i-1-decision_text")).to_have_value("我写的决议")
    expect(mine.locator("#record-saved")).to_contain_text("有 2 处和他人填得不同", timeout=20_000)
    expect(mine.locator("#record-check.htmx-request")).to_have_count(0)
    assert stored(meeting).items[0].decision_text == "书记写的决议"

    mine.get_by_role("button", name="用对方的：第1项·决议").click()
    expect(mine.locator("#i-1-decision_text")).to_have_value("书记写的决议")
    mine.get_by_role("button", name="用我的：林校长01的到会说明").click()
    expect(panel).to_be_hidden()
    is_saved(mine)
    record = stored(meeting)
    assert record.items[0].decision_text == "书记写的决议"
    assert [m.reason for m in record.members][1:3] == ["我写的说明", "别的内容照样保存"]


def test_a_fault_keeps_the_rest_here_until_it_is_mended(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    page.locator("#i-1-agree").fill("9")
    expect(page.locator("#record-saved")).to_contain_text("多于在场 4 人")
    page.locator("#i-1-agree").fill("4")
    is_saved(page)
    assert stored(meeting).items[0].votes == (4, 0, 0)
