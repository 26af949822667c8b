"""P7: the deadline sweep to ledger, facts and outbox, against one UPDATE of the same rows.

And beside it, against everything the sweep promises, written by psycopg2 itself: what of the ratio is ours.
"""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from benchmarks.district import District
from benchmarks.measure import Scenario, Target
from common.dates import local_day
from deadlines.models import Deadline
from deadlines.services import sweep_batch

OPEN, DUE, ROUNDS = 1_000_000, 5_000, 5
FILL = """
INSERT INTO deadlines_deadline
  (id, created_at, updated_at, version, school_id, subject, title, url, responsible_id, due_on, remind_at, ended_at)
SELECT gen_random_uuid(), %(at)s, %(at)s, 1, p.school_id, 'benchmark:' || n, '完成专题学习并报送小结', '/tasks/', p.id,
  %(day)s, timestamptz '2999-01-01', NULL
FROM generate_series(1, %(open)s) n
JOIN (SELECT id, school_id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS people
      FROM schools_person WHERE school_id IS NOT NULL) p ON p.place = n %% p.people + 1
"""
EMPTY = "TRUNCATE deadlines_reminder, deadlines_deadline"
# Every round takes rows no round had before: the ledger never lets the same reminder be spoken twice.
MAKE_DUE = "UPDATE deadlines_deadline SET remind_at = %s WHERE subject IN (SELECT 'benchmark:' || n FROM generate_series(%s, %s) n)"
ONE_UPDATE = "UPDATE deadlines_deadline SET remind_at = timestamptz '2999-01-01' WHERE remind_at <= %s"
BATCH = 1000
CLAIM = """
SELECT d.id::text, d.due_on, d.title, d.url, d.school_id::text, d.responsible_id::text, p.account_id::text
FROM deadlines_deadline d JOIN schools_person p ON p.id = d.responsible_id
WHERE remind_at <= %s ORDER BY remind_at, d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
"""
MOVE = "UPDATE deadlines_deadline SET remind_at = timestamptz '2999-01-01' WHERE id IN (SELECT unnest(%s::uuid[]))"
LEDGER = "COPY deadlines_reminder (id, deadline_id, person_id, due_on, days_left, at) FROM STDIN"
FACTS = (
    "COPY audit_event (kind, at, actor_name, school_id, subject, subject_text, data, request_id, told, prev_hash, hash)"
    " FROM STDIN"
)
END_OF_CHAIN = "SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1"
OUTBOX = "INSERT INTO notifications_outbox (event_id, error) SELECT seq, '' FROM audit_event WHERE seq > %s"


@dataclass
class Sweep:
    """The rows that are due next, and the two ways of handling them."""

    at: datetime
    due: int
    first: int = 1

    def make_due(self) -> None:
        """The same rows once for the limit and once for ours; then the next ones."""
        with connection.cursor() as cursor:
            cursor.execute(MAKE_DUE, [self.at, self.first, self.first + self.due - 1])

    def limit(self) -> None:
        """One statement, committed."""
        with connection.cursor() as cursor:
            cursor.execute(ONE_UPDATE, [self.at])

    def ours(self) -> None:
        """Batch after batch until nothing is due, as the periodic task does."""
        handled = 0
        while count := sweep_batch(at=self.at):
            handled += count
        if handled != self.due:
            raise RuntimeError(f"{handled} of {self.due} deadlines were due")
        self.first += self.due

    def bare(self) -> None:
        """The same rows in the same four tables by psycopg2 itself: locked, moved, in the ledger, chained, to be told."""
        while self._bare_batch():
            pass
        self.first += self.due

    def _bare_batch(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, [self.at, BATCH])
            rows = cursor.fetchall()
            if rows:
                cursor.execute(MOVE, ["{" + ",".join(row[0] for row in rows) + "}"])
                cursor.copy_expert(LEDGER, io.StringIO("".join(self._ledger(rows))))
                cursor.execute(END_OF_CHAIN)
                seq, last = cursor.fetchone() or (0, "0" * 64)
                cursor.copy_expert(FACTS, io.StringIO("".join(self._facts(rows, last))))
                cursor.execute(OUTBOX, [seq])
            return len(rows)

    def _ledger(self, rows: list[tuple[Any, ...]]) -> Iterator[str]:
        for key, due_on, _title, _url, _school, person, _account in rows:
            yield f"{uuid.uuid4()}\t{key}\t{person}\t{due_on}\t0\t{self.at}\n"

    def _facts(self, rows: list[tuple[Any, ...]], last: str) -> Iterator[str]:
        for key, due_on, title, url, school, _person, account in rows:
            data = f'{{"account":"{account}","days_left":0,"due_on":"{due_on}","url":"{url}"}}'
            before, last = last, sha256(f"{last}{self.at}{school}{key}{title}{data}".encode()).hexdigest()
            words = f"deadlines.deadline.reminded\t{self.at}\t系统\t{school}\tdeadlines.deadline:{key}\t{title}\t{data}"
            yield f"{words}\t\tf\t{before}\t{last}\n"


def scenarios(
    district: District, *, open_rows: int = OPEN, due: int = DUE, rounds: int = ROUNDS
) -> tuple[Scenario, Scenario]:
    """Fill the table of deadlines anew, nearly all of them far away."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(EMPTY)
            cursor.execute(FILL, {"at": district.at, "day": local_day(district.at), "open": open_rows})
        cursor.execute("ANALYZE deadlines_deadline")
    if Deadline.objects.filter(remind_at__lte=district.at).exists():
        raise RuntimeError("deadlines are due before they should be")
    sweep = Sweep(district.at, due)
    name = f"sweep, {due:,} due of {open_rows:,}"
    return (
        Scenario(
            "P7", name, Target(ratio=1.6), sweep.limit, sweep.ours,
            rounds=rounds, warm_up=0, in_python=False, before=sweep.make_due,
        ),
        Scenario(
            "P7", f"{name}, against the same tables by bare SQL", Target(), sweep.bare, sweep.ours,
            rounds=rounds, warm_up=0, in_python=False, before=sweep.make_due,
        ),
    )  # fmt: skip
