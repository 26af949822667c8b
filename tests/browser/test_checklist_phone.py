"""推进清单 in a real browser: the principal works on a phone, the secretary confirms; both pages pass axe."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from checklists.models import SourceKind, Task
from checklists.services import NewTask, open_checklist, submit
from common.dates import local_day
from notifications.services import dispatch_batch
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, NewPage

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, site: Any, username: str) -> None:
    page.goto(f"{site.url}/accounts/sign-in/?next=/tasks/")
    page.get_by_label("登录名").fill(username)
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{site.url}/tasks/")


def sound(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")] == []


def two_tasks(cast: factories.Cast) -> list[Task]:
    at = timezone.now()
    new = [
        NewTask(
            target, "征求意见后公示 5 个工作日", local_day(at) + timedelta(days=days), cast.people["principal"], "校长"
        )
        for target, days in (("中层正副职分工公开", 5), ("课后服务经费", 40))
    ]
    checklist = open_checklist(
        school=cast.school, source=cast.school, kind=SourceKind.DECISION, title="2026-党-001-01 班子分工",
        url="/governance/decisions/", tasks=new, by=cast.user("secretary"), at=at,
    )  # fmt: skip
    dispatch_batch(at=at)
    return list(checklist.tasks.order_by("due_on"))


def test_the_principal_works_on_a_phone_and_the_secretary_confirms(
    live_server: Any, new_page: NewPage, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    cast = factories.make_cast()
    task, _ = two_tasks(cast)
    photo = tmp_path / "公示栏.jpg"
    photo.write_bytes(b"\xff\xd8\xff" + b"0" * 2000)

    phone = new_page(**PHONE)
    sign_in(phone, live_server, "principal-FH001")
    expect(phone.get_by_role("heading", name="30 天内")).to_be_visible()
    sound(phone)
    phone.get_by_role("link", name="登记进展：中层正副职分工公开").click()
    camera = phone.get_by_label("拍照")
    expect(camera).to_have_attribute("capture", "environment")
    sound(phone)

    phone.get_by_role("button", name="登记进展").click()
    expect(phone.get_by_role("alert")).to_contain_text("写一句进展，或传一份佐证")
    phone.get_by_label("进展", exact=False).first.fill("分工表已贴在公示栏")
    phone.get_by_label("拍照").set_input_files(photo)
    expect(phone.get_by_text("公示栏.jpg（2 KB）")).to_be_visible()
    phone.get_by_role("button", name="登记进展").click()
    phone.wait_for_url(f"{live_server.url}/tasks/")
    expect(phone.get_by_text("已登记进展")).to_be_visible()

    phone.get_by_role("link", name="中层正副职分工公开 决议").click()
    expect(phone.get_by_role("link", name="公示栏.jpg")).to_be_visible()
    sound(phone)
    phone.get_by_role("link", name="标为完成").click()
    phone.get_by_role("button", name="标为完成").click()
    phone.wait_for_url(f"{live_server.url}/tasks/")
    expect(phone.get_by_role("heading", name="待确认")).to_be_visible()
    task.refresh_from_db()
    assert task.status == "submitted"

    dispatch_batch(at=timezone.now())
    desk = new_page(**DESKTOP)
    sign_in(desk, live_server, "secretary-FH001")
    expect(desk.get_by_role("heading", name="待我确认销号 1 项")).to_be_visible()
    sound(desk)
    desk.goto(f"{live_server.url}/inbox/")
    sound(desk)
    desk.get_by_role("button", name="看任务：待你确认销号").click()
    desk.wait_for_url(f"{live_server.url}{task.get_absolute_url()}")
    expect(desk.get_by_text("分工表已贴在公示栏")).to_be_visible()
    sound(desk)
    with desk.expect_download() as download:
        desk.get_by_role("link", name="公示栏.jpg").click()
    assert download.value.suggested_filename == "公示栏.jpg"
    desk.get_by_role("link", name="确认销号").click()
    desk.get_by_role("button", name="确认销号").click()
    expect(desk.get_by_text("沈书记01 ").first).to_be_visible()
    task.refresh_from_db()
    assert (task.status, task.closed_by) == ("closed", cast.user("secretary"))


def test_the_secretary_confirms_on_a_phone_from_the_list_without_scripts(live_server: Any, new_page: NewPage) -> None:
    cast = factories.make_cast()
    task, _ = two_tasks(cast)
    submit(task=task, text="已公示", by=cast.user("principal"), at=timezone.now())
    phone = new_page(**PHONE, java_script_enabled=False)
    sign_in(phone, live_server, "secretary-FH001")
    phone.get_by_role("button", name="确认销号：中层正副职分工公开").click()
    phone.wait_for_url(f"{live_server.url}/tasks/")
    task.refresh_from_db()
    assert task.status == "closed"


def test_the_list_fits_a_phone_and_a_laptop(live_server: Any, new_page: NewPage) -> None:
    cast = factories.make_cast()
    two_tasks(cast)
    for size in (PHONE, {"viewport": {"width": 1366, "height": 768}}):
        page = new_page(**size)
        sign_in(page, live_server, "clerk-FH001")
        page.goto(f"{live_server.url}/tasks/all/")
        expect(page.get_by_role("link", name="课后服务经费")).to_be_visible()
        sound(page)
