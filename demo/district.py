"""Playing the year of the demonstration district: every act in order of time, through the services the pages use."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from accounts.models import User
from audit.services import in_batches
from common.dates import at_hour, local_day
from common.history import as_history, moment
from deadlines.services import settle_history, sweep_batch
from demo.adopting import set_limit
from demo.days import clock
from demo.declaring import expect_declarations
from demo.leading import lead_projects
from demo.offering import expect_templates
from demo.people import Accounts, Cast, Change, Names, enter_bureau, enter_offices
from demo.plan import Planner
from demo.plans import PlanYear
from demo.play import SchoolYear
from demo.roster import rows
from demo.selecting import Rollout
from demo.uniting import expect_communities
from notifications.models import Message
from notifications.services import BATCH, dispatch_batch, mark_read
from schools.models import Appointment
from schools.permissions import Post
from schools.services.projection import project_members
from schools.services.schools import SchoolRow, put_school

RECENT = timedelta(days=10)  # what the inboxes still show
OVERDUE = (2, 1, 3, 1, 2, 1, 3, 2)  # stuck tasks of the schools that have any
CARELESS_EVERY, CARELESS_FROM = 6, 1
STEP = Callable[[datetime], None]


@dataclass(frozen=True)
class Wish:
    """What to make: how many schools and years, up to which day, from which dice."""

    schools: int
    years: int
    seed: int
    as_of: date
    encoded_password: str


@dataclass
class Agenda:
    """Everything that will happen, by time; what would happen on the day of loading or later is left to the users."""

    until: datetime
    heap: list[tuple[datetime, int, STEP]] = field(default_factory=list)
    counter: Iterable[int] = field(default_factory=count)

    def put(self, at: datetime, step: STEP) -> None:
        """Let `step` happen at `at`."""
        if at < self.until:
            heapq.heappush(self.heap, (at, next(iter(self.counter)), step))

    def __iter__(self) -> "Agenda":
        return self

    def __next__(self) -> tuple[datetime, STEP]:
        if not self.heap:
            raise StopIteration
        at, _, step = heapq.heappop(self.heap)
        return at, step


class District:
    """The whole district; `run` plays it and returns the sign-in names to print."""

    def __init__(self, wish: Wish, say: Callable[[str, float], None]) -> None:
        self.wish, self.say = wish, say
        self.first = wish.as_of - timedelta(days=365 * wish.years)
        self.start, self.until = clock(self.first, 8), clock(wish.as_of, 0)
        self.agenda = Agenda(self.until)
        self.accounts = Accounts(wish.encoded_password)
        self.rng = self.dice("district")
        self.users: dict[str, User] = {}
        self.offices: list[str] = []
        self.experts: list[str] = []

    def dice(self, what: str) -> Random:
        """Dice of their own for each part, so that one part does not shift another."""
        return Random(f"{self.wish.seed} {self.wish.as_of} {what}")  # noqa: S311  reproducible on purpose

    def run(self) -> list[str]:
        """Enter everybody, then let the time pass."""
        recent = at_hour(self.wish.as_of - RECENT)
        with as_history(), in_batches():
            with moment(self.start):
                self._enter(self.start)
            self._play(recent)
            settle_history(at=recent - timedelta(seconds=1))
        self._play_recent(recent)
        self._finish()
        return [*self.users, *self.offices, *self.experts]

    def _enter(self, at: datetime) -> None:
        names = Names(self.dice("bureau"))
        starts_on = date(self.first.year - 2, 9, 1)
        self.users = enter_bureau(self.accounts, names, starts_on, at)
        entered = []
        for index, row in enumerate(rows(self.wish.schools, self.wish.seed)):
            entered.append((index, row, put_school(row, by=self.users["bureau"], at=at)[0]))
            self.say("登记学校", (index + 1) / self.wish.schools * 0.05)
        self.offices = list(enter_offices(self.accounts, names, starts_on, at))
        casts = []
        rollout = self._rollout()
        rollout.expect_batches(len(entered))
        for index, row, school in entered:
            dice = self.dice(row.code)
            cast = Cast(row, school, dice)
            changes = list(self._changes(index, row))
            cast.enter(self.accounts, self.first, at, changes)
            casts.append(cast)
            rollout.expect_school(index, cast)
            planner = Planner(row, index, self.first, self.wish.as_of, dice)
            year = SchoolYear(cast, dice, self.agenda.put, self.wish.as_of, self._stuck_tasks(index))
            PlanYear(index, cast, year, rollout.approved_on(index), self.users["bureau"]).expect()
            quiet = [(change.on - timedelta(days=14), change.on + timedelta(days=3)) for change in changes]
            for plan in planner.meetings(quiet):
                year.expect(plan)
            year.expect_talks(self.first)
            expect_declarations(cast, self.first, self.wish.as_of, self.agenda.put)
            year.topics.expect_backlog(planner)
            limit_on = clock(self.first + timedelta(days=1), 9)
            self.agenda.put(limit_on, partial(set_limit, school, cast.head(Post.SECRETARY, limit_on.date()).user))
            for change in changes:
                year.expect_change(change, self.accounts, self.users["bureau"])
        rollout.expect_documents(casts)
        expect_templates(self.users["bureau"], self.first, self.agenda.put)
        self.experts = lead_projects(
            casts,
            self.accounts,
            self.users["bureau"],
            self.first,
            self.wish.as_of,
            self.agenda.put,
            self.dice("projects"),
        )
        expect_communities(casts, self.users["bureau"], self.first, self.wish.as_of, self.agenda.put)

    def _rollout(self) -> Rollout:
        """How the pilot came to be implemented everywhere, in the months after the year begins."""
        offices = dict(
            User.objects.filter(username__in=self.offices).values_list("person__appointments__office__code", "pk")
        )
        users = User.objects.in_bulk(offices.values())
        acting = {code: users[pk] for code, pk in offices.items()}
        return Rollout(self.first, self.wish.as_of, self.agenda.put, self.users["bureau"], acting)

    def _changes(self, index: int, row: SchoolRow) -> Iterable[Change]:
        """A secretary or vice principal changed at the beginning of a school year, a clerk left in spring."""
        kinds = ((16, 3, "secretary", 8), (16, 7, "vice", 8), (12, 5, "clerk", 3))
        for every, place, key, month in kinds:
            on = date(self.wish.as_of.year, month, 1)
            if on > self.wish.as_of - timedelta(days=25):
                on = on.replace(year=on.year - 1)
            if index % every == place and row.leadership_mode == "separate" and on > self.first + timedelta(days=20):
                yield Change(key, on)

    def _stuck_tasks(self, index: int) -> int:
        if index % CARELESS_EVERY != CARELESS_FROM:
            return 0
        return OVERDUE[index // CARELESS_EVERY % len(OVERDUE)]

    def _play(self, until: datetime) -> None:
        """Let everything before `until` happen."""
        while self.agenda.heap and self.agenda.heap[0][0] < until:
            at, step = next(self.agenda)
            with moment(at):
                step(at)
            self.say(f"{at:%Y-%m-%d}", 0.05 + 0.9 * (at - self.start) / (self.until - self.start))

    def _play_recent(self, start: datetime) -> None:
        """The last days are told as they would have been told: reminders at eight, notices after each act. Nothing is mailed."""
        mornings = [start + timedelta(days=n) for n in range(RECENT.days)]
        for morning in mornings:
            self._play_and_tell(morning)
            sweep_batch(at=morning)
            _tell(morning)
        self._play_and_tell(self.until)

    def _play_and_tell(self, until: datetime) -> None:
        while self.agenda.heap and self.agenda.heap[0][0] < until:
            at = self.agenda.heap[0][0]
            self._play(at + timedelta(microseconds=1))
            _tell(at)

    def _finish(self) -> None:
        """Messages are read by most; groups are those of the day of loading."""
        self._read()
        accounts = Appointment.objects.filter(person__account__isnull=False).order_by("person__account_id")
        pks = list(accounts.values_list("person__account_id", flat=True).distinct())
        for start in range(0, len(pks), 500):
            project_members(User.objects.filter(pk__in=pks[start : start + 500]).order_by("pk"), self.wish.as_of)

    def _read(self) -> None:
        by_reader: dict[tuple[object, date], list[Message]] = {}
        for message in Message.objects.select_related("reader").order_by("at", "event_id", "reader_id"):
            by_reader.setdefault((message.reader_id, local_day(message.at)), []).append(message)
        for (_, day), messages in by_reader.items():
            age = (self.wish.as_of - day).days
            if self.rng.random() < min(0.25 + 0.12 * age, 0.97):
                read_at = min(clock(day, 18, self.rng.randrange(60)), self.until - timedelta(minutes=1))
                read_at = max(read_at, messages[-1].at + timedelta(minutes=1))
                mark_read(reader=messages[0].reader, ids=[message.pk for message in messages], at=read_at)


def _tell(at: datetime) -> None:
    with as_history():
        while dispatch_batch(at=at) == BATCH:
            pass
