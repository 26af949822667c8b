"""推进清单 of a plan while the school writes it: rows are added, changed, moved, taken out, copied into a new edition (S10).

The plan's row is the lock, the row's version says whether somebody else was at it. A row is only stored with its 四明确.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from checklists.selectors import in_office
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, Stale, WrongState, one_fault
from pilots.models import FoundationKind, Plan, PlanRow, PolicyClause, RowDependency
from pilots.policies import clauses_in_force
from pilots.row_order import Circle, check_circle, in_display_order
from pilots.services.plan_base import locked_plan, refuse_writing
from schools.models import Person

MOST_ROWS = 200
STALE = "刚才有人改过这一行。核对下面不同的地方，再保存一次就按你填写的。"
GONE = "这一行刚才被删去了。看过最新的清单再办。"
LIMITS = {"target": 300, "measures": 2000, "units": 200, "evidence": 200, "note": 300}
LABELS = {
    "kind": "工程类别", "target": "目标任务", "measures": "推进措施", "due_on": "完成时限", "responsible": "责任主体",
    "units": "协同部门", "evidence": "佐证材料", "note": "备注", "clause": "依据条文",
}  # fmt: skip
LACKING = {
    "target": "写明目标任务",
    "measures": "写明推进措施",
    "due_on": "写明完成时限",
    "responsible": "填写一名负责人",
}
FIRST_YEAR, LAST_YEAR = 2000, 2099


@dataclass(frozen=True)
class RowInput:
    """A row as typed. `after`: rows of the same plan that come before it."""

    kind: str = ""
    target: str = ""
    measures: str = ""
    due_on: date | None = None
    responsible: Person | None = None
    units: str = ""
    evidence: str = ""
    note: str = ""
    clause: PolicyClause | None = None
    after: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What rows of a plan are held against: who is in office today, clauses that may be cited."""

    people: Collection[UUID]
    clauses: Collection[int]


def frame_of(plan: Plan, today: date) -> Frame:
    """Two queries for all rows of the plan."""
    people = {person.pk for person, _ in in_office(plan.school_id, today)}
    return Frame(people, set(clauses_in_force(plan.school_id).values_list("pk", flat=True)))


@transaction.atomic
def add_row(*, plan: Plan, row: RowInput, by: User, at: datetime) -> PlanRow:
    """添加任务 at the end of its work."""
    plan = _begin(plan, by)
    if plan.rows.count() >= MOST_ROWS:
        raise WrongState(f"一份清单最多 {MOST_ROWS} 项。合并几项再添加。")
    check_row(row, frame_of(plan, local_day(at)))
    made = write_row(PlanRow(plan=plan, order=MOST_ROWS + 1), row, at)
    link(made, row.after)
    renumber(plan)
    made.refresh_from_db(fields=["order"])
    tell(plan, "row_added", by, at, text=f"第 {made.order} 项“{made.target}”")
    return made


@transaction.atomic
def change_row(*, row: PlanRow, new: RowInput, version: int | None = None, by: User, at: datetime) -> PlanRow:
    """保存 one row. A stale version is refused with what differs; other rows may have changed meanwhile."""
    plan = _begin(row.plan, by)
    row = _fresh(plan, row)
    if version is not None and version != row.version:
        raise Stale(STALE, differences(row, new))
    frame = frame_of(plan, local_day(at))
    check_row(new, _with_present(frame, row))
    found = differences(row, new)
    before = {one.label: one.theirs for one in found}
    write_row(row, new, at)
    link(row, new.after)
    renumber(plan)
    row.refresh_from_db(fields=["order"])
    text = f"第 {row.order} 项“{row.target}”，改了{'、'.join(before) or '顺序关系'}"
    tell(plan, "row_changed", by, at, text=text, row=str(row.pk), before=before)
    return row


@transaction.atomic
def remove_row(*, row: PlanRow, version: int | None = None, by: User, at: datetime) -> None:
    """删去这一项. Its running task, if an earlier edition opened one, ends when this edition is approved."""
    plan = _begin(row.plan, by)
    row = _fresh(plan, row)
    if version is not None and version != row.version:
        raise Stale("刚才有人改过这一行。看过最新内容再删。")
    kept = {name: said(row, name) for name in LABELS}
    text, key = f"第 {row.order} 项“{row}”", str(row.pk)
    row.delete()
    renumber(plan)
    tell(plan, "row_removed", by, at, text=text, row=key, before=kept)


@transaction.atomic
def move_row(*, row: PlanRow, up: bool, by: User, at: datetime) -> PlanRow:
    """上移 or 下移 within its work; at the edge it stays."""
    plan = _begin(row.plan, by)
    row = _fresh(plan, row)
    group = [one for one in in_display_order(plan.rows.all()) if one.kind == row.kind]
    place = [one.pk for one in group].index(row.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(group):
        raise WrongState("已经是这项工程的第一项。" if up else "已经是这项工程的最后一项。")
    old, new = group[place].order, group[other].order
    PlanRow.objects.filter(pk=group[other].pk).update(order=old, updated_at=at)
    PlanRow.objects.filter(pk=row.pk).update(order=new, updated_at=at)
    renumber(plan)
    row.refresh_from_db(fields=["order"])
    tell(plan, "row_moved", by, at, text=f"“{row}”移到第 {row.order} 项")
    return row


@transaction.atomic
def copy_rows(*, source: Plan, target: Plan, at: datetime) -> None:
    """Rows of one edition into the next: each keeps its line and its running task; what waits for what is copied, too."""
    made = {}
    for row in source.rows.order_by("order", "pk"):
        copy = PlanRow(plan=target, line=row.line, order=row.order)
        for name in (*LIMITS, "kind", "due_on", "responsible_id", "clause_id", "task_id"):
            setattr(copy, name, getattr(row, name))
        copy.stamp(at)
        made[row.pk] = copy
    PlanRow.objects.bulk_create(made.values())
    links = RowDependency.objects.filter(row__plan=source).order_by("pk")
    RowDependency.objects.bulk_create(
        [RowDependency(row=made[link.row_id], after=made[link.after_id]) for link in links]
    )


# ---- what they share, with import and templates, too ----


def check_row(row: RowInput, frame: Frame) -> None:
    """四明确 and what each field may hold; all faults at once."""
    if faults := faults_of(row, frame):
        raise InvalidInput(faults)


def faults_of(row: RowInput, frame: Frame) -> list[Fault]:
    """Every fault of a row, by field."""
    faults = [Fault(name, words) for name, words in LACKING.items() if not _filled(getattr(row, name))]
    faults += [
        Fault(name, f"{LABELS[name]}写到 {most} 字以内")
        for name, most in LIMITS.items()
        if len(getattr(row, name).strip()) > most
    ]
    if row.kind not in ("", *FoundationKind.values):
        faults.append(Fault("kind", f"从{'、'.join(FoundationKind.labels)}里选一项"))
    if row.due_on is not None and not FIRST_YEAR <= row.due_on.year <= LAST_YEAR:
        faults.append(Fault("due_on", "看看年份，日期写成 2026-11-20 这样"))
    if row.responsible is not None and row.responsible.pk not in frame.people:
        faults.append(Fault("responsible", f"{row.responsible.name}现在不在本校任职，选一位在任的人"))
    if row.clause is not None and row.clause.pk not in frame.clauses:
        faults.append(Fault("clause", "这份文件已被替代或停用，选现行文件的条文"))
    return faults


def write_row(made: PlanRow, row: RowInput, at: datetime) -> PlanRow:
    """Store a row that was checked."""
    for name in LIMITS:
        setattr(made, name, getattr(row, name).strip().replace("\r\n", "\n"))
    made.kind, made.due_on, made.responsible, made.clause = row.kind, row.due_on, row.responsible, row.clause
    made.commit(at)
    return made


def link(row: PlanRow, after: Sequence[UUID]) -> None:
    """Store what the row waits for: rows of the same plan, never in a circle."""
    known = set(row.dependencies.values_list("after_id", flat=True))
    wanted = set(after)
    if wanted == known:
        return
    rows = {one.pk: one for one in row.plan.rows.only("pk", "order", "target", "plan")}
    if not wanted <= rows.keys() or row.pk in wanted:
        raise one_fault("after", "前置任务写本清单里另外一项的序号")
    links = list(RowDependency.objects.filter(row__plan=row.plan_id).exclude(row=row).values_list("row_id", "after_id"))
    try:
        check_circle([*links, *((row.pk, key) for key in wanted)])
    except Circle as circle:
        names = "、".join(f"第 {rows[key].order} 项" for key in circle.keys if key != row.pk)
        raise one_fault("after", f"{names}又要等这一项完成，绕成了圈。去掉其中一处") from None
    row.dependencies.exclude(after__in=wanted).delete()
    RowDependency.objects.bulk_create([RowDependency(row=row, after_id=key) for key in sorted(wanted - known)])


def renumber(plan: Plan) -> None:
    """序号 run through the five works in their order; a row that only moves keeps its version."""
    changed = []
    for number, row in enumerate(in_display_order(plan.rows.only("pk", "order", "kind", "plan")), start=1):
        if row.order != number:
            row.order = number
            changed.append(row)
    PlanRow.objects.bulk_update(changed, ["order"])


def differences(row: PlanRow, new: RowInput) -> list[Difference]:
    """Where the stored row and the typed one differ."""
    typed = {name: _in_words(name, getattr(new, name)) for name in LABELS}
    pairs = [(name, label, said(row, name), typed[name]) for name, label in LABELS.items()]
    found = [Difference(*pair) for pair in pairs if pair[2] != pair[3]]
    numbers = dict(row.plan.rows.values_list("pk", "order"))
    theirs = _numbers(row.dependencies.values_list("after_id", flat=True), numbers)
    yours = _numbers(new.after, numbers)
    return found if theirs == yours else [*found, Difference("after", "前置任务", theirs, yours)]


def said(row: PlanRow, name: str) -> str:
    """What the row says there, in words."""
    return _in_words(name, getattr(row, name))


def tell(plan: Plan, what: str, by: User, at: datetime, **data: Any) -> None:
    """A change of the checklist is one of the plan: seen anew, but not a new version of what was written in its sections."""
    Plan.objects.filter(pk=plan.pk).update(updated_at=at)
    record(
        f"pilots.plan.{what}", by=by, at=at, on=plan, school_id=plan.school_id, url=plan.get_absolute_url(),
        edition=plan.edition, **data,
    )  # fmt: skip


def _in_words(name: str, value: Any) -> str:
    if name == "kind":
        return str(FoundationKind(value).label) if value in FoundationKind.values else value or "–"
    if name == "clause":
        return f"{value.policy.number} {value.label}" if value else "–"
    return str(value).strip().replace("\r\n", "\n") if value else "–"


def _numbers(keys: Iterable[UUID], numbers: dict[UUID, int]) -> str:
    return "、".join(f"第 {number} 项" for number in sorted(numbers[key] for key in keys if key in numbers)) or "–"


def _filled(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _begin(plan: Plan, by: User) -> Plan:
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    return plan


def _fresh(plan: Plan, row: PlanRow) -> PlanRow:
    """The row read anew under the lock of its plan."""
    found = plan.rows.select_related("responsible", "clause__policy").filter(pk=row.pk).first()
    if found is None:
        raise Stale(GONE)
    found.plan = plan
    return found


def _with_present(frame: Frame, row: PlanRow) -> Frame:
    """What stands in the row already may stay."""
    people = {*frame.people, row.responsible_id} if row.responsible_id else frame.people
    return Frame(people, {*frame.clauses, row.clause_id} if row.clause_id else frame.clauses)
