"""The three questions of access, asked here only: `can`, `school_ids`, `holders`; and `within`, the one row scope.

Access is read from the appointments of the day at each request: the groups "school × post" of the appointments in
force, and what guardian grants to those groups. Membership of the groups is a projection of the appointments
(`schools.services.projection`), so guardian's own helpers give the same answers between two days.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from accounts.models import User
from common import history
from common.dates import local_day
from schools.models import ApiClient, Appointment, School, SchoolGroupObjectPermission
from schools.permissions import BUREAU_POSTS, SYSTEM_POSTS, TABLE, Post, SchoolPerm

MEMO = "_school_scope"
Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True)
class Scope:
    """The schools of one permission: all, or those ids."""

    everywhere: bool = False
    ids: frozenset[UUID] = frozenset()

    def __contains__(self, school_id: object) -> bool:
        return self.everywhere or school_id in self.ids

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.ids)


NOWHERE = Scope()


@dataclass
class Rights:
    """What an account holds today: scopes by permission, and its appointments."""

    day: date
    appointments: list[Appointment] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)


def group_name(appointment: Appointment) -> str:
    """The name of the guardian group of a post: `school:<code>:<post>`, `office:<code>:<post>`, `bureau:<post>`."""
    if appointment.school is not None:
        return f"school:{appointment.school.code}:{appointment.post}"
    if appointment.office is not None:
        return f"office:{appointment.office.code}:{appointment.post}"
    return f"bureau:{appointment.post}"


def rights_of(user: User) -> Rights:
    """Today's rights of an account, read once per request (the memo lives on the user object)."""
    today = local_day(history.now())
    kept: Rights | None = getattr(user, MEMO, None)
    if kept is None or kept.day != today:
        kept = _machine_rights(user, today) if user.is_machine else _person_rights(user, today)
        setattr(user, MEMO, kept)
    return kept


def keep(user: User) -> None:
    """Let the rights read last stand for the day of history being loaded, too. Only for whoever records all appointments
    of that time and calls `forget` at each: reading them anew for every act of a year would take minutes.
    """
    kept: Rights | None = getattr(user, MEMO, None)
    if kept is not None and history.is_loading():
        kept.day = local_day(history.now())


def forget(user: User) -> None:
    """Read the rights anew at the next question (after an appointment was recorded in the same request)."""
    if hasattr(user, MEMO):
        delattr(user, MEMO)


def _person_rights(user: User, today: date) -> Rights:
    if not user.is_active or user.pk is None:
        return Rights(today)
    held = list(
        Appointment.objects.on(today)
        .filter(person__account=user)
        .select_related("school", "office", "person")
        .order_by("rank", "pk")
    )
    scopes: dict[str, Scope] = {}
    wide = {a.post for a in held if a.post in BUREAU_POSTS}
    for perm, cells in TABLE.items():
        if any(Post(post) in cells for post in wide):
            scopes[perm] = Scope(everywhere=True)
    names = [group_name(a) for a in held if a.school_id or a.office_id]
    if names:
        ids: dict[str, set[UUID]] = defaultdict(set)
        rows = SchoolGroupObjectPermission.objects.filter(group__name__in=names)
        for codename, school_id in rows.values_list("permission__codename", "content_object_id"):
            ids[codename].add(school_id)
        for codename, found in ids.items():
            scopes.setdefault(codename, Scope(ids=frozenset(found)))
    return Rights(today, held, scopes)


SCOPES: dict[str, frozenset[SchoolPerm]] = {
    "schools:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "pilots:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "checklists:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "projects:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "communities:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "reports:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "changes:read": frozenset({SchoolPerm.VIEW_SCHOOL}),
    "governance:read": frozenset({SchoolPerm.VIEW_MEETINGS}),
    "governance:check": frozenset(),
}


def _machine_rights(user: User, today: date) -> Rights:
    client = ApiClient.objects.filter(account=user, is_active=True).first()
    if client is None or not user.is_active:
        return Rights(today)
    ids = frozenset() if client.all_schools else frozenset(client.schools.values_list("pk", flat=True))
    scope = Scope(client.all_schools, ids)
    perms = {perm for name in client.scopes for perm in SCOPES.get(name, ())}
    return Rights(today, [], dict.fromkeys(map(str, perms), scope))


def school_ids(user: User, perm: str) -> Scope:
    """The schools for which this account holds `perm` today."""
    return rights_of(user).scopes.get(perm, NOWHERE)


def can(user: User, perm: str, school_id: UUID | None) -> bool:
    """Whether this account holds `perm` for that school today. The ◐ notes of the table are the services' part."""
    return school_id is not None and school_id in school_ids(user, perm)


def holds_post(user: User, *posts: str) -> bool:
    """Whether the account holds one of those posts anywhere today."""
    return any(appointment.post in posts for appointment in rights_of(user).appointments)


def system_can(user: User, perm: str) -> bool:
    """Whether one of the account's system posts carries `perm` (三员; they reach no school)."""
    return any(a.post in SYSTEM_POSTS and Post(a.post) in TABLE[SchoolPerm(perm)] for a in rights_of(user).appointments)


def posts_at(user: User, school_id: UUID) -> set[str]:
    """The posts the account holds at that school today."""
    return {a.post for a in rights_of(user).appointments if a.school_id == school_id}


def person_of(user: User) -> UUID | None:
    """The id of the person behind the account, as known from today's appointments."""
    held = rights_of(user).appointments
    return held[0].person_id if held else None


def within(queryset: Rows, user: User, perm: str, path: str = "school_id", *, also: Q | None = None) -> Rows:
    """The one function through which all row scoping passes: rows whose school is in the scope of `perm`.

    `also` adds rows that are the person's own (◐). The database's row-level security can stand behind this place.
    """
    scope = school_ids(user, perm)
    if scope.everywhere:
        return queryset
    condition = Q(**{f"{path}__in": scope.ids}) if scope.ids else None
    if condition is None and also is None:
        return queryset.none()
    return queryset.filter(condition | also if condition is not None and also is not None else condition or also)


def holders(perm: str, school: School, on: date, posts: frozenset[Post] | None = None) -> list[Appointment]:
    """Appointments in force on that day whose post carries `perm` for the school; recipients of reminders and notices."""
    wanted = [post for post in TABLE[SchoolPerm(perm)] if posts is None or post in posts]
    here = Q(school=school) | Q(school__isnull=True, office__isnull=True)
    if school.office_id:
        here |= Q(office=school.office_id)
    return list(
        Appointment.objects.on(on)
        .holding(*wanted)
        .filter(here)
        .select_related("person__account", "school", "office")
        .order_by("rank", "pk")
    )


def guardian_view(user: User, perm: str) -> QuerySet[School]:
    """The same answer by guardian's own helper, from the projected groups; tests hold it against `school_ids`."""
    found: QuerySet[School] = get_objects_for_user(
        user, f"schools.{perm}", klass=School, accept_global_perms=False, with_superuser=False
    )
    return found


def write_grants(wanted: Sequence[tuple[School, dict[str, list[str]]]]) -> None:
    """Give the groups `name → codenames` exactly those permissions on each school, in a handful of statements."""
    names = {name for _, posts in wanted for name in posts}
    known = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    Group.objects.bulk_create([Group(name=name) for name in sorted(names - known)])
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    ours = Permission.objects.filter(content_type__app_label="schools", codename__in=SchoolPerm.values)
    permissions = dict(ours.values_list("codename", "pk"))
    rights = {
        (school.pk, groups[name], permissions[code])
        for school, posts in wanted
        for name, codes in posts.items()
        for code in codes
    }
    rows = SchoolGroupObjectPermission.objects.filter(content_object__in=[school for school, _ in wanted])
    held = {
        (school, group, perm): pk
        for pk, school, group, perm in rows.values_list("pk", "content_object", "group", "permission")
    }
    surplus = [pk for key, pk in held.items() if key not in rights]
    if surplus:
        rows.filter(pk__in=surplus).delete()
    SchoolGroupObjectPermission.objects.bulk_create(
        [
            SchoolGroupObjectPermission(content_object_id=school, group_id=group, permission_id=permission)
            for school, group, permission in sorted(rights - held.keys())
        ]
    )
