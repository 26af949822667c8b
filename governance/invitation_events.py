"""Facts about notices of meetings and about the pack, with the calendar file that goes out by mail beside them."""

from collections.abc import Sequence
from uuid import UUID

from audit.models import Event
from audit.registry import Enclosure, EventKind
from governance.models import Meeting

CALENDAR = "text/calendar; charset=utf-8"


def _accounts(event: Event) -> list[UUID]:
    return [UUID(account) for account in event.data.get("accounts", [])]


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _called(event: Event) -> str:
    """“会议通知：望山小学11月26日党组织会议，11月26日（周四）15:30，行政楼 205，5 个议题”; never the title of an item."""
    data = event.data
    items = f"{data['items']} 个议题" if "items" in data else ""
    return "，".join(filter(None, [f"会议通知：{event.subject_text}", data.get("when"), data.get("place"), items]))


def _recalled(event: Event) -> str:
    return _with_reason("会议通知已撤回", event)


def _cancelled(event: Event) -> str:
    return _with_reason("会议已取消", event)


def _with_reason(verb: str, event: Event) -> str:
    reason = event.data.get("reason")
    return f"{verb}：{event.subject_text}" + (f"（{reason}）" if reason else "")


def calendar_files(event: Event, reader: UUID) -> Sequence[Enclosure]:
    """The meeting as a calendar file, as it stands when the letter leaves; nothing when the meeting is gone."""
    from governance.calendar_files import invitation_file

    meeting = Meeting.objects.select_related("school").filter(pk=event.subject.partition(":")[2]).first()
    if meeting is None:
        return []
    content, method = invitation_file(meeting)
    return [Enclosure("meeting.ics", content, f"{CALENDAR}; method={method}")]


def invitation_kinds() -> tuple[EventKind, ...]:
    """What `events.register_kinds` adds for them."""
    sent = {"mail": True, "files": calendar_files}
    return (
        EventKind("governance.meeting.called", "发会议通知", _accounts, _called, _url, **sent),  # type: ignore[arg-type]
        EventKind("governance.meeting.recalled", "撤回通知", _accounts, _recalled, _url, **sent),  # type: ignore[arg-type]
        EventKind("governance.meeting.cancelled", "取消会议", _accounts, _cancelled, _url, **sent),  # type: ignore[arg-type]
        EventKind("governance.meeting.notice_read", "阅读会议通知"),
        EventKind("governance.meeting.pack_taken", "下载会议材料包"),
    )
