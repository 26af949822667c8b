"""推进清单 in a real browser: written by keyboard, refused without 责任主体, filled from Excel's clipboard, late rows marked."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from checklists.models import Task
from pilots.services import plans as services
from tests import factories, plans
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.test_checklist_phone import sound

pytestmark = pytest.mark.django_db(transaction=True)
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""


def sign_in(page: Page, site: Any, path: str, role: str = "clerk") -> None:
    page.goto(f"{site.url}/accounts/sign-in/?next={path}")
    page.get_by_label("登录名").fill(f"{role}-FH001")
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{site.url}{path}")


def test_the_table_is_written_by_keyboard_and_from_the_clipboard(new_page: NewPage, live_server: Any) -> None:
    cast = factories.make_cast()
    plan = plans.fill(plans.make_draft(cast), cast)
    page = new_page(**DESKTOP)
    sign_in(page, live_server, f"/pilots/plans/{plan.pk}/rows/")
    page.locator(".pr-c").first.focus()
    page.keyboard.press("Enter")
    target = page.locator("[data-edit] textarea").first
    expect(target).to_be_focused()
    page.keyboard.type("修订章程党建专章")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.locator("[data-edit] select").select_option("")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-edit] .fh-err")).to_have_text("填写一名负责人")
    expect(page.locator("[data-edit] select")).to_be_focused()
    expect(target).to_have_value("修订章程党建专章")
    sound(page)
    page.locator("[data-edit] select").select_option(str(cast.people["team"].pk))
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-edit]")).to_have_count(0)
    expect(page.locator(".pr-c").first).to_be_focused()
    page.locator(".pr-c").nth(4).click()
    expect(target).to_be_focused()
    page.keyboard.type("不要的字")
    page.keyboard.press("Escape")
    expect(page.locator("[data-edit]")).to_have_count(0)
    first, second = plan.rows.get(order=1), plan.rows.get(order=2)
    assert (first.target, first.responsible) == ("修订章程党建专章", cast.people["team"])
    assert second.target.endswith("任务 2")
    name = cast.people["principal"].name
    lines = [f"任务{letter}\t起草、审定\t2027/3/{day}\t{name}" for letter, day in (("甲", 1), ("乙", 2), ("丙", 3))]
    page.evaluate(PASTE, "\r\n".join(lines) + "\r\n")
    page.wait_for_url("**/rows/import/")
    expect(page.get_by_text("将添加 3 项")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="确认导入").click()
    page.wait_for_url("**/rows/")
    expect(page.locator("#kind-duties")).to_contain_text("任务丙")
    assert plan.rows.filter(kind="duties").count() == 4


def test_late_rows_are_marked_on_desk_and_phone(new_page: NewPage, live_server: Any) -> None:
    cast = factories.make_cast()
    plans.approve_school(cast.school)
    plan = plans.fill(plans.make_draft(cast), cast)
    at = timezone.now()
    plan = services.submit_plan(plan=plan, by=cast.user("secretary"), at=at)
    services.approve_plan(plan=plan, by=factories.make_bureau(), at=at)
    late = plan.rows.get(order=3)
    Task.objects.filter(pk=late.task_id).update(due_on=timezone.localdate() - timedelta(days=8))
    path = f"/pilots/plans/{plan.pk}/rows/"
    for size in (DESKTOP, PHONE):
        page = new_page(**size)
        sign_in(page, live_server, path, "principal")
        row = page.locator(f"#row-{late.pk}")
        expect(row).to_contain_text("逾期 8 天")
        expect(row).to_have_class("is-bad")
        expect(row.get_by_role("link", name="上传")).to_be_visible()
        expect(page.locator("#kind-rules_of_procedure")).to_contain_text("逾期 1 项")
        sound(page)
    page.goto(f"{live_server.url}/tasks/")
    expect(page.locator("#late")).to_contain_text("议事规则 · 云上FH001小学一校一案第 1 版")
    sound(page)
