"""Sign-in, sign-out, password, text size."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import ChangePasswordForm, SignInForm
from accounts.http import SignedInRequest
from accounts.models import CalendarToken
from common.middleware import safe_next


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; leads on to where the person wanted to go, on this site only."""
    target = safe_next(request.POST.get("next", request.GET.get("next", "")))
    if request.user.is_authenticated:
        return redirect(target or "reports:home")
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.user is not None:
        login(request, form.user)
        request.session["started"] = request.session["seen"] = timezone.now().timestamp()
        return redirect(target or "reports:home")
    context = {"form": form, "next": target, "timed_out": "timeout" in request.GET}
    return render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)


def locked_out(request: HttpRequest, credentials: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer while a name is locked for this address; it reads the same for names that are no account."""
    form = SignInForm(request)
    response = render(request, "accounts/sign_in.html", {"form": form, "locked": True}, status=429)
    response["Retry-After"] = "900"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.info(request, "已退出")
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache"'
    return response


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: SignedInRequest) -> HttpResponse:
    """One's own password; obligatory at first sign-in."""
    form = ChangePasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = services.change_password(
            user=request.user, password=form.cleaned_data["new"], by=request.user, at=timezone.now()
        )
        update_session_auth_hash(request, user)
        messages.success(request, "密码已改，其他地方的登录已退出")
        return redirect("reports:home")
    return render(request, "accounts/change_password.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: SignedInRequest) -> HttpResponse:
    """日历订阅: make, renew or stop the address of one's own feed. A new address is shown in this one answer and never again."""
    act, at, address = request.POST.get("do", ""), timezone.now(), ""
    if act == "issue":
        token = services.issue_calendar_token(user=request.user, by=request.user, at=at)
        address = request.build_absolute_uri(reverse("api:calendar", args=[token]))
    elif act == "revoke":
        stopped = services.revoke_calendar_token(user=request.user, by=request.user, at=at)
        messages.success(request, "日历订阅已停用，原来的地址不能再用" if stopped else "日历订阅没有打开")
        return redirect("accounts:calendar")
    kept = CalendarToken.objects.filter(account=request.user).first()
    return render(request, "accounts/calendar.html", {"kept": kept, "address": address})


@login_required
@require_POST
def text_size(request: SignedInRequest) -> HttpResponse:
    """The 大字 switch, kept with the account."""
    services.set_text_size(user=request.user, large=request.POST.get("large") == "1")
    if request.headers.get("HX-Request") or request.headers.get("X-Requested-With"):
        return HttpResponse(status=204)
    return redirect(safe_next(request.POST.get("next", "")) or "reports:home")
