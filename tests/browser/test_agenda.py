"""The agenda in a real browser: moved by keyboard and by dragging, timed, checked, called, and read by those invited."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from governance import services
from governance.models import Invitation, Meeting
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.test_checklist_phone import sound

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, site: Any, path: str, role: str = "clerk") -> None:
    page.goto(f"{site.url}/accounts/sign-in/?next={path}")
    page.get_by_label("登录名").fill(f"{role}-FH001")
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{site.url}{path}")


def order(page: Page) -> list[str]:
    fields = page.locator("#agenda-items input[name$='-title']")
    return [fields.nth(n).input_value() for n in range(fields.count())]


def stored(meeting: Meeting) -> list[str]:
    return list(meeting.items.order_by("order").values_list("title", flat=True))


def test_items_move_by_keyboard_and_by_dragging_and_the_sum_follows(new_page: NewPage, live_server: Any) -> None:
    cast = factories.make_cast()
    meeting = factories.make_meeting(cast, matters=("P01", "P21", "P24"), at=timezone.now() + timedelta(days=4))
    page = new_page(viewport={"width": 1440, "height": 2000})  # source and target of the drag in sight at once
    sign_in(page, live_server, f"/governance/meetings/{meeting.pk}/agenda/")
    title = page.locator("#id_item-2-title")
    title.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#agenda-items input[name$='-title']").nth(1)).to_have_value("议题3")
    expect(title).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#agenda-items input[name$='-title']").nth(0)).to_have_value("议题3")
    page.locator("#down-2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#agenda-items input[name$='-title']").nth(1)).to_have_value("议题3")
    expect(page.locator("#down-2")).to_be_focused()
    assert order(page) == ["议题1", "议题3", "议题2"]
    grips = page.locator("#agenda-items [data-grip]")
    grips.nth(2).drag_to(page.locator("#agenda-items article").nth(0), target_position={"x": 60, "y": 8})
    expect(page.locator("#agenda-items input[name$='-title']").nth(0)).to_have_value("议题2")
    expect(page.locator("#up-1")).to_have_attribute("aria-label", "第 1 项上移")
    page.locator("#id_item-1-minutes_needed").fill("25")
    page.locator("#id_item-2-minutes_needed").fill("15")
    page.locator("#id_item-2-minutes_needed").blur()
    expect(page.locator("#agenda-length")).to_have_text("3 项，约 40 分钟")
    expect(page.locator("#checks")).to_contain_text("书记还没有审定议程")
    sound(page)
    page.get_by_role("button", name="保存议程").click()
    page.wait_for_url(f"**/meetings/{meeting.pk}/")
    assert stored(meeting) == ["议题2", "议题1", "议题3"]


def test_from_the_list_before_the_notice_to_who_has_read_it(new_page: NewPage, live_server: Any) -> None:
    cast = factories.make_cast()
    at = timezone.now()
    meeting = factories.prepare(cast, factories.make_meeting(cast, at=at + timedelta(days=4)), at=at)
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    clerk, path = new_page(**DESKTOP), f"/governance/meetings/{meeting.pk}/"
    sign_in(clerk, live_server, path)
    clerk.locator("summary", has_text="发会议通知").click()
    question = clerk.get_by_role("dialog")
    expect(question).to_contain_text("每个议题都归入目录事项")
    question.get_by_role("button", name="发会议通知").click()
    expect(clerk.get_by_text("已读 1 / 5 人")).to_be_visible()
    member = new_page(**PHONE)
    sign_in(member, live_server, path, "deputy")
    expect(member.get_by_role("link", name="材料包")).to_be_visible()
    sound(member)
    clerk.reload()
    expect(clerk.get_by_text("已读 2 / 5 人")).to_be_visible()
    sound(clerk)
    assert Invitation.objects.filter(meeting=meeting, read_at__isnull=False).count() == 2
    with clerk.expect_download() as taken:
        clerk.get_by_role("link", name="加到日历").click()
    assert taken.value.suggested_filename.endswith(".ics")
