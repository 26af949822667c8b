"""When reminders are spoken: pure arithmetic of days."""

from datetime import date, datetime, timedelta

import pytest

from common.dates import SHANGHAI, at_hour, local_day
from deadlines.schedule import next_reminder

DUE = date(2026, 9, 30)


def at(day: int, hour: int = 12, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (at(1), date(2026, 9, 23)),
        (at(23, 7), date(2026, 9, 23)),
        (at(23, 8), date(2026, 9, 27)),
        (at(27, 9), date(2026, 9, 29)),
        (at(29, 9), date(2026, 9, 30)),
        (at(30, 7), date(2026, 9, 30)),
        (at(30, 8), date(2026, 10, 2)),
        (at(1, month=10), date(2026, 10, 2)),
        (at(2, 8, month=10), date(2026, 10, 4)),
        (at(3, month=10), date(2026, 10, 4)),
    ],
)
def test_the_next_reminder_is_7_3_1_0_days_before_and_then_every_other_day(after: datetime, expected: date) -> None:
    assert next_reminder(DUE, after) == at_hour(expected)


def test_a_year_of_sweeps_speaks_on_the_reminder_days_and_on_no_other() -> None:
    moment, spoken = at(1, month=1), []
    while len(spoken) < 12:
        moment = next_reminder(DUE, moment)
        spoken.append((local_day(moment) - DUE).days)
    assert spoken == [-7, -3, -1, 0, 2, 4, 6, 8, 10, 12, 14, 16]


@pytest.mark.parametrize("due", [date(2028, 2, 29), date(2027, 1, 1), date(2027, 2, 17), date(2026, 12, 31)])
def test_the_next_moment_is_always_later_and_at_eight_in_shanghai(due: date) -> None:
    for hours in range(-24 * 20, 24 * 40, 5):
        after = at_hour(due) + timedelta(hours=hours, minutes=13)
        moment = next_reminder(due, after)
        assert moment > after and moment.astimezone(SHANGHAI).hour == 8
        assert moment - after <= timedelta(days=14)
