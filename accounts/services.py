"""Changes of accounts."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import CalendarToken, User
from audit.services import record


@transaction.atomic
def change_password(*, user: User, password: str, by: User, at: datetime) -> User:
    """Set the person's own new password; all other sessions of the account end (their auth hash no longer fits)."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record("accounts.user.password_changed", by=by, at=at, on=user)
    return user


@transaction.atomic
def set_text_size(*, user: User, large: bool) -> None:
    """Remember the 大字 switch with the account. A display preference leaves no fact."""
    User.objects.filter(pk=user.pk).update(large_text=large)


@transaction.atomic
def issue_calendar_token(*, user: User, by: User, at: datetime) -> str:
    """A new secret for the person's calendar feed; the one before stops working. It is told here and never again."""
    token = secrets.token_urlsafe(32)
    CalendarToken.objects.update_or_create(account=user, defaults={"digest": digest_of(token), "at": at})
    record("accounts.calendar.issued", by=by, at=at, on=user)
    return token


@transaction.atomic
def revoke_calendar_token(*, user: User, by: User, at: datetime) -> bool:
    """Stop the feed; False when there was none."""
    gone, _ = CalendarToken.objects.filter(account=user).delete()
    if gone:
        record("accounts.calendar.revoked", by=by, at=at, on=user)
    return bool(gone)


def digest_of(token: str) -> str:
    """What is kept of a secret of 256 random bits: no salt is needed, nobody guesses it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def owner_of_calendar(token: str) -> User | None:
    """Whose calendar that is; nobody's once the account is deactivated."""
    return User.objects.filter(calendar_token__digest=digest_of(token), is_active=True).first()
