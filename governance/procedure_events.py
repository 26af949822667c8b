"""Facts about rules of procedure (议事规则), and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind
from common.dates import local_day
from schools import access
from schools.models import Appointment, School
from schools.permissions import Body, Post, SchoolPerm


def _writers_everywhere(event: Event) -> list[UUID]:
    """Those who write rules of procedure at the schools: one query for all schools."""
    held = Appointment.objects.on(local_day(event.at)).holding(Post.SECRETARY, Post.PRINCIPAL, Post.CLERK)
    accounts = held.filter(person__account__isnull=False).values_list("person__account", flat=True)
    return sorted(set(accounts))


def _writers(event: Event) -> list[UUID]:
    """Those who write rules of procedure at that school."""
    if event.school_id is None:
        return []
    school = School.objects.get(pk=event.school_id)
    held = access.holders(SchoolPerm.EDIT_PLAN, school, local_day(event.at))
    return sorted({a.person.account_id for a in held if a.person.account_id is not None})


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _says(verb: str) -> Callable[[Event], str]:
    def title(event: Event) -> str:
        since = event.data.get("effective_from", "")
        return f"{verb}：{event.subject_text}" + (f"，{since} 起施行" if since else "")

    return title


def _issued(event: Event) -> str:
    body = Body(event.data["body"]).label
    return f"{body}议事规则示范文本发布新版 {event.data['number']}，{event.data['effective_from']} 起施行"


def procedure_kinds() -> list[EventKind]:
    """All kinds of this subject."""
    prefix = "governance.rules_of_procedure"
    return [
        EventKind(f"{prefix}.model_loaded", "载入示范文本"),
        EventKind(f"{prefix}.model_drafted", "起草示范文本"),
        EventKind(f"{prefix}.model_edited", "修改示范文本草案"),
        EventKind(f"{prefix}.model_discarded", "放弃示范文本草案"),
        EventKind(f"{prefix}.model_issued", "发布示范文本", _writers_everywhere, _issued, _url),
        EventKind(f"{prefix}.drafted", "起草本校议事规则"),
        EventKind(f"{prefix}.edited", "修改本校议事规则"),
        EventKind(f"{prefix}.tightened", "设定从严要求"),
        EventKind(f"{prefix}.discarded", "放弃议事规则草稿"),
        EventKind(f"{prefix}.adopted", "登记议事规则通过", _writers, _says("本校议事规则已登记通过"), _url),
        EventKind(f"{prefix}.limit_registered", "登记大额标准"),
        EventKind(f"{prefix}.limit_withdrawn", "撤销大额标准"),
        EventKind(f"{prefix}.exported", "议事规则一览导出"),
    ]
