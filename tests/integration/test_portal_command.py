"""`manage.py portal` as a process of its own: on SQLite alone, and in the PostgreSQL run on PostgreSQL and Redis."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from celery import Celery, _state
from django.conf import settings

from fenghua_portal.checks import a_separate_process_has_a_real_broker
from fenghua_portal.embedded import EmbeddedCelery
from fenghua_portal.management.commands import portal
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds; the tables are made in this time, on a busy machine too


@pytest.fixture
def surroundings(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Environment of a first start: an empty data directory and an empty database."""
    environment = {
        "VAR_DIR": str(tmp_path / "var"),
        "PORT": str(free_port()),
        "HOST": "127.0.0.1",
        "PORTAL_DEMO": "0",
        "SECRET_KEY": "",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.base",
    }
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        environment["DATABASE_URL"] = _new_database(os.environ["DATABASE_URL"])
        environment["REDIS_URL"] = request.getfixturevalue("redis_url")
    return os.environ | environment


def test_it_starts_stops_cleanly_and_keeps_the_data(surroundings: dict[str, str]):
    with _running(surroundings) as first:
        assert _readiness(surroundings)["migrations"] == "applied"
        assert first.ended(signal.SIGINT) == 0
    assert "正在建立或升级数据库" in first.said
    assert "已停止" in first.said
    key = Path(surroundings["VAR_DIR"], "secret_key").read_text("utf-8")

    with _running(surroundings) as second:
        assert second.ended(signal.SIGTERM) == 0
    assert "正在建立或升级数据库" not in second.said
    assert f"http://localhost:{surroundings['PORT']}/" in second.said
    assert Path(surroundings["VAR_DIR"], "secret_key").read_text("utf-8") == key

    with _running(surroundings) as impatient:
        impatient.process.send_signal(signal.SIGINT)
        while "正在停止" not in impatient.said:
            time.sleep(0.01)
        asked = time.monotonic()
        assert impatient.ended(signal.SIGINT) == 128 + signal.SIGINT
        assert time.monotonic() - asked < 1
    assert "Traceback" not in first.said + second.said + impatient.said


def test_a_taken_port_is_said_before_anything_is_made(surroundings: dict[str, str]):
    with closing(socket.create_server(("127.0.0.1", int(surroundings["PORT"])))):
        refused = Portal(surroundings)
        assert refused.ended() == 1
    assert "请用 HOST、PORT 换一个地址或端口" in refused.said
    assert not list(Path(surroundings["VAR_DIR"]).glob("portal.sqlite3*"))


def test_two_of_them_do_not_share_a_data_directory(surroundings: dict[str, str]):
    directory = Path(surroundings["VAR_DIR"])
    with portal.only_one_in(directory):
        refused = Portal(surroundings)
        assert refused.ended() == 1
    assert "已有一个平台进程在使用" in refused.said


def test_embedded_worker_and_beat_do_their_work_and_can_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = Celery("trial", broker="memory://localhost", set_as_current=False)
    monkeypatch.setattr(_state, "default_app", app)  # threads of the pool ask the default application for the task
    app.conf.update(task_ignore_result=True, broker_transport_options={"polling_interval": 0.1})
    app.conf.beat_schedule = {"tick": {"task": "tick", "schedule": 1.0}}
    ticks: list[float] = []

    @app.task(name="tick")
    def tick():
        ticks.append(time.monotonic())

    for _ in range(2):
        ticks.clear()
        celery = EmbeddedCelery(app, schedule_file=tmp_path / "schedule")
        celery.start()
        assert celery.ready.wait(30)
        end = time.monotonic() + 60
        while len(ticks) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        assert celery.stop(timeout=15)
        assert len(ticks) >= 2


@pytest.mark.parametrize(
    ("broker", "server", "faults"),
    [
        ("memory://localhost", "gunicorn/27.0.1", 1),
        ("redis://localhost/0", "gunicorn/27.0.1", 0),
        ("memory://localhost", "", 0),
    ],
)
def test_an_in_process_broker_is_refused_under_a_forking_server(monkeypatch, settings, broker, server, faults):
    settings.CELERY_BROKER_URL = broker
    monkeypatch.setenv("SERVER_SOFTWARE", server)
    assert len(a_separate_process_has_a_real_broker(None)) == faults


def test_an_in_process_broker_is_refused_in_a_separate_worker(monkeypatch, settings):
    settings.CELERY_BROKER_URL = "memory://localhost"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/celery", "-A", "fenghua_portal", "worker"])
    assert [fault.id for fault in a_separate_process_has_a_real_broker(None)] == ["fenghua_portal.E001"]


def _new_database(url: str) -> str:
    """A database beside Django's own test database, under a name that is dropped with it."""
    server, _, name = url.rpartition("/")
    mine = f"test_{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}_{time.monotonic_ns()}"
    with closing(psycopg2.connect(f"{server}/postgres")) as link, link.cursor() as cursor:
        link.autocommit = True
        cursor.execute(f'CREATE DATABASE "{mine}"')
    return f"{server}/{mine}"


class Portal:
    """A running portal and what it printed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.log = Path(environment["VAR_DIR"]).parent / f"portal-{time.monotonic_ns()}.log"
        command = [sys.executable, "manage.py", "portal"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def ended(self, number: signal.Signals | None = None) -> int:
        """Exit status, after that signal."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def _running(environment: dict[str, str]) -> Iterator[Portal]:
    started = Portal(environment)
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(f"http://127.0.0.1:{environment['PORT']}/livez"):
            assert started.process.poll() is None, started.said
            assert time.monotonic() < end, started.said
            time.sleep(0.1)
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _readiness(environment: dict[str, str]) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/readyz", timeout=5) as answer:
        return json.load(answer)
