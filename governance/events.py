"""Facts about meetings and decisions, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from governance.archive_events import archive_kinds
from governance.document_events import document_kinds
from governance.invitation_events import invitation_kinds
from governance.procedure_events import procedure_kinds
from governance.record_events import record_kinds
from governance.secrecy_events import secrecy_kinds
from governance.signing_events import signers, signing_kinds
from governance.topic_events import topic_kinds
from schools.models import Appointment
from schools.permissions import HEAD_POST, TABLE, SchoolPerm


def _accounts(event: Event) -> list[UUID]:
    return [UUID(account) for account in event.data.get("accounts", [])]


def _heads(event: Event) -> list[UUID]:
    """Secretaries and principals of all schools, who answer for what their meetings are judged by."""
    held = Appointment.objects.on(local_day(event.at)).filter(
        post__in=HEAD_POST.values(), person__account__isnull=False
    )
    return sorted(set(held.values_list("person__account_id", flat=True)))


def _those_who_meet(event: Event) -> list[UUID]:
    """书记、校长、党政办 of every school: who makes meetings. One query."""
    held = Appointment.objects.on(local_day(event.at)).holding(*TABLE[SchoolPerm.RECORD_MINUTES])
    accounts = held.filter(school__isnull=False, person__account__isnull=False)
    return sorted(set(accounts.values_list("person__account_id", flat=True)))


def _issued_catalogue(event: Event) -> str:
    return f"新的议事目录 {event.subject_text} 已发布，{event.data.get('effective_from')} 起的会议按它归类和核查"


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
        EventKind("governance.rulebook.loaded", "载入程序规则"),
        EventKind("governance.rulebook.drafted", "起草规则新版本"),
        EventKind("governance.rulebook.edited", "修改规则草案"),
        EventKind("governance.rulebook.discarded", "放弃规则草案"),
        EventKind("governance.rulebook.issued", "发布规则新版本", _heads, _says("程序规则发布新版本"), _url),
        EventKind("governance.rulebook.exported", "程序规则导出"),
        EventKind("governance.replay.started", "开始回放"),
        EventKind("governance.replay.finished", "回放完成"),
        EventKind("governance.replay.exported", "回放结果导出"),
        EventKind("governance.catalogue.drafted", "起草议事目录"),
        EventKind("governance.catalogue.edited", "修改目录草案"),
        EventKind("governance.catalogue.discarded", "放弃目录草案"),
        EventKind("governance.catalogue.issued", "发布议事目录", _those_who_meet, _issued_catalogue, _url),
        EventKind("governance.meetings.exported", "会议列表导出"),
        EventKind("governance.waivers.exported", "放行清单导出"),
        EventKind("governance.talks.exported", "沟通记录导出"),
        EventKind("governance.talk.recorded", "登记沟通"),
        EventKind("governance.talk.edited", "更正沟通"),
        EventKind("governance.talk.deleted", "删去沟通"),
        EventKind("governance.meeting.drafted", "新建会议"),
        EventKind("governance.meeting.agenda_saved", "保存议程"),
        EventKind("governance.meeting.agenda_confirmed", "审定议程"),
        EventKind("governance.meeting.item_prepared", "登记会前准备"),
        EventKind("governance.meeting.held", "登记召开"),
        EventKind("governance.meeting.recorded", "保存记录"),
        EventKind("governance.meeting.minuted", "送签", signers, _says("待你签发纪要"), _url, mail=True),
        EventKind("governance.meeting.returned", "退回修改", _accounts, _says("纪要退回修改"), _url, mail=True),
        EventKind("governance.meeting.signed", "签发", _accounts, _says("纪要已签发"), _url),
        EventKind("governance.meeting.lapsed", "登记流会", _accounts, _says("会议流会"), _url),
        EventKind("governance.meeting.rule_waived", "放行规则"),
        EventKind("governance.meeting.waiver_withdrawn", "撤回放行"),
        EventKind("governance.meeting.read", "局里查看纪要"),
        EventKind("governance.decision.adopted", "形成决议"),
        *invitation_kinds(),
        *procedure_kinds(),
        *topic_kinds(),
        *document_kinds(),
        *archive_kinds(),
        *signing_kinds(),
        *record_kinds(),
        *secrecy_kinds(),
    )
