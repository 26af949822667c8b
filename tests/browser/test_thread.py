"""The whole thread in a real browser: roster, meeting, signature, task, reminder, phone, closing, REST (issue A, 2)."""

import base64
import json
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from checklists.models import Task
from common.dates import at_hour, local_day
from deadlines.services import sweep_batch
from governance.models import Meeting
from notifications.services import dispatch_batch
from schools.models import School
from schools.permissions import Post
from schools.services.clients import create_client
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, NewPage

pytestmark = pytest.mark.django_db(transaction=True)
ROSTER = (
    "学校代码,学校名称,学段,教办,区位,规模,基础,学生数,教职工数,党组织类型,已建立党组织委员会,领导配备模式\n"
    "FH001,松风高级中学,高中,直属,城区,中,中,1835,135,党委,是,分设\n"
    "FH010,东篱小学,小学,城东教办,城区,小,弱,300,22,党支部,是,分设\n"
)


def sign_in(page: Page, site: Any, username: str) -> None:
    page.goto(f"{site.url}/accounts/sign-in/")
    page.get_by_label("登录名").fill(username)
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def import_the_roster(page: Page, site: Any, folder: Path) -> None:
    """The bureau imports its roster: upload, check, confirm."""
    file = folder / "名册.csv"
    file.write_bytes(ROSTER.encode("gb18030"))
    page.goto(f"{site.url}/schools/roster/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="开始核对").click()
    page.wait_for_url(lambda url: url.rstrip("/").count("/") == 5)
    assert not School.objects.filter(code="FH010").exists(), "nothing is written before it is confirmed"
    page.get_by_role("link", name="下一步").click()
    page.locator(".fh-act button[type=submit], #main button[type=submit]").last.click()
    dialog = page.locator("dialog[open]")
    if dialog.count():
        dialog.locator("button[type=submit]").last.click()
    page.wait_for_function("document.body.innerText.includes('已导入')")
    assert School.objects.get(code="FH010").name == "东篱小学"


def prepare_the_meeting(page: Page, site: Any, cast: factories.Cast) -> Meeting:
    """The secretary makes a Party meeting, picks a matter from the catalogue, confirms the agenda, registers that it was held."""
    start = timezone.localtime(timezone.now() - timedelta(hours=2))
    page.goto(f"{site.url}/governance/meetings/new/")
    page.locator("input[name=body][value=party]").check(force=True)
    page.locator("[name=scheduled_at]").fill(f"{start:%Y-%m-%dT%H:%M}")
    page.locator("[name=place]").fill("会议室")
    page.locator("select[name=recorder]").select_option(value=str(cast.clerk.pk))
    page.locator("form#new button.btn-primary").click()
    page.wait_for_url("**/agenda/")
    page.get_by_role("button", name="加入议程：上级精神与重大部署的贯彻落实").click()
    title = page.locator("#agenda-items input[type=text]").first
    expect(title).to_be_visible()
    title.fill("传达学习全区教育工作会议精神")
    page.get_by_role("button", name="保存议程").click()
    page.wait_for_load_state("networkidle")
    meeting = Meeting.objects.get()
    for step in ("审定议程", "登记召开"):
        page.goto(f"{site.url}{meeting.get_absolute_url()}")
        press(page, step)
    meeting.refresh_from_db()
    assert (meeting.status, meeting.number()) == ("held", f"{start.year}-001")
    return meeting


def press(page: Page, words: str) -> None:
    """A step of the meeting, through its confirmation when there is one."""
    page.locator("button:visible, a.btn:visible, summary:visible").filter(has_text=words).first.click()
    dialog = page.locator("dialog[open]")
    if dialog.count():
        dialog.get_by_role("button", name=words).click()
    page.wait_for_load_state("networkidle")


def type_the_record(page: Page, site: Any, meeting: Meeting, cast: factories.Cast) -> None:
    """Attendance, stances, votes, outcome, decision, one task with 四明确."""
    page.goto(f"{site.url}/governance/meetings/{meeting.pk}/record/")
    page.get_by_role("button", name="全部到会").click()
    page.get_by_role("button", name="套用“一致同意”").click()
    page.locator("[name$='-method'][value=show_of_hands]").check(force=True)
    page.locator("[name$='-outcome'][value=approved]").check(force=True)
    page.locator("textarea[name$='-decision_text']").fill("会议同意按照方案贯彻落实。")
    page.locator("[name$='-goal']").last.fill("完成专题学习")
    page.locator("[name$='-measures']").last.fill("分年级组组织学习研讨")
    page.locator("[name$='-due_on']").last.fill(str(local_day(timezone.now()) + timedelta(days=10)))
    page.locator("select[name$='-responsible']").last.select_option(value=str(cast.principal.pk))
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#record-saved, .fh-toast")).to_contain_text("保存")


def test_from_the_roster_to_a_reminder_and_back_by_rest(new_page: NewPage, live_server: Any, tmp_path: Path) -> None:
    factories.reference()
    factories.make_bureau()
    bureau, desk, clerk, phone = (new_page(**size) for size in (DESKTOP, DESKTOP, DESKTOP, PHONE))
    sign_in(bureau, live_server, "organiser")
    import_the_roster(bureau, live_server, tmp_path)
    cast = factories.make_cast("FH010", "东篱小学", size="small", foundation="weak", students=300, staff=22)

    sign_in(desk, live_server, "secretary-FH010")
    meeting = prepare_the_meeting(desk, live_server, cast)
    type_the_record(desk, live_server, meeting, cast)

    sign_in(clerk, live_server, "clerk-FH010")
    clerk.goto(f"{live_server.url}/governance/meetings/{meeting.pk}/")
    press(clerk, "送签")
    sign_in(phone, live_server, "principal-FH010")
    phone.goto(f"{live_server.url}/governance/meetings/{meeting.pk}/")
    expect(phone.locator("#confirming")).to_contain_text("请你确认：记录里你的表态")
    press(phone, "确认记录")
    expect(phone.locator("#confirming")).to_contain_text("已确认 1 人")
    factories.confirm_all(Meeting.objects.get())
    desk.goto(f"{live_server.url}/governance/meetings/{meeting.pk}/")
    press(desk, "签发")
    expect(desk.locator("#main")).to_contain_text(f"{meeting.year}-党-001-01")
    task = Task.objects.get()

    at = at_hour(task.due_on - timedelta(days=7))
    assert sweep_batch(at=at) == 1
    dispatch_batch(at=at)
    phone.goto(f"{live_server.url}/inbox/")
    expect(phone.locator("#main")).to_contain_text("完成专题学习：还有 7 天到期")

    phone.goto(f"{live_server.url}/tasks/")
    phone.get_by_role("link", name="标为完成").first.click()
    phone.locator("textarea").first.fill("三个年级组已完成学习研讨")
    phone.locator("#main button[type=submit], .fh-act button[type=submit]").last.click()
    phone.wait_for_load_state("networkidle")
    task.refresh_from_db()
    assert task.status == "submitted"

    desk.goto(f"{live_server.url}{task.get_absolute_url()}")
    desk.get_by_role("link", name="确认销号").first.click()
    desk.get_by_role("button", name="确认销号").first.click()
    desk.wait_for_load_state("networkidle")
    task.refresh_from_db()
    assert (task.status, task.closed_by) == ("closed", cast.user("secretary"))
    assert holder(Post.PRINCIPAL) == "林校长10"
    assert by_rest(live_server.url, f"checklists/tasks/{task.pk}/")["status"] == "closed"
    assert by_rest(live_server.url, f"governance/meetings/{meeting.pk}/")["number"] == meeting.number()


def holder(post: Post) -> str:
    from schools.models import Appointment

    return Appointment.objects.get(post=post, school__code="FH010").person.name


def by_rest(site: str, path: str) -> dict[str, Any]:
    """Read as another system does: a token, then the object."""
    scopes = ["schools:read", "governance:read", "checklists:read"]
    _, key, secret = create_client(name=f"市局平台 {path}", scopes=scopes, at=timezone.now())
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    ask = urllib.request.Request(
        f"{site}/api/v1/oauth/token/", b"grant_type=client_credentials", {"Authorization": f"Basic {basic}"}
    )
    with urllib.request.urlopen(ask) as answer:
        token = json.load(answer)["access_token"]
    read = urllib.request.Request(f"{site}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(read) as answer:
        body: dict[str, Any] = json.load(answer)
        return body
