"""From rows to the facts of the further rules, for one meeting or for many in a constant number of queries.

`further_results(meeting, today=…)` is what 送签 and 签发 ask besides the engine. `further_facts(meetings, today)` is the bridge for many
meetings, loaded as `selectors.for_record` or `selectors.read_for_judging` loads them. `months_of(schools, first, last, today)` judges
the months from `first` to `last` of the given schools and answers `MonthResult(school, month, result)` in the order of schools, months
and rules (R-F01, R-F02, R-F03); it reads what the caller passes, so schools have to be those the reader may see.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from django.db.models import Min, Q

from checklists.models import OPEN, Task
from common.dates import at_hour, local_day
from governance.beforehand import read_beforehand
from governance.models import AgendaItem, Decision, Meeting, MeetingStatus, SchoolLimit, Talk
from governance.models.meetings import HELD_OR_LATER
from governance.record import ItemRecord, Record, record_of
from governance.reference import Timeline, reference_for
from governance.rules import facts as f
from governance.rules.findings import Result
from governance.rules.further.facts import (
    NumberFacts,
    ReconsideredFacts,
    RunningTaskFacts,
    SchoolMonthFacts,
    StoredItemFacts,
    StoredMeetingFacts,
)
from governance.rules.further.judging import ORDER, judge_month, judge_stored
from governance.rules.reference import Reference
from governance.rules.situation import blank
from governance.selectors import RULE_POSTS, judge_meeting, meeting_facts, with_waivers
from schools.models import Appointment, School
from schools.permissions import BODY_POSTS, SCHOOL_POSTS, Body

MIDNIGHT = datetime.min.time()
BY_BODY = {Body.PARTY: ("R-F01", "R-F03"), Body.PRINCIPAL: ("R-F02",)}


# What can be asked only once the minutes are signed; it changes from day to day and is not stored with the signature.
AFTER_SIGNATURE = ("R-M05", "R-M06", "R-E02")
UNTIL_SIGNATURE = tuple(rule for rule in ORDER if rule not in AFTER_SIGNATURE)
# What may stop 送签 and is read from the record itself: pages show it beside the engine's answers without a query more.
OF_THE_RECORD = ("R-A01", "R-V05", "R-M01", "R-E04")


def judge_record(meeting: Meeting, record: Record | None = None, *, reference: Reference | None = None) -> list[Result]:
    """What engine and further rules say of a record before it is signed, as far as the record itself tells; waivers included.

    送签 and 签发 ask all of `UNTIL_SIGNATURE`, which looks at appointments and other meetings besides.
    """
    reference, day = reference or reference_for(meeting), local_day(meeting.scheduled_at)
    results = judge_meeting(meeting, record, reference=reference)
    return results + further_results(meeting, today=day, record=record, reference=reference, only=OF_THE_RECORD)


def further_results(
    meeting: Meeting,
    *,
    today: date,
    record: Record | None = None,
    reference: Reference | None = None,
    only: Collection[str] = UNTIL_SIGNATURE,
) -> list[Result]:
    """What the further rules say of a stored meeting, or of the same meeting with a record still being typed; waivers included.

    `today` matters to rules with a day to keep (R-M06, R-E02). `only` narrows the rules asked; `ORDER` names them all.
    """
    records = {} if record is None else {meeting.pk: record}
    facts = further_facts([meeting], today, records, only)[meeting.pk]
    return with_waivers(meeting, judge_stored(facts, reference or reference_for(meeting), only))


def further_facts(
    meetings: Sequence[Meeting],
    today: date,
    records: dict[UUID, Record] | None = None,
    only: Collection[str] = ORDER,
) -> dict[UUID, StoredMeetingFacts]:
    """The facts of stored meetings by their key, as far as the rules `only` ask for them; at most eight queries in all."""
    around = Around(meetings, only)
    if len(meetings) > 1:
        read_beforehand(meetings)
    return {
        meeting.pk: _stored(meeting, (records or {}).get(meeting.pk) or record_of(meeting), around, today)
        for meeting in meetings
    }


def _stored(meeting: Meeting, record: Record, around: "Around", today: date) -> StoredMeetingFacts:
    day = local_day(meeting.scheduled_at)
    signed_on = local_day(meeting.signed_at) if meeting.signed_at else None
    # Who signed is for the engine to judge; the further rules ask for the day alone.
    minutes = f.MinutesFacts(None, signed_on) if signed_on else None
    typed = {entry.item: entry for entry in record.items}
    return StoredMeetingFacts(
        meeting=meeting_facts(meeting, record, minutes),
        today=today,
        items=tuple(around.item(meeting, item, typed.get(item.pk)) for item in meeting.items.all()),
        held=meeting.held_at is not None,
        place=meeting.place,
        org_type=around.org_types.get(meeting.school_id, ""),
        year=meeting.year,
        serial=meeting.serial,
        in_office=around.in_office(meeting, day),
        other_body_at=around.other_body_at(meeting, day),
        numbers=around.numbers(meeting),
        limit=around.limit(meeting.school_id, day),
        signed_on=signed_on,
        archived=meeting.status == MeetingStatus.ARCHIVED,
        sealed=len(meeting.seal) == 64,
        changed_after_signature=_changed(meeting),
    )


def _changed(meeting: Meeting) -> int:
    return sum(item.updated_at > meeting.signed_at for item in meeting.items.all()) if meeting.signed_at else 0


@dataclass(frozen=True)
class Sibling:
    """Another meeting of the same school, as far as rules ask for it."""

    body: str
    year: int | None
    serial: int | None
    scheduled_at: datetime
    status: str


class Around:
    """What stands around meetings: appointments, other meetings, limits, decisions and tasks.

    Each is read once for all of them, and only when one of the rules `asked` needs it.
    """

    def __init__(self, meetings: Sequence[Meeting], asked: Collection[str]) -> None:
        self.meetings = meetings
        self.asked = frozenset(asked)
        self.schools = {meeting.school_id for meeting in meetings}
        days = [local_day(meeting.scheduled_at) for meeting in meetings]
        self.first, self.last = (min(days), max(days)) if days else (date.min, date.min)

    @cached_property
    def org_types(self) -> dict[UUID, str]:
        """The kind of Party organisation by school."""
        if self.asked.isdisjoint({"R-C06"}):
            return {}
        return dict(School.objects.filter(pk__in=self.schools).values_list("pk", "party_org_type"))

    @cached_property
    def _appointments(self) -> dict[UUID, list[tuple[UUID, str, date, date | None]]]:
        found: dict[UUID, list[tuple[UUID, str, date, date | None]]] = defaultdict(list)
        if self.asked.isdisjoint({"R-Q04"}):
            return found
        rows = Appointment.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=self.first),
            school__in=self.schools,
            post__in=SCHOOL_POSTS,
            starts_on__lte=self.last,
        )
        for school, person, post, starts_on, ends_on in rows.values_list(
            "school_id", "person_id", "post", "starts_on", "ends_on"
        ):
            found[school].append((person, post, starts_on, ends_on))
        return found

    def in_office(self, meeting: Meeting, day: date) -> tuple[f.MemberFacts, ...]:
        """The members due by the appointments of that day, as `selectors.members_due` finds them."""
        posts: dict[UUID, set[str]] = defaultdict(set)
        for person, post, starts_on, ends_on in self._appointments[meeting.school_id]:
            if starts_on <= day and (ends_on is None or ends_on >= day):
                posts[person].add(post)
        return tuple(
            f.MemberFacts(str(person), frozenset(f.Post(post) for post in held & RULE_POSTS))
            for person, held in posts.items()
            if held & BODY_POSTS[meeting.body]
        )

    @cached_property
    def _siblings(self) -> dict[UUID, list[Sibling]]:
        found: dict[UUID, list[Sibling]] = defaultdict(list)
        if self.asked.isdisjoint({"R-C05", "R-M07"}):
            return found
        years = {meeting.year for meeting in self.meetings if meeting.year is not None}
        start, end = at_hour(self.first, MIDNIGHT), at_hour(self.last + timedelta(days=1), MIDNIGHT)
        rows = Meeting.objects.filter(
            Q(year__in=years, serial__isnull=False) | Q(scheduled_at__gte=start, scheduled_at__lt=end),
            school__in=self.schools,
        )
        for school, body, year, serial, at, status in rows.values_list(
            "school_id", "body", "year", "serial", "scheduled_at", "status"
        ):
            found[school].append(Sibling(body, year, serial, at, status))
        return found

    def other_body_at(self, meeting: Meeting, day: date) -> tuple[datetime, ...]:
        """When the other body of the school met on that day."""
        return tuple(
            other.scheduled_at
            for other in self._siblings[meeting.school_id]
            if other.body != meeting.body and other.status in HELD_OR_LATER and local_day(other.scheduled_at) == day
        )

    def numbers(self, meeting: Meeting) -> tuple[NumberFacts, ...]:
        """The numbers given to the same body in the same year."""
        if meeting.serial is None:
            return ()
        return tuple(
            NumberFacts(other.serial, other.scheduled_at)
            for other in self._siblings[meeting.school_id]
            if other.serial is not None and (other.body, other.year) == (meeting.body, meeting.year)
        )

    @cached_property
    def _limits(self) -> dict[UUID, list[tuple[date, Decimal]]]:
        found: dict[UUID, list[tuple[date, Decimal]]] = defaultdict(list)
        spending = any(item.amount is not None for meeting in self.meetings for item in meeting.items.all())
        if self.asked.isdisjoint({"R-T21"}) or not spending:
            return found
        rows = SchoolLimit.objects.filter(school__in=self.schools).order_by("-effective_from", "pk")
        for school, since, amount in rows.values_list("school_id", "effective_from", "amount"):
            found[school].append((since, amount))
        return found

    def limit(self, school: UUID, day: date) -> Decimal | None:
        """The school's 大额标准 in force on a day."""
        return next((amount for since, amount in self._limits[school] if since <= day), None)

    @cached_property
    def _reconsidered(self) -> dict[UUID, tuple[str, date, UUID]]:
        linked = (item.reconsiders_id for meeting in self.meetings for item in meeting.items.all())
        wanted = {decision for decision in linked if decision is not None}
        if self.asked.isdisjoint({"R-E04"}) or not wanted:
            return {}
        rows = Decision.objects.filter(pk__in=wanted).values_list("pk", "meeting__body", "decided_on", "school_id")
        return {pk: (body, decided_on, school) for pk, body, decided_on, school in rows}

    @cached_property
    def _tasks(self) -> dict[UUID, list[RunningTaskFacts]]:
        signed = [meeting.pk for meeting in self.meetings if meeting.signed_at is not None]
        found: dict[UUID, list[RunningTaskFacts]] = defaultdict(list)
        if self.asked.isdisjoint({"R-E02"}) or not signed:
            return found
        rows = Task.objects.filter(checklist__decision__meeting__in=signed)
        for item, due_on, status in rows.values_list("checklist__decision__item_id", "due_on", "status"):
            found[item].append(RunningTaskFacts(due_on, status in OPEN))
        return found

    def item(self, meeting: Meeting, item: AgendaItem, typed: ItemRecord | None) -> StoredItemFacts:
        """What a stored item has beyond the contract."""
        entry, tasks = typed or ItemRecord(item.pk), self._tasks.get(item.pk)
        original = self._reconsidered.get(item.reconsiders_id) if item.reconsiders_id else None
        return StoredItemFacts(
            id=str(item.pk),
            amount=item.amount,
            decision_text=entry.decision_text,
            with_words=frozenset(str(said.person) for said in entry.stances if not blank(said.opinion)),
            reconsiders=None
            if original is None
            else ReconsideredFacts(f.Body(original[0]), original[1], original[2] == meeting.school_id),
            tasks=tuple(tasks) if tasks else None,
        )


@dataclass(frozen=True)
class MonthResult:
    """What one rule says of one month of one school; `month` is its first day."""

    school: School
    month: date
    result: Result


def months_of(schools: Iterable[School], first: date, last: date, today: date) -> list[MonthResult]:
    """The months from that of `first` to that of `last`, of each school in turn; six queries, however many schools and months."""
    asked, months = list(schools), list(_months(first, last))
    if not asked or not months:
        return []
    timeline, kept = Timeline(), Kept(asked, months)
    return [
        MonthResult(school, month, result)
        for school in asked
        for month in months
        for result in _judged(kept.facts(school, month, today), school, timeline, _last_day(month))
    ]


def _judged(facts: SchoolMonthFacts, school: School, timeline: Timeline, day: date) -> list[Result]:
    """Each rule by what was in force at the end of the month for its body: a school's own rules are kept by body."""
    found = [
        result
        for body, rules in BY_BODY.items()
        for result in judge_month(facts, timeline.before(day, school.pk, body), rules)
    ]
    return sorted(found, key=lambda result: result.rule)


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _last_day(month) + timedelta(days=1)


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class Kept:
    """Held meetings and talks of some schools in some months, and since when each school registers meetings."""

    def __init__(self, schools: Sequence[School], months: Sequence[date]) -> None:
        # A week belongs to the month of its Thursday: up to three days of it lie in the month before or after.
        first, last = months[0] - timedelta(days=3), _last_day(months[-1]) + timedelta(days=3)
        ids = [school.pk for school in schools]
        held = Meeting.objects.filter(school__in=ids, status__in=HELD_OR_LATER)
        self.since = dict(held.values_list("school_id").annotate(first=Min("scheduled_at")).order_by())
        start, end = at_hour(months[0], MIDNIGHT), at_hour(_last_day(months[-1]) + timedelta(days=1), MIDNIGHT)
        self.days: dict[tuple[UUID, str], list[date]] = defaultdict(list)
        rows = held.filter(scheduled_at__gte=start, scheduled_at__lt=end).order_by("scheduled_at", "pk")
        for school, body, at in rows.values_list("school_id", "body", "scheduled_at"):
            self.days[school, body].append(local_day(at))
        self.talks: dict[UUID, list[date]] = defaultdict(list)
        talks = Talk.objects.filter(school__in=ids, held_on__gte=first, held_on__lte=last).order_by("held_on", "pk")
        for school, day in talks.values_list("school_id", "held_on"):
            self.talks[school].append(day)

    def facts(self, school: School, month: date, today: date) -> SchoolMonthFacts:
        """One month of one school."""
        began = [local_day(self.since[school.pk])] if school.pk in self.since else []
        if school.implemented_on is not None:
            began.append(school.implemented_on)
        last, around = _last_day(month), timedelta(days=3)
        return SchoolMonthFacts(
            school=school.code,
            year=month.year,
            month=month.month,
            today=today,
            since=min(began, default=None),
            leadership_mode=f.LeadershipMode(school.leadership_mode),
            party=tuple(day for day in self.days[school.pk, Body.PARTY] if month <= day <= last),
            principal=tuple(day for day in self.days[school.pk, Body.PRINCIPAL] if month <= day <= last),
            talks=tuple(day for day in self.talks[school.pk] if month - around <= day <= last + around),
        )
