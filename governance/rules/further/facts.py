"""The facts of stored meetings and of a school's months. People are named by ids alone; texts are read and never repeated."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from governance.rules.facts import Body, LeadershipMode, MeetingFacts, MemberFacts


@dataclass(frozen=True, slots=True)
class ReconsideredFacts:
    """The decision an item reconsiders (复议): which body of which school made it, and when."""

    body: Body
    decided_on: date
    same_school: bool = True


@dataclass(frozen=True, slots=True)
class RunningTaskFacts:
    """A task of a decision: its day, and whether it is still open (not closed, not cancelled)."""

    due_on: date
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class StoredItemFacts:
    """What a stored item has beyond the contract. `amount` is in 元; `with_words` are members whose 发言要点 are written down.

    `tasks` is None before there is a decision.
    """

    id: str
    amount: Decimal | None = None
    decision_text: str = ""
    with_words: frozenset[str] = frozenset()
    reconsiders: ReconsideredFacts | None = None
    tasks: tuple[RunningTaskFacts, ...] | None = None


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """The number of one meeting of the same school, body and year."""

    serial: int
    scheduled_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMeetingFacts:
    """One stored meeting on the day `today`.

    `held`: 登记召开 has been done, so `meeting.members` is the snapshot. `in_office`: who holds the body's posts on the meeting's date by
    the appointments of today. `other_body_at`: when the school's other body met that day. `numbers`: all of the same school, body and
    year, its own included. `limit` is the school's 大额标准 (元) in force on the meeting's date. `signed_on` None: not signed.
    `changed_after_signature` counts items touched after the signature; `sealed`: a seal (SHA-256) stands.
    """

    meeting: MeetingFacts
    today: date
    items: tuple[StoredItemFacts, ...] = ()
    held: bool = False
    place: str = ""
    org_type: str = ""
    year: int | None = None
    serial: int | None = None
    in_office: tuple[MemberFacts, ...] = ()
    other_body_at: tuple[datetime, ...] = ()
    numbers: tuple[NumberFacts, ...] = ()
    limit: Decimal | None = None
    signed_on: date | None = None
    archived: bool = False
    sealed: bool = False
    changed_after_signature: int = 0


@dataclass(frozen=True, slots=True)
class SchoolMonthFacts:
    """One month of one school on the day `today`.

    `since` is the first day the school is asked about: its first registered meeting or the day it put both rules of procedure into
    effect; None when there is neither. `party` and `principal` are the days of meetings held in the month, `talks` those of the talks
    between secretary and principal in the month's weeks (a week belongs to the month of its Thursday).
    """

    school: str
    year: int
    month: int
    today: date
    since: date | None = None
    leadership_mode: LeadershipMode | None = None
    party: tuple[date, ...] = ()
    principal: tuple[date, ...] = ()
    talks: tuple[date, ...] = ()
