"""利益关系申报: who declares, who may read what was declared, and where it hints at a recusal (A50)."""

import unicodedata
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from common.dates import local_day
from governance.models import AgendaItem, Declaration, Interest, Meeting
from schools import access
from schools.models import Appointment, School
from schools.permissions import BODY_POSTS, Body, Post, SchoolPerm

LEADERS = frozenset(Post(post) for body in Body for post in BODY_POSTS[body])  # 班子成员
K = TypeVar("K", bound=Hashable)
SHORTEST = 2  # characters of a name that are worth looking for


@dataclass(frozen=True)
class Hint:
    """A declared interest that an item seems to touch."""

    person: UUID
    name: str
    about: str
    relation: str

    @property
    def words(self) -> str:
        """“林岚申报过与“某公司”的关系（企业或供应商），是否回避？”."""
        return f"{self.name}申报过与“{self.about}”的关系（{self.relation}），是否回避？"


def sees_declarations(user: User) -> bool:
    """Whether the account declares somewhere, or sees who has."""
    leads = any(a.post in LEADERS for a in access.rights_of(user).appointments)
    return leads or bool(access.school_ids(user, SchoolPerm.RECORD_MINUTES))


def must_declare(user: User, school_id: UUID) -> bool:
    """Members of the leadership team declare every year."""
    return bool(access.posts_at(user, school_id) & LEADERS)


def may_read_all(user: User, school_id: UUID) -> bool:
    """书记、校长、党政办 of the school see who declared, and what; everybody else the own declaration alone."""
    return access.can(user, SchoolPerm.RECORD_MINUTES, school_id)


@dataclass(frozen=True)
class Row:
    """One member of the leadership team in the list: the declaration is None while it is missing."""

    name: str
    posts: str
    declaration: Declaration | None
    count: int = 0


def schools_of(user: User) -> list[School]:
    """The schools at which the account declares, or sees who has."""
    ids = set(access.school_ids(user, SchoolPerm.RECORD_MINUTES).ids)
    ids |= {a.school_id for a in access.rights_of(user).appointments if a.post in LEADERS and a.school_id}
    return list(School.objects.filter(pk__in=ids).order_by("py", "pk")) if ids else []


def rows_of_school(school: School, year: int, at: datetime) -> list[Row]:
    """Who is of the leadership team today, by rank, with the declaration of that year; missing ones first. Two queries."""
    held: dict[UUID, list[Appointment]] = {}
    rows = Appointment.objects.on(local_day(at)).filter(school=school, post__in=LEADERS).select_related("person")
    for row in rows.order_by("rank", "pk"):
        held.setdefault(row.person_id, []).append(row)
    made = {
        one.person_id: one
        for one in Declaration.objects.filter(school=school, year=year).annotate(count=Count("interests"))
    }
    found = [
        Row(
            rows[0].person.name,
            "、".join(dict.fromkeys(Post(row.post).label for row in rows)),
            made.get(person),
            getattr(made.get(person), "count", 0),
        )
        for person, rows in held.items()
    ]
    return sorted(found, key=lambda row: row.declaration is not None)


def row_of(user: User, school: School, year: int) -> Declaration | None:
    """The account's own declaration of that year."""
    return Declaration.objects.filter(school=school, person=access.person_of(user), year=year).first()


def visible_declarations(user: User) -> QuerySet[Declaration]:
    """The own ones, and for 书记、校长、党政办 those of their school."""
    person = access.person_of(user)
    own = Q(person=person) if person else Q(pk__in=())
    return Declaration.objects.filter(own | Q(school__in=access.school_ids(user, SchoolPerm.RECORD_MINUTES).ids))


def missing_for(user: User, school: School, at: datetime) -> bool:
    """Whether this account has still to declare for the current year at that school. One query at most."""
    return must_declare(user, school.pk) and row_of(user, school, local_day(at).year) is None


@dataclass(frozen=True)
class Said(Generic[K]):
    """What of an item is looked through: its words, and the names of who proposes and presents it."""

    key: K
    text: str
    names: Collection[str]


def hints_for(meeting: Meeting, items: Iterable[AgendaItem], members: Mapping[UUID, str]) -> dict[UUID, list[Hint]]:
    """Interests of the members that occur in title or summary of an item, or name its proposer or presenter. One query.

    `items` must be readable for who sees the hints.
    """
    said = [
        Said(
            item.pk,
            f"{item.title}\n{item.summary}",
            [person.name for person in (item.proposer, item.presenter) if person is not None],
        )
        for item in items
    ]
    return hints_in(said, meeting.school_id, local_day(meeting.scheduled_at).year, members)


def hints_in(said: Sequence[Said[K]], school: UUID, year: int, members: Mapping[UUID, str]) -> dict[K, list[Hint]]:
    """The same for items as they are typed. The declaration of that year counts, before it is made the one of the year before."""
    interests = _interests(school, year, members) if said else []
    found: dict[K, list[Hint]] = {}
    for matter in said:
        text, named = _plain(matter.text), set(map(_plain, matter.names))
        hints = [
            Hint(person, members[person], about, str(Interest.Relation(relation).label))
            for person, relation, about in interests
            if len(key := _plain(about)) >= SHORTEST and (key in text or key in named)
        ]
        if hints:
            found[matter.key] = hints
    return found


def _interests(school: UUID, year: int, members: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    rows = (
        Declaration.objects.filter(school=school, person__in=list(members), year__in=(year - 1, year))
        .order_by("-year", "person_id", "interests__pk")
        .values_list("person_id", "year", "interests__relation", "interests__about")
    )
    latest: dict[UUID, int] = {}
    found = []
    for person, declared, relation, about in rows:
        if latest.setdefault(person, declared) == declared and about:
            found.append((person, relation, about))
    return found


def _plain(text: str) -> str:
    """Without spaces, full and half width alike, small letters."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
