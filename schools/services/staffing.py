"""Appointing somebody known, or entering a newcomer and appointing in one go."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from common.errors import one_fault
from common.text import mask_phone
from schools import access
from schools.models import Appointment, Office, Person, School
from schools.permissions import GRANTED_POSTS, SCHOOL_POSTS, Post, SchoolPerm
from schools.selectors import people_of
from schools.services.appointments import NewAppointment, appoint, may_appoint
from schools.services.people import add_person


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is not yet among the people."""

    name: str
    phone: str = ""


@dataclass(frozen=True)
class Terms:
    """Post, place and dates of an appointment about to be recorded."""

    post: Post
    starts_on: date
    ends_on: date | None = None
    school: School | None = None
    office: Office | None = None
    duty: str = ""
    rank: int = 50


def posts_offered(user: User, school: School | None) -> list[Post]:
    """The posts this account may fill at that school, or (without a school) in offices, bureau and system."""
    wanted = SCHOOL_POSTS if school is not None else GRANTED_POSTS
    return [post for post in Post if post in wanted and may_appoint(user, post, school)]


def searches_everywhere(user: User, school: School) -> bool:
    """Leaders may come from another school; a clerk is found among the school's own people."""
    return access.can(user, SchoolPerm.APPOINT_LEADERS, school.pk)


@transaction.atomic
def take_on(*, who: Person | Newcomer, terms: Terms, by: User, at: datetime) -> Appointment:
    """Record the appointment of `who`; a newcomer is entered first, in the same transaction."""
    person = who if isinstance(who, Person) else _enter(who, terms.school, by, at)
    if isinstance(who, Person) and not _within_reach(person, terms.school, by):
        raise one_fault("person", "选一位本校人员，或登记新人员")
    return appoint(NewAppointment(person=person, **vars(terms)), by=by, at=at)


def _within_reach(person: Person, school: School | None, by: User) -> bool:
    if school is None:
        return person.school_id is None
    return searches_everywhere(by, school) or people_of(school).filter(pk=person.pk).exists()


def _enter(newcomer: Newcomer, school: School | None, by: User, at: datetime) -> Person:
    """Enter a newcomer, unless one of that name is there and the phone does not tell the two apart."""
    known = people_of(school) if school is not None else Person.objects.filter(school=None)
    for twin in known.filter(name=newcomer.name):
        if not newcomer.phone or not twin.phone or twin.phone == newcomer.phone:
            said = f"已有{twin.name}（{mask_phone(twin.phone) or '未登记手机'}）。是同一人就从人员里选；"
            raise one_fault("name", f"{said}不是同一人，两人的手机号都要有")
    return add_person(name=newcomer.name, phone=newcomer.phone, school=school, by=by, at=at)
