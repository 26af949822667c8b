"""Who may take which step on a task: the ◐ and the footnotes of the permission table."""

from datetime import date
from uuid import UUID

from accounts.models import User
from checklists.models import Task
from checklists.states import TASK
from common import history
from common.dates import local_day
from common.transitions import Transition
from schools import access
from schools.models import Appointment
from schools.permissions import Post, SchoolPerm


def open_actions(task: Task, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    return [step for step in TASK.open_from(task.status) if refusal(task, step, user) is None]


def refusal(task: Task, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.permission == SchoolPerm.WORK_TASK:
        return None if _is_responsible(task, user) else f"只有责任人{task.responsible.name}可以{step.label}。"
    if step.permission == SchoolPerm.CONFIRM_CLOSING:
        return _closing_refusal(task, step, user)
    if not _may_assign(task, user):
        return f"{step.label}由书记或校长办理。"
    if step.name == "cancel" and _is_responsible(task, user):
        return "责任人不能终止自己的任务，请书记或校长中的另一位办理。"
    return None


def _is_responsible(task: Task, user: User) -> bool:
    return task.responsible.account_id == user.pk and access.can(user, SchoolPerm.WORK_TASK, task.school_id)


def _may_assign(task: Task, user: User) -> bool:
    """Secretary and principal of the school; the clerk only enters (7), the bureau only for tasks it gave (8)."""
    return bool(access.posts_at(user, task.school_id) & {Post.SECRETARY, Post.PRINCIPAL})


def _closing_refusal(task: Task, step: Transition, user: User) -> str | None:
    if step.name == "reopen" and access.can(user, SchoolPerm.SUPERVISE, task.school_id):
        return None
    if user.pk in (task.responsible.account_id, task.submitted_by_id):
        return f"{step.label}要由另一个人办理：不能是责任人，也不能是标为完成的人。"
    posts = access.posts_at(user, task.school_id) & {Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY}
    wanted = _closers(task)
    if posts & wanted or (not wanted and access.holds_post(user, Post.ORGANISER)):
        return None
    return f"{step.label}由{_closers_text(wanted)}办理。"


def _closers(task: Task) -> set[str]:
    """Posts that confirm: 书记, 校长 or 副书记; when 书记 is responsible 校长; one person in both posts: 副书记, else 组织科."""
    held = _leaders(task, local_day(history.now()))
    responsible = held.get(task.responsible_id, set())
    if Post.SECRETARY not in responsible:
        return {Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY}
    if Post.PRINCIPAL not in responsible:
        return {Post.PRINCIPAL}
    has_deputy = any(Post.DEPUTY_SECRETARY in posts for person, posts in held.items() if person != task.responsible_id)
    return {Post.DEPUTY_SECRETARY} if has_deputy else set()


def _leaders(task: Task, today: date) -> dict[UUID, set[str]]:
    memo: dict[UUID, set[str]] | None = getattr(task.school, "_leaders_today", None)
    if memo is None:
        memo = {}
        rows = Appointment.objects.on(today).filter(
            school=task.school_id, post__in=(Post.SECRETARY, Post.PRINCIPAL, Post.DEPUTY_SECRETARY)
        )
        for person, post in rows.values_list("person_id", "post"):
            memo.setdefault(person, set()).add(post)
        task.school._leaders_today = memo  # type: ignore[attr-defined]  # once per request for all tasks of a school
    return memo


def _closers_text(wanted: set[str]) -> str:
    return "、".join(Post(post).label for post in Post if post in wanted) or "组织科"
