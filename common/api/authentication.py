"""Who calls: another system by its OAuth2 token, or a signed-in person by the session of the browser."""

from typing import Any

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class ClientToken(OAuth2Authentication):
    """A bearer token; the caller is the machine account of the token's client."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Account and token, or None when no bearer token is given; an unknown or expired token is refused."""
        if not request.headers.get("Authorization", "").lower().startswith("bearer "):
            return None
        found = super().authenticate(request)
        if found is None:
            raise AuthenticationFailed("令牌无效或已过期，重新取一个。")
        account = found[1].application.user if found[1].application else None
        if account is None or not account.is_active or not getattr(account, "is_machine", False):
            raise AuthenticationFailed("这个接口方已停用。")
        return account, found[1]


class BrowserSession(SessionAuthentication):
    """The session cookie with the CSRF token."""
