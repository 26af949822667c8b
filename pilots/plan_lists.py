"""The list of plans: every school of the rollout with its latest edition, in views by state, under filters from the address."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from accounts.models import User
from common.exports import Cell
from common.keyset import BadCursor, Page, page_of
from pilots import selection_lists
from pilots.foundations import Works, works_of
from pilots.models import Plan, PlanStatus
from pilots.plans import NO_PROGRESS, progress_of, tag_of
from pilots.school_views import SchoolViews
from pilots.selection_lists import SIZE, Filters, day_of
from schools import access
from schools.models import School

NONE = "none"
VIEWS = SchoolViews(
    {
        "submitted": ("待审核", Q(latest=PlanStatus.SUBMITTED)),
        "returned": ("已退回", Q(latest=PlanStatus.RETURNED)),
        "draft": ("编制中", Q(latest=PlanStatus.DRAFT)),
        "approved": ("已通过", Q(latest=PlanStatus.APPROVED)),
        NONE: ("未编制", Q(latest__isnull=True)),
    },
    always=("submitted",),
)


@dataclass
class Line:
    """One school with its latest edition, the edition in force, and how far they are."""

    school: School
    plan: Plan | None
    works: Works
    progress: dict[str, int]

    @property
    def tag(self) -> tuple[str, str]:
        """What the latest edition waits for."""
        return tag_of(self.plan) if self.plan else ("none", "还没有编制")

    @property
    def five(self) -> str:
        """The five works as letters."""
        return "".join(work.state for work in self.works.values())

    @property
    def percent(self) -> int:
        """Closed tasks of all."""
        return round(100 * self.progress["closed"] / self.progress["total"]) if self.progress["total"] else 0


def own_school(user: User) -> School | None:
    """The school of somebody who works at one school only: such a person goes straight to it."""
    held = access.rights_of(user).appointments
    schools = {appointment.school_id: appointment.school for appointment in held}
    return next(iter(schools.values())) if len(schools) == 1 else None


def filters_from(query: QueryDict) -> Filters:
    """The filters in the address; the views are those of plans."""
    return replace(selection_lists.filters_from(query), view=VIEWS.known(query.get("view", "")))


def schools_found(user: User, filters: Filters) -> QuerySet[School]:
    """Schools within sight under the filters but the view, with the state of their latest edition."""
    last = Plan.objects.filter(school=OuterRef("pk")).order_by("-edition")
    rows = selection_lists.schools_found(user, replace(filters, view=""))
    return rows.annotate(latest=Subquery(last.values("status")[:1]), latest_plan=Subquery(last.values("pk")[:1]))


def page_of_lines(rows: QuerySet[School], cursor: str, today: date) -> Page:
    """One page of lines, by code; a cursor that is none leads to the first page."""
    rows = rows.select_related("office")
    try:
        page = page_of(rows, order="code", size=SIZE, cursor=cursor)
    except BadCursor:
        page = page_of(rows, order="code", size=SIZE)
    return replace(page, rows=lines_of(page.rows, today))


def lines_of(schools: Iterable[School], today: date) -> list[Line]:
    """Lines in a constant number of queries."""
    found = list(schools)
    keys = [school.latest_plan for school in found if school.latest_plan]  # type: ignore[attr-defined]
    plans = {plan.pk: plan for plan in Plan.objects.filter(pk__in=keys).select_related("school", "submitted_by")}
    in_force = dict(Plan.objects.filter(school__in=found, status=PlanStatus.APPROVED).values_list("school_id", "pk"))
    works, progress = works_of([school.pk for school in found], today), progress_of(in_force.values(), today)
    return [
        Line(
            school,
            plans.get(school.latest_plan),  # type: ignore[attr-defined]
            works[school.pk],
            progress.get(in_force.get(school.pk), NO_PROGRESS),  # type: ignore[arg-type]  # None has no progress
        )
        for school in found
    ]


COLUMNS = (
    "学校代码", "学校", "教办", "最新版", "状态", "实施起", "实施止", "报送时间", "通过时间", "五项工程完成（项）", "任务（项）", "已完成",
    "逾期",
)  # fmt: skip


def exported(line: Line) -> list[Cell]:
    """One school as a line of the exported table."""
    plan, school = line.plan, line.school
    return [
        school.code,
        school.name,
        school.office.name if school.office else "局直属",
        plan.edition if plan else None,
        line.tag[1],
        str(plan.starts_on) if plan else "",
        str(plan.ends_on) if plan else "",
        day_of(plan.submitted_at) if plan else "",
        day_of(plan.approved_at) if plan else "",
        line.five.count("d"),
        line.progress["total"],
        line.progress["closed"],
        line.progress["overdue"],
    ]
