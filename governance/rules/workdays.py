"""Counting working days: Monday to Friday without the State Council's days off, plus its make-up days (调休)."""

from datetime import date, timedelta

from governance.rules.reference import Reference

SATURDAY = 5


def is_working_day(day: date, reference: Reference) -> bool:
    """Whether people work on that day of a known year."""
    if day in reference.makeup_days:
        return True
    return day.weekday() < SATURDAY and day not in reference.days_off


def nth_working_day_after(day: date, n: int, reference: Reference) -> date | None:
    """The n-th working day after `day` (counting starts on the day after); None when the count meets a year that is not known."""
    found = 0
    while found < n:
        if day == date.max:
            return None
        day += timedelta(days=1)
        if day.year not in reference.known_years:
            return None
        found += is_working_day(day, reference)
    return day
