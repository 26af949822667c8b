"""Facts about applications and batches, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm


def told(*perms: SchoolPerm) -> Callable[[Event], list[UUID]]:
    """Who holds one of those permissions for the school that day; who acted knows already."""

    def audience(event: Event) -> list[UUID]:
        school = School.objects.filter(pk=event.school_id).first() if event.school_id else None
        if school is None:
            return []
        day = local_day(event.at)
        held = [appointment for perm in perms for appointment in access.holders(perm, school, day)]
        return sorted({a.person.account_id for a in held if a.person.account_id not in (None, event.actor_id)})

    return audience


def _next_after_nomination(event: Event) -> list[UUID]:
    """教办, or for a school without one 组织科; who was returned with its recommendation standing waits for 组织科, too."""
    school = School.objects.filter(pk=event.school_id).first() if event.school_id else None
    perm = SchoolPerm.RECOMMEND if school is not None and school.office_id else SchoolPerm.REVIEW
    return told(perm)(event)


def url_of(event: Event) -> str:
    """Where the fact leads."""
    return str(event.data.get("url", ""))


def says(verb: str) -> Callable[[Event], str]:
    """“verb：subject（reason）”, with the day when there is one."""

    def title(event: Event) -> str:
        reason, due_on = event.data.get("reason"), event.data.get("due_on")
        extra = "，".join(filter(None, [reason, f"{due_on} 前办理" if due_on else ""]))
        return f"{verb}：{event.subject_text}" + (f"（{extra}）" if extra else "")

    return title


def _approved(event: Event) -> str:
    return f"{event.subject_text}已通过，批次 {event.data.get('batch', '')}"


def register_selection_kinds() -> None:
    """Each step of `states.APPLICATION`, and what hangs on it."""
    writers, review = told(SchoolPerm.EDIT_PLAN), told(SchoolPerm.REVIEW)
    both = told(SchoolPerm.EDIT_PLAN, SchoolPerm.RECOMMEND)
    prefix = "pilots.application"
    register(
        EventKind(f"{prefix}.drafted", "填写自荐"),
        EventKind(f"{prefix}.edited", "修改自荐材料"),
        EventKind(f"{prefix}.nominated", "学校自荐", _next_after_nomination, says("待你办理"), url_of, mail=True),
        EventKind(f"{prefix}.recommendation_kept", "推荐继续有效", review, says("待你审核"), url_of, mail=True),
        EventKind(f"{prefix}.recommended", "教办推荐", review, says("待你审核"), url_of, mail=True),
        EventKind(f"{prefix}.exempted", "免推荐", writers, says("免教办推荐，等局级审核"), url_of),
        EventKind(f"{prefix}.approved", "审核通过", both, _approved, url_of, mail=True),
        EventKind(f"{prefix}.returned", "退回修改", writers, says("退回修改"), url_of, mail=True),
        EventKind("pilots.batch.created", "登记批次"),
        EventKind("pilots.batch.changed", "修改批次"),
        EventKind("pilots.applications.exported", "试点申报导出"),
        EventKind("pilots.batches.exported", "批次导出"),
        EventKind("pilots.coverage.exported", "覆盖率导出"),
    )
