"""P7: the deadline sweep to ledger and outbox, against one UPDATE of the same rows."""

from dataclasses import dataclass
from datetime import datetime

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


def scenario(district: District, *, open_rows: int = OPEN, due: int = DUE, rounds: int = ROUNDS) -> Scenario:
    """Fill the table of deadlines anew, nearly all of them far away."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(EMPTY)
            cursor.execute(FILL, {"at": district.at, "day": local_day(district.at), "open": open_rows})
        cursor.execute("ANALYZE deadlines_deadline")
    if Deadline.objects.filter(remind_at__lte=district.at).exists():
        raise RuntimeError("deadlines are due before they should be")
    sweep = Sweep(district.at, due)
    return Scenario(
        "P7", f"sweep, {due:,} due of {open_rows:,}", Target(ratio=1.6), sweep.limit, sweep.ours,
        rounds=rounds, warm_up=0, in_python=False, before=sweep.make_due,
    )  # fmt: skip
