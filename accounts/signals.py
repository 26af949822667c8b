"""Receivers of Django's and axes' own sign-in signals (none between our apps)."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.services import record


def connect() -> None:
    """Record each sign-in, each refused try, each lock-out and each sign-out."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    user_login_failed.connect(_refused, dispatch_uid="accounts.refused")
    user_locked_out.connect(_locked_out, dispatch_uid="accounts.locked_out")


def _signed_in(*, user: User, **_: Any) -> None:
    with transaction.atomic():
        record("accounts.user.signed_in", by=user, at=timezone.now(), on=user)


def _signed_out(*, user: User | None, **_: Any) -> None:
    if user is not None:
        with transaction.atomic():
            record("accounts.user.signed_out", by=user, at=timezone.now(), on=user)


def _refused(*, credentials: dict[str, Any], **_: Any) -> None:
    user = User.objects.filter(username=str(credentials.get("username", ""))[:64].replace("\x00", "")).first()
    with transaction.atomic():
        # A name that is no account is not kept: it may be a password typed into the wrong field.
        record("accounts.user.sign_in_refused", by=None, at=timezone.now(), on=user)


def _locked_out(*, username: str | None = None, **_: Any) -> None:
    user = User.objects.filter(username=str(username or "")[:64].replace("\x00", "")).first()
    with transaction.atomic():
        record("accounts.user.locked_out", by=None, at=timezone.now(), on=user)
