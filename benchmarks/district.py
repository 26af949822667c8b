"""A district to measure on: the same rows for the same moment, written in bulk and not through the services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import F, OuterRef, Subquery

from accounts.models import User
from benchmarks.meetings import Builder
from common.dates import local_day
from common.ids import seeded_ids
from governance.models import Meeting, MeetingStatus
from governance.services.reference import load_reference
from reports.services import fold_batch
from schools.models import Appointment, Office, Person, School, SchoolGroupObjectPermission
from schools.permissions import SCHOOL_POSTS, Body, Post, SchoolPerm, codenames_of

MEETINGS = 30  # a school; a year of about 300 would only take longer to build, for all lists are keyset pages
MEASURED_ITEMS = 20
CHUNK = 48  # schools built at a time
OFFICES = 9
TEAM: tuple[tuple[str, tuple[Post, ...]], ...] = (
    ("书记", (Post.SECRETARY,)),
    ("校长", (Post.PRINCIPAL, Post.COMMITTEE_MEMBER)),
    ("副书记", (Post.DEPUTY_SECRETARY,)),
    ("副校长", (Post.VICE_PRINCIPAL, Post.COMMITTEE_MEMBER)),
    ("主任甲", (Post.ADMIN_TEAM_MEMBER, Post.COMMITTEE_MEMBER)),
    ("主任乙", (Post.ADMIN_TEAM_MEMBER, Post.COMMITTEE_MEMBER)),
    ("主任丙", (Post.ADMIN_TEAM_MEMBER, Post.COMMITTEE_MEMBER)),
    ("干事", (Post.CLERK,)),
)


@dataclass(frozen=True)
class District:
    """What the scenarios ask for: two accounts, and the two meetings of 20 items."""

    at: datetime
    schools: int
    secretary: User
    organiser: User
    signed: Meeting
    minuted: Meeting


def build(schools: int, *, at: datetime, meetings: int = MEETINGS, items: int = MEASURED_ITEMS) -> District:
    """Bring the district to that many schools. It only grows; the first call also makes the bureau and the measured meetings."""
    have = School.objects.count()
    if not have:
        load_reference(at=at)
    for first in range(have + 1, schools + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, schools + 1))
        with seeded_ids(f"benchmark-{first}"):
            _enter(numbers, at, meetings)
    if not have:
        with seeded_ids("benchmark-measured"):
            _measured(at, items)
    while fold_batch(year=local_day(at).year):
        pass
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    party = Meeting.objects.filter(body=Body.PARTY, item_count=items)
    return District(
        at,
        schools,
        User.objects.get(username="bm0001-1"),
        User.objects.get(username="bm-organiser"),
        party.get(status=MeetingStatus.SIGNED, place="会议室（签发）"),
        party.get(status=MeetingStatus.MINUTED, place="会议室（待签）"),
    )


def _enter(numbers: range, at: datetime, meetings: int) -> None:
    offices = _offices(at)
    schools = School.objects.bulk_create([_school(number, offices, at) for number in numbers])
    _grant(schools)
    teams = _staff(schools, at)
    builder = Builder(at)
    for school, team in zip(schools, teams, strict=True):
        for place in range(meetings):
            builder.ordinary(school, team, place, meetings)
    builder.write()
    sign(at)


def _offices(at: datetime) -> list[Office]:
    if not Office.objects.exists():
        Office.objects.bulk_create(
            Office(code=f"B{number:02d}", name=f"基准第{number}教办", **_stamps(at)) for number in range(1, OFFICES + 1)
        )
    return list(Office.objects.order_by("code"))


def _school(number: int, offices: Sequence[Office], at: datetime) -> School:
    return School(
        code=f"BM{number:04d}",
        name=f"基准第{number:04d}小学",
        short_name=f"基准{number:04d}",
        py=f"jizhundi{number:04d}xiaoxue",
        py_first=f"jzd{number:04d}xx",
        stage="primary",
        office=offices[number % len(offices)],
        location="urban",
        size="medium",
        foundation="medium",
        students=800,
        staff=60,
        party_org_type="branch",
        has_committee=True,
        leadership_mode="separate",
        **_stamps(at),
    )


def _grant(schools: Sequence[School]) -> None:
    """The rows that `schools.services.projection` would make, for many schools at once."""
    ids = dict(Permission.objects.filter(codename__in=SchoolPerm.values).values_list("codename", "pk"))
    pairs = [(school, post) for school in schools for post in sorted(SCHOOL_POSTS)]
    groups = Group.objects.bulk_create([Group(name=f"school:{school.code}:{post}") for school, post in pairs])
    SchoolGroupObjectPermission.objects.bulk_create(
        [
            SchoolGroupObjectPermission(group=group, permission_id=ids[codename], content_object=school)
            for group, (school, post) in zip(groups, pairs, strict=True)
            for codename in codenames_of(post)
        ]
    )


def _staff(schools: Sequence[School], at: datetime) -> list[list[Person]]:
    """Seven leaders and a clerk for each school, every one with an account nobody can sign in to by password."""
    accounts = [
        User(username=f"{school.code.lower()}-{rank}", name=f"{title}{school.code[2:]}", password="!", must_change_password=False)
        for school in schools
        for rank, (title, _) in enumerate(TEAM, start=1)
    ]  # fmt: skip
    User.objects.bulk_create(accounts)
    people = [
        Person(name=account.name, account=account, school=schools[place // len(TEAM)], **_stamps(at))
        for place, account in enumerate(accounts)
    ]
    Person.objects.bulk_create(people)
    Appointment.objects.bulk_create(
        Appointment(
            person=person,
            post=post,
            school=person.school,
            rank=place % len(TEAM) + 1,
            starts_on="2020-09-01",
            **_stamps(at),
        )
        for place, person in enumerate(people)
        for post in TEAM[place % len(TEAM)][1]
    )
    return [people[start : start + len(TEAM)] for start in range(0, len(people), len(TEAM))]


def _measured(at: datetime, items: int) -> None:
    """Of the first school: a signed meeting and one that waits for its signature, with every member's stance at every item."""
    account = User(username="bm-organiser", name="基准组织科", password="!", must_change_password=False)
    account.save()
    person = Person(name=account.name, account=account, **_stamps(at))
    person.save()
    Appointment(person=person, post=Post.ORGANISER, starts_on="2020-09-01", **_stamps(at)).save()
    school = School.objects.get(code="BM0001")
    team = list(Person.objects.filter(school=school).order_by("account__username"))
    builder = Builder(at)
    for place, signed in (("会议室（签发）", True), ("会议室（待签）", False)):
        builder.measured(school, team, place=place, items=items, signed=signed)
    builder.write()
    builder.judge()
    sign(at)


def sign(at: datetime) -> None:
    """Close what was built to be closed: the triggers refuse parts of signed meetings, so the state comes last."""
    chair = Person.objects.filter(pk=OuterRef("chair_id")).values("account_id")
    Meeting.objects.filter(status=MeetingStatus.HELD).exclude(seal="").update(
        status=MeetingStatus.SIGNED, signed_at=F("minuted_at"), signed_by=Subquery(chair[:1]), updated_at=at
    )


def _stamps(at: datetime) -> dict[str, Any]:
    return {"created_at": at, "updated_at": at, "version": 1}
