"""Scopes of tokens. Rows are scoped by `visible_to`; steps are decided by the services."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SAFE = ("GET", "HEAD", "OPTIONS")


class SignedInWithScope(BasePermission):
    """An identity is needed; a token must also carry the view's `read_scope` or `write_scope`. Persons need no scope."""

    message = "这个令牌没有所需的权限范围。"

    def has_permission(self, request: Request, view: Any) -> bool:
        """False without identity (401) or without the scope (403)."""
        if not request.user or not request.user.is_authenticated:
            return False
        if request.auth is None:
            return True
        scope = view.read_scope if request.method in SAFE else view.write_scope
        token: Any = request.auth
        return bool(scope) and bool(token.is_valid([scope]))
