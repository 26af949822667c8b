"""What a school's bodies deal with and when: a year of meetings, planned before anybody acts. Pure but for the dice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random

from demo.days import clock, teaches, working_day, works
from demo.words import Topic, adoptions, foundations, studies, topics
from governance.rules.load import delivered_reference
from schools.permissions import Body
from schools.services.schools import SchoolRow

SETTLED = timedelta(days=9)  # meetings before the last nine days are signed
PLANS_RUN = timedelta(days=110)  # from then on every school has its plan
ORGANISATION = {"branch": "党支部", "general_branch": "党总支", "committee": "党委"}


class Ending(StrEnum):
    """How far a meeting has come on the day of loading."""

    SIGNED = "signed"
    MINUTED = "minuted"
    HELD = "held"
    NO_MAJORITY = "no_majority"
    NO_OUTCOME = "no_outcome"
    NO_TASK = "no_task"
    RETURNED = "returned"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    CALLED = "called"
    CONFIRMED = "confirmed"
    DRAFT = "draft"


E = Ending
# What the latest and the next meeting of each body look like, school by school, over and over.
LATEST: dict[str, tuple[Ending | None, ...]] = {
    Body.PARTY: (
        E.MINUTED, E.SIGNED, E.NO_MAJORITY, E.SIGNED, None, E.HELD, E.SIGNED, E.MINUTED,
        None, E.RETURNED, E.SIGNED, E.NO_OUTCOME, E.SIGNED, E.MINUTED, None, E.SIGNED,
    ),
    Body.PRINCIPAL: (
        E.SIGNED, E.MINUTED, E.SIGNED, E.NO_TASK, E.SIGNED, E.SIGNED, None, E.HELD,
        E.SIGNED, None, E.MINUTED, E.SIGNED, E.RETURNED, E.SIGNED, E.SIGNED, None,
    ),
}  # fmt: skip
NEXT: dict[str, tuple[Ending | None, ...]] = {
    Body.PARTY: (E.CALLED, E.DRAFT, None, E.CONFIRMED, E.CALLED, E.CALLED, None, E.DRAFT),
    Body.PRINCIPAL: (E.DRAFT, E.CALLED, E.CONFIRMED, E.CALLED, None, E.DRAFT, E.CALLED, E.CALLED),
}
RARE = {7: (Body.PARTY, Ending.LAPSED), 2: (Body.PRINCIPAL, Ending.CANCELLED), 12: (Body.PARTY, Ending.CANCELLED)}
RARE_EVERY = 40
UNTALKED_EVERY, UNTALKED_FROM = 8, 5


@dataclass
class ItemPlan:
    """One item: the topic with its texts filled in, and what will come of it."""

    topic: Topic
    matter: str
    title: str
    outcome: str


@dataclass
class MeetingPlan:
    """One meeting, its items, and how far it will have come. `untalked`: no talk beforehand, which the head lets pass (放行).

    `adopts`: the school's rules of procedure are adopted there.
    """

    body: Body
    starts: datetime
    ending: Ending
    afterwards: bool = False
    untalked: bool = False
    adopts: bool = False
    items: list[ItemPlan] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The day it is held."""
        return self.starts.date()


class Planner:
    """Plans the meetings of one school between two days; `quiet` are days without meetings (changes of office)."""

    def __init__(self, row: SchoolRow, index: int, first: date, as_of: date, rng: Random) -> None:
        self.row, self.index, self.first, self.as_of, self.rng = row, index, first, as_of, rng
        self.used: dict[str, date] = {}
        self.proposed: list[tuple[date, Topic]] = []
        self.again: dict[str, list[Topic]] = {Body.PARTY: [], Body.PRINCIPAL: []}
        self.study = rng.randrange(len(studies()))

    def meetings(self, quiet: list[tuple[date, date]]) -> list[MeetingPlan]:
        """All meetings in order of their day, with their items."""
        plans = [*self._regular(Body.PARTY), *self._regular(Body.PRINCIPAL)]
        self._make_some_rare(plans)
        plans = [plan for plan in plans if not any(start <= plan.day <= end for start, end in quiet)]
        plans += self._latest_and_next()
        _keep_apart(plans)
        plans.sort(key=lambda plan: plan.starts)
        for plan in plans:
            plan.items = self._party_items(plan) if plan.body == Body.PARTY else self._principal_items(plan)
        self._leave_a_talk_out(plans)
        self._adopt_rules(plans)
        self._adopt_texts(plans)
        return plans

    def _adopt_rules(self, plans: list[MeetingPlan]) -> None:
        """The first settled Party meeting adopts both rules of procedure."""
        first = next((p for p in plans if p.body == Body.PARTY and p.ending == Ending.SIGNED and not p.untalked), None)
        if first is not None:
            first.adopts = True
            first.items[1:] = [ItemPlan(topic, topic.matter, topic.title, "approved") for topic in adoptions()]

    def _adopt_texts(self, plans: list[MeetingPlan]) -> None:
        """A settled Party meeting of spring adopts the other texts of the five works, in the place of what was drawn for it."""
        since = self.first + PLANS_RUN
        open_ones = [
            p
            for p in plans
            if p.body == Body.PARTY and p.ending == Ending.SIGNED and not p.untalked and not p.adopts and p.day >= since
        ]
        if not open_ones:
            return
        seen = {item.title for plan in plans if plan.day < open_ones[0].day for item in plan.items}
        free = [p for p in open_ones if not any(i.topic.origin or i.title in seen for i in p.items[1:])]
        chosen = free[0] if free else open_ones[0]
        kept = [] if free else chosen.items[1:]
        chosen.items[1:] = [*kept, *(ItemPlan(t, t.matter, t.title, "approved") for t in foundations())]

    def _leave_a_talk_out(self, plans: list[MeetingPlan]) -> None:
        """In a few schools with two heads, one settled Party meeting goes without the talk that R-T09 asks for."""
        if self.index % UNTALKED_EVERY != UNTALKED_FROM or self.row.leadership_mode != "separate":
            return
        candidates = [
            plan
            for plan in plans
            if plan.ending == Ending.SIGNED and plan.body == Body.PARTY and any(asks_talk(i) for i in plan.items)
        ]
        if candidates:
            candidates[-1].untalked = True

    def _regular(self, body: Body) -> Iterator[MeetingPlan]:
        days = self._monthly() if body == Body.PARTY else self._three_weekly()
        hour = self.rng.choice((14, 15, 16))
        for day in days:
            afterwards = self.rng.random() < 0.3
            yield MeetingPlan(body, clock(day, hour, self.rng.choice((0, 0, 30))), Ending.SIGNED, afterwards)

    def _monthly(self) -> Iterator[date]:
        """About one day a month in term, as a rule on the same weekday."""
        weekday, week = self.rng.randrange(5), self.rng.randrange(4)
        last = self.as_of - SETTLED
        month = self.first.replace(day=1)
        while month <= last:
            following = (month + timedelta(days=32)).replace(day=1)
            days = [month + timedelta(days=n) for n in range((following - month).days)]
            open_days = [day for day in days if teaches(day) and self.first + timedelta(days=8) <= day <= last]
            liked = [day for day in open_days if day.weekday() == weekday]
            if liked:
                yield liked[min(week, len(liked) - 1)]
            elif open_days and self.rng.random() < 0.7:
                yield self.rng.choice(open_days)
            month = following

    def _three_weekly(self) -> Iterator[date]:
        """Every three to four weeks in term, and once before the term begins."""
        step = self.rng.choice((23, 25, 28))
        day = self.first + timedelta(days=9 + self.rng.randrange(8))
        while day <= self.as_of - SETTLED:
            if teaches(day):
                yield day
                day += timedelta(days=step)
            else:
                day += timedelta(days=1)

    def _make_some_rare(self, plans: list[MeetingPlan]) -> None:
        """One meeting lapses, one or two are cancelled."""
        body, ending = RARE.get(self.index % RARE_EVERY, (None, None))
        candidates = [plan for plan in plans if plan.body == body]
        if ending is not None and len(candidates) > 3:
            candidates[-2].ending, candidates[-2].afterwards = ending, False

    def _latest_and_next(self) -> Iterator[MeetingPlan]:
        for shift, body in enumerate(Body):
            latest = LATEST[body][self.index % len(LATEST[body])]
            if latest is not None:
                back = {Ending.SIGNED: 5, Ending.MINUTED: 2, Ending.HELD: 1, Ending.RETURNED: 4}.get(latest, 3)
                day = working_day(self.as_of, -back - shift * (latest == Ending.SIGNED))
                yield MeetingPlan(body, clock(day, 15 - shift), latest)
            following = NEXT[body][self.index % len(NEXT[body])]
            if following is not None:
                ahead = self.rng.randint(1, 4) if following == Ending.CALLED else self.rng.randint(4, 9)
                day = working_day(self.as_of - timedelta(days=works(self.as_of)), ahead)
                yield MeetingPlan(body, clock(day, 15 + shift), following)

    # --- items ---------------------------------------------------------------------------------------------------

    def _party_items(self, plan: MeetingPlan) -> list[ItemPlan]:
        self.study = (self.study + 1) % len(studies())
        study = studies()[self.study]
        items = [ItemPlan(study, study.matter, study.title, "approved")]
        ready = [topic for day, topic in self.proposed if day <= plan.day][:2]
        self.proposed = [(day, topic) for day, topic in self.proposed if topic not in ready]
        chosen = [*self.again[Body.PARTY][:1], *ready]
        self.again[Body.PARTY] = self.again[Body.PARTY][1:]
        wanted = max(self.rng.choice((1, 1, 2, 2, 3)) - len(chosen), 0)
        chosen += [topic for _ in range(wanted) if (topic := self._draw(plan, "P"))]
        for topic in chosen:
            outcome = self._outcome((0.8, 0.1, 0.06, 0.02, 0.02))
            if outcome == "deferred":
                self.again[Body.PARTY].append(topic)
            items.append(ItemPlan(topic, topic.matter, topic.title, outcome))
        return items

    def _principal_items(self, plan: MeetingPlan) -> list[ItemPlan]:
        items = []
        if self.rng.random() < 0.5 and (topic := self._draw(plan, "origin")):
            proposed = self.rng.random() < 0.93
            if proposed:
                self.proposed.append((plan.day + timedelta(days=8), topic))
            outcome = "proposed_to_party" if proposed else "deferred"
            items.append(ItemPlan(topic, topic.origin, topic.proposal_title, outcome))
        wanted = self.rng.choice((1, 1, 1, 2, 2)) if items else self.rng.choice((1, 2, 2, 3))
        chosen = [topic for _ in range(wanted) if (topic := self._draw(plan, "A"))]
        items += [
            ItemPlan(topic, topic.matter, topic.title, self._outcome((0.94, 0.03, 0.03, 0, 0))) for topic in chosen
        ]
        return items

    def _outcome(self, chances: tuple[float, ...]) -> str:
        names = ("approved", "approved_in_principle", "deferred", "rejected", "withdrawn")
        return self.rng.choices(names, chances)[0]

    def _draw(self, plan: MeetingPlan, kind: str) -> Topic | None:
        """A topic that fits school and season and was not dealt with in the last ten months, else the one longest ago."""
        fitting = [t for t in topics() if _kind(t) == kind and t.fits(self.row.stage, plan.day.month)]
        recently = plan.day - timedelta(days=300)
        fresh = [topic for topic in fitting if self.used.get(topic.title, recently) <= recently]
        if not fresh and kind != "A":
            return None
        topic = self.rng.choice(fresh) if fresh else min(fitting, key=lambda t: self.used[t.title])
        self.used[topic.title] = plan.day
        return topic.filled(values_of(self.row, plan.day, self.rng))


def values_of(row: SchoolRow, day: date, rng: Random) -> dict[str, object]:
    """What the placeholders of a topic stand for in that school on that day."""
    return {
        "org": ORGANISATION[row.party_org_type],
        "year": day.year,
        "next_year": day.year + 1,
        "school_year": day.year if day.month >= 7 else day.year - 1,
        "term": "第一学期" if day.month >= 7 else "第二学期",
        "month": day.month,
        "amount": rng.choice((8, 12, 15, 18, 24, 28, 36)),
        "n": rng.randint(2, 6),
    }


def _keep_apart(plans: list[MeetingPlan]) -> None:
    """The two bodies never meet at the same time (R-C05): on a common day the principal's meeting comes first, at nine."""
    party = {plan.day for plan in plans if plan.body == Body.PARTY}
    for plan in plans:
        if plan.body == Body.PRINCIPAL and plan.day in party:
            plan.starts = plan.starts.replace(hour=9)


def asks_talk(item: ItemPlan) -> bool:
    """Whether the secretary and the principal talk it over before the Party meeting (R-T09)."""
    matter = delivered_reference().matters[item.matter]
    return matter.body.value == Body.PARTY and (matter.important or bool(matter.fed_by))


def _kind(topic: Topic) -> str:
    return "origin" if topic.origin else topic.matter[0]
