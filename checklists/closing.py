"""确认销号: to whom it falls, as a condition on tasks (permission table, footnotes 8 and 9). `guards.refusal` says the same of one task."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from schools import access
from schools.models import Appointment
from schools.permissions import Post

CLOSING_POSTS = (Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY)


def closing_falls_to(user: User, today: date) -> Q | None:
    """Submitted tasks that this account confirms today, as one condition; None when none can fall to it."""
    secretary, principal = _responsible_is(Post.SECRETARY, today), _responsible_is(Post.PRINCIPAL, today)
    deputy = Exists(
        Appointment.objects.on(today)
        .filter(school=OuterRef("school"), post=Post.DEPUTY_SECRETARY)
        .exclude(person=OuterRef("responsible"))
    )
    mine: dict[str, set[UUID]] = defaultdict(set)
    for appointment in access.rights_of(user).appointments:
        if appointment.school_id:
            mine[appointment.post].add(appointment.school_id)
    ways = [
        (set().union(*(mine[post] for post in CLOSING_POSTS)), Q(~secretary)),
        (mine[Post.PRINCIPAL], Q(secretary) & Q(~principal)),
        (mine[Post.DEPUTY_SECRETARY], Q(secretary) & Q(principal) & Q(deputy)),
    ]
    conditions = [Q(school__in=schools) & rule for schools, rule in ways if schools]
    if access.holds_post(user, Post.ORGANISER):
        conditions.append(Q(secretary) & Q(principal) & Q(~deputy))
    if not conditions:
        return None
    anyway = conditions[0]
    for condition in conditions[1:]:
        anyway |= condition
    return anyway & ~Q(submitted_by=user) & ~Q(responsible__account=user)


def _responsible_is(post: Post, today: date) -> Exists:
    held = Appointment.objects.on(today).filter(school=OuterRef("school"), person=OuterRef("responsible"), post=post)
    return Exists(held)
