"""The people of the demonstration district: names, accounts, appointments, and who answers for what on a day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from accounts.models import User
from demo.days import clock
from demo.teams import Seat, team
from demo.words import words
from schools import access
from schools.models import Appointment, Office, Person, School
from schools.permissions import BODY_POSTS, Post
from schools.services.appointments import NewAppointment, appoint, end_appointment
from schools.services.people import add_person, open_account
from schools.services.schools import SchoolRow

FALLBACKS = {
    "teaching": ("vice", "principal"),
    "moral": ("vice", "principal"),
    "logistics": ("vice", "principal"),
    "vice": ("principal",),
    "office": ("clerk",),
    "union": ("member", "deputy", "principal"),
    "discipline": ("member", "deputy", "secretary"),
    "member": ("deputy", "secretary"),
    "deputy": ("member", "secretary"),
    "principal": ("secretary",),
}


class Names:
    """Invented names, none twice in one place."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.given: set[str] = set()

    def draw(self) -> str:
        """A name nobody here has yet."""
        while True:
            pool = words()
            parts = (self.rng.choice(pool[key]) for key in ("surnames", "given_first", "given_second"))
            name = "".join(parts)
            if len(set(name)) == 3 and name not in self.given:
                self.given.add(name)
                return name


@dataclass
class Accounts:
    """Opens accounts that share one password hash; phones are counted up in a block of fictitious numbers."""

    encoded: str
    phones: int = 0

    def open(self, name: str, username: str, school: School | None, at: datetime) -> tuple[Person, User]:
        """A person with an account."""
        self.phones += 1
        person = add_person(name=name, phone=f"199{self.phones:08d}", school=school, by=None, at=at)
        account = open_account(
            person=person, username=username, encoded=self.encoded, must_change=False,
            email=f"{username}@example.com", by=None, at=at,
        )  # fmt: skip
        return person, account


@dataclass
class Holder:
    """Somebody in a seat, from a day on and up to another. `passes_on`: the sign-in name the successor will have."""

    seat: Seat
    person: Person
    account: User
    starts_on: date
    ends_on: date | None = None
    passes_on: str = ""
    appointments: list[Appointment] = field(default_factory=list)

    def serves(self, day: date) -> bool:
        """Whether in office that day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def user(self) -> User:
        """The account, to act with: its rights change only where `Cast.replace` says so."""
        access.keep(self.account)
        return self.account

    def holds(self, *posts: str) -> bool:
        """Whether the seat carries one of those posts."""
        return any(post in posts for post, _ in self.seat.posts)


@dataclass
class Change:
    """A change of office during the year: who leaves the seat of that key, and from when on somebody else has it."""

    key: str
    on: date


class Cast:
    """The people of one school."""

    def __init__(self, row: SchoolRow, school: School, rng: Random) -> None:
        self.row, self.school, self.rng = row, school, rng
        self.number = row.code.removeprefix("FH").lstrip("0").zfill(2)
        self.names = Names(rng)
        self.holders: list[Holder] = []
        self.changes: list[Change] = []

    def enter(self, accounts: Accounts, first: date, at: datetime, changes: list[Change]) -> None:
        """Everybody in office on the first day. Whoever will leave has no sign-in name of the post: the successor gets it."""
        self.changes = changes
        leaving = {change.key for change in changes}
        members = 0
        for seat in team(self.row, self.rng):
            if seat.key in ("secretary", "principal", "clerk"):
                username = f"{seat.key}{self.number}"
            else:
                members += 1
                username = f"member{self.number}-{members}"
            passes_on = ""
            if seat.key in leaving:
                leaving.remove(seat.key)
                passes_on, username = username, f"former{self.number}-{len(leaving) + 1}"
            self._seat(seat, username, self._term(seat, first), accounts, at, None).passes_on = passes_on

    def _term(self, seat: Seat, first: date) -> date:
        """When the term began: heads in August, Party seats in the month of an election, others at a new school year."""
        back = self.rng.choice((1, 2, 2, 3, 3, 4, 5))
        month = self.rng.choice((3, 4, 5, 10)) if seat.key == "member" else self.rng.choice((8, 8, 8, 2))
        return date(first.year - back, month, 1 if month in (2, 8) else self.rng.randint(8, 26))

    def _seat(
        self, seat: Seat, username: str, starts_on: date, accounts: Accounts, at: datetime, by: User | None
    ) -> Holder:
        person, account = accounts.open(self.names.draw(), username, self.school, at)
        holder = Holder(seat, person, account, starts_on)
        for post, duty in seat.posts:
            new = NewAppointment(
                person=person, post=post, starts_on=starts_on, school=self.school, duty=duty, rank=seat.rank
            )
            holder.appointments.append(appoint(new, by=by, at=at))
        self.holders.append(holder)
        return holder

    def replace(self, change: Change, accounts: Accounts, organiser: User) -> tuple[Holder, Holder]:
        """One leaves on the day before, the successor begins."""
        before = next(h for h in self.holders if h.seat.key == change.key and h.passes_on)
        at = clock(change.on, 9, 10)
        last = change.on - timedelta(days=1)
        by = organiser if change.key != "clerk" else self.head(Post.SECRETARY, change.on).user
        for appointment in before.appointments:
            end_appointment(appointment=appointment, ends_on=last, by=by, at=at)
        before.ends_on = last
        access.forget(before.account)
        return before, self._seat(before.seat, before.passes_on, change.on, accounts, at, by)

    # --- who is who on a day -------------------------------------------------------------------------------------

    def serving(self, day: date) -> list[Holder]:
        """Everybody in office, by rank."""
        return [holder for holder in self.holders if holder.serves(day)]

    def head(self, post: Post, day: date) -> Holder:
        """The secretary, the principal or the clerk of that day."""
        return next(holder for holder in self.serving(day) if holder.holds(post))

    def of_body(self, body: str, day: date) -> list[Holder]:
        """The members of a body."""
        return [holder for holder in self.serving(day) if holder.holds(*BODY_POSTS[body])]

    def holder_of(self, person: UUID) -> Holder:
        """The holder who is that person."""
        return next(holder for holder in self.holders if holder.person.pk == person)

    def answering(self, who: str, day: date) -> Holder:
        """Somebody who answers for that line of work."""
        for line in (who, *FALLBACKS.get(who, ()), "principal"):
            found = [holder for holder in self.serving(day) if line in holder.seat.lines]
            if found:
                return self.rng.choice(found)
        return self.head(Post.SECRETARY, day)

    def closers(self, responsible: UUID, submitter: UUID, day: date) -> list[Holder]:
        """Who may confirm the closing (permission table, note 9)."""
        leaders = [h for h in self.serving(day) if h.holds(Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY)]
        others = [h for h in leaders if h.person.pk not in (responsible, submitter)]
        secretary = self.head(Post.SECRETARY, day)
        if responsible != secretary.person.pk:
            return others
        return [h for h in others if h.holds(Post.PRINCIPAL)] or [h for h in others if h.holds(Post.DEPUTY_SECRETARY)]


BUREAU = (
    ("bureau", Post.ORGANISER, "组织科科员"),
    ("supervisor", Post.SUPERVISOR, "教育督导员"),
    ("leader", Post.LEADER, "分管领导"),
    ("sysadmin", Post.SYSTEM_ADMIN, "系统管理员"),
    ("secadmin", Post.SECURITY_ADMIN, "安全管理员"),
    ("auditor", Post.AUDITOR, "审计管理员"),
)


def enter_bureau(accounts: Accounts, names: Names, starts_on: date, at: datetime) -> dict[str, User]:
    """The bureau's and the system's posts; accounts by sign-in name."""
    found = {}
    for username, post, duty in BUREAU:
        person, account = accounts.open(names.draw(), username, None, at)
        appoint(NewAppointment(person=person, post=post, starts_on=starts_on, duty=duty), by=None, at=at)
        found[username] = account
    return found


def enter_offices(accounts: Accounts, names: Names, starts_on: date, at: datetime) -> Iterator[str]:
    """One account for each education office, named after its code."""
    for office in Office.objects.order_by("code"):
        username = f"office{office.code.removeprefix('O')}"
        person, _ = accounts.open(names.draw(), username, None, at)
        new = NewAppointment(person=person, post=Post.OFFICE, starts_on=starts_on, office=office, duty="教办主任")
        appoint(new, by=None, at=at)
        yield username
