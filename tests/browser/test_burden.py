"""减负: a meeting of five items and seven members, entered from the prepared agenda, takes no more than sixty actions."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from governance.models import AgendaItem, Meeting
from governance.record import record_of
from governance.selectors import for_record
from schools.permissions import Post
from tests import factories as make
from tests.browser.conftest import DESKTOP, PHONE, NewPage

pytestmark = pytest.mark.django_db(transaction=True)
MOST = 60


class Hand:
    """Counts what a person does: a click or tap, a field filled, a choice made are one action each."""

    def __init__(self) -> None:
        self.actions = 0

    def tap(self, what: Locator) -> None:
        what.click()
        self.actions += 1

    def fill(self, what: Locator, text: str) -> None:
        what.fill(text)
        self.actions += 1

    def choose(self, what: Locator, label: str) -> None:
        what.select_option(label=label)
        self.actions += 1


def seven_members() -> tuple[make.Cast, Meeting]:
    cast = make.make_cast()
    for number, name in enumerate(("何建平", "孙晓峰", "朱丽")):
        make.make_person(name, f"member-{number}", Post.COMMITTEE_MEMBER, school=cast.school, rank=20 + number)
    meeting = make.make_held(cast, matters=("P01", "P06", "P21", "P22", "P01"))
    for item in AgendaItem.objects.filter(meeting=meeting):
        AgendaItem.objects.filter(pk=item.pk).update(
            title=f"审议第 {item.order} 项方案", summary="按方案分三步实施：动员、推进、总结。"
        )
    return cast, meeting


def open_record(page: Page, cast: make.Cast, meeting: Meeting, server: str) -> Page:
    client = Client()
    client.force_login(cast.user("clerk"))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{server}/governance/meetings/{meeting.pk}/record/")
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_five_items_and_seven_members_take_no_more_than_sixty_actions(
    new_page: NewPage, live_server: Any, size: dict[str, Any]
) -> None:
    cast, meeting = seven_members()
    assert meeting.members.count() == 7
    page = open_record(new_page(**size), cast, meeting, live_server.url)
    hand = Hand()

    def agreed(item: int) -> None:
        hand.tap(page.locator(f"[value=agree-{item}]"))

    hand.tap(page.get_by_role("button", name="全部到会"))
    hand.tap(page.locator("[data-att='7']").get_by_text("请假"))
    hand.fill(page.locator("#m-7-reason"), "区里开会")
    hand.choose(page.locator("#chair"), "沈书记01（书记）")

    agreed(1)  # opens the next item, as each of them does
    agreed(2)  # then one who abstained, and why
    third = page.locator("#i-2 [data-speakers] > li", has_text="孙晓峰")
    hand.tap(third.get_by_text("弃权"))
    hand.fill(third.locator("textarea"), "经费还要再核")
    hand.tap(page.locator("#i-3-room summary"))  # one who is recused
    hand.tap(page.locator("[name=i-3-s-4-conflict]"))
    hand.tap(page.locator("[name=i-3-s-4-recused]"))
    agreed(3)
    agreed(4)  # words and day other than proposed
    hand.fill(page.locator("#i-4-decision_text"), "同意第 4 项方案，经费列入下年预算。")
    hand.fill(page.locator("#i-4-t-0-goal"), "编制下年预算")
    agreed(5)
    expect(page.locator("#record-left")).to_contain_text("可以送签")
    hand.tap(page.get_by_role("button", name="送签"))
    page.wait_for_url(f"**{meeting.get_absolute_url()}")

    meeting.refresh_from_db()
    assert meeting.status == "minuted"
    assert hand.actions <= MOST
    record = record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))
    head = cast.people["secretary"].pk
    assert [len(item.stances) for item in record.items] == [6, 6, 5, 6, 6]
    assert all(item.stances[-1].person == head for item in record.items)
    assert record.items[1].votes == (5, 0, 1)
    assert [said.together for said in record.items[1].stances].count(False) == 1
    assert {item.outcome for item in record.items} == {"approved"}
    assert all(task.measures and task.due_on and task.responsible for item in record.items for task in item.tasks)
    assert record.items[0].decision_text == "同意第 1 项方案。"
    assert record.items[3].tasks[0].goal == "编制下年预算"


def test_every_action_of_it_can_be_done_with_the_keyboard(new_page: NewPage, live_server: Any) -> None:
    cast, meeting = seven_members()
    page = open_record(new_page(**DESKTOP), cast, meeting, live_server.url)
    for name in ("全部到会", "套用“一致同意”"):
        page.get_by_role("button", name=name).first.focus()
        page.keyboard.press("Enter")
    assert page.locator("#i-2").get_attribute("open") is not None
    expect(page.locator("[value=agree-1]")).to_be_focused()
    page.locator("#chair").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#record-saved")).to_contain_text("已保存")
    assert Meeting.objects.get(pk=meeting.pk).present == 7
