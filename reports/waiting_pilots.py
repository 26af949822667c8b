"""等我处理 of the rollout: receipts to sign, applications to recommend, review or mend. At most two queries an account."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django.urls import reverse

from accounts.models import User
from pilots.models import Application, ApplicationStatus, PolicyReceipt
from pilots.policies import has_to_sign, to_sign
from pilots.selection_guards import may_write, open_application_actions
from reports.waiting import Waiting, due_words
from schools import access
from schools.models import PilotStatus, School
from schools.permissions import SchoolPerm

MOST = 10
SELECTING = (PilotStatus.NONE, PilotStatus.APPLYING)  # later on there is nothing left to nominate or mend
S = ApplicationStatus


def from_receipts(user: User, today: date, *, many: bool = False) -> list[Waiting]:
    """待签收: documents this account has to sign for. `many`: say for whom."""
    if not has_to_sign(user):
        return []
    return [
        Waiting(
            4,
            receipt.due_on or today,
            {
                "icon": "file-text",
                "title": f"签收《{receipt.policy.title}》",
                "url": receipt.get_absolute_url(),
                "note": _said_of(receipt, many),
                **due_words(receipt.due_on, today),
            },
        )
        for receipt in to_sign(user)[:MOST]
    ]


def _said_of(receipt: PolicyReceipt, many: bool) -> str:
    return f"{receipt.policy.number}，{receipt.place}" if many else receipt.policy.number


def from_own_application(user: User, school: School, today: date) -> list[Waiting]:
    """The school's own application: to be mended by who writes it, to be nominated by 书记."""
    if school.pilot_status not in SELECTING or not may_write(user, school.pk):
        return []
    wanted = Q(status=S.RETURNED) | Q(status=S.DRAFT)
    found = Application.objects.filter(wanted, school=school).select_related("school").first()
    if found is None:
        return []
    steps = {step.name for step in open_application_actions(found, user)}
    if found.status == S.DRAFT and "nominate" not in steps:
        return []
    title = "修改退回的试点申报" if found.status == S.RETURNED else "自荐参加试点"
    icon = "arrow-back-up" if found.status == S.RETURNED else "send"
    item = {"icon": icon, "title": title, "url": found.get_absolute_url(), "note": found.sample}
    return [Waiting(4, found.step_due_on or today, item | due_words(found.step_due_on, today))]


def from_selection(user: User, today: date) -> list[Waiting]:
    """Applications that wait for 教办 or 组织科, one line for each step, with the earliest day."""
    lines: list[tuple[str, str, Q]] = []
    if access.school_ids(user, SchoolPerm.RECOMMEND):
        lines.append(("推荐", "nominated", Q(status=S.NOMINATED, school__in=_ids(user, SchoolPerm.RECOMMEND))))
    if access.school_ids(user, SchoolPerm.REVIEW):
        lines.append(("审核", "recommended", Q(status=S.RECOMMENDED)))
        lines.append(("登记免推荐", "nominated&office=direct", Q(status=S.NOMINATED, school__office=None)))
    if not lines:
        return []
    asked: dict[str, Any] = {}
    for number, (_, _, condition) in enumerate(lines):
        asked |= {f"n{number}": Count("pk", filter=condition), f"d{number}": Min("step_due_on", filter=condition)}
    found = Application.objects.visible_to(user).order_by().aggregate(**asked)
    return [
        _line(verb, view, found[f"n{number}"], found[f"d{number}"], today)
        for number, (verb, view, _) in enumerate(lines)
        if found[f"n{number}"]
    ]


def _ids(user: User, perm: SchoolPerm) -> frozenset[UUID]:
    return access.school_ids(user, perm).ids


def _line(verb: str, view: str, number: int, day: date | None, today: date) -> Waiting:
    item = {
        "icon": "checks",
        "title": f"{verb} {number} 所学校的试点申报",
        "url": f"{reverse('pilots:applications')}?view={view}",
        "note": f"最早 {day:%m-%d} 到期" if day else "",
        **due_words(day, today),
    }
    return Waiting(2, day or today, item)
