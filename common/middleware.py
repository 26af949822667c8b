"""Middleware of every request."""

import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render

from common.context import request_id

log = structlog.get_logger("portal.request")
Handler = Callable[[HttpRequest], HttpResponse]


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class RequestId:
    """Give each request an id, put it on the answer and into facts and log lines; log one line a request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        rid = (
            given
            if 8 <= len(given) <= 40 and given.replace("-", "").isalnum() and given.isascii()
            else uuid.uuid4().hex
        )
        token = request_id.set(rid)
        try:
            response = self.get_response(request)
            match = request.resolver_match
            log.info(
                "request",
                request_id=rid,
                method=request.method,
                route=match.route if match else "",
                status=response.status_code,
            )
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = rid
        return response


class DatabaseAway:
    """A database that is away is told as 503 with Retry-After, never as an error of ours."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Called for errors of views; anything but a lost database goes on."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        log.error("database_away", error=type(exception).__name__)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 answer, as a page or as a problem document."""
    if _is_api(request):
        body = {"type": "about:blank", "title": "暂时不能服务", "status": 503, "detail": "数据库暂时连不上，稍后再试。"}
        response: HttpResponse = JsonResponse(body, status=503, content_type="application/problem+json")
    else:
        response = render(None, "errors/503.html", status=503)
    response["Retry-After"] = "5"
    return response


class ClientAddress:
    """Replace the socket's address by the caller's, counted from the end of X-Forwarded-For as many hops as are trusted."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = settings.TRUSTED_PROXIES
        if hops:
            chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
            if len(chain) >= hops:
                request.META["REMOTE_ADDR"] = chain[-hops]
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """The address sign-in tries are counted by."""
    return str(request.META.get("REMOTE_ADDR", ""))


class CleanQuery:
    """Refuse NUL in paths and query strings: PostgreSQL cannot store it, so no honest caller sends it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raw = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path or "%00" in raw or "\x00" in raw:
            if _is_api(request):
                body = {
                    "type": "about:blank",
                    "title": "有几处要改",
                    "status": 400,
                    "detail": "地址里有不能用的字符（NUL）。",
                }
                return JsonResponse(body, status=400, content_type="application/problem+json")
            return HttpResponseBadRequest("地址里有不能用的字符。", content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class NoStore:
    """Answers behind sign-in are not kept by browsers or proxies, so that 后退 after 退出 shows nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


def safe_next(url: str) -> str:
    """`url` when it stays on this site, else an empty string."""
    parts = urlsplit(url)
    return url if url.startswith("/") and not url.startswith(("//", "/\\")) and not parts.netloc else ""
