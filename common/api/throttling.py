"""Requests per caller."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class PerCaller(SimpleRateThrottle):
    """Counts by account; callers without identity by address."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """One counter for each account or address."""
        who = request.user.pk if request.user and request.user.is_authenticated else self.get_ident(request)
        return str(self.cache_format % {"scope": self.scope, "ident": who})
