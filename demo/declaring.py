"""利益关系申报 in the demonstration district: in March each leader declares, most of them that there is nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from demo.days import clock, works
from demo.people import Cast, Holder
from demo.words import words
from governance.declaring import LEADERS
from governance.services.declarations import InterestInput, declare

SOMETHING = 0.15


def expect_declarations(
    cast: Cast, first: date, as_of: date, put: Callable[[datetime, Callable[[datetime], None]], None]
) -> None:
    """Set the declarations of the year of loading on the agenda, with dice of their own. In January and February they are still due."""
    rng = Random(f"{cast.row.code} {as_of.year} declarations")  # noqa: S311  reproducible on purpose
    day = max(date(as_of.year, 3, 2), first + timedelta(days=2))
    while not works(day):
        day += timedelta(days=1)

    def morning(at: datetime) -> None:
        for holder in cast.serving(at.date()):
            if holder.holds(*LEADERS):
                put(at + timedelta(minutes=rng.randint(5, 500)), partial(_declare, cast, holder, _interests(rng)))

    put(clock(day, 8), morning)


def _interests(rng: Random) -> tuple[InterestInput, ...]:
    if rng.random() >= SOMETHING:
        return ()
    company, note = rng.choice(words()["declared_interests"])
    return (InterestInput("company", str(company), str(note)),)


def _declare(cast: Cast, holder: Holder, interests: tuple[InterestInput, ...], at: datetime) -> None:
    declare(school=cast.school, nothing=not interests, interests=interests, by=holder.user, at=at)
