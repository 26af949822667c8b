"""Limits of a session, and the password change that comes first."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]


def _problem(status: int, title: str, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


class SessionLimits:
    """End a session after `SESSION_IDLE` without a request, or `SESSION_ABSOLUTE` after sign-in."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = timezone.now().timestamp()
        started = request.session.setdefault("started", now)
        seen = request.session.get("seen", now)
        if (
            now - seen > settings.SESSION_IDLE.total_seconds()
            or now - started > settings.SESSION_ABSOLUTE.total_seconds()
        ):
            logout(request)
            return self._ended(request)
        if now - seen > 60 or "seen" not in request.session:
            request.session["seen"] = now  # at most one session write a minute
        return self.get_response(request)

    def _ended(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return _problem(401, "登录已超时", "重新登录后再试。")
        target = reverse("accounts:sign-in") + "?" + urlencode({"next": request.get_full_path(), "timeout": 1})
        if getattr(request, "headers", {}).get("HX-Request"):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = target
            return response
        return redirect(target)


class PasswordFirst:
    """An account that must change its password reaches the change page and sign-out, nothing else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or not getattr(user, "must_change_password", False):
            return self.get_response(request)
        allowed = {
            reverse("accounts:change-password"),
            reverse("accounts:sign-out"),
            reverse("livez"),
            reverse("readyz"),
        }
        if request.path in allowed or request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return _problem(403, "先修改密码", "在浏览器里修改初始密码后再用。")
        return redirect("accounts:change-password")
