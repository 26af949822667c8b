"""From a deadline to the inbox and to e-mail: each reminder once, a repeat with the same Message-ID, nothing lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from audit.registry import EventKind, kind_of
from audit.services import record
from audit.verify import first_break
from checklists import services as tasks
from checklists.models import Task
from common.dates import SHANGHAI, at_hour, local_day
from deadlines.models import Deadline, Reminder
from deadlines.services import sweep_batch
from notifications import services as notices
from notifications.models import Delivery, Message, Outbox
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 1, 12, tzinfo=SHANGHAI)


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


@pytest.fixture
def task(cast: factories.Cast) -> Task:
    """A task of the principal, due on 11 September, everything so far already told."""
    task = factories.make_task(cast, at=NOON)
    while notices.dispatch_batch(at=NOON):
        pass
    while notices.deliver_one(at=NOON):
        pass
    mail.outbox.clear()
    Message.objects.all().delete()
    return task


def run(at: datetime) -> None:
    """What the periodic jobs do at that moment."""
    while sweep_batch(at=at):
        pass
    while notices.dispatch_batch(at=at):
        pass
    while notices.deliver_one(at=at):
        pass


def test_reminders_reach_inbox_and_mail_on_the_days_they_should(cast: factories.Cast, task: Task) -> None:
    for day in range(1, 25):
        for hour in (7, 9, 15):
            run(datetime(2026, 9, day, hour, tzinfo=SHANGHAI))
    days = [r.days_left for r in Reminder.objects.order_by("at")]
    assert days == [7, 3, 1, 0, -2, -4, -6, -8, -10, -12]
    titles = list(Message.objects.filter(reader=cast.user("principal")).order_by("at").values_list("title", flat=True))
    assert titles[0] == "完成专题学习：还有 7 天到期"
    assert titles[3:5] == ["完成专题学习：今天到期", "完成专题学习：逾期 2 天"]
    assert len(titles) == len(mail.outbox) == 10
    assert mail.outbox[0].to == ["principal-FH001@example.cn"]
    assert task.get_absolute_url() in mail.outbox[0].body


def test_two_sweeps_of_the_same_moment_speak_once(task: Task) -> None:
    at = at_hour(task.due_on - timedelta(days=3)) + timedelta(hours=1)
    assert sweep_batch(at=at) == 1
    assert sweep_batch(at=at) == 0
    run(at)
    assert Message.objects.count() == len(mail.outbox) == 1


def test_a_reminder_planned_anew_for_the_same_day_is_not_spoken_twice(task: Task) -> None:
    at = at_hour(task.due_on - timedelta(days=3)) + timedelta(hours=1)
    run(at)
    Deadline.objects.update(remind_at=at)
    run(at + timedelta(minutes=1))
    assert Reminder.objects.count() == Message.objects.count() == 1


def test_the_ledger_refuses_the_same_reminder_twice(task: Task) -> None:
    run(at_hour(task.due_on))
    spoken = Reminder.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(
            deadline=spoken.deadline, person=spoken.person, due_on=spoken.due_on, days_left=spoken.days_left, at=NOON
        )


def test_a_closed_task_is_silent_and_a_moved_one_speaks_of_its_new_day(cast: factories.Cast, task: Task) -> None:
    tasks.reschedule(
        task=task,
        due_on=task.due_on + timedelta(days=30),
        reason="上级部署推迟一个月",
        by=cast.user("secretary"),
        at=NOON,
    )
    run(at_hour(task.due_on))
    assert not Reminder.objects.exists()
    tasks.submit(task=task, text="已完成", by=cast.user("principal"), at=NOON)
    run(at_hour(task.due_on + timedelta(days=23)))
    assert Reminder.objects.count() == 1, "the deadline runs until 确认销号"
    tasks.close(task=task, by=cast.user("secretary"), at=NOON)
    run(at_hour(task.due_on + timedelta(days=60)))
    assert Reminder.objects.count() == 1


def test_a_task_handed_over_reminds_the_new_person(cast: factories.Cast, task: Task) -> None:
    tasks.hand_to(task=task, person=cast.member, by=cast.user("secretary"), at=NOON)
    run(at_hour(task.due_on - timedelta(days=3)))
    reminded = Message.objects.filter(kind="deadlines.deadline.reminded")
    assert [m.reader for m in reminded] == [cast.user("member")]
    told = Message.objects.filter(kind="checklists.task.reassigned").values_list("reader__username", flat=True)
    assert set(told) == {"principal-FH001", "member-FH001"}


def test_a_mail_server_that_is_away_loses_nothing_and_the_message_id_stays(task: Task, monkeypatch: Any) -> None:
    at = at_hour(task.due_on)
    tried: list[str] = []

    def away(delivery: Delivery) -> None:
        tried.append(delivery.letter_id)
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(notices.mail, "send", away)
        run(at)
        run(at + timedelta(minutes=3))
    assert len(tried) == 2 and not mail.outbox
    run(at + timedelta(minutes=10))
    assert [m.extra_headers["Message-ID"] for m in mail.outbox] == [tried[0]] == [tried[1]]
    assert Delivery.objects.get(letter_id=tried[0]).status == "sent"


def test_a_worker_that_dies_after_sending_repeats_with_the_same_message_id(task: Task) -> None:
    at = at_hour(task.due_on)
    while sweep_batch(at=at):
        pass
    notices.dispatch_batch(at=at)
    first = notices.claim_delivery(at=at)
    assert first is not None
    notices.mail.send(first)  # and the worker dies before it can note that
    assert notices.claim_delivery(at=at + timedelta(seconds=10)) is None, "another worker leaves it alone for a while"
    run(at + notices.LEASE)
    letters = [m.extra_headers["Message-ID"] for m in mail.outbox]
    assert len(letters) == 2 and len(set(letters)) == 1


def test_a_delivery_is_given_up_after_eight_tries_and_says_why(task: Task, monkeypatch: Any) -> None:
    def away(delivery: Delivery) -> None:
        raise OSError("mailbox unknown")

    monkeypatch.setattr(notices.mail, "send", away)
    at = at_hour(task.due_on)
    for hours in range(0, 60, 1):
        run(at + timedelta(hours=hours))
    given_up = Delivery.objects.filter(status="given_up").first()
    assert given_up is not None and given_up.attempts == 8 and "mailbox unknown" in given_up.error


def test_a_fact_whose_audience_fails_is_parked_and_the_line_goes_on(
    cast: factories.Cast, task: Task, monkeypatch: Any
) -> None:
    broken = EventKind("checklists.task.opened", "交办任务", audience=lambda event: 1 / 0)  # type: ignore[arg-type,return-value]
    original = kind_of

    monkeypatch.setattr(notices, "kind_of", lambda code: broken if code == broken.code else original(code))
    with transaction.atomic():
        record("checklists.task.opened", by=None, at=NOON, on=task, account="", url="")
        record("checklists.task.closed", by=None, at=NOON, on=task, account=str(cast.user("principal").pk), url="/x/")
    assert notices.dispatch_batch(at=NOON) == 2
    parked = Outbox.objects.get()
    assert parked.parked_at == NOON and "ZeroDivisionError" in parked.error
    assert Message.objects.filter(kind="checklists.task.closed").count() == 1
    assert notices.dispatch_batch(at=NOON) == 0


def test_a_refused_change_leaves_no_fact_and_nothing_to_tell(cast: factories.Cast, task: Task) -> None:
    facts = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        tasks.progress(task=task, text="写到一半", by=cast.user("principal"), at=NOON)
        raise RuntimeError
    assert (Event.objects.count(), Outbox.objects.count()) == (facts, 0)


def test_who_acts_is_not_told_of_his_own_act(cast: factories.Cast, task: Task) -> None:
    tasks.submit(task=task, text="已完成", by=cast.user("principal"), at=NOON)
    notices.dispatch_batch(at=NOON)
    readers = set(Message.objects.values_list("reader__username", flat=True))
    assert readers == {"secretary-FH001", "deputy-FH001"}


def test_reminders_are_facts_in_an_unbroken_chain(task: Task) -> None:
    run(at_hour(task.due_on))
    assert Event.objects.filter(kind="deadlines.deadline.reminded").count() == 1
    count, _, broken = first_break()
    assert count == Event.objects.count() and broken is None


def test_deadlines_of_history_are_settled_silently(task: Task) -> None:
    from common.history import as_history
    from deadlines.services import settle_history

    later = at_hour(local_day(NOON) + timedelta(days=60)) + timedelta(hours=1)
    with as_history():
        assert settle_history(at=later) == 1
    run(later)
    assert not Reminder.objects.exists()
    remind_at = Deadline.objects.get().remind_at
    assert remind_at is not None and later < remind_at <= later + timedelta(days=2)


def test_sweep_and_dispatch_cost_the_same_queries_for_one_and_for_many(
    cast: factories.Cast, django_assert_num_queries: Any
) -> None:
    for _ in range(12):
        factories.make_task(cast, at=NOON)
    while notices.dispatch_batch(at=NOON):
        pass
    Deadline.objects.update(due_on=local_day(NOON) + timedelta(days=7), remind_at=NOON)
    with_one = _queries(lambda: sweep_batch(at=NOON, limit=1))
    with_ten = _queries(lambda: sweep_batch(at=NOON, limit=10))
    assert with_one == with_ten <= 12
    with_one = _queries(lambda: notices.dispatch_batch(at=NOON, limit=1))
    with_ten = _queries(lambda: notices.dispatch_batch(at=NOON, limit=10))
    assert with_ten <= with_one + 18, "one savepoint a fact, no query a fact"


def _queries(work: Any) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return len(captured)


def test_the_periodic_job_leaves_its_mark_for_operators(client: Any, task: Task) -> None:
    from deadlines.tasks import sweep

    assert client.get("/readyz").json()["status"] == "degraded"
    sweep()
    body = client.get("/readyz").json()
    assert body["status"] == "ready" and body["last_sweep_seconds_ago"] <= 5
    from deadlines.models import JobRun

    JobRun.objects.update(at=timezone.now() - timedelta(minutes=6))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert client.get("/livez").json() == {"status": "alive"}


class Killed(BaseException):
    """Stands for SIGKILL at a chosen place: nobody catches it, the transaction ends without a commit."""


@pytest.mark.parametrize(
    "place",
    [
        "deadlines.services._tell",
        "deadlines.services.record_series",
        "notifications.services._deliver_by_mail",
        "notifications.services.Delivery.objects.bulk_create",
    ],
)
def test_a_kill_between_two_statements_leaves_the_work_and_the_repeat_tells_once(
    place: str, cast: factories.Cast, task: Task, monkeypatch: Any
) -> None:
    at = at_hour(task.due_on)

    def killed(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, killed)
        with pytest.raises(Killed):
            run(at)
    assert not Message.objects.exists() and not Delivery.objects.filter(status="waiting").exists()
    assert Outbox.objects.exists() or Deadline.objects.filter(remind_at__lte=at).exists()
    run(at)
    assert Reminder.objects.count() == Message.objects.count() == len(mail.outbox) == 1


def test_a_missing_broker_degrades_but_does_not_unready(client: Any, settings: Any, task: Task) -> None:
    from deadlines.tasks import sweep

    sweep()
    assert client.get("/readyz").json()["broker"] == "embedded"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["broker"]) == (200, "degraded", "away")
