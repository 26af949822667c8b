"""Guardian's groups as a projection of posts and appointments, kept in the same transaction and by a daily task."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from schools.access import group_name, write_grants
from schools.models import Appointment, School
from schools.permissions import OFFICE_POSTS, SCHOOL_POSTS, codenames_of

BATCH = 100  # schools at a time


def project_grants(*schools: School) -> None:
    """What the groups of each school (and its office's group) hold on it, exactly as the table says."""
    for start in range(0, len(schools), BATCH):
        write_grants([(school, _posts_of(school)) for school in schools[start : start + BATCH]])


def _posts_of(school: School) -> dict[str, list[str]]:
    posts = {f"school:{school.code}:{post}": codenames_of(post) for post in sorted(SCHOOL_POSTS)}
    if school.office is not None:
        posts |= {f"office:{school.office.code}:{post}": codenames_of(post) for post in OFFICE_POSTS}
    return posts


@transaction.atomic
def project_members(accounts: Iterable[User], today: date) -> int:
    """Put accounts into the groups of their appointments of today and out of all others; returns changes made."""
    users = [user.pk for user in accounts]
    wanted: dict[str, set[UUID]] = defaultdict(set)
    in_force = (
        Appointment.objects.on(today).filter(person__account__in=users).select_related("school", "office", "person")
    ).order_by("pk")
    for appointment in in_force:
        if appointment.person.account_id is not None:
            wanted[group_name(appointment)].add(appointment.person.account_id)
    known = {group.name: group.pk for group in Group.objects.filter(name__in=wanted)}
    Group.objects.bulk_create([Group(name=name) for name in wanted if name not in known])
    known = {group.name: group.pk for group in Group.objects.filter(name__in=wanted)}
    pairs = {(user, known[name]) for name, members in wanted.items() for user in members}
    through = User.groups.through
    ours = (
        Q(group__name__startswith="school:")
        | Q(group__name__startswith="office:")
        | Q(group__name__startswith="bureau:")
    )
    held = {(row.user_id, row.group_id): row.pk for row in through.objects.filter(ours, user_id__in=users)}
    surplus = [pk for key, pk in held.items() if key not in pairs]
    through.objects.filter(pk__in=surplus).delete()
    missing = pairs - held.keys()
    through.objects.bulk_create([through(user_id=user, group_id=group) for user, group in sorted(missing)])
    return len(surplus) + len(missing)


def refresh_all(today: date) -> int:
    """The daily task: every school's grants and every account's groups; returns changed memberships."""
    for school in School.objects.select_related("office").order_by("pk").iterator(chunk_size=200):
        with transaction.atomic():
            project_grants(school)
    return project_members(User.objects.filter(is_machine=False), today)
