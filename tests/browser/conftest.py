"""A real Chromium and pages of two sizes. The portal under test is pytest-django's `live_server`.

A page that raises a script error or breaks its own Content-Security-Policy fails its test, whatever the test looked at.
A failed test leaves a picture in var/browser/.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tools import chromium

# Playwright's synchronous interface runs an event loop in this thread, where Django would refuse to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PICTURES = Path(__file__).resolve().parents[2] / "var" / "browser"
WAIT = 10_000  # milliseconds until a missing element fails the test
FAILED = pytest.StashKey[bool]()
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
CHINA: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}

NewPage = Callable[..., Page]


@pytest.fixture(scope="session", autouse=True)
def tables_can_be_emptied() -> Iterator[None]:
    """Append-only tables refuse the DELETEs that empty SQLite after each test: for that moment the triggers step aside."""
    if connection.vendor != "sqlite":
        yield  # PostgreSQL empties tables by TRUNCATE, which those triggers let pass
        return
    from django.db.backends.sqlite3.operations import DatabaseOperations  # needs the backend to be loaded

    empty = DatabaseOperations.execute_sql_flush

    def without_triggers(self: Any, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            empty(self, statements)
            for _, statement in triggers:
                cursor.execute(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", without_triggers)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; Playwright brings the driver only."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Make a page with a session of its own: `new_page(**DESKTOP)`; for two people in one test."""
    open_pages: list[Page] = []
    faults: list[str] = []

    def make(**options: Any) -> Page:
        page = browser.new_context(**(CHINA | options)).new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: faults.extend(_policy_violation(message)))
        open_pages.append(page)
        return page

    yield make
    let_it_finish(open_pages)
    if request.node.stash.get(FAILED, False):
        _keep_pictures(open_pages, request.node.name)
    for page in open_pages:
        page.context.close()
    assert not faults, "the pages reported: " + "; ".join(faults)


@pytest.fixture
def desktop_page(new_page: NewPage) -> Page:
    """1440 x 900, as in the mock-ups."""
    return new_page(**DESKTOP)


@pytest.fixture
def phone_page(new_page: NewPage) -> Page:
    """390 x 844 with touch, as in the mock-ups."""
    return new_page(**PHONE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the fixtures that the test failed before they close the pages."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


def let_it_finish(pages: list[Page]) -> None:
    """Wait until pages of a record have nothing under way: what they still save or ask would meet the next test's tables."""
    for page in pages:
        with suppress(Error, AssertionError):
            if page.locator("#record-check").count():
                expect(page.locator("#record-saved")).not_to_contain_text("正在保存", timeout=WAIT)
                expect(page.locator("#record-check.htmx-request")).to_have_count(0, timeout=WAIT)


def _policy_violation(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def _keep_pictures(pages: list[Page], test: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "_", test)
    for number, page in enumerate(pages, start=1):
        with suppress(Error):  # a picture that cannot be taken must not hide why the test failed
            page.screenshot(path=PICTURES / f"{name}_{number}.png", full_page=True)
