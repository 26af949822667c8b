"""What the shell of every page shows (`portal` in templates/base.html)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from checklists.selectors import my_counts
from common.dates import local_day
from notifications.models import Message
from reports.navigation import Here, person_behind, side_of, tabs_of
from schools.models import School

MANY_UNREAD = 100  # from here on the badge says 99+
SUBTITLE = "党组织领导的校长负责制"


def portal(request: HttpRequest) -> dict[str, Any]:
    """Navigation, counters and names. Nothing is read until a template prints them: a fragment or an error costs nothing."""
    return {"portal": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _frame(None)
    if user.must_change_password:  # no other page is open to this account yet
        return {**_frame(None), "user_name": user.name}
    return _signed_in(request, user)


def _frame(school: School | None) -> dict[str, Any]:
    """The head of the page: a school's people see their school's name first."""
    return {
        "name": school.name if school else settings.PORTAL_TITLE,
        "subtitle": settings.PORTAL_TITLE if school else SUBTITLE,
        "demo": settings.PORTAL_DEMO,
    }


def _signed_in(request: HttpRequest, user: User) -> dict[str, Any]:
    person, here = person_behind(user), _here(request)
    todo = my_counts(user, local_day(timezone.now())).todo if person.schools else 0
    unread = unread_badge(user)
    return {
        **_frame(person.school),
        "nav": [item.at(here) for item in side_of(person, todo)],
        "tabs": [tab.at(here) for tab in tabs_of(person, todo, unread)],
        "unread": unread,
        "user_name": user.name,
        "user_post": person.post_text,
        "large_text": user.large_text,
    }


def unread_badge(user: User) -> int | str:
    """Notices not read yet; the count stops at a hundred, so that a full inbox costs no more than a tidy one."""
    found = Message.objects.filter(reader=user, read_at__isnull=True).order_by()[:MANY_UNREAD].count()
    return found if found < MANY_UNREAD else f"{MANY_UNREAD - 1}+"


def _here(request: HttpRequest) -> Here:
    match = request.resolver_match
    return Here(match.app_name, match.url_name or "") if match else Here()
