"""Refused acts are facts too (security.md E2)."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.services import record

Handler = Callable[[HttpRequest], HttpResponse]
REFUSED = frozenset({403, 409, 412, 428})
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Refusals:
    """Record each write that was refused for right, state or version, after its own transaction has ended."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        refused = response.status_code in REFUSED and request.method not in SAFE
        if refused and not getattr(response, "refusal_recorded", False):
            self._record(request, response)
        return response

    def _record(self, request: HttpRequest, response: HttpResponse) -> None:
        user = request.user if request.user.is_authenticated else None
        match = request.resolver_match
        data: dict[str, Any] = {
            "route": match.route if match else "",
            "method": request.method,
            "status": response.status_code,
        }
        if match:
            data["object"] = {key: str(value) for key, value in match.kwargs.items()}
        try:
            with transaction.atomic():
                record("audit.refusal", by=user, at=timezone.now(), **data)
        except DatabaseError:
            return  # the refusal stands; DatabaseAway has logged the lost connection
