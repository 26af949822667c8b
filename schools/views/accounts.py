"""Accounts, for the 系统管理员."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError
from common.exports import Cell, Export, download
from common.text import initials_of, mask_phone
from schools.forms import AccountForm
from schools.models import Person
from schools.selectors import accounts_found, with_posts, without_account
from schools.services import accounts as services
from schools.services.exports import record_export
from schools.views.common import a_page, refusal_page, refused, require

VIEWS = {"": "全部账号", "locked": "被锁定", "disabled": "已停用", "none": "还没有账号"}
ACCOUNT_LIST = (
    "id", "username", "name", "phone", "is_active", "must_change_password", "last_login", "person__id",
    "person__school__short_name",
)  # fmt: skip
COLUMNS = ("姓名", "登录名", "学校", "现任职务", "手机", "状态", "最近登录")
AT_ONCE = 500  # ids in one query
PERSON_LIST = ("id", "name", "py", "phone", "school__short_name")


@login_required
@require_safe
def account_list(request: SignedInRequest) -> HttpResponse:
    """Accounts, and the people who have none yet."""
    require(services.may_manage(request.user))
    view, q = _asked(request)
    if view == "none":
        page = a_page(request, without_account(q).values(*PERSON_LIST), "py")
        person_key = "id"
    else:
        page = a_page(request, _accounts(view, q).values(*ACCOUNT_LIST), "username")
        person_key = "person__id"
    _describe(page.rows, person_key, view)
    address = {"view": view, "q": q}
    context = {
        "rows": page.rows,
        "view": view,
        "q": q,
        "segments": [
            {"label": label, "url": f"?{urlencode({'view': name, 'q': q})}", "current": name == view}
            for name, label in VIEWS.items()
        ],
        "export_query": urlencode(address),
        "previous_url": f"?{urlencode({**address, 'page': page.previous})}" if page.previous else "",
        "next_url": f"?{urlencode({**address, 'page': page.next})}" if page.next else "",
    }
    return render(request, "schools/accounts.html", context)


def _asked(request: SignedInRequest) -> tuple[str, str]:
    """The view and the search in the address; an unknown view is all accounts."""
    view = request.GET.get("view", "")
    return view if view in VIEWS else "", request.GET.get("q", "")[:50]


@login_required
@require_GET
def accounts_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The view as a file, telephone numbers masked as on the page; who took it is recorded."""
    require(services.may_manage(request.user) and kind in ("csv", "xlsx"))
    view, q = _asked(request)
    if view == "none":
        rows = list(without_account(q).order_by("py", "pk").values(*PERSON_LIST))
    else:
        rows = list(_accounts(view, q).order_by("username", "pk").values(*ACCOUNT_LIST))
    for start in range(0, len(rows), AT_ONCE):
        _describe(rows[start : start + AT_ONCE], "id" if view == "none" else "person__id", view)
    at = timezone.now()
    filters = {name: value for name, value in (("view", view), ("q", q)) if value}
    number = record_export(rows=len(rows), filters=filters, kind=kind, what="accounts", by=request.user, at=at)
    title = "账号" if view != "none" else VIEWS[view]
    return download(Export(title, COLUMNS, map(_exported, rows), request.user.name, at, number), kind)


def _exported(row: dict[str, Any]) -> list[Cell]:
    """One account, or one person without an account, as a line."""
    school = row.get("person__school__short_name") or row.get("school__short_name") or "局、教办"
    seen = row.get("last_login")
    return [
        row["name"],
        row.get("username", ""),
        school,
        row["posts"],
        mask_phone(row["phone"]) if row["phone"] else "",
        row["state"][1] if "state" in row else VIEWS["none"],
        local_day(seen).isoformat() if seen else "",
    ]


def _accounts(view: str, q: str) -> Any:
    rows = accounts_found(q)
    if view == "locked":
        return rows.filter(username__in=services.all_locked_names(timezone.now()))
    return rows.filter(is_active=False) if view == "disabled" else rows


def _describe(rows: list[dict[str, Any]], person_key: str, view: str) -> None:
    """Add posts of today and, for accounts, their state."""
    at = timezone.now()
    posts = with_posts([row[person_key] for row in rows if row[person_key]], local_day(at))
    for row in rows:
        row["posts"] = posts.get(row[person_key], "")
    if view != "none":
        locked = services.locked_names([row["username"] for row in rows], at)
        for row in rows:
            row["state"] = _state(row["is_active"], row["username"] in locked, row["must_change_password"])


def _state(active: bool, locked: bool, must_change: bool) -> tuple[str, str]:
    if not active:
        return "none", "已停用"
    if locked:
        return "warn", "已锁定"
    return ("wait", "待改初始密码") if must_change else ("done", "使用中")


@login_required
@require_safe
def account(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One account and what may be done with it."""
    require(services.may_manage(request.user))
    return render(request, "schools/account.html", _account_context(request, _found(pk)))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def new_account(request: SignedInRequest, person: UUID) -> HttpResponse:
    """Give a person an account. Its one-time password is on the answer and nowhere else, hence no redirect."""
    require(services.may_manage(request.user))
    holder = get_object_or_404(Person.objects.select_related("school"), pk=person)
    form = AccountForm(request.POST or None, initial={"username": initials_of(holder.name)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made, password = services.create_account(
                    person=holder, by=request.user, at=timezone.now(), **form.cleaned_data
                )
            except DomainError as refusal:
                status = refused(form, refusal)
            else:
                return _told_once(request, made, password, "已建立账号")
    return render(request, "schools/account_new.html", {"form": form, "person": holder}, status=status)


@never_cache
@login_required
@require_POST
def reset(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """A new one-time password."""
    require(services.may_manage(request.user))
    found = _found(pk)
    try:
        password = services.reset_password(account=found, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return refusal_page(request, refusal, reverse("schools:account", args=[pk]))
    return _told_once(request, found, password, "已重置密码")


@login_required
@require_POST
def act(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """Unlock, disable, enable."""
    require(services.may_manage(request.user))
    acts: dict[str, tuple[Callable[..., User], str]] = {
        "unlock": (services.unlock, "已解除锁定，可以马上登录"),
        "disable": (services.disable, "已停用，这个账号的登录已全部退出"),
        "enable": (services.enable, "已启用，可以登录"),
    }
    if name not in acts:
        raise Http404
    service, said = acts[name]
    try:
        service(account=_found(pk), by=request.user, at=timezone.now())
    except DomainError as refusal:
        return refusal_page(request, refusal, reverse("schools:account", args=[pk]))
    messages.success(request, said)
    return redirect("schools:account", pk)


def _found(pk: UUID) -> User:
    return get_object_or_404(accounts_found(""), pk=pk)


def _account_context(request: SignedInRequest, found: User) -> dict[str, Any]:
    at = timezone.now()
    person = Person.objects.filter(account=found).select_related("school").first()
    locked = bool(services.locked_names([found.username], at))
    posts = with_posts([person.pk], local_day(at)).get(person.pk, "") if person else ""
    return {
        "account": found,
        "state": _state(found.is_active, locked, found.must_change_password),
        "locked": locked,
        "own": found.pk == request.user.pk,
        "ask_reset": f"重置{found.name}的密码？",
        "ask_disable": f"停用{found.name}的账号？",
        "rows": [
            {"label": "登录名", "value": found.username},
            {"label": "学校", "value": person.school.name if person and person.school else "局、教办"},
            {"label": "现任职务", "value": posts},
            {"label": "手机", "value": mask_phone(found.phone) if found.phone else ""},
            {"label": "建立", "value": local_day(found.joined_at).isoformat() if found.joined_at else ""},
            {"label": "最近登录", "value": local_day(found.last_login).isoformat() if found.last_login else ""},
        ],
    }


def _told_once(request: SignedInRequest, made: User, password: str, title: str) -> HttpResponse:
    return render(request, "schools/account_password.html", {"account": made, "password": password, "title": title})
