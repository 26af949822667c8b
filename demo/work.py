"""How a task of the demonstration district goes on: who does what on which day. Pure but for the dice."""

from collections.abc import Iterator
from dataclasses import dataclass
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
        return list(_stuck(opened_on, due_on, rng))
    lot = rng.random()
    if lot < 0.025:
        return [Act(_hour(_between(opened_on, due_on, rng), rng), "cancel")]
    acts = list(_notes(opened_on, due_on, rng))
    if lot < 0.06 and due_on - opened_on > timedelta(days=12):
        moved = rng.choice((7, 14))
        acts = [act for act in acts if act.at.date() < due_on - timedelta(days=4)]
        acts.append(Act(_hour(due_on - timedelta(days=3), rng), "reschedule", moved))
        due_on += timedelta(days=moved)
    done_on = _done_on(opened_on, due_on, as_of, rng)
    acts.append(Act(_hour(done_on, rng), "submit"))
    closed_on = working_day(done_on, rng.choice((1, 1, 1, 2, 3)))
    if rng.random() < 0.06 and done_on + timedelta(days=5) < due_on:
        acts.append(Act(_hour(closed_on, rng), "return"))
        again = working_day(closed_on, 2)
        acts.append(Act(_hour(again, rng), "submit"))
        closed_on = working_day(again, 1)
    if due_on < as_of <= closed_on:
        closed_on = done_on
        acts.append(Act(max(clock(closed_on, 17, 40), acts[-1].at + timedelta(minutes=30)), "close"))
    else:
        acts.append(Act(_hour(closed_on, rng), "close"))
    return acts


def _done_on(opened_on: date, due_on: date, as_of: date, rng: Random) -> date:
    """As a rule up to six days early, sometimes late, but never late across the day of loading."""
    if rng.random() < 0.08 and due_on + timedelta(days=12) < as_of:
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
