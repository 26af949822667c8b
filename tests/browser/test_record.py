"""The record in a real browser: by keyboard, live counts, without scripts, on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from common.dates import local_day
from governance import services as governance
from governance.models import Meeting
from governance.record import Record, record_of
from governance.selectors import for_record
from tests import factories as make
from tests.browser.conftest import DESKTOP, PHONE, NewPage

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


@pytest.fixture
def open_record(cast: make.Cast, new_page: NewPage, live_server: Any) -> Open:
    """A page of the record, signed in as one of the cast."""

    def open_it(meeting: Meeting, role: str = "clerk", name: str = "record", **options: Any) -> Page:
        client = Client()
        client.force_login(cast.user(role))
        page = new_page(**(DESKTOP | options))
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server.url}/governance/meetings/{meeting.pk}/{name}/")
        return page

    return open_it


def stored(meeting: Meeting) -> Record:
    return record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))


def checked(page: Page) -> Any:
    """The answer of the next running check."""
    return page.expect_response(lambda answer: answer.url.endswith("/record/check/"))


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#record-saved")).to_contain_text("已保存")


def test_a_meeting_is_typed_with_the_keyboard_alone(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    keys = page.keyboard
    page.get_by_role("button", name="全部到会").focus()
    keys.press("Enter")
    expect(page.locator("[data-in]")).to_have_text("4")
    page.locator("[name=m-2-status][value=present]").focus()
    keys.press("ArrowRight")  # 请假
    expect(page.locator("[data-in]")).to_have_text("3")
    keys.press("Tab")
    keys.type("区里开会")
    keys.press("Enter")  # sends nothing
    assert page.evaluate("document.activeElement.name") == "m-2-reason"

    first = page.locator("#i-1 [data-speakers] > li").first
    first.locator("input[type=radio]").first.focus()
    keys.press("Space")
    keys.press("ArrowRight")  # 不同意
    keys.press("Tab")
    keys.type("再看一看")
    page.get_by_role("button", name="套用“一致同意”").focus()
    keys.press("Enter")
    expect(page.locator("[data-vote=agree]")).to_have_value("3")
    first.locator("input[value=abstain]").focus()
    keys.press("Space")
    expect(page.locator("[data-vote=agree]")).to_have_value("2")
    expect(page.locator("[data-vote=abstain]")).to_have_value("1")
    page.locator("#i-1-method").focus()
    keys.press("ArrowRight")
    keys.press("Space")
    page.locator("#i-1-outcome").focus()
    keys.press("Space")
    keys.press("Tab")
    keys.press("Control+A")  # 套用“一致同意” has proposed words
    keys.type("同意实施。")
    keys.press("Tab")
    keys.type("完成采购")
    keys.press("Tab")
    keys.type("公开询价")
    page.locator("#i-1-t-0-due_on").fill(local_day(timezone.now()).isoformat())
    page.locator("#i-1-t-0-responsible").focus()
    keys.press("Home")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Control+Enter")
    expect(page.locator("#record-saved")).to_contain_text("已保存")

    record = stored(meeting)
    item = record.items[0]
    assert [(m.status, m.reason) for m in record.members][1] == ("leave", "区里开会")
    assert [s.stance for s in item.stances] == ["abstain", "agree", "agree"]
    assert item.stances[0].opinion == "再看一看"
    assert item.stances[-1].person == cast.people["secretary"].pk
    assert [s.together for s in item.stances] == [False, True, True]
    assert (item.method, item.votes, item.outcome, item.decision_text) == (
        "show_of_hands",
        (2, 0, 1),
        "approved",
        "同意实施。",
    )
    assert item.tasks[0].responsible == cast.people["principal"].pk


def test_the_meter_and_the_lines_follow_the_attendance(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast, matters=("P16",))
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    expect(page.get_by_text("达到三分之二，第 1 项可以表决")).to_be_visible()
    for member in (2, 3):
        page.locator(f"[data-att='{member}']").get_by_text("请假").click()
    expect(page.locator("[data-in]")).to_have_text("2")
    expect(page.get_by_text("达到半数，可以开会")).to_be_visible()
    expect(page.get_by_text("不到三分之二，第 1 项不能表决，移到下次会议")).to_be_visible()
    expect(page.locator("#i-1-findings")).to_contain_text("未达到应到三分之二")
    expect(page.locator("#record-left")).to_contain_text("第 1 项到会人数")


def test_recusal_takes_a_member_out_of_that_item_at_once(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast, matters=("P16", "P16"))
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    page.locator("#i-1 [value=agree-1]").click()
    expect(page.locator("#i-1 [data-vote=agree]")).to_have_value("4")
    page.locator("#i-1-room summary").click()
    with checked(page):
        page.locator("[name=i-1-s-4-recused]").check()
    expect(page.locator("#i-1 [data-there]")).to_have_text("3")
    expect(page.locator("#i-1 [data-vote=agree]")).to_have_value("3")
    expect(page.locator("#i-1 [data-away]")).to_have_text("回避 郑委员01")
    expect(page.locator("#i-2 [data-there]")).to_have_text("4")
    out = page.locator("#i-1 [data-speakers] > li.out")
    expect(out).to_contain_text("回避")
    expect(out.locator("textarea")).to_be_hidden()
    page.locator("[name=i-1-s-4-recused]").uncheck()
    expect(page.locator("#i-1 [data-vote=agree]")).to_have_value("4")  # what was typed is still there


def test_votes_typed_by_hand_are_left_alone(cast: make.Cast, open_record: Open) -> None:
    page = open_record(make.make_held(cast))
    page.get_by_role("button", name="全部到会").click()
    page.locator("[value=agree-1]").click()
    page.locator("[data-vote=agree]").fill("3")
    page.locator("#i-1 [data-speakers] > li").first.get_by_text("弃权").click()
    expect(page.locator("[data-vote=agree]")).to_have_value("3")
    page.get_by_role("button", name="按表态计票").click()
    expect(page.locator("[data-vote=abstain]")).to_have_value("1")


def test_a_secret_ballot_hides_the_stances_and_keeps_totals(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    page.locator("[value=agree-1]").click()
    page.get_by_text("无记名投票", exact=True).click()
    expect(page.locator("#i-1 [data-speakers]")).to_be_hidden()
    expect(page.get_by_text("只记票数，个人表态和发言要点不保存")).to_be_visible()
    save(page)
    item = stored(meeting).items[0]
    assert (item.votes, item.stances) == ((4, 0, 0), ())


def test_speakers_and_tasks_move_without_a_new_page(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting)
    page.get_by_role("button", name="全部到会").click()
    page.get_by_role("button", name="吴副书记01上移").click()
    names = page.locator("#i-1 [data-speakers] > li .who b")
    expect(names.first).to_have_text("吴副书记01")
    page.locator("#i-1-t-0-goal").fill("甲")
    page.get_by_role("button", name="添加任务").click()
    page.locator("#i-1-t-1-goal").fill("乙")
    page.get_by_role("button", name="删去任务 1").click()
    save(page)
    assert [task.goal for task in stored(meeting).items[0].tasks] == ["乙"]


def test_the_recorder_sends_for_signature(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_recorded(cast)
    page = open_record(meeting)
    page.locator("#i-1 > summary").click()
    page.locator("#i-1-decision_text").fill("最后的决议")
    page.get_by_role("button", name="送签").click()
    page.wait_for_url(f"**{meeting.get_absolute_url()}")
    meeting.refresh_from_db()
    assert meeting.status == "minuted"
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('record:'))") == []


def test_a_fault_is_linked_to_its_place(cast: make.Cast, open_record: Open) -> None:
    page = open_record(make.make_held(cast, matters=("P01", "P01")))
    page.get_by_role("button", name="全部到会").click()
    page.locator("#i-2 > summary").click()
    page.locator("#i-2-agree").fill("许多")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".fh-sum")).to_be_focused()
    page.locator("#i-2 > summary").click()
    page.locator(".fh-sum a").click()
    expect(page.locator("#i-2-agree")).to_be_focused()
    expect(page.locator("#i-2-agree")).to_have_value("许多")


def test_without_scripts_the_record_is_typed_and_saved(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast)
    page = open_record(meeting, java_script_enabled=False)
    page.get_by_role("button", name="全部到会").click()
    page.get_by_role("button", name="套用“一致同意”").click()
    page.locator("#i-1-decision_text").fill("同意。")
    page.get_by_role("button", name="保存", exact=True).click()
    item = stored(meeting).items[0]
    assert ([s.stance for s in item.stances], item.votes, item.decision_text) == (["agree"] * 4, (4, 0, 0), "同意。")


@pytest.mark.parametrize("size", [DESKTOP, {"viewport": {"width": 1366, "height": 768}}, PHONE])
@pytest.mark.parametrize("name", ["record", "minutes"])
def test_pages_fit_and_are_accessible(cast: make.Cast, open_record: Open, size: dict[str, Any], name: str) -> None:
    page = open_record(make.make_recorded(cast, matters=("P01", "P16")), name=name, **size)
    page.wait_for_load_state("networkidle")
    for summary in page.locator(".rc-item > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page).response["violations"]
    assert [
        (rule["id"], rule["nodes"][0]["html"][:200]) for rule in found if rule["impact"] in {"serious", "critical"}
    ] == []


def test_on_a_phone_every_control_is_large_enough(cast: make.Cast, open_record: Open) -> None:
    page = open_record(make.make_recorded(cast), **PHONE)
    page.locator(".rc-item > summary").click()
    page.locator("#i-1-room summary").click()
    controls = (
        "button, .fh-seg label > span, select, textarea, input:not([type=hidden], .vh, [type=checkbox]), .fh-check"
    )
    small = page.locator("#record").evaluate(
        """(form, controls) => [...form.querySelectorAll(controls)]
          .filter((each) => each.offsetParent && !each.matches(".vh") && each.getBoundingClientRect().height < 43.5)
          .map((each) => each.outerHTML.slice(0, 120))""",
        controls,
    )
    assert small == []


def test_minutes_are_divided_into_sheets_that_print_one_to_a_page(cast: make.Cast, open_record: Open) -> None:
    meeting = make.make_held(cast, matters=("P01",) * 12)
    new = make.full_record(meeting, cast.people["principal"].pk, due_on=local_day(timezone.now()))
    governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    page = open_record(meeting, "secretary", name="minutes")
    sheets = page.locator(".a4")
    expect(page.locator("[data-pages]")).to_be_visible()
    assert sheets.count() > 1
    assert page.locator(".a4 .df").count() == sheets.count()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == sheets.count()
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed
    over = page.evaluate(
        """() => [...document.querySelectorAll(".a4 .core")].filter((core) => core.lastElementChild
          .getBoundingClientRect().bottom > core.getBoundingClientRect().bottom + 5).length"""
    )
    assert over == 0
