"""Facts about topics, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind
from governance.invitation_events import calendar_files


def _accounts(event: Event) -> list[UUID]:
    """Those the service named; who acted knows already."""
    return [UUID(account) for account in event.data.get("accounts", []) if account != str(event.actor_id)]


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _says(verb: str) -> Callable[[Event], str]:
    """A restricted topic's reason may name what it is about: only its page tells it."""

    def title(event: Event) -> str:
        reason = "" if event.data.get("restricted") else event.data.get("reason")
        return f"{verb}：{event.subject_text}" + (f"（{reason}）" if reason else "")

    return title


def topic_kinds() -> tuple[EventKind, ...]:
    """Each step of `topic_states.py`, and what hangs on it."""
    return (
        EventKind("governance.topics.exported", "议题列表导出"),
        EventKind("governance.topic.drafted", "填写议题"),
        EventKind("governance.topic.edited", "修改议题"),
        EventKind("governance.topic.assigned", "请人填写议题", _accounts, _says("请你填写议题"), _url, mail=True),
        EventKind("governance.topic.submitted", "送初审", _accounts, _says("待你初审的议题"), _url, mail=True),
        EventKind("governance.topic.screened", "通过初审", _accounts, _says("待你审定的议题"), _url, mail=True),
        EventKind("governance.topic.confirmed", "同意上会", _accounts, _says("议题同意上会"), _url),
        EventKind("governance.topic.returned", "退回修改", _accounts, _says("议题退回修改"), _url, mail=True),
        EventKind("governance.topic.postponed", "暂缓上会", _accounts, _says("议题暂缓上会"), _url),
        EventKind("governance.topic.scheduled", "列入议程", _accounts, _says("议题已列入议程"), _url),
        EventKind("governance.topic.released", "移出议程", _accounts, _says("议题移出议程，仍待上会"), _url),
        EventKind("governance.topic.concluded", "议题已议", _accounts, _says("议题已议"), _url),
        EventKind("governance.topic.handed_over", "转党组织会议", _accounts, _says("校长办公会议转来，待你审定的议题"), _url, mail=True),
        EventKind("governance.topic.withdrawn", "撤回议题", _accounts, _says("议题已撤回"), _url),
        EventKind("governance.topic.read", "查看限定人员议题"),
        EventKind("governance.topic.template_saved", "存为常用议题"),
        EventKind("governance.topic.template_deleted", "删去常用议题"),
        EventKind("governance.meeting.supplemented", "补充议题", _accounts, _says("会议通知有补充"), _url, mail=True, files=calendar_files),
    )  # fmt: skip
