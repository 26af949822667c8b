"""The inbox (提醒)."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from common.dates import SHANGHAI, local_day
from common.keyset import BadCursor, page_of
from common.middleware import safe_next
from notifications import selectors, services
from notifications.models import Message

PAGE = 50
NEWEST_FIRST = "-at"
VERBS = {"governance.meeting": "看会议", "governance.decision": "看决议", "checklists.task": "看任务"}


@login_required
@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    """The reader's own messages, newest first; all or unread ones, all or one category."""
    now = timezone.now()
    unread = request.GET.get("state", "") == "unread"
    category = request.GET.get("kind", "")
    category = category if category in {known.code for known in selectors.CATEGORIES} else ""
    rows = selectors.inbox_of(request.user, category=category, unread=unread)
    try:
        page = page_of(rows, order=NEWEST_FIRST, size=PAGE, cursor=request.GET.get("cursor", ""))
    except BadCursor:
        page = page_of(rows, order=NEWEST_FIRST, size=PAGE)
    numbers = selectors.unread_by_category(request.user)
    context = {
        "days": _by_day(page.rows, local_day(now)),
        "unread": sum(numbers.values()),
        "only_unread": unread,
        "category": category,
        "segments": [
            {"label": "全部", "url": _address(category, False), "current": not unread},
            {"label": "未读", "url": _address(category, True), "current": unread, "count": sum(numbers.values())},
        ],
        "categories": _categories(numbers, category, unread),
        "until": now.isoformat(),
        "back": request.get_full_path(),
        "previous_url": _address(category, unread, page.previous) if page.previous else "",
        "next_url": _address(category, unread, page.next) if page.next else "",
    }
    return render(request, "notifications/inbox.html", context)


@login_required
@require_POST
def open_message(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Mark one message as read and go to what it speaks of. A message of somebody else does not exist."""
    message = get_object_or_404(Message, pk=pk, reader=request.user)
    services.mark_read(reader=request.user, ids=[message.pk], at=timezone.now())
    return redirect(safe_next(message.url) or safe_next(request.POST.get("next", "")) or "notifications:inbox")


@login_required
@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    """Mark everything as read that had arrived when the page was shown; what came since stays unread."""
    now = timezone.now()
    number = services.mark_read(
        reader=request.user, ids=None, until=_moment(request.POST.get("until", ""), now), at=now
    )
    messages.success(request, f"{number} 条已标为已读" if number else "没有未读的提醒")
    return redirect(safe_next(request.POST.get("next", "")) or "notifications:inbox")


def _moment(raw: str, now: datetime) -> datetime:
    try:
        given = parse_datetime(raw)
    except ValueError:
        return now
    return min(given, now) if given is not None and given.tzinfo is not None else now


def _address(category: str, unread: bool, cursor: str = "") -> str:
    asked = {"kind": category, "state": "unread" if unread else "", "cursor": cursor}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("notifications:inbox") + (f"?{query}" if query else "")


def _categories(numbers: dict[str, int], chosen: str, unread: bool) -> list[dict[str, Any]]:
    """Ways to look at the inbox, each with its unread ones."""
    everything = selectors.Category("", "全部", "inbox")
    return [
        {
            "label": way.label,
            "icon": way.icon,
            "url": _address(way.code, unread),
            "current": way.code == chosen,
            "unread": numbers.get(way.code, sum(numbers.values())),
        }
        for way in (everything, *selectors.CATEGORIES)
    ]


def _by_day(rows: list[dict[str, Any]], today: date) -> list[tuple[str, list[dict[str, Any]]]]:
    """今天, 昨天, 更早."""
    names = {today: "今天", today - timedelta(days=1): "昨天"}
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        local = row["at"].astimezone(SHANGHAI)
        name = names.get(local.date(), "更早")
        row["when"] = f"{local:%H:%M}" if name != "更早" else f"{local:%Y-%m-%d %H:%M}"
        row |= _marks(row)
        row["tone"] = "" if row["read_at"] else row["tone"]  # colour is for what has not been looked at
        days.setdefault(name, []).append(row)
    return list(days.items())


def _marks(row: dict[str, Any]) -> dict[str, str]:
    """Icon, colour and word before the title, and the words on the button."""
    category = selectors.category_of(row["kind"])
    if category == "due":
        left = row["event__data__days_left"]
        if left is not None and int(left) < 0:
            return {"word": "逾期", "tone": "bad", "icon": "clock-exclamation", "go": "去办理"}
        return {"word": "到期", "tone": "", "icon": "clock", "go": "去办理"}
    go = VERBS.get(row["kind"].rpartition(".")[0], "查看") if row["url"] else "标为已读"
    if category == "todo":
        return {"word": "待办", "tone": "warn", "icon": "clipboard-check", "go": go}
    return {"word": "通知", "tone": "", "icon": "info-circle", "go": go}
