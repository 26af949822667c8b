"""When to speak of a deadline: 7, 3, 1 and 0 days before, then every other day while overdue. Pure."""

from datetime import date, datetime, timedelta

from common.dates import at_hour, local_day

BEFORE = (7, 3, 1, 0)
EVERY = 2


def next_reminder(due_on: date, after: datetime) -> datetime:
    """The first reminder moment strictly after `after`: 08:00 (Asia/Shanghai) of a reminder day.

    A deadline that is silent has no moment at all; that is for the caller to store (`remind_at` NULL).
    """
    for days in BEFORE:
        moment = at_hour(due_on - timedelta(days=days))
        if moment > after:
            return moment
    passed = (local_day(after) - due_on).days
    step = max(passed // EVERY, 0) * EVERY
    while True:
        moment = at_hour(due_on + timedelta(days=step))
        if moment > after:
            return moment
        step += EVERY
