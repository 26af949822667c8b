"""准备议题 in a real browser: proposals come while a title is typed, and the keyboard alone takes one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.test_checklist_phone import sound

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = "关于免去何书远教科室主任职务的决定"


def agenda(page: Page, site: Any, meeting: Any) -> None:
    path = f"/governance/meetings/{meeting.pk}/agenda/"
    page.goto(f"{site.url}/accounts/sign-in/?next={path}")
    page.get_by_label("登录名").fill("clerk-FH001")
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{site.url}{path}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_proposal_comes_while_typing_and_the_keyboard_takes_it(
    live_server: Any, new_page: NewPage, size: dict[str, Any]
) -> None:
    cast = factories.make_cast()
    page = new_page(**size)
    agenda(page, live_server, factories.make_meeting(cast, at=timezone.now() + timedelta(days=4)))
    page.get_by_role("button", name="添加议题").click()
    title = page.locator("[name=item-1-title]")
    expect(title).to_be_focused()
    page.keyboard.type(TITLE)
    proposal = page.locator("#sug-1").get_by_role("button", name="P16")
    expect(proposal).to_be_visible()
    expect(page.locator("#sug-1")).to_contain_text("题目里有“免去”")
    expect(title).to_be_focused()
    expect(title).to_have_value(TITLE)
    sound(page)
    proposal.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=item-1-matter]")).to_have_value("P16")
    expect(page.locator("#sug-1").get_by_role("button")).to_have_count(0)
    expect(title).to_have_value(TITLE)
