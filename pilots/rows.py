"""推进清单 of a plan as its page prints it: by the five works, with the running tasks behind the rows, filters in the address."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from checklists.guards import refusal
from checklists.models import OPEN, TaskStatus
from checklists.selectors import SOON, evidence_counts
from checklists.showing import TAGS, action_url
from checklists.states import TASK
from common.dates import local_day
from common.exports import Cell
from pilots.models import FoundationKind, Plan, PlanRow, PlanStatus, RowDependency, Template
from pilots.plan_checks import missing_in
from pilots.plan_guards import may_edit
from pilots.row_order import in_display_order
from pilots.row_table import COLUMNS, clause_words
from schools import access

ALL, LATE, SOON_DUE, LACKING, MINE = "", "late", "soon", "lacking", "mine"
VIEWS = {ALL: "全部", LATE: "逾期", SOON_DUE: "30 天内到期", LACKING: "四明确缺项", MINE: "我负责"}
OTHERS = "其他任务"
EXPORTED = (*COLUMNS.values(), "状态", "佐证份数", "完成日期")
CLOSED = (TaskStatus.CLOSED, TaskStatus.CANCELLED)


@dataclass(frozen=True)
class RowView:
    """How the table is looked at; kept in the address. `open` and `shut` are works unfolded or folded by hand."""

    view: str = ALL
    who: str = ""
    open: str = ""
    shut: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the address; what cannot be read does not filter."""
        view = query.get("view", "")
        return cls(
            view if view in VIEWS else ALL, query.get("who", "")[:36], query.get("open", ""), query.get("shut", "")
        )

    def address(self, **changes: Any) -> str:
        """The query string with `changes`."""
        extra = {name: changes.pop(name) for name in ("edit", "add", "cell") if name in changes}
        changed = replace(self, **changes)
        kept = {f.name: getattr(changed, f.name) for f in fields(self) if getattr(changed, f.name)}
        return "?" + urlencode(kept | extra)

    def turned(self, kind: str, folded: bool) -> str:
        """The address with that work unfolded or folded."""
        opened, shut = set(self.open.split(",")) - {""}, set(self.shut.split(",")) - {""}
        (opened if folded else shut).add(kind)
        (shut if folded else opened).discard(kind)
        return self.address(open=",".join(sorted(opened)), shut=",".join(sorted(shut)))


@dataclass
class Line:
    """One row with what the table says of it."""

    row: PlanRow
    missing: list[str]
    urgency: str = ""
    late: bool = False
    soon: bool = False
    mine: bool = False
    tag: tuple[str, str] = ("none", "")
    files: int = 0
    after: list[tuple[int, str]] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    outside: bool = False
    upload_url: str = ""

    def fits(self, view: RowView) -> bool:
        """Whether the filters let it through."""
        wanted = {ALL: True, LATE: self.late, SOON_DUE: self.soon, LACKING: bool(self.missing), MINE: self.mine}
        return wanted[view.view] and view.who in ("", str(self.row.responsible_id))


@dataclass
class Group:
    """The rows of one work, counted as a whole whatever the filters show."""

    kind: str
    label: str
    lines: list[Line]
    total: int
    closed: int
    late: int
    folded: bool
    turn_url: str
    add_url: str

    @property
    def words(self) -> str:
        """“4 项，完成 2 项”."""
        if self.total and self.closed == self.total:
            return f"{self.total} 项全部完成"
        return f"{self.total} 项，完成 {self.closed} 项" if self.closed else f"{self.total} 项"


def rows_context(plan: Plan, user: User, request: HttpRequest, editor: Any = None) -> dict[str, Any]:
    """What `_partials/plan_rows.html` needs, in a constant number of queries. `editor`: the row that is open for writing."""
    today, view = local_day(timezone.now()), RowView.read(request.GET)
    lines = lines_of(plan, user, today)
    edits = may_edit(plan, user)
    open_kind = editor.kind if editor is not None and editor.row is None else None
    return {
        "plan": plan,
        "today": today,
        "row_view": view,
        "row_groups": _groups(plan, lines, view, open_kind),
        "row_segments": _segments(lines, view, user),
        "row_people": _people(lines, view),
        "rows_found": sum(line.fits(view) for line in lines),
        "rows_total": len(lines),
        "rows_whole": sum(not line.missing for line in lines),
        "rows_lacking": [line for line in lines if line.missing],
        "rows_running": any(line.row.task_id for line in lines),
        "row_edits": edits,
        "row_editor": editor,
        "templates_offered": edits and Template.objects.published().exists(),
    }


def lines_of(plan: Plan, user: User, today: date) -> list[Line]:
    """All rows of the plan in order; four queries."""
    rows = in_display_order(plan.rows.select_related("responsible", "clause__policy", "task__responsible"))
    files = evidence_counts([row.task_id for row in rows if row.task_id])
    after: dict[UUID, list[PlanRow]] = {}
    links = RowDependency.objects.filter(row__plan=plan).select_related("after__task").order_by("after__order", "pk")
    for link in links:
        after.setdefault(link.row_id, []).append(link.after)
    me = access.person_of(user)
    lines = [_line(plan, row, today, files, after.get(row.pk, [])) for row in rows]
    for line in lines:
        line.mine = me is not None and me == (line.row.task or line.row).responsible_id
        if line.mine and not line.files and line.row.task is not None:
            line.upload_url = _upload(plan, line.row, user)
    return lines


def _line(plan: Plan, row: PlanRow, today: date, files: Mapping[UUID, int], after: Sequence[PlanRow]) -> Line:
    line = Line(row, missing_in(row), files=files.get(row.task_id, 0) if row.task_id else 0)
    task, due_on = row.task, row.due_on
    status = task.status if task else TaskStatus.NOT_STARTED
    running = plan.status in (PlanStatus.APPROVED, PlanStatus.SUPERSEDED)
    shown_on = task.due_on if task and running else due_on
    if task is not None:
        line.tag, line.late = (TAGS[TaskStatus(task.status)], task.get_status_display()), task.is_overdue(today)
    line.soon = shown_on is not None and status in OPEN and today <= shown_on <= today + SOON
    line.urgency = "bad" if line.late else "warn" if line.soon and task else ""
    line.after = [(one.order, one.target) for one in after]
    line.waits = [one.order for one in after if one.task is None or one.task.status in OPEN]
    line.outside = due_on is not None and not plan.starts_on <= due_on <= plan.ends_on
    return line


def _upload(plan: Plan, row: PlanRow, user: User) -> str:
    step, task = TASK.get("progress"), row.task
    if step is None or task is None or task.status not in step.sources:
        return ""
    task.school = plan.school
    return "" if refusal(task, step, user) else action_url(task.pk, step.name, plan.get_absolute_url())


def _groups(plan: Plan, lines: Sequence[Line], view: RowView, open_kind: str | None) -> list[Group]:
    found = []
    for kind, label in (*FoundationKind.choices, ("", OTHERS)):
        own = [line for line in lines if line.row.kind == kind]
        shown = [line for line in own if line.fits(view)]
        if not shown and (kind == "" or view.view or view.who) and kind != open_kind:
            continue
        closed = sum(line.row.task is not None and line.row.task.status in CLOSED for line in own)
        done = bool(own) and closed == len(own) and plan.status == PlanStatus.APPROVED and not view.view
        folded = (done and kind not in view.open.split(",")) or (bool(kind) and kind in view.shut.split(","))
        found.append(
            Group(
                kind, str(label), shown, len(own), closed, sum(line.late for line in own), folded,
                view.turned(kind, folded), view.address(add=kind or "other"),
            )
        )  # fmt: skip
    return found


def _segments(lines: Sequence[Line], view: RowView, user: User) -> list[dict[str, Any]]:
    mine = any(line.mine for line in lines)
    return [
        {
            "label": label,
            "url": view.address(view=name),
            "current": view.view == name,
            "count": sum(line.fits(RowView(name, view.who)) for line in lines),
        }
        for name, label in VIEWS.items()
        if name != MINE or mine or view.view == MINE
    ]


def _people(lines: Iterable[Line], view: RowView) -> list[tuple[str, str, bool]]:
    """Who is responsible for something, with the number of rows: id, words, whether chosen."""
    rows = [line.row for line in lines if line.row.responsible is not None]
    numbers = Counter(row.responsible_id for row in rows)
    names = {row.responsible_id: row.responsible.name for row in rows if row.responsible is not None}
    return [(str(key), f"{names[key]} {number} 项", str(key) == view.who) for key, number in numbers.most_common()]


def exported(plan: Plan, user: User, today: date, view: RowView) -> list[tuple[Cell, ...]]:
    """The rows as they leave the portal; the first columns are those that are imported."""
    return [_cells(line) for line in lines_of(plan, user, today) if line.fits(view)]


def _cells(line: Line) -> tuple[Cell, ...]:
    row, task = line.row, line.row.task
    return (
        row.order,
        row.get_kind_display(),
        row.target,
        row.measures,
        row.due_on.isoformat() if row.due_on else "",
        row.responsible.name if row.responsible else "",
        row.units,
        row.evidence,
        "、".join(str(number) for number, _ in line.after),
        clause_words(row.clause) if row.clause else "",
        row.note,
        ("逾期" if line.late else line.tag[1]) if task else "",
        line.files,
        local_day(task.closed_at).isoformat() if task and task.closed_at else "",
    )


def rows_url(plan: Plan) -> str:
    """The table's own address."""
    return reverse("pilots:plan-rows", args=[plan.pk])
