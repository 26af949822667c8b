"""Requests larger than any form of the portal: refused by their announced length, before anything is parsed or stored.

A server that answers and hangs up while the browser is still sending is shown as “connection reset”. So what comes is read
and thrown away first, within bounds; then the browser shows the page.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

CHUNK = 256 * 1024
THROW_AWAY = 1024 * 1024 * 1024
PATIENCE = 120.0  # seconds


class RefuseOversize:
    """413 with a page that says what to do; the API gets a problem document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= settings.REQUEST_LIMIT:
            return self.get_response(request)
        _throw_away(request, int(length))
        return too_large(request)


def too_large(request: HttpRequest) -> HttpResponse:
    """The answer, in the words of the limits in force."""
    one, all_together = settings.UPLOAD_LIMIT // 1048576, settings.REQUEST_LIMIT // 1048576
    if request.path.startswith("/api/"):
        body = {
            "type": "about:blank",
            "title": "内容太大",
            "status": 413,
            "detail": f"一次请求不超过 {all_together} MB。",
        }
        response: HttpResponse = JsonResponse(body, status=413, content_type="application/problem+json")
    else:
        response = render(None, "errors/413.html", {"one": one, "all_together": all_together}, status=413)
    response["Cache-Control"] = "no-store"
    return response


def _throw_away(request: HttpRequest, length: int) -> None:
    """Read and forget up to `THROW_AWAY` bytes; a caller who goes away or dawdles is not waited for."""
    until = time.monotonic() + PATIENCE
    left = min(length, THROW_AWAY)
    try:
        while left > 0 and time.monotonic() < until:
            piece = request.read(min(CHUNK, left))
            if not piece:
                return
            left -= len(piece)
    except OSError:
        return
