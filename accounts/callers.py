"""Who calls the API, with its type."""

from typing import cast

from rest_framework.request import Request

from accounts.models import User


def caller(request: Request) -> User:
    """The account behind the request: a person's, or the machine account of an API client. Identity is checked before."""
    return cast(User, request.user)
