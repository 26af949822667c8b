"""Sign-in, lock-out, session limits, first password (security.md C2–C4)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.forms import ChangePasswordForm
from accounts.models import User
from audit.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/sign-in/"


@pytest.fixture
def user() -> User:
    return factories.make_cast().user("clerk")


def sign_in(client: Client, username: str, password: str = factories.PASSWORD, address: str = "192.0.2.1") -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password}, REMOTE_ADDR=address)


def test_signing_in_leads_where_the_person_wanted_to_go_on_this_site_only(user: User, client: Client) -> None:
    answer = client.post(SIGN_IN, {"username": user.username, "password": factories.PASSWORD, "next": "/tasks/"})
    assert answer.headers["Location"] == "/tasks/"
    for evil in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
    ):
        answer = Client().post(SIGN_IN, {"username": user.username, "password": factories.PASSWORD, "next": evil})
        assert answer.headers["Location"] == "/", evil


def test_the_session_key_changes_at_sign_in(user: User, client: Client) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["mark"] = 1
    session.save()
    before = session.session_key
    sign_in(client, user.username)
    assert client.session.session_key != before


def test_nobody_learns_whether_an_account_exists(user: User) -> None:
    User.objects.filter(pk=factories.make_bureau().pk).update(is_active=False)
    wrong, unknown, disabled = (
        sign_in(Client(), name, "Wrong-Pass-99") for name in (user.username, "nobody-here", "organiser")
    )
    said = [
        re.sub(r"[A-Za-z0-9]{64}", "TOKEN", answer.content.decode()).replace(name, "")
        for answer, name in zip((wrong, unknown, disabled), (user.username, "nobody-here", "organiser"), strict=True)
    ]
    assert said[0] == said[1] == said[2]
    assert {wrong.status_code, unknown.status_code, disabled.status_code} == {422}


def test_the_fifth_wrong_try_locks_the_name_for_this_address_and_nobody_else(user: User) -> None:
    for number in range(4):
        assert sign_in(Client(), user.username, f"Wrong-{number}").status_code == 422
    assert sign_in(Client(), user.username, "Wrong-5").status_code == 429
    locked = sign_in(Client(), user.username)
    assert locked.status_code == 429 and locked.headers["Retry-After"]
    assert sign_in(Client(), user.username, address="192.0.2.2").status_code == 302
    colleague = User.objects.get(username="secretary-FH001")
    assert sign_in(Client(), colleague.username).status_code == 302, "the same address, another name"
    assert Event.objects.filter(kind="accounts.user.locked_out").count() >= 1
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in(Client(), user.username).status_code == 302


def test_a_forged_forwarding_header_changes_nothing(user: User) -> None:
    for number in range(5):
        Client(headers={"X-Forwarded-For": f"198.51.100.{number}"}).post(
            SIGN_IN, {"username": user.username, "password": "Wrong-Pass"}
        )
    answer = Client(headers={"X-Forwarded-For": "198.51.100.99"}).post(
        SIGN_IN, {"username": user.username, "password": factories.PASSWORD}
    )
    assert answer.status_code == 429


def test_a_name_that_is_no_account_is_not_kept(client: Client) -> None:
    sign_in(client, "My-Password-Typed-Here", "x")
    event = Event.objects.get(kind="accounts.user.sign_in_refused")
    assert "My-Password" not in str(event.data) + event.subject_text


def test_a_session_ends_after_thirty_idle_minutes_and_after_twelve_hours(user: User, client: Client) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, user.username)
        clock.move_to(start + timedelta(minutes=29))
        assert client.get("/tasks/").status_code == 200
        clock.move_to(start + timedelta(minutes=60))
        answer = client.get("/tasks/?status=open")
        assert answer.headers["Location"] == "/accounts/sign-in/?next=%2Ftasks%2F%3Fstatus%3Dopen&timeout=1"
        sign_in(client, user.username)
        for minutes in range(0, 12 * 60, 20):
            clock.move_to(start + timedelta(minutes=60 + minutes))
            assert client.get("/tasks/").status_code == 200
        clock.move_to(start + timedelta(minutes=60 + 12 * 60 + 1))
        assert client.get("/tasks/").status_code == 302
        assert client.get("/api/v1/schools/").status_code == 401


def test_a_first_password_reaches_only_the_change_page(user: User, client: Client) -> None:
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(user)
    for path in ("/", "/tasks/", "/governance/meetings/", "/schools/", "/inbox/"):
        assert client.get(path).headers["Location"] == "/accounts/password/"
    assert client.get("/api/v1/schools/").status_code == 403
    assert client.get("/accounts/password/").status_code == 200
    form = {"old": factories.PASSWORD, "new": "Xuexiao-2027-Hao", "again": "Xuexiao-2027-Hao"}
    assert client.post("/accounts/password/", form).status_code == 302
    assert client.get("/tasks/").status_code == 200


def test_a_changed_password_ends_all_other_sessions(user: User, client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere, user.username)
    sign_in(client, user.username)
    form = {"old": factories.PASSWORD, "new": "Xuexiao-2027-Hao", "again": "Xuexiao-2027-Hao"}
    client.post("/accounts/password/", form)
    assert client.get("/tasks/").status_code == 200
    assert elsewhere.get("/tasks/").status_code == 302


@pytest.mark.parametrize(
    "password",
    ["short1A!", "alllowercaseletters", "12345678901", "Password123", "clerk-FH001-Aa1", "Abcd-long-enough-1", "Xu8888-enough-1", "周干事01Aa-周干事01"],
)  # fmt: skip
def test_weak_passwords_are_refused(user: User, password: str) -> None:
    form = ChangePasswordForm(user, {"old": factories.PASSWORD, "new": password, "again": password})
    assert "new" in form.errors


@pytest.mark.parametrize("password", ["Xuexiao-2027-Hao", "songfeng#Gaozhong7", "浪花Langhua-92x"])
def test_good_passwords_are_accepted(user: User, password: str) -> None:
    assert ChangePasswordForm(user, {"old": factories.PASSWORD, "new": password, "again": password}).is_valid()


def test_cookies_and_headers_are_strict(user: User, client: Client) -> None:
    answer = sign_in(client, user.username)
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    page = client.get("/tasks/")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY" and page.headers["X-Content-Type-Options"] == "nosniff"
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert client.get("/tasks/", headers={"Host": "evil.example"}).status_code == 400
    assert client.trace("/tasks/").status_code == 405
    assert client.get("/accounts/sign-out/").status_code == 405
    gone = client.post("/accounts/sign-out/")
    assert gone.headers["Clear-Site-Data"] and client.get("/tasks/").status_code == 302
