"""Facts about confirmations, versions of the minutes and their archiving, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind
from common.dates import local_day
from governance.models import Meeting
from schools import access
from schools.permissions import HEAD_POST, Body, SchoolPerm


def told(event: Event) -> list[UUID]:
    """The accounts that the service named."""
    return [UUID(account) for account in event.data.get("accounts", [])]


def signers(event: Event) -> list[UUID]:
    """The head of the body, or who chaired with a delegation note."""
    meeting = Meeting.objects.select_related("school", "chair").get(pk=event.subject.partition(":")[2])
    head = frozenset({HEAD_POST[Body(meeting.body)]})
    held = access.holders(SchoolPerm.SIGN_MINUTES, meeting.school, local_day(event.at), head)
    accounts = {a.person.account_id for a in held}
    if meeting.delegation_note and meeting.chair is not None:
        accounts.add(meeting.chair.account_id)
    return sorted(account for account in accounts if account is not None)


def _when_complete(event: Event) -> list[UUID]:
    """The signers, once the last member has confirmed."""
    return signers(event) if event.data.get("complete") else []


def _who_mends(event: Event) -> list[UUID]:
    """The signers, and who sent the record."""
    return sorted({*signers(event), *told(event)})


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _says(words: str) -> Callable[[Event], str]:
    return lambda event: f"{words}：{event.subject_text}"


def _objected(event: Event) -> str:
    return f"会议对纪要有异议，看是否更正：{event.data.get('reviewed', '')}"


def signing_kinds() -> list[EventKind]:
    """All kinds of this subject. Notices do not repeat what an objection or a reason says: it stands on the meeting's page."""
    prefix = "governance.meeting"
    return [
        EventKind(f"{prefix}.confirmation_asked", "请成员确认", told, _says("待你确认记录"), _url, mail=True),
        EventKind(f"{prefix}.record_confirmed", "确认记录", _when_complete, _says("记录已确认，可以签发"), _url),
        EventKind(f"{prefix}.record_objected", "提出异议", _who_mends, _says("有成员对记录提出异议"), _url, mail=True),
        EventKind(
            f"{prefix}.objection_settled", "处理异议", told, _says("你的异议已处理，待你确认记录"), _url, mail=True
        ),
        EventKind(f"{prefix}.correction_asked", "申请更正纪要", signers, _says("待你答复纪要更正"), _url, mail=True),
        EventKind(f"{prefix}.corrected", "更正纪要", told, _says("纪要已更正"), _url),
        EventKind(f"{prefix}.correction_refused", "不予更正", told, _says("纪要更正没有同意"), _url),
        EventKind(f"{prefix}.minutes_approved", "审阅通过上次会议纪要"),
        EventKind(f"{prefix}.minutes_objected", "对上次会议纪要有异议", told, _objected, _url, mail=True),
        EventKind(f"{prefix}.minutes_review_dropped", "撤销审阅上次会议纪要"),
        EventKind(f"{prefix}.scan_added", "上传签字扫描件"),
        EventKind(f"{prefix}.scan_removed", "移除签字扫描件"),
        EventKind(f"{prefix}.archived", "归档"),
    ]
