"""Stored meetings and school months to judge: a base of each body with patches, and random ones from a seed."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from governance.rules.document import parse
from governance.rules.facts import Body, LeadershipMode, MeetingFacts
from governance.rules.findings import Result
from governance.rules.further.facts import (
    NumberFacts,
    ReconsideredFacts,
    RunningTaskFacts,
    SchoolMonthFacts,
    StoredItemFacts,
    StoredMeetingFacts,
)
from governance.rules.further.judging import judge_month, judge_stored
from governance.rules.load import delivered_reference
from tests.rules.builders import PARTY, document
from tests.rules.strategies import random_document

HELD_AT = datetime(2026, 9, 10, 6, 0, tzinfo=UTC)
TODAY = date(2026, 9, 15)


@cache
def read(base: str) -> MeetingFacts:
    meeting, faults = parse(document(base), delivered_reference())
    assert meeting is not None, faults
    return meeting


def meeting_facts(base: str = PARTY, patch: dict[str, Any] | None = None) -> MeetingFacts:
    """The worked meeting with paths of its document changed; who is absent gives a reason unless the patch says otherwise."""
    meeting, faults = parse(document(base, patch), delivered_reference())
    assert meeting is not None, faults
    return meeting


def stored(base: str = PARTY, patch: dict[str, Any] | None = None, **values: Any) -> StoredMeetingFacts:
    """The worked meeting as stored: third of its year, everything in order; `values` override fields, `item` those of the second item."""
    meeting = meeting_facts(base, patch)
    item = {"with_words": frozenset(), **values.pop("item", {})}
    numbers = tuple(NumberFacts(n, HELD_AT + timedelta(days=n - 3)) for n in (1, 2, 3, 4))
    facts = StoredMeetingFacts(
        meeting=meeting,
        today=TODAY,
        items=tuple(StoredItemFacts(one.id, **(item if one.id == "i2" else {})) for one in meeting.items),
        held=True,
        place="会议室",
        org_type="branch",
        year=2026,
        serial=3,
        in_office=meeting.members,
        numbers=numbers,
    )
    return replace(facts, **values)


def month(**values: Any) -> SchoolMonthFacts:
    """September 2026 of a school with two people, well over, with one meeting of each body and a talk every week."""
    facts = SchoolMonthFacts(
        school="FH001",
        year=2026,
        month=9,
        today=date(2026, 10, 20),
        since=date(2026, 3, 1),
        leadership_mode=LeadershipMode.SEPARATE,
        party=(date(2026, 9, 10),),
        principal=(date(2026, 9, 11),),
        talks=tuple(date(2026, 8, 31) + timedelta(days=7 * week) for week in range(5)),
    )
    return replace(facts, **values)


def outcomes_of(facts: StoredMeetingFacts) -> dict[tuple[str, str], Result]:
    return {(result.rule, result.subject): result for result in judge_stored(facts, delivered_reference())}


def month_outcomes(facts: SchoolMonthFacts) -> dict[str, Result]:
    return {result.rule: result for result in judge_month(facts, delivered_reference())}


TEXTS = ("", " ", "同意", "鉴于经费不足，由校长决定")


def random_stored(seed: int) -> StoredMeetingFacts:
    """The same seed makes the same stored meeting."""
    dice = random.Random(seed)
    meeting, faults = parse(random_document(seed), delivered_reference())
    assert meeting is not None, faults
    reasons = tuple(replace(row, reason=dice.choice(TEXTS)) for row in meeting.attendance)
    meeting = replace(meeting, attendance=reasons)
    at = meeting.scheduled_at
    serial = dice.choice((None, 1, 2, 3))
    numbers = [NumberFacts(n, at + timedelta(days=n - dice.randint(1, 3))) for n in (1, 2, 3, 4) if n != serial]
    members = [member for member in meeting.members if dice.random() < 0.95]
    return StoredMeetingFacts(
        meeting=meeting,
        today=meeting.held_on + timedelta(days=dice.choice((0, 5, 400))),
        items=tuple(random_item(dice, one.id, meeting.held_on) for one in meeting.items),
        held=dice.random() < 0.8,
        place=dice.choice(TEXTS),
        org_type=dice.choice(("", "branch", "committee")),
        year=None if serial is None else meeting.held_on.year,
        serial=serial,
        in_office=tuple(members),
        other_body_at=tuple(at + timedelta(hours=dice.choice((0, 2))) for _ in range(dice.choice((0, 0, 1, 2)))),
        numbers=() if serial is None else (*numbers, NumberFacts(serial, at)),
        limit=dice.choice((None, Decimal("20000.00"), Decimal("50000"))),
        signed_on=dice.choice((None, meeting.held_on)),
        archived=dice.random() < 0.3,
        sealed=dice.random() < 0.7,
        changed_after_signature=dice.choice((0, 0, 2)),
    )


def random_item(dice: random.Random, pk: str, day: date) -> StoredItemFacts:
    def near() -> date:
        return day + timedelta(days=dice.randint(-9, 9))

    original = ReconsideredFacts(dice.choice(list(Body)), near(), dice.random() < 0.9)
    return StoredItemFacts(
        id=pk,
        amount=dice.choice((None, Decimal("19999.99"), Decimal("20000"), Decimal("60000.50"))),
        decision_text=dice.choice(TEXTS),
        with_words=frozenset(dice.sample(["m1", "m2", "m3", "m4", "m5", "m6"], dice.randint(0, 6))),
        reconsiders=dice.choice((None, None, original)),
        tasks=dice.choice((None, (), tuple(RunningTaskFacts(near(), dice.random() < 0.6) for _ in range(3)))),
    )


def random_month(seed: int) -> SchoolMonthFacts:
    """The same seed makes the same month."""
    dice = random.Random(seed)
    number = dice.randint(1, 12)
    first = date(dice.choice((2025, 2026)), number, 1)

    def days(most: int) -> tuple[date, ...]:
        return tuple(first + timedelta(days=dice.randint(0, 27)) for _ in range(dice.randint(0, most)))

    return SchoolMonthFacts(
        school="FH001",
        year=first.year,
        month=number,
        today=first + timedelta(days=dice.choice((-5, 3, 15, 60))),
        since=dice.choice((None, first - timedelta(days=90), first + timedelta(days=10), first + timedelta(days=90))),
        leadership_mode=dice.choice((None, LeadershipMode.SEPARATE, LeadershipMode.SEPARATE, LeadershipMode.COMBINED)),
        party=days(2),
        principal=days(3),
        talks=days(9),
    )
