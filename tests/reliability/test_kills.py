"""A Celery worker killed with SIGKILL again and again while reminders are due: none lost, none twice (issue A, 4).

Real PostgreSQL, real Redis, a real prefork worker. `make check` runs a short round; `-m soak` the long one of security.md D1.
"""

import email
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from kombu import Connection

from audit.verify import first_break
from common.dates import local_day
from common.ids import new_id
from deadlines.models import Deadline, Reminder
from deadlines.schedule import next_reminder
from notifications.models import Delivery, Message, Outbox
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
SMALL = 20  # rows a batch, so that a kill finds work in every stage
pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.django_db(transaction=True)]


class Worker:
    """A Celery worker of the real deployment, on the test's own database and Redis; mail goes to files."""

    def __init__(self, redis_url: str, mails: Path) -> None:
        database = settings.DATABASES["default"]
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        where = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
        self.environment = os.environ | {
            "DATABASE_URL": f"postgres://{database['USER']}{password}@{where}/{database['NAME']}",
            "REDIS_URL": redis_url,
            "EMAIL_URL": f"filemail:///{mails}",
            "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.base",
            "SECRET_KEY": settings.SECRET_KEY,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "fenghua_portal", "worker", "-c", "2", "-l", "ERROR"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """SIGKILL to the worker and its pool, as a machine that loses power would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def worker(redis_url: str, mails: Path) -> Iterator[Worker]:
    worker = Worker(redis_url, mails)
    yield worker
    worker.kill()


def due(number: int) -> None:
    """`number` deadlines of one person whose reminder is due now."""
    cast = factories.make_cast()
    now = timezone.now()
    due_on = local_day(now) + timedelta(days=3)
    Deadline.objects.bulk_create(
        [
            Deadline(
                school=cast.school,
                subject=f"test.subject:{new_id()}",
                title=f"第{index}项",
                url="/",
                responsible=cast.principal,
                due_on=due_on,
                remind_at=now - timedelta(seconds=1),
                created_at=now,
                updated_at=now,
                version=1,
            )
            for index in range(number)
        ]
    )


def ask(redis_url: str) -> None:
    """What beat does each minute, more often. The broker may forget it all."""
    from fenghua_portal.celery import app

    with Connection(redis_url, connect_timeout=2) as link:
        for name in ("deadlines.sweep", "notifications.dispatch"):
            app.send_task(name, kwargs={"limit": SMALL}, connection=link, ignore_result=True)
        app.send_task("notifications.deliver", connection=link, ignore_result=True)


def finished(number: int) -> bool:
    sent = Delivery.objects.filter(status="sent").count()
    return sent == number and not Outbox.objects.filter(parked_at__isnull=True).exists()


def judge(number: int, mails: Path) -> None:
    """Ledger, inbox and chain exactly once; mail never lost, a repeat with the same Message-ID."""
    assert Reminder.objects.count() == number
    per_subject = Counter(Message.objects.values_list("title", flat=True))
    assert len(per_subject) == number and set(per_subject.values()) == {1}
    letters = Counter[str]()
    for file in mails.iterdir():
        for part in file.read_text("utf-8").split("-" * 79):
            if part.strip():
                letters[email.message_from_string(part.strip())["Message-ID"]] += 1
    assert set(letters) == set(Delivery.objects.values_list("letter_id", flat=True))
    assert len(letters) == number
    assert first_break()[2] is None


def kill_while_due(worker: Worker, redis_url: str, mails: Path, *, number: int, kills: int) -> None:
    due(number)
    chance = random.Random(7)
    for _ in range(kills):
        worker.start()
        ask(redis_url)
        time.sleep(1.6 + chance.random() * 1.6)  # past the start of the worker, into the work
        worker.kill()
    worker.start()
    patience = time.monotonic() + 120
    while not finished(number) and time.monotonic() < patience:
        ask(redis_url)
        time.sleep(1)
    judge(number, mails)


def test_500_reminders_survive_a_worker_killed_again_and_again(worker: Worker, redis_url: str, mails: Path) -> None:
    kill_while_due(worker, redis_url, mails, number=500, kills=6)


@pytest.mark.soak
def test_500_reminders_survive_200_kills(worker: Worker, redis_url: str, mails: Path) -> None:
    kill_while_due(worker, redis_url, mails, number=500, kills=200)


def test_reminders_are_planned_on_a_worker_of_the_real_deployment(worker: Worker, redis_url: str, mails: Path) -> None:
    due(3)
    worker.start()
    patience = time.monotonic() + 60
    while not finished(3) and time.monotonic() < patience:
        ask(redis_url)
        time.sleep(0.5)
    judge(3, mails)
    moments = set(Deadline.objects.values_list("remind_at", flat=True))
    row: Any = Deadline.objects.first()
    assert moments == {next_reminder(row.due_on, timezone.now())}
