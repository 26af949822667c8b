"""Accounts in the hands of the 系统管理员: made, unlocked, given a new password, disabled. He reaches no school by it."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from axes.models import AccessAttempt
from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, WrongState, one_fault
from schools import access
from schools.models import Person
from schools.permissions import SchoolPerm
from schools.services.people import open_account
from schools.services.projection import project_members

LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on paper


def may_manage(user: User) -> bool:
    """Whether this account holds the post of 系统管理员 today."""
    return access.system_can(user, SchoolPerm.MANAGE_ACCOUNTS)


def locked_names(usernames: Iterable[str], at: datetime) -> set[str]:
    """Which of these sign-in names are locked at present, from some address, after repeated failures."""
    return set(_lockouts(at).filter(username__in=list(usernames)).values_list("username", flat=True))


def all_locked_names(at: datetime) -> QuerySet[AccessAttempt, str]:
    """All of them, as a subquery."""
    return _lockouts(at).values_list("username", flat=True)


def _lockouts(at: datetime) -> QuerySet[AccessAttempt]:
    return AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=at - settings.AXES_COOLOFF_TIME
    )


@transaction.atomic
def create_account(*, person: Person, username: str, email: str = "", by: User, at: datetime) -> tuple[User, str]:
    """Give a person an account; returns it with its one-time password, which is told this once."""
    _require(by)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.account_id is not None:
        raise WrongState(f"{person.name}已有账号。刷新页面看最新情况。")
    if User.objects.filter(username=username).exists():
        raise one_fault("username", "已有这个登录名，换一个")
    password = one_time_password(User(username=username, name=person.name, phone=person.phone))
    account = open_account(person=person, username=username, password=password, email=email, by=by, at=at)
    project_members([account], local_day(at))
    return account, password


@transaction.atomic
def reset_password(*, account: User, by: User, at: datetime) -> str:
    """A new one-time password, told this once. All sessions of the account end (their auth hash no longer fits)."""
    account = _locked(account, by)
    if account.pk == by.pk:
        raise NotAllowed("自己的密码在“修改密码”里改。")
    password = one_time_password(account)
    account.set_password(password)
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    record("accounts.user.password_reset", by=by, at=at, on=account)
    if locked_names([account.username], at):
        _unlock(account, by, at)
    return password


@transaction.atomic
def unlock(*, account: User, by: User, at: datetime) -> User:
    """Forget the failed tries, so that the next right password is let in at once."""
    account = _locked(account, by)
    if not locked_names([account.username], at):
        raise WrongState("这个账号没有被锁定。刷新页面看最新情况。")
    _unlock(account, by, at)
    return account


@transaction.atomic
def disable(*, account: User, by: User, at: datetime) -> User:
    """Nobody signs in with it any more; its open sessions end for good, also should it be enabled again."""
    account = _locked(account, by)
    if account.pk == by.pk:
        raise NotAllowed("不能停用自己的账号。由另一位系统管理员办理。")
    if not account.is_active:
        raise WrongState("这个账号已经停用。刷新页面看最新情况。")
    account.is_active = False
    account.save(update_fields=["is_active"])
    _end_sessions(account, at)
    record("accounts.user.disabled", by=by, at=at, on=account)
    return account


@transaction.atomic
def enable(*, account: User, by: User, at: datetime) -> User:
    """Let the person sign in again."""
    account = _locked(account, by)
    if account.is_active:
        raise WrongState("这个账号已经启用。刷新页面看最新情况。")
    account.is_active = True
    account.save(update_fields=["is_active"])
    record("accounts.user.enabled", by=by, at=at, on=account)
    return account


def one_time_password(account: User) -> str:
    """Three groups of four letters and digits that pass the portal's own password rules."""
    while True:
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
        try:
            validate_password(password, account)
        except ValidationError:
            continue
        return password


def _require(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("账号由系统管理员办理。")


def _locked(account: User, by: User) -> User:
    _require(by)
    return User.objects.select_for_update().get(pk=account.pk)


def _unlock(account: User, by: User, at: datetime) -> None:
    forget_failures(username=account.username)
    record("accounts.user.unlocked", by=by, at=at, on=account)


def _end_sessions(account: User, at: datetime) -> None:
    for session in Session.objects.filter(expire_date__gt=at).iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(account.pk):
            session.delete()
