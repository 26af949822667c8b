"""书记领雁项目 of the demonstration district: those of the years before are imported, others go their way during the year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

from accounts.models import User
from checklists import services as tasks
from checklists.models import Task
from demo.days import clock, working_day
from demo.people import Accounts, Cast, Names
from projects import services
from projects.models import CRITERIA, Flagship, Review, SelectedCase
from projects.results import NATIONAL_PRIZE, REFORM_CASE, RELIEF_CASE
from projects.services import AwardInput, CaseInput, FlagshipInput, MemberInput, MilestoneInput
from projects.services.importing import write_awards, write_projects
from schools.models import Person
from schools.permissions import Post
from schools.services.appointments import NewAppointment, appoint

Put = Callable[[datetime, Callable[[datetime], None]], None]
EXPERTS = 3
LISTED = 40
AT_SCHOOLS = 37  # the last three projects are second ones
SECOND = (2, 11, 20)
EVERY, FROM = 4, 1  # which of them go their way during the year
NATIONAL = (0, 8, 16)
RELIEF = (0, 2, 4, 6, 10, 12, 14, 18)
REFORM = (0, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23)


@cache
def given() -> dict[str, Any]:
    """The titles and texts."""
    path = Path(__file__).parent / "data" / "projects.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def school_of(number: int) -> int:
    """The school of the project of that number."""
    return number if number < AT_SCHOOLS else SECOND[number - AT_SCHOOLS]


@dataclass
class Stage:
    """Everybody who has a part in it, and the dice."""

    casts: Sequence[Cast]
    organiser: User
    first: date
    as_of: date
    put: Put
    experts: list[Person] = field(default_factory=list)
    rng: Random = field(default_factory=lambda: Random(0))  # noqa: S311  reproducible on purpose

    def office_of(self, cast: Cast) -> User | None:
        """Who acts for the school's office."""
        if cast.school.office_id is None:
            return None
        return User.objects.get(person__appointments__office=cast.school.office_id)

    def pick(self, name: str) -> Any:
        """One of those words."""
        return self.rng.choice(given()[name])


def lead_projects(
    casts: Sequence[Cast], accounts: Accounts, organiser: User, first: date, as_of: date, put: Put, dice: Random
) -> list[str]:
    """Enter the experts and set all projects on the agenda; returns the experts' sign-in names."""
    stage = Stage(casts, organiser, first, as_of, put, rng=dice)
    names = Names(dice)
    users = []
    start = clock(first, 8)
    for number in range(1, EXPERTS + 1):
        username = f"reviewer{number:02d}"
        person, _ = accounts.open(names.draw(), username, None, start)
        new = NewAppointment(person=person, post=Post.REVIEWER, starts_on=date(first.year - 2, 9, 1), duty="评审专家")
        appoint(new, by=None, at=start)
        stage.experts.append(person)
        users.append(username)
    put(clock(working_day(first, 1), 15), partial(_import, stage))
    for place, number in enumerate(range(FROM, LISTED, EVERY)):
        if school_of(number) < len(casts):
            Course(stage, casts[school_of(number)], given()["projects"][number], place).expect()
    for place, row in enumerate(given()["underway"]):
        cast = casts[(LISTED + place) % len(casts)]
        Course(stage, cast, row, place).expect_underway()
    return users


def _import(stage: Stage, at: datetime) -> None:
    """The projects of the years before with their awards, as the organisation section would import them; some cases."""
    rows, awards = [], []
    for number in range(LISTED):
        if number % EVERY == FROM or school_of(number) >= len(stage.casts):
            continue
        row = _past(stage, number)
        rows.append(row)
        awards += _awards(number, row)
    write_projects(rows, stage.organiser, at)
    write_awards(awards, stage.organiser, at)
    for place, (title, text) in enumerate(given()["cases"]):
        _case(stage, place, title, text, at)


def _past(stage: Stage, number: int) -> dict[str, Any]:
    """A project listed one to four years before the year began; the older ones are concluded."""
    cast = stage.casts[school_of(number)]
    title, kind, areas = given()["projects"][number]
    age = 4 - number % 4
    listed_on = working_day(date(stage.first.year - age, 3, 10) + timedelta(days=number), 1)
    ended = age >= 2
    return {
        "number": f"LY-{listed_on.year}-{number + 1:02d}", "title": title, "school": cast.school.code, "kind": kind,
        "leader": cast.head(Post.SECRETARY, stage.first).person.name, "listed_on": listed_on.isoformat(),
        "budget": f"{stage.rng.randrange(10, 50) * 1000}.00", "status": "concluded" if ended else "mid_checked",
        "ends_on": (stage.as_of + timedelta(days=60 + 5 * number)).isoformat() if not ended else "",
        "grade": ("excellent" if number % 3 == 0 else "good") if ended else "", "areas": areas,
    }  # fmt: skip


def _awards(number: int, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What the project won; the same name in two years is still one project."""
    year = int(row["listed_on"][:4])
    held = [(NATIONAL, "national", NATIONAL_PRIZE, "二等奖"), (RELIEF, "provincial", RELIEF_CASE, "")]
    held.append((REFORM, "city", REFORM_CASE, ""))
    found = [(level, name, year, prize) for numbers, level, name, prize in held if number in numbers]
    if number == REFORM[1]:
        found.append(("city", REFORM_CASE, year + 1, ""))
    if number % 5 == 2:
        found.append(("district", "区教育教学成果奖", year, "一等奖"))
    return [
        {"number": row["number"], "level": level, "name": name, "year": given_in, "prize": prize, "issuer": "", "certificate": ""}
        for level, name, given_in, prize in found
    ]  # fmt: skip


def _case(stage: Stage, place: int, title: str, text: str, at: datetime) -> None:
    cast = stage.casts[place % len(stage.casts)]
    new = CaseInput(
        title=title, level=("provincial", "city", "district")[place % 3], year=stage.first.year, text=text * 3,
        summary=text, authors=cast.head(Post.SECRETARY, stage.first).person.name,
    )  # fmt: skip
    case: SelectedCase = services.enter_case(school=cast.school, new=new, by=stage.organiser, at=at)
    if place != 2:
        services.publish_case(case=case, by=stage.organiser, at=at)


class Course:
    """One project of the year: applied for, judged, listed, started, worked on."""

    def __init__(self, stage: Stage, cast: Cast, row: Sequence[Any], place: int) -> None:
        self.stage, self.cast, self.row, self.place = stage, cast, row, place
        self.key: Any = None

    def expect(self) -> None:
        """From the application to the first checks; listed before the day of loading, whatever comes after."""
        day = self.stage.first + timedelta(days=12 + 24 * self.place)
        for days, hour, step in (
            (0, 9, self._apply), (3, 10, self._advise), (5, 14, self._check), (12, 9, self._score), (15, 15, self._list),
            (18, 9, self._start),
        ):  # fmt: skip
            self._on(working_day(day, days) if days else working_day(day, 1), hour, step)
        later = {0: self._mid_check, 1: self._extend, 2: self._change, 3: self._award}.get(self.place)
        if later is not None:
            self._on(working_day(day, 150), 10, later)

    def expect_underway(self) -> None:
        """Applications of the last weeks: one waits for scores, one for the office, one was returned."""
        day = working_day(self.stage.as_of, -18 + 2 * self.place)
        self._on(day, 9, self._apply)
        if self.place == 0:
            self._on(working_day(day, 2), 10, self._advise)
            self._on(working_day(day, 4), 14, self._check)
            self._on(working_day(day, 8), 9, partial(self._score, scores=1))
        if self.place == 2:
            self._on(working_day(day, 3), 11, self._return)

    def _on(self, day: date, hour: int, step: Callable[[datetime], None]) -> None:
        self.stage.put(clock(day, hour, 7 * self.place % 50), step)

    @property
    def project(self) -> Flagship:
        """The project as it is now."""
        return Flagship.objects.get(pk=self.key)

    def _secretary(self, at: datetime) -> Any:
        return self.cast.head(Post.SECRETARY, at.date())

    def _worker(self, at: datetime) -> Any:
        """Who answers for the milestones and stays in office all the year."""
        both = self.cast.school.leadership_mode != "separate"
        return self.cast.head(Post.CLERK if both else Post.PRINCIPAL, at.date())

    def _apply(self, at: datetime) -> None:
        today, stage = at.date(), self.stage
        title, kind, areas = self.row
        worker = self._worker(at)
        days = (70, 150, 330)
        milestones = tuple(
            MilestoneInput(target, measures, working_day(today + timedelta(days=after), 1), worker.person.pk)
            for (target, measures), after in zip(given()["milestones"], days, strict=True)
        )
        new = FlagshipInput(
            title=title, kind=kind, areas=tuple(areas), problem=stage.pick("problems"), content=stage.pick("contents"),
            outcomes=stage.pick("outcomes"), funds_asked=Decimal(stage.rng.randrange(10, 60) * 1000),
            funds_note="资料、培训和展示", party_opinion="党组织会议讨论，同意申报，由书记牵头落实。",
            party_met_on=working_day(today, -5), team=(MemberInput(person=worker.person.pk, duty="执行"),),
            milestones=milestones,
        )  # fmt: skip
        clerk = self.cast.head(Post.CLERK, today)
        self.key = services.draft_flagship(school=self.cast.school, new=new, by=clerk.user, at=at).pk
        self.stage.put(at + timedelta(minutes=40), self._send)

    def _send(self, at: datetime) -> None:
        services.apply_flagship(project=self.project, by=self._secretary(at).user, at=at)

    def _advise(self, at: datetime) -> None:
        office = self.stage.office_of(self.cast)
        if office is not None:
            advice = "材料齐全，问题真实，书记牵头，予以推荐。"
            services.advise_flagship(project=self.project, backs=True, advice=advice, by=office, at=at)

    def _check(self, at: datetime) -> None:
        by = self.stage.organiser
        services.check_flagship(project=self.project, note="申报表完整，可以评审。", by=by, at=at)
        for expert in self.stage.experts:
            services.assign_reviewer(project=self.project, reviewer=expert, by=by, at=at)

    def _score(self, at: datetime, scores: int = EXPERTS) -> None:
        """The experts sit down one after the other, an hour apart."""
        reviews = self.project.reviews.order_by("assigned_at", "pk").values_list("pk", flat=True)
        for place, key in enumerate(reviews[:scores]):
            self.stage.put(at + timedelta(hours=place, minutes=1), partial(self._score_one, key))

    def _score_one(self, key: Any, at: datetime) -> None:
        review = Review.objects.select_related("reviewer__account", "project").get(pk=key)
        points = {c.code: c.most - self.stage.rng.randrange(0, max(c.most // 4, 1) + 1) for c in CRITERIA}
        account = review.reviewer.account
        assert account is not None  # noqa: S101  experts have accounts
        services.submit_review(review=review, points=points, opinion=self.stage.pick("opinions"), by=account, at=at)

    def _list(self, at: datetime) -> None:
        budget = Decimal(self.stage.rng.randrange(10, 40) * 1000)
        services.list_flagship(project=self.project, budget=budget, by=self.stage.organiser, at=at)

    def _start(self, at: datetime) -> None:
        project = services.start_flagship(project=self.project, by=self._secretary(at).user, at=at)
        for task in Task.objects.filter(milestone__project=project).order_by("order"):
            done = working_day(task.due_on, -4)
            self._on(done, 16, partial(self._submit, task.pk))
            self._on(working_day(done, 1), 9, partial(self._close, task.pk))

    def _submit(self, key: Any, at: datetime) -> None:
        task = Task.objects.get(pk=key)
        tasks.submit(
            task=task, text="按节点完成，资料已归集。", by=self.cast.holder_of(task.responsible_id).user, at=at
        )

    def _close(self, key: Any, at: datetime) -> None:
        tasks.close(task=Task.objects.get(pk=key), by=self._secretary(at).user, at=at)

    def _mid_check(self, at: datetime) -> None:
        texts = {"done": "节点按计划完成两个", "next_steps": "筹备区级展示"}
        services.submit_report(
            project=self.project, kind="mid", texts=texts, spent=Decimal(8000), by=self._secretary(at).user, at=at
        )
        self.stage.put(at + timedelta(hours=4), self._pass_mid)

    def _pass_mid(self, at: datetime) -> None:
        opinion = "进展正常，注意积累过程资料。"
        services.mid_check_flagship(project=self.project, opinion=opinion, by=self.stage.organiser, at=at)

    def _extend(self, at: datetime) -> None:
        project = self.project
        assert project.ends_on is not None  # noqa: S101  set when it was applied for
        ends_on = project.ends_on + timedelta(days=180)
        services.extend_flagship(
            project=project, ends_on=ends_on, reason="实践基地搬迁", by=self.stage.organiser, at=at
        )

    def _change(self, at: datetime) -> None:
        value = "在原有举措之外，增加与共建单位的联合展示。"
        services.request_change(
            project=self.project, kind="content", value=value, reason="共建单位提出联合展示", by=self._secretary(at).user,
            at=at,
        )  # fmt: skip

    def _award(self, at: datetime) -> None:
        new = AwardInput("district", "区优秀教研成果", at.year, "二等奖")
        services.register_award(project=self.project, new=new, by=self._secretary(at).user, at=at)

    def _return(self, at: datetime) -> None:
        reason = "经费用途写得太笼统，补写明细后再报。"
        services.return_flagship(project=self.project, reason=reason, by=self.stage.organiser, at=at)
