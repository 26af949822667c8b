"""When schools meet: working days outside the holidays of schools."""

from datetime import date, datetime, time, timedelta

from common.dates import at_hour
from governance.rules.load import delivered_reference
from governance.rules.workdays import is_working_day

SUMMER = ((7, 6), (8, 23))
WINTER = ((1, 24), (2, 21))


def works(day: date) -> bool:
    """A working day; in years whose holidays are not known, Monday to Friday outside the first week of October."""
    reference = delivered_reference()
    if day.year in reference.known_years:
        return is_working_day(day, reference)
    return day.weekday() < 5 and not (day.month == 10 and day.day <= 7)


def teaches(day: date) -> bool:
    """A working day in term."""
    here = (day.month, day.day)
    return works(day) and not any(first <= here <= last for first, last in (SUMMER, WINTER))


def working_day(day: date, steps: int) -> date:
    """The working day `steps` after (or, negative, before) `day`."""
    way = timedelta(days=1 if steps > 0 else -1)
    left = abs(steps)
    while left:
        day += way
        left -= works(day)
    return day


def clock(day: date, hour: int, minute: int = 0) -> datetime:
    """That hour of that day in Shanghai."""
    return at_hour(day, time(hour, minute))
