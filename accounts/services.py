"""Changes of accounts."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
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
