"""The months an overview covers: school years (学年), terms (学期), the last twelve months, or months one chooses."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from common.dates import at_hour

LAST_TWELVE = ""
SCHOOL_YEARS = 4
# 学年 begins in September; its second term, with the summer holiday that follows, in February.
YEAR_BEGINS, SECOND_TERM = 9, 2
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def plus_months(month: date, number: int) -> date:
    """The first day of the month that many months later (negative: earlier)."""
    months = month.year * 12 + month.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True)
class Period:
    """Whole months, first and last included, each by its first day."""

    code: str
    label: str
    first: date
    last: date

    def months(self) -> list[date]:
        """Every month of the period."""
        number = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        return [plus_months(self.first, place) for place in range(number + 1)]

    def moments(self) -> tuple[datetime, datetime]:
        """The first moment in Shanghai, and the first after the period."""
        return at_hour(self.first, time.min), at_hour(plus_months(self.last, 1), time.min)

    def words(self) -> str:
        """“2025年12月至2026年11月”."""
        first = f"{self.first.year}年{self.first.month}月"
        return first if self.first == self.last else f"{first}至{self.last.year}年{self.last.month}月"


def periods(today: date) -> dict[str, Period]:
    """What can be chosen by name, the usual one first: the last twelve months, then school years with their terms."""
    month = today.replace(day=1)
    found = [Period(LAST_TWELVE, "近 12 个月", plus_months(month, -11), month)]
    begun = today.year if today.month >= YEAR_BEGINS else today.year - 1
    for year in range(begun, begun - SCHOOL_YEARS, -1):
        name, second = f"{year}—{year + 1} 学年", date(year + 1, SECOND_TERM, 1)
        start, end = date(year, YEAR_BEGINS, 1), date(year + 1, YEAR_BEGINS - 1, 1)
        found.append(Period(f"{year}", name, start, end))
        if second <= month:
            found.append(Period(f"{year}-2", f"{name}第二学期", second, end))
        found.append(Period(f"{year}-1", f"{name}第一学期", start, plus_months(second, -1)))
    return {period.code: period for period in found}


def month_of(raw: str) -> date | None:
    """`2026-09` as the first day of the month; None for anything else."""
    found = MONTH.fullmatch(raw)
    return date(int(found[1]), int(found[2]), 1) if found else None


def chosen_months(since: str, until: str, today: date) -> Period | None:
    """The months somebody typed; one end may be left open, ends in the wrong order are turned round."""
    first, last = month_of(since), month_of(until)
    if first is None and last is None:
        return None
    first = first or plus_months(last or today, -11)
    last = last or max(today.replace(day=1), first)
    return Period("", "自选月份", min(first, last), max(first, last))
