"""What every test may rely on: which tests run where, and real services.

Plain `pytest` runs on SQLite; tests that need PostgreSQL are left out then, soak tests unless `-m soak` asks for them,
and browser tests where there is no Chromium: those are named at the end, and fail the run with REQUIRE_BROWSER=1.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from common.dates import SHANGHAI
from tests import services
from tests.ready import copy_from_ready
from tools import chromium

# Tests make and drop many small objects; looking for cycles less often saves a twentieth of the time.
gc.set_threshold(200_000, 20, 100)
BROWSER_TESTS = Path(__file__).parent / "browser"
NOT_RUN = pytest.StashKey[list[str]]()
CLOCK = pytest.StashKey[time_machine.travel]()
LATE, EARLY, MORNING = 22, 3, 10
# These start processes of their own, which know the real time alone.
IN_REAL_TIME = (Path(__file__).parent / "reliability", Path(__file__).parent / "integration/test_portal_command.py")


def pytest_configure(config: pytest.Config) -> None:
    """Around midnight the suite runs as if at ten in the morning of that day: for most tests an hour ago is still today."""
    here = datetime.now(SHANGHAI)
    if here.hour >= LATE or here.hour < EARLY:
        config.stash[CLOCK] = time_machine.travel(here.replace(hour=MORNING, minute=0), tick=True)
        config.stash[CLOCK].start()


@pytest.fixture(autouse=True)
def real_time_where_it_is_needed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Stop the moved clock for tests that work with other processes."""
    moved = request.config.stash.get(CLOCK, None)
    if moved is None or not any(place in (request.path, *request.path.parents) for place in IN_REAL_TIME):
        yield
        return
    moved.stop()
    yield
    moved.start()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser tests by their folder, and leave out what cannot run here."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker("browser")
    has_browser = chromium.find() is not None
    config.stash[NOT_RUN] = [item.nodeid for item in items if not has_browser and item.get_closest_marker("browser")]
    absent = {
        "postgres": not _on_postgres(),
        "soak": "soak" not in config.getoption("markexpr"),
        "browser": not has_browser,
    }
    left_out = {item for item in items if any(absent.get(mark.name) for mark in item.iter_markers())}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the browser tests that did not run."""
    if names := config.stash.get(NOT_RUN, []):
        terminalreporter.section("no Chromium found (set CHROMIUM): not run")
        for name in names:
            terminalreporter.write_line(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_BROWSER=1, browser tests that did not run are a failure."""
    if os.environ.get("REQUIRE_BROWSER") and session.config.stash.get(NOT_RUN, []):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the temporary folders that settings/test.py made; parallel workers share the first one and outlive each other."""
    if (moved := config.stash.get(CLOCK, None)) is not None:
        moved.stop()
    if hasattr(config, "workerinput"):
        return
    for folder in (settings.VAR_DIR, settings.MEDIA_ROOT):
        if folder.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The name of this process's database is settled; its tables come from the ready one, if there is one."""
    copy_from_ready(connection, os.environ)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """An empty Redis of our own."""
    with services.redis() as service:
        yield service.url


def _on_postgres() -> bool:
    return settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
