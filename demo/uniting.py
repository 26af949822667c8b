"""党建共同体 of the demonstration district: nine for forty-eight schools, with their agreements, lists, matches and activities.

With 48 schools the lists hold what the source counts (F13 to F16: 9 communities, 40 resources, 32 demands, 25 projects).
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from checklists.services import NewTask
from communities import selectors, services
from communities.matching import Line
from communities.models import Booking, Community, Demand, JointProject, ResourcePeriod
from communities.services import ActivityInput, DemandInput, PeriodInput, ProjectInput, ResourceInput
from demo.days import clock, working_day
from demo.people import Cast
from demo.words import read_words
from schools.permissions import Post

Put = Callable[[datetime, Callable[[datetime], None]], None]
DISTRICT = 48
COMMUNITIES, RESOURCES, DEMANDS, PROJECTS = 9, 40, 32, 25
PAGE = b"%PDF-1.4\n% framework agreement of a fictitious community\n%%EOF\n"
FIT, FITTING = 10, 2  # rows of the two lists that fit each other; places of a community that use them
EVERY = 3  # of three resources the third has a second period; of three communities the third gains a member later


def expect_communities(casts: Sequence[Cast], organiser: User, first: date, as_of: date, put: Put) -> None:
    """Set everything about the communities on the agenda. Two schools make the smallest community."""
    if len(casts) < 2:
        return
    number = max(1, share(COMMUNITIES, len(casts)))
    circles = [Circle(index, list(casts[index::number]), organiser, first, as_of, put) for index in range(number)]
    for circle in circles:
        circle.expect()
    for what, total in (("resource", RESOURCES), ("demand", DEMANDS), ("project", PROJECTS)):
        for turn in range(share(total, len(casts))):
            circles[turn % number].expect_entry(what, turn // number, turn)


def share(total: int, schools: int) -> int:
    """The part of a district's number that falls to so many schools."""
    return round(total * schools / DISTRICT)


class Circle:
    """One community with the casts of its schools; the lead school is one in town."""

    def __init__(self, index: int, casts: list[Cast], organiser: User, first: date, as_of: date, put: Put) -> None:
        self.index, self.organiser, self.as_of, self.put = index, organiser, as_of, put
        self.lead = next((cast for cast in casts if cast.row.location == "urban"), casts[0])
        self.members = [self.lead, *(cast for cast in casts if cast is not self.lead)]
        self.rng = Random(f"{as_of} community {index}")  # noqa: S311  reproducible on purpose
        self.founded_on = working_day(first, 8 + 2 * index)
        self.signed_on = working_day(self.founded_on, 6)
        self.community: Community | None = None
        self.late = self.members.pop() if index % EVERY == EVERY - 1 and len(self.members) > 3 else None

    # ---- the agreement ----

    def expect(self) -> None:
        """Founding, consents, signing; a member that joins later; matching; activities over the year."""
        self.put(clock(self.founded_on, 9), self._found)
        for number, cast in enumerate(self.members[1:]):
            self.put(clock(working_day(self.founded_on, 1 + number % 4), 10, number), partial(self._consent, cast))
        self.put(clock(self.signed_on, 15), self._sign)
        if self.late is not None:
            self.put(clock(working_day(self.signed_on, 90), 9), self._join_late)
        self.put(clock(working_day(self.signed_on, 110), 14), self._match)
        for turn in range(6):
            day = working_day(self.signed_on, 15 + 32 * turn + self.rng.randrange(8))
            self.put(clock(day, 16, self.rng.randrange(60)), partial(self._hold, turn))

    @property
    def made(self) -> Community:
        """The community, once it is founded."""
        if self.community is None:
            raise RuntimeError("the community is founded before anything happens in it")
        return self.community

    def _found(self, at: datetime) -> None:
        said = read_words("communities.yaml")
        by = self.organiser if self.index % 2 else self._clerk(self.lead, at)
        end = self.as_of + timedelta(days=45) if self.index == 0 else self.signed_on + timedelta(days=3 * 365)
        names = said["names"]
        name = names[self.index % len(names)] + (str(self.index // len(names) + 1) if self.index >= len(names) else "")
        self.community = services.found_community(
            name=name, lead_school=self.lead.school, starts_on=self.signed_on, until=end,
            aim=said["aims"][self.index % len(said["aims"])], by=by, at=at,
        )  # fmt: skip
        self.put(at + timedelta(minutes=20), partial(self._gather, by))
        self.put(at + timedelta(minutes=40), partial(self._add_text, by))

    def _gather(self, by: User, at: datetime) -> None:
        schools = [cast.school for cast in self.members[1:]]
        services.join(community=self.made, schools=schools, by=by, at=at)

    def _add_text(self, by: User, at: datetime) -> None:
        text = SimpleUploadedFile(f"{self.made.name}框架协议书.pdf", PAGE)
        services.add_agreement_text(community=self.made, upload=text, by=by, at=at)

    def _consent(self, cast: Cast, at: datetime) -> None:
        services.give_consent(community=self.made, school=cast.school, by=self._secretary(cast, at), at=at)

    def _sign(self, at: datetime) -> None:
        by = self._secretary(self.lead, at)
        self.community = services.sign_agreement(community=self.made, signed_on=at.date(), by=by, at=at)

    def _join_late(self, at: datetime) -> None:
        if self.late is None:
            return
        services.join(community=self.made, schools=[self.late.school], on=at.date(), by=self.organiser, at=at)
        later = at + timedelta(days=1)
        self.put(later, partial(self._consent, self.late))
        self.members.append(self.late)

    # ---- the three lists ----

    def expect_entry(self, what: str, place: int, turn: int) -> None:
        """One entry of a list: `place` counts those of this community, `turn` those of the district."""
        steps = {"resource": self._resource, "demand": self._demand, "project": self._project}
        after = {"resource": 4, "demand": 20, "project": 30}[what]
        # the last demand of a community comes after the matching and is still open
        after += 105 if what == "demand" and place > FITTING else 0
        day = working_day(self.signed_on, after + 5 * place)
        self.put(clock(day, 11, turn % 60), partial(steps[what], place, turn))

    def _giver(self, place: int) -> Cast:
        """The first two, in town as a rule, give what fits; others have something, too."""
        return self.members[(place if place > FITTING else place % 2) % len(self.members)]

    def _taker(self, place: int) -> Cast:
        """From the other end, where the villages are."""
        among = len(self.members) - 2
        return self.members[-1 - place % among] if among > 0 else self.members[(place + 1) % 2]

    def _row(self, place: int) -> int:
        """Resources and demands of one community fit in the first places."""
        return (3 * self.index + place) % FIT

    def _resource(self, place: int, turn: int, at: datetime) -> None:
        rows = read_words("communities.yaml")["resources"]
        fits = place <= FITTING
        kind, title, subject, capacity, times, note = rows[self._row(place) if fits else FIT + turn % (len(rows) - FIT)]
        end = self.as_of + timedelta(days=60 + 30 * (turn % 3))
        periods = [PeriodInput(at.date(), end, capacity, times)]
        if turn % EVERY == 0:
            periods.append(PeriodInput(end + timedelta(days=1), end + timedelta(days=120), capacity, times))
        new = ResourceInput(kind, title, periods, subject, note)
        cast = self._giver(place)
        services.add_resource(community=self.made, school=cast.school, new=new, by=self._clerk(cast, at), at=at)

    def _demand(self, place: int, turn: int, at: datetime) -> None:
        rows = read_words("communities.yaml")["demands"]
        late = FIT + self.index // 2 % (len(rows) - FIT) if self.index % 2 == 0 else self._row(1)
        kind, title, subject, amount, expectation = rows[self._row(place) if place <= FITTING else late]
        end = self.as_of + timedelta(days=20 + 15 * (turn % 5))
        new = DemandInput(kind, title, at.date(), end, amount, subject, expectation)
        cast = self._taker(place)
        services.add_demand(community=self.made, school=cast.school, new=new, by=self._clerk(cast, at), at=at)

    def _project(self, place: int, turn: int, at: datetime) -> None:
        rows = read_words("communities.yaml")["projects"]
        way, title, content, result = rows[(self.index + 3 * place) % len(rows)]
        cast, day = self.members[place % len(self.members)], at.date()
        holder = cast.answering("teaching", day)
        partners = [one.school for one in self.members if one is not cast][: 2 + turn % 3]
        done = place == 0
        end = working_day(day, 80) if done else self.as_of + timedelta(days=40 + 20 * (turn % 4))
        new = ProjectInput(title, way, holder.person, day, end, partners, (), content)
        by = self._clerk(cast, at)
        project = services.add_project(community=self.made, school=cast.school, new=new, by=by, at=at)
        if done:
            self.put(clock(working_day(day, 78), 10), partial(self._conclude, project, cast, result))
        elif place == 1:
            self.put(at + timedelta(minutes=30), partial(self._plan, project, cast))

    def _plan(self, project: JointProject, cast: Cast, at: datetime) -> None:
        """The work of one project in each community is a task; it is due after the day of loading."""
        target, measures = read_words("communities.yaml")["task"]
        holder = cast.answering("teaching", at.date())
        task = NewTask(target, measures, self.as_of + timedelta(days=30 + self.index), holder.person, "项目责任人")
        by = self._secretary(cast, at)
        services.plan_project(project=project, tasks=[task], version=None, by=by, at=at)

    def _conclude(self, project: JointProject, cast: Cast, result: str, at: datetime) -> None:
        by = self._clerk(cast, at)
        services.conclude_project(project=project, result=result, on=at.date(), version=None, by=by, at=at)

    # ---- matching and activities ----

    def _match(self, at: datetime) -> None:
        """The lead school accepts most of what is proposed, turns one down, and one booking is cancelled later."""
        lines = selectors.plans_of([self.made.pk], at.date())[self.made.pk].lines()
        for number, line in enumerate(lines):
            if self.index % EVERY == 2 and number == len(lines) - 1:
                continue  # left for whoever looks at the demonstration
            step = self._refuse if self.index % EVERY == 1 and number == 0 else self._accept
            self.put(at + timedelta(minutes=5 + 5 * number), partial(step, number, *line))

    def _refuse(self, number: int, demand: Demand, period: ResourcePeriod, line: Line, at: datetime) -> None:
        reason = read_words("communities.yaml")["match_refused"]
        by = self._clerk(self.lead, at)
        services.refuse_match(demand=demand, resource=period.resource, reason=reason, by=by, at=at)

    def _accept(self, number: int, demand: Demand, period: ResourcePeriod, line: Line, at: datetime) -> None:
        by = self._clerk(self.lead, at)
        booking = services.book(period=period, school=demand.school, amount=line.amount, demand=demand, by=by, at=at)
        if self.index % 4 == 3 and number == 0:
            self.put(at + timedelta(minutes=2), partial(self._cancel, booking))

    def _cancel(self, booking: Booking, at: datetime) -> None:
        reason = read_words("communities.yaml")["booking_cancelled"]
        services.cancel_booking(booking=booking, reason=reason, by=self._clerk(self.lead, at), at=at)

    def _hold(self, turn: int, at: datetime) -> None:
        rows = read_words("communities.yaml")["activities"]
        way, title, people, text = rows[(turn + self.index) % len(rows)]
        host = self.lead if turn % 3 else self._giver(turn + 1)
        partners = [one.school for one in self.members[::-1] if one is not host][: 1 + turn % 4]
        people += self.rng.randrange(20)
        new = ActivityInput(way, at.date(), title, host.school, partners, people, text)
        services.record_activity(community=self.made, new=new, by=self._clerk(host, at), at=at)

    def _secretary(self, cast: Cast, at: datetime) -> User:
        return cast.head(Post.SECRETARY, at.date()).user

    def _clerk(self, cast: Cast, at: datetime) -> User:
        return cast.head(Post.CLERK, at.date()).user
