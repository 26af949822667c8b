"""P1 meeting page, P2 list pages, P3 REST, P4 工作台: through the WSGI handler, signed in, against their limits."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from oauth2_provider.models import AccessToken

from accounts.models import User
from benchmarks import limits
from benchmarks.district import District
from benchmarks.measure import Request, Scenario, Target
from common.dates import local_day
from schools.models import ApiClient
from schools.services.clients import create_client

API = "/api/v1/governance/meetings/"
PAGE = Target(ratio=4, queries=12)
LIST = Target(ratio=4, queries=8)


def meeting_pages(district: District) -> Iterator[Scenario]:
    """P1, as the secretary: a signed meeting, and one whose rules are judged at every visit."""
    visitor = Visitor(district.secretary)
    for name, meeting, sql in (
        ("meeting page, signed", district.signed, limits.SIGNED_MEETING),
        ("meeting page, rules judged live", district.minuted, limits.OPEN_MEETING),
    ):
        ours = visitor.get(reverse("governance:meeting", args=[meeting.pk]))
        yield Scenario("P1", name, PAGE, limits.meeting_page(sql, meeting.pk, ours()), ours)


def lists(district: District) -> Iterator[Scenario]:
    """P2, as the bureau, who sees the rows of all schools."""
    visitor = Visitor(district.organiser)
    meetings, tasks = reverse("governance:meetings"), reverse("checklists:list")
    for name, path, sql in (
        ("list of meetings", meetings, limits.MEETINGS),
        ("list of meetings, filtered", f"{meetings}?status=signed", limits.SIGNED_MEETINGS),
        ("list of tasks", tasks, limits.TASKS),
    ):
        ours = visitor.get(path)
        yield Scenario("P2", name, LIST, limits.list_page(sql, ours()), ours)


def rest(district: District) -> Iterator[Scenario]:
    """P3, as another system. The unchanged object is held against the limit of the whole one: that is what it saves."""
    token = f"Bearer {_token(district)}"
    detail = f"{API}{district.signed.pk}/"
    whole = limits.documents(limits.ONE_MEETING_DOCUMENT, [district.signed.pk])
    rows = Request(f"{API}?page_size=50", HTTP_AUTHORIZATION=token)
    one = Request(detail, HTTP_AUTHORIZATION=token)
    one()
    known = one.answered["ETag"]
    unchanged = Request(detail, status=304, HTTP_AUTHORIZATION=token, HTTP_IF_NONE_MATCH=known)
    yield Scenario("P3", "REST list of 50", Target(ratio=4), limits.documents(limits.MEETING_DOCUMENTS), rows)
    yield Scenario("P3", "REST detail, nested items", Target(ratio=3), whole, one)
    yield Scenario("P3", "REST detail, unchanged (304)", Target(ratio=1), whole, unchanged)


def home(district: District) -> Iterator[Scenario]:
    """P4: the bureau's 工作台 against a page of the roll-up rows, one a school."""
    ours = Visitor(district.organiser).get(reverse("reports:home"))
    limit = limits.roll_up_page(local_day(district.at).year, ours())
    yield Scenario("P4", "工作台 of the bureau", Target(ratio=6, queries=12), limit, ours)


PAGES: dict[str, Callable[[District], Iterator[Scenario]]] = {
    "P1": meeting_pages,
    "P2": lists,
    "P3": rest,
    "P4": home,
}


class Visitor:
    """A signed-in account: the cookie of a session as the sign-in page leaves it."""

    def __init__(self, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    def get(self, path: str) -> Request:
        """A page as this account sees it."""
        return Request(path, HTTP_COOKIE=self.cookie)


def _token(district: District) -> str:
    """A token of a client that may read the whole district."""
    client = ApiClient.objects.filter(name="benchmark").first()
    if client is None:
        client, _, _ = create_client(name="benchmark", scopes=["governance:read"], at=district.at)
    token = AccessToken.objects.create(
        application=client.application,
        token=secrets.token_urlsafe(24),
        scope="governance:read",
        expires=district.at + timedelta(days=1),
    )
    return str(token.token)
