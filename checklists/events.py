"""Facts about tasks, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from schools import access
from schools.models import School
from schools.permissions import Post, SchoolPerm


def _accounts(*keys: str) -> Callable[[Event], list[UUID]]:
    def audience(event: Event) -> list[UUID]:
        return [UUID(event.data[key]) for key in keys if event.data.get(key)]

    return audience


def _closers(event: Event) -> list[UUID]:
    """Who can confirm: 书记, 校长 and 副书记 of the school, but not who did the work; 组织科 when the school has nobody else."""
    school = School.objects.get(pk=str(event.school_id))
    excluded = {event.data.get("account"), str(event.actor_id)}
    posts = frozenset({Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY})
    held = access.holders(SchoolPerm.CONFIRM_CLOSING, school, local_day(event.at), posts)
    accounts = [a.person.account_id for a in held if a.person.account_id and str(a.person.account_id) not in excluded]
    if not accounts:
        held = access.holders(SchoolPerm.CONFIRM_CLOSING, school, local_day(event.at), frozenset({Post.ORGANISER}))
        accounts = [a.person.account_id for a in held if a.person.account_id]
    return [account for account in accounts if account is not None]


def _url(event: Event) -> str:
    return str(event.data["url"])


def _says(verb: str) -> Callable[[Event], str]:
    def title(event: Event) -> str:
        reason = event.data.get("reason")
        return f"{verb}：{event.subject_text}" + (f"（{reason}）" if reason else "")

    return title


def register_kinds() -> None:
    """Each step of `states.py`, and the opening of a task."""
    person = _accounts("account")
    both = _accounts("account", "before_account")
    done = _accounts("account", "submitter")
    register(
        EventKind("checklists.task.opened", "交办任务", person, _says("交给你一项任务"), _url, mail=True),
        EventKind("checklists.task.progressed", "登记进展"),
        EventKind("checklists.task.submitted", "标为完成", _closers, _says("待你确认销号"), _url, mail=True),
        EventKind("checklists.task.closed", "确认销号", done, _says("已确认销号"), _url),
        EventKind("checklists.task.returned", "退回补充", person, _says("退回补充"), _url, mail=True),
        EventKind("checklists.task.rescheduled", "调整时限", person, _says("时限已调整"), _url),
        EventKind("checklists.task.reassigned", "转交他人", both, _says("任务已转交"), _url, mail=True),
        EventKind("checklists.task.cancelled", "终止任务", person, _says("任务已终止"), _url),
        EventKind("checklists.task.reopened", "重新办理", person, _says("任务重新办理"), _url, mail=True),
        EventKind("checklists.task.amended", "随新版改动", both, _says("任务随新版方案改动"), _url),
        EventKind("checklists.task.exported", "任务导出"),
    )
