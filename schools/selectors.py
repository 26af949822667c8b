"""Reading schools, people and accounts for pages; values instead of objects where a page only prints."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from common.text import clean_term
from schools.models import Appointment, Person, School
from schools.permissions import BODY_POSTS, HEAD_POST, Body, Post
from schools.roster.columns import COLUMNS

POST_ORDER = {str(post): place for place, post in enumerate(Post)}
SCHOOL_LIST = (
    "id", "code", "name", "py", "stage", "office__name", "location", "size", "foundation", "students", "staff",
    "party_org_type", "has_committee", "leadership_mode",
)  # fmt: skip


def stored_roster() -> dict[str, dict[str, Any]]:
    """The roster's fields of every school by code, offices by name."""
    fields = ["office__name" if column.field == "office" else column.field for column in COLUMNS]
    rows = School.objects.order_by("code").values(*fields)
    return {row["code"]: {"office": row.pop("office__name"), **row} for row in rows}


def heads_of(school_ids: Iterable[UUID], today: date) -> dict[UUID, dict[str, dict[str, Any]]]:
    """Secretary and principal of each school today: post → name and since, in one query."""
    heads: dict[UUID, dict[str, dict[str, Any]]] = defaultdict(dict)
    rows = (
        Appointment.objects.on(today)
        .holding(*HEAD_POST.values())
        .filter(school__in=list(school_ids))
        .order_by("rank", "pk")
        .values("school_id", "post", "starts_on", "person__name")
    )
    for row in rows:
        heads[row["school_id"]].setdefault(row["post"], {"name": row["person__name"], "since": row["starts_on"]})
    return heads


def people_of(school: School) -> QuerySet[Person]:
    """The school's people: entered there, or holding or having held a post there."""
    return Person.objects.filter(
        Q(school=school) | Q(pk__in=Appointment.objects.filter(school=school).values("person_id"))
    )


def find_people(raw: str, limit: int = 20) -> list[Person]:
    """People of all schools by name, pinyin or initials; for those who appoint leaders."""
    if not clean_term(raw):
        return []
    return list(Person.objects.filter(_named(raw)).select_related("school").order_by("py", "pk")[:limit])


def _named(raw: str, path: str = "") -> Q:
    """People by name, pinyin or initials; everybody when nothing is asked for."""
    term = clean_term(raw)
    low = term.lower().replace(" ", "")
    if not term:
        return Q()
    return (
        Q(**{f"{path}name__icontains": term})
        | Q(**{f"{path}py__startswith": low})
        | Q(**{f"{path}py_first__startswith": low})
    )


def team_of(school: School, today: date) -> list[dict[str, Any]]:
    """The people in office today, one line a person: posts, duty, since, and what they are in the two bodies."""
    held = Appointment.objects.on(today).filter(school=school).select_related("person").order_by("rank", "pk")
    people: dict[UUID, list[Appointment]] = {}
    for appointment in held:
        people.setdefault(appointment.person_id, []).append(appointment)
    return [_member(appointments) for appointments in people.values()]


def _member(appointments: list[Appointment]) -> dict[str, Any]:
    posts = {appointment.post for appointment in appointments}
    appointments = sorted(appointments, key=lambda appointment: POST_ORDER[appointment.post])
    return {
        "name": appointments[0].person.name,
        "posts": "、".join(str(appointment.get_post_display()) for appointment in appointments),
        "duty": "；".join(dict.fromkeys(appointment.duty for appointment in appointments if appointment.duty)),
        "since": min(appointment.starts_on for appointment in appointments),
        "party": _part(posts, Body.PARTY, "委员"),
        "principal": _part(posts, Body.PRINCIPAL, "成员"),
        "head": bool(posts & set(HEAD_POST.values())),
    }


def _part(posts: set[str], body: Body, member: str) -> str:
    """主持 for the head of a body, else member or nothing; from the same table as the members due of a meeting."""
    if HEAD_POST[body] in posts:
        return "主持"
    return member if any(Post(post) in BODY_POSTS[body] for post in posts) else ""


def with_posts(people: Iterable[UUID], today: date) -> dict[UUID, str]:
    """What each of these people is today, as text: “书记、委员”, “城东教办”, “组织科”."""
    posts: dict[UUID, list[str]] = defaultdict(list)
    rows = Appointment.objects.on(today).filter(person__in=list(people)).order_by("rank", "pk")
    for person, post, office in rows.values_list("person_id", "post", "office__name"):
        posts[person].append(office or str(Post(post).label))
    return {person: "、".join(names) for person, names in posts.items()}


def accounts_found(raw: str) -> QuerySet[User]:
    """Accounts of people (none of machines, no superuser) by sign-in name, name, pinyin or initials."""
    rows = User.objects.filter(is_machine=False, is_superuser=False)
    term = clean_term(raw)
    return rows.filter(Q(username__icontains=term) | _named(raw, "person__")) if term else rows


def without_account(raw: str) -> QuerySet[Person]:
    """People nobody has given an account to yet."""
    return Person.objects.filter(_named(raw), account=None)
