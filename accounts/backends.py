"""Sign-in backend."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User


class AccountBackend(ModelBackend):
    """Name and password; accounts of other systems never sign in here."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, or None. Unknown, disabled and machine accounts cost the same time as a wrong password."""
        if username is None or password is None:
            return None
        user = super().authenticate(
            request, username=username.replace("\x00", ""), password=password.replace("\x00", "")
        )
        return user if isinstance(user, User) and not user.is_machine else None
