"""How a task of the demonstration district goes on: who does what on which day. Pure but for the dice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from demo.days import clock, working_day, works

STUCK_WITHIN = timedelta(days=40)


@dataclass(frozen=True)
class Act:
    """One step on a task: `name` as in the table of states; `days` moves a deadline."""

    at: datetime
    name: str
    days: int = 0


def course(opened: datetime, due_on: date, as_of: date, rng: Random, *, stuck: bool) -> list[Act]:
    """The acts in order. What comes after the day of loading is dropped by the caller; nothing but `stuck` is overdue then."""
    opened_on = opened.date()
    if stuck:
        return list(_one_after_another(_stuck(opened_on, due_on, rng)))
    lot = rng.random()
    if lot < 0.025:
        return [Act(_hour(_between(opened_on, due_on, rng), rng), "cancel")]
    acts = list(_notes(opened_on, due_on, rng))
    if lot < 0.06 and due_on - opened_on > timedelta(days=12):
        moved = rng.choice((7, 14))
        acts = [act for act in acts if act.at.date() < due_on - timedelta(days=4)]
        acts.append(Act(_hour(due_on - timedelta(days=3), rng), "reschedule", moved))
        due_on += timedelta(days=moved)
    acts += _ending(_done_on(opened_on, due_on, as_of, rng), due_on, as_of, rng)
    return list(_one_after_another(acts))


def _ending(done_on: date, due_on: date, as_of: date, rng: Random) -> Iterator[Act]:
    """Done, now and then sent back once and done again, closed by another person within some days."""
    yield Act(_hour(done_on, rng), "submit")
    closed_on = working_day(done_on, rng.choice((1, 1, 1, 2, 3)))
    in_time = done_on + timedelta(days=5) < due_on and (due_on >= as_of or done_on + timedelta(days=14) < as_of)
    if in_time and rng.random() < 0.08:
        yield Act(_hour(closed_on, rng), "return")
        again = working_day(closed_on, 2)
        yield Act(_hour(again, rng), "submit")
        closed_on = working_day(again, 1)
    if due_on < as_of <= closed_on:  # nobody is late but who is meant to be
        yield Act(clock(done_on, 17, 40), "close")
    else:
        yield Act(_hour(closed_on, rng), "close")


def _one_after_another(acts: Iterable[Act]) -> Iterator[Act]:
    """Each act some minutes after the one before, where the days alone would not say so."""
    before: datetime | None = None
    for act in acts:
        at = act.at if before is None else max(act.at, before + timedelta(minutes=20))
        before = at
        yield replace(act, at=at)


def _done_on(opened_on: date, due_on: date, as_of: date, rng: Random) -> date:
    """As a rule up to six days early, sometimes late, but never late across the day of loading."""
    if rng.random() < 0.08 and due_on + timedelta(days=20) < as_of:
        return working_day(due_on, rng.randint(1, 6))
    day = due_on - timedelta(days=rng.randint(0, 6))
    while not works(day):
        day -= timedelta(days=1)
    return max(day, working_day(opened_on, 1))


def _notes(opened_on: date, due_on: date, rng: Random) -> Iterator[Act]:
    """No, one or two notes of progress before the last week."""
    last = due_on - timedelta(days=7)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        if last > opened_on + timedelta(days=2):
            day = _between(opened_on, last, rng)
            opened_on = day
            yield Act(_hour(day, rng), "progress")


def _stuck(opened_on: date, due_on: date, rng: Random) -> Iterator[Act]:
    """Nothing or a little was done, and the day went by."""
    lot = rng.random()
    if lot > 0.4:
        yield Act(_hour(_between(opened_on, due_on, rng), rng), "progress")
    if lot > 0.85:
        yield Act(_hour(working_day(due_on, 1), rng), "submit")
        yield Act(_hour(working_day(due_on, 2), rng), "return")


def _between(start: date, end: date, rng: Random) -> date:
    day = start + timedelta(days=rng.randint(1, max((end - start).days - 1, 1)))
    while not works(day):
        day += timedelta(days=1)
    return day


def _hour(day: date, rng: Random) -> datetime:
    return clock(day, rng.randint(8, 16), rng.randrange(60))
