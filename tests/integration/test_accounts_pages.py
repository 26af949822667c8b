"""Accounts in the hands of the 系统管理员: made, unlocked, new password, disabled; open sessions obey at once."""

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.errors import NotAllowed
from schools.permissions import Post
from schools.services import accounts
from schools.services.accounts import one_time_password
from tests.factories import PASSWORD, make_bureau, make_cast, make_person, make_school

pytestmark = pytest.mark.django_db
LIST = "/schools/accounts/"
SIGN_IN = "/accounts/sign-in/"
WRONG = {"username": "worker", "password": "Wrong-Words-2026"}


@pytest.fixture
def system() -> Client:
    return signed_in(make_bureau(Post.SYSTEM_ADMIN))


@pytest.fixture
def worker() -> User:
    """The clerk of a school, with a password."""
    make_person("周干事", "worker", Post.CLERK, school=make_school())
    return User.objects.get(username="worker")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def really_signed_in(username: str, password: str = PASSWORD) -> Client:
    client = Client()
    assert client.post(SIGN_IN, {"username": username, "password": password}).status_code == 302
    return client


def lock_out() -> None:
    for _ in range(5):
        Client().post(SIGN_IN, WRONG)


def password_on(page: str) -> str:
    found = re.search(r'fh-secret">([^<]+)<', page)
    assert found is not None
    return found[1]


def kinds(user: User) -> list[str]:
    return list(Event.objects.filter(subject=f"accounts.user:{user.pk}").order_by("seq").values_list("kind", flat=True))


# ---- making ----


def test_a_person_gets_an_account_with_a_password_that_is_shown_once_and_must_be_changed(system):
    school = make_school()
    person = make_person("王敏", "", Post.CLERK, school=school)
    listed = system.get(LIST, {"view": "none"}).content.decode()
    page = f"/schools/accounts/new/{person.pk}/"
    assert page in listed
    assert system.get(page).context["form"]["username"].value() == "wm"
    answer = system.post(page, {"username": "wangmin", "email": "wm@example.cn"})
    password = password_on(answer.content.decode())
    assert "no-cache" in answer["Cache-Control"] and "no-store" in answer["Cache-Control"]
    account = User.objects.get(username="wangmin")
    assert (account.person, account.email, account.name) == (person, "wm@example.cn", "王敏")
    fact = Event.objects.get(kind="accounts.user.created", subject=f"accounts.user:{account.pk}")
    assert fact.actor.username == "system_admin"
    assert password not in str(fact.data)
    session = really_signed_in("wangmin", password)
    assert session.get("/schools/FH001/").headers["Location"] == "/accounts/password/"
    session.post("/accounts/password/", {"old": password, "new": "Quite-New-2027", "again": "Quite-New-2027"})
    assert session.get("/schools/FH001/").status_code == 200
    assert password not in system.get(f"/schools/accounts/{account.pk}/").content.decode()


@pytest.mark.parametrize(
    ("username", "status", "said"),
    [
        ("", 422, "填写登录名"),
        ("ab", 422, "3 至 32 位"),
        ("WangMin", 422, "3 至 32 位"),
        ("王敏同志", 422, "3 至 32 位"),
        ("-abc", 422, "3 至 32 位"),
        ("api:machine", 422, "3 至 32 位"),
        ("worker", 422, "已有这个登录名，换一个"),
    ],
)
def test_sign_in_names_that_cannot_be(system, worker, username, status, said):
    person = make_person("王敏")
    answer = system.post(f"/schools/accounts/new/{person.pk}/", {"username": username})
    assert answer.status_code == status
    assert said in answer.content.decode()
    person.refresh_from_db()
    assert person.account is None


def test_nobody_gets_a_second_account(system, worker):
    answer = system.post(f"/schools/accounts/new/{worker.person.pk}/", {"username": "second"})
    assert answer.status_code == 409
    assert "周干事已有账号" in answer.content.decode()
    assert not User.objects.filter(username="second").exists()


def test_one_time_passwords_keep_the_portals_own_rules():
    user = User(username="worker", name="周干事", phone="13800001234")
    made = {one_time_password(user) for _ in range(50)}
    assert len(made) == 50
    for password in made:
        validate_password(password, user)


# ---- unlocking ----


def test_a_locked_name_is_listed_and_unlocked(system, worker):
    lock_out()
    good = {"username": "worker", "password": PASSWORD}
    assert Client().post(SIGN_IN, good).status_code == 429
    assert [row["username"] for row in system.get(LIST, {"view": "locked"}).context["rows"]] == ["worker"]
    assert "解除锁定" in system.get(f"/schools/accounts/{worker.pk}/").content.decode()
    answer = system.post(f"/schools/accounts/{worker.pk}/unlock/", follow=True)
    assert "已解除锁定，可以马上登录" in answer.content.decode()
    assert Client().post(SIGN_IN, good).status_code == 302
    assert "accounts.user.unlocked" in kinds(worker)


def test_what_is_not_locked_cannot_be_unlocked(system, worker):
    answer = system.post(f"/schools/accounts/{worker.pk}/unlock/")
    assert answer.status_code == 409
    assert "没有被锁定" in answer.content.decode()
    assert "accounts.user.unlocked" not in kinds(worker)


# ---- a new password ----


def test_a_reset_password_ends_every_session_at_its_next_request(system, worker):
    session = really_signed_in("worker")
    assert session.get("/schools/FH001/").status_code == 200
    password = password_on(system.post(f"/schools/accounts/{worker.pk}/password/").content.decode())
    assert session.get("/schools/FH001/").headers["Location"].startswith(SIGN_IN)
    assert Client().post(SIGN_IN, {"username": "worker", "password": PASSWORD}).status_code == 422
    fresh = really_signed_in("worker", password)
    assert fresh.get("/schools/FH001/").headers["Location"] == "/accounts/password/"
    assert kinds(worker)[-2:] == ["accounts.user.sign_in_refused", "accounts.user.signed_in"]
    assert "accounts.user.password_reset" in kinds(worker)


def test_a_reset_lets_a_locked_person_in(system, worker):
    lock_out()
    password = password_on(system.post(f"/schools/accounts/{worker.pk}/password/").content.decode())
    really_signed_in("worker", password)
    assert "accounts.user.unlocked" in kinds(worker)


def test_a_password_is_reset_by_post_only(system, worker):
    before = worker.password
    assert system.get(f"/schools/accounts/{worker.pk}/password/").status_code == 405
    worker.refresh_from_db()
    assert worker.password == before


# ---- disabling ----


def test_a_disabled_account_is_refused_at_the_next_request_and_its_sessions_stay_ended(system, worker):
    session, other = really_signed_in("worker"), signed_in(make_bureau())
    assert session.get("/schools/FH001/").status_code == 200
    system.post(f"/schools/accounts/{worker.pk}/disable/")
    assert session.get("/schools/FH001/").headers["Location"].startswith(SIGN_IN)
    assert Client().post(SIGN_IN, {"username": "worker", "password": PASSWORD}).status_code == 422
    assert [row["username"] for row in system.get(LIST, {"view": "disabled"}).context["rows"]] == ["worker"]
    stale = Client()
    stale.cookies = session.cookies
    system.post(f"/schools/accounts/{worker.pk}/enable/")
    assert stale.get("/schools/FH001/").headers["Location"].startswith(SIGN_IN)
    assert really_signed_in("worker").get("/schools/FH001/").status_code == 200
    assert other.get("/schools/FH001/").status_code == 200
    assert Session.objects.count() == 3
    assert [kind for kind in kinds(worker) if kind.endswith("abled")] == [
        "accounts.user.disabled",
        "accounts.user.enabled",
    ]


@pytest.mark.parametrize(("first", "second"), [("disable", "disable"), ("disable", "enable")])
def test_the_same_step_twice_is_refused(system, worker, first, second):
    steps = [first, second, second]
    statuses = [system.post(f"/schools/accounts/{worker.pk}/{step}/").status_code for step in steps]
    assert statuses == ([302, 409, 409] if first == second else [302, 302, 409])


def test_the_own_account_is_not_disabled_or_reset_here(system):
    own = User.objects.get(username="system_admin")
    for step in ("disable", "password"):
        answer = system.post(f"/schools/accounts/{own.pk}/{step}/")
        assert answer.status_code == 409
    own.refresh_from_db()
    assert own.is_active and not own.must_change_password
    assert "由另一位系统管理员办理" in system.get(f"/schools/accounts/{own.pk}/").content.decode()


def test_an_unknown_step_is_no_page(system, worker):
    assert system.post(f"/schools/accounts/{worker.pk}/promote/").status_code == 404
    assert system.get(f"/schools/accounts/{worker.pk}/disable/").status_code == 405


# ---- who, what is shown ----


@pytest.mark.parametrize("post", [Post.ORGANISER, Post.LEADER, Post.SECURITY_ADMIN, Post.AUDITOR, Post.SECRETARY])
def test_nobody_else_finds_the_pages_of_accounts(worker, post):
    cast = make_cast("FH005")
    client = signed_in(cast.user("secretary") if post is Post.SECRETARY else make_bureau(post))
    person = make_person("王敏")
    for path in (LIST, f"/schools/accounts/{worker.pk}/", f"/schools/accounts/new/{person.pk}/"):
        assert client.get(path).status_code == 404
    for path in (
        f"/schools/accounts/new/{person.pk}/", f"/schools/accounts/{worker.pk}/password/",
        f"/schools/accounts/{worker.pk}/disable/", f"/schools/accounts/{worker.pk}/unlock/",
    ):  # fmt: skip
        assert client.post(path, {"username": "wangmin"}).status_code == 404
    worker.refresh_from_db()
    assert worker.is_active


def test_the_services_refuse_without_the_post_as_well(worker):
    by, at = make_bureau(), timezone.now()
    for act in (accounts.disable, accounts.enable, accounts.unlock, accounts.reset_password):
        with pytest.raises(NotAllowed):
            act(account=worker, by=by, at=at)
    with pytest.raises(NotAllowed):
        accounts.create_account(person=make_person("王敏"), username="wangmin", by=by, at=at)


def test_machines_and_superusers_are_not_in_these_hands(system):
    machine = User.objects.create_user("api:x", name="接口", is_machine=True)
    root = User.objects.create_user("root", "x", name="根", is_superuser=True)
    page = system.get(LIST).content.decode()
    for account in (machine, root):
        assert account.username not in page
        assert system.get(f"/schools/accounts/{account.pk}/").status_code == 404
        assert system.post(f"/schools/accounts/{account.pk}/disable/").status_code == 404


def test_accounts_are_found_by_name_pinyin_and_sign_in_name_with_masked_phones(system, worker):
    for q in ("周干", "zhougan", "zgs", "WORK"):
        answer = system.get(LIST, {"q": q})
        assert [row["username"] for row in answer.context["rows"]] == ["worker"], q
        assert "138****1234" in answer.content.decode()
        assert "13800001234" not in answer.content.decode()
    assert "没有找到" in system.get(LIST, {"q": "没有此人"}).content.decode()
    assert system.get(LIST, {"view": "nonsense", "page": "x", "q": "\u202e"}).status_code == 200


def test_one_account_and_thirty_cost_the_same_queries(system):
    system.get(LIST)
    for view in ("", "none"):
        with CaptureQueriesContext(connection) as one:
            system.get(LIST, {"view": view})
        for number in range(30):
            make_person(f"人{number}", f"u-{number}" if view == "" else "")
        with CaptureQueriesContext(connection) as many:
            assert len(system.get(LIST, {"view": view}).context["rows"]) >= 30
        if view == "":
            assert len(one) == len(many)
        assert len(many) <= 8
