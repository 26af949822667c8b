"""Facts about meetings and decisions, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from governance.models import Meeting
from schools import access
from schools.permissions import HEAD_POST, Body, SchoolPerm


def _accounts(event: Event) -> list[UUID]:
    return [UUID(account) for account in event.data.get("accounts", [])]


def _signer(event: Event) -> list[UUID]:
    """The head of the body, or who chaired with a delegation note."""
    meeting = Meeting.objects.select_related("school", "chair").get(pk=event.subject.partition(":")[2])
    head = frozenset({HEAD_POST[Body(meeting.body)]})
    held = access.holders(SchoolPerm.SIGN_MINUTES, meeting.school, local_day(event.at), head)
    accounts = {a.person.account_id for a in held}
    if meeting.delegation_note and meeting.chair is not None:
        accounts.add(meeting.chair.account_id)
    return sorted(account for account in accounts if account is not None)


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _says(verb: str) -> Callable[[Event], str]:
    def title(event: Event) -> str:
        reason = event.data.get("reason")
        return f"{verb}：{event.subject_text}" + (f"（{reason}）" if reason else "")

    return title


def register_kinds() -> None:
    """Each step of `states.py`, and what hangs on it."""
    register(
        EventKind("governance.catalogue.loaded", "载入议事目录"),
        EventKind("governance.meetings.exported", "会议列表导出"),
        EventKind("governance.meeting.drafted", "新建会议"),
        EventKind("governance.meeting.agenda_saved", "保存议程"),
        EventKind("governance.meeting.agenda_confirmed", "审定议程"),
        EventKind("governance.meeting.called", "发会议通知", _accounts, _says("会议通知"), _url, mail=True),
        EventKind("governance.meeting.recalled", "撤回通知", _accounts, _says("会议通知已撤回"), _url, mail=True),
        EventKind("governance.meeting.held", "登记召开"),
        EventKind("governance.meeting.recorded", "保存记录"),
        EventKind("governance.meeting.minuted", "送签", _signer, _says("待你签发纪要"), _url, mail=True),
        EventKind("governance.meeting.returned", "退回修改", _accounts, _says("纪要退回修改"), _url, mail=True),
        EventKind("governance.meeting.signed", "签发", _accounts, _says("纪要已签发"), _url),
        EventKind("governance.meeting.cancelled", "取消会议", _accounts, _says("会议已取消"), _url, mail=True),
        EventKind("governance.meeting.lapsed", "登记流会", _accounts, _says("会议流会"), _url),
        EventKind("governance.meeting.read", "局里查看纪要"),
        EventKind("governance.decision.adopted", "形成决议"),
    )
