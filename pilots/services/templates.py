"""Templates of rows: written, published and withdrawn by the bureau, taken into its draft by a school (S10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from common.transitions import Transition
from pilots.models import FoundationKind, Plan, PlanRow, PolicyClause, Template, TemplateRow, TemplateStatus
from pilots.row_keys import key_of
from pilots.services.plan_base import locked_plan, refuse_writing
from pilots.services.rows import LIMITS, MOST_ROWS, renumber, tell
from pilots.states import TEMPLATE
from schools import access
from schools.models import Appointment, Person
from schools.permissions import LEADERSHIP_POSTS, Post, SchoolPerm

NOT_THEIRS = "清单模板由组织科编写。"
MOST_TEMPLATE_ROWS = 60
LONGEST_DAYS = 366 * 5


@dataclass(frozen=True)
class TemplateLine:
    """A row of a template as typed."""

    kind: str
    target: str
    measures: str
    days: int | None
    post: str = ""
    clause: PolicyClause | None = None


@dataclass(frozen=True)
class TemplateInput:
    """A template as typed."""

    name: str
    note: str
    rows: Sequence[TemplateLine]


@transaction.atomic
def draft_template(*, new: TemplateInput, by: User, at: datetime) -> Template:
    """起草模板."""
    _require(by)
    _check(new, None)
    template = Template()
    _write(template, new, at)
    _tell("drafted", template, by, at)
    return template


@transaction.atomic
def edit_template(
    *, template: Template, new: TemplateInput, version: int | None = None, by: User, at: datetime
) -> Template:
    """修改模板, as long as it is not published; schools that took it are not touched by a later one."""
    template = _locked(template, by, version)
    if template.status != TemplateStatus.DRAFT:
        raise WrongState("模板已发布，不能再改。复制一份改好再发布，原来的停用。")
    _check(new, template.pk)
    _write(template, new, at)
    _tell("edited", template, by, at)
    return template


@transaction.atomic
def publish_template(*, template: Template, version: int | None = None, by: User, at: datetime) -> Template:
    """发布模板: schools can take it from now on."""
    template, step = _begin(template, "publish", by, version)
    if not template.rows.exists():
        raise WrongState("模板里还没有任务。写好任务再发布。")
    template.published_at, template.published_by = at, by
    return _finish(template, step, by, at)


@transaction.atomic
def withdraw_template(*, template: Template, version: int | None = None, by: User, at: datetime) -> Template:
    """停用模板: it stays readable, and rows taken from it stay where they are."""
    template, step = _begin(template, "withdraw", by, version)
    return _finish(template, step, by, at)


# ---- a school takes one ----


@dataclass(frozen=True)
class Offered:
    """A row of a template as it would stand in the plan; `known`: the plan has this task already."""

    row: TemplateRow
    due_on: date
    person: Person | None
    known: bool


def offered_to(plan: Plan, template: Template, today: date) -> list[Offered]:
    """What taking the template would add: days become dates, posts become the person in office."""
    known = {key_of(kind, target) for kind, target in plan.rows.values_list("kind", "target")}
    people = _in_post(plan.school_id, today)
    return [
        Offered(
            row, plan.starts_on + timedelta(days=row.days), people.get(row.post), key_of(row.kind, row.target) in known
        )
        for row in template.rows.select_related("clause__policy").order_by("order", "pk")
    ]


@transaction.atomic
def take_template(*, plan: Plan, template: Template, by: User, at: datetime) -> int:
    """套用模板 into the draft: rows that are there stay as they are, tasks it has already are left out; returns how many came.

    Where nobody holds the post the row comes without 责任主体, and the plan cannot be handed in before somebody is named.
    """
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    template = Template.objects.get(pk=template.pk)
    if template.status != TemplateStatus.PUBLISHED:
        raise WrongState("这个模板现在不能套用。选一个已发布的模板。")
    new = [one for one in offered_to(plan, template, local_day(at)) if not one.known]
    if not new:
        raise WrongState("模板里的任务都已经在清单里，没有重复添加。")
    if plan.rows.count() + len(new) > MOST_ROWS:
        raise WrongState(f"一份清单最多 {MOST_ROWS} 项，套用后会超过。先合并几项。")
    rows = [_as_row(plan, one, MOST_ROWS + place) for place, one in enumerate(new, start=1)]
    for row in rows:
        row.stamp(at)
    PlanRow.objects.bulk_create(rows)
    renumber(plan)
    tell(plan, "template_taken", by, at, text=f"{template.name}，{len(rows)} 项", template=str(template.pk))
    return len(rows)


def _as_row(plan: Plan, one: Offered, order: int) -> PlanRow:
    row = one.row
    return PlanRow(
        plan=plan, order=order, kind=row.kind, target=row.target, measures=row.measures, due_on=one.due_on,
        responsible=one.person, clause=row.clause,
    )  # fmt: skip


def _in_post(school: UUID, today: date) -> dict[str, Person]:
    """The first by rank of each post."""
    found: dict[str, Person] = {}
    rows = Appointment.objects.on(today).filter(school=school).select_related("person").order_by("rank", "pk")
    for appointment in rows:
        found.setdefault(appointment.post, appointment.person)
    return found


# ---- what the steps share ----


def may_write_templates(user: User) -> bool:
    """Whether this account writes templates."""
    return bool(access.school_ids(user, SchoolPerm.ISSUE_REFERENCE))


def _require(by: User) -> None:
    if not may_write_templates(by):
        raise NotAllowed(NOT_THEIRS)


def _locked(template: Template, by: User, version: int | None) -> Template:
    _require(by)
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if version is not None and version != template.version:
        raise Stale("刚才有人办理过这个模板。看过最新内容再办。")
    return template


def _begin(template: Template, name: str, by: User, version: int | None) -> tuple[Template, Transition]:
    template = _locked(template, by, version)
    return template, TEMPLATE.require(name, template.status)


def _finish(template: Template, step: Transition, by: User, at: datetime) -> Template:
    template.status = str(step.target)
    template.commit(at)
    _tell(step.event.rpartition(".")[2], template, by, at)
    return template


def _write(template: Template, new: TemplateInput, at: datetime) -> None:
    template.name, template.note = new.name.strip(), new.note.strip()
    template.commit(at)
    template.rows.all().delete()
    TemplateRow.objects.bulk_create(
        [
            TemplateRow(
                template=template, order=order, kind=row.kind, target=row.target.strip(), measures=row.measures.strip(),
                days=row.days or 0, post=row.post, clause=row.clause,
            )
            for order, row in enumerate(new.rows, start=1)
        ]
    )  # fmt: skip


def _check(new: TemplateInput, own: UUID | None) -> None:
    faults = []
    if not 2 <= len(new.name.strip()) <= 60:
        faults.append(Fault("name", "写模板名称，2 至 60 个字"))
    elif Template.objects.filter(name=new.name.strip()).exclude(pk__in=[own] if own else []).exists():
        faults.append(Fault("name", "已有同名的模板，换一个名称"))
    if len(new.note.strip()) > 300:
        faults.append(Fault("note", "适用说明写到 300 字以内"))
    if len(new.rows) > MOST_TEMPLATE_ROWS:
        faults.append(Fault("rows", f"一个模板最多 {MOST_TEMPLATE_ROWS} 项"))
    seen: dict[Any, int] = {}
    for number, row in enumerate(new.rows):
        faults += _line_faults(row, number)
        first = seen.setdefault(key_of(row.kind, row.target), number)
        if first != number:
            faults.append(Fault(f"rows.{number}.target", f"与第 {first + 1} 项重复，只留一项"))
    if faults:
        raise InvalidInput(faults)


def _line_faults(row: TemplateLine, number: int) -> list[Fault]:
    faults = []
    for name, words in (("target", "写明目标任务"), ("measures", "写明推进措施")):
        text = getattr(row, name).strip()
        if not text or len(text) > LIMITS[name]:
            faults.append(Fault(f"rows.{number}.{name}", f"{words}，{LIMITS[name]} 字以内"))
    if row.days is None or not 0 <= row.days <= LONGEST_DAYS:
        faults.append(Fault(f"rows.{number}.days", f"写启动后第几天完成，0 至 {LONGEST_DAYS}"))
    if row.kind not in ("", *FoundationKind.values):
        faults.append(Fault(f"rows.{number}.kind", "从五项工程里选一项"))
    if row.post and row.post not in (*LEADERSHIP_POSTS, Post.CLERK):
        faults.append(Fault(f"rows.{number}.post", "选学校的职务"))
    return faults


def _tell(what: str, template: Template, by: User, at: datetime) -> None:
    record(f"pilots.template.{what}", by=by, at=at, on=template, url=template.get_absolute_url())
