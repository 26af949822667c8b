"""The three lists over all communities within sight: filters, one page, lines of an export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import User
from common.exports import Cell
from common.keyset import BadCursor, Page, page_of
from communities.models import Demand, JointProject, Kind, Resource, Way
from communities.showing import day_of, demand_tag, project_tag, resource_tag, unmet, with_booked, with_places

SIZE = 50
WHATS = {"resources": "资源清单", "demands": "需求清单", "projects": "项目清单"}
COLUMNS = {
    "resources": ("资源", "类型", "学科（领域）", "提供方", "共同体", "开放时段", "容量", "已约", "状态", "登记日期"),
    "demands": ("需求", "类型", "学科（领域）", "提出方", "共同体", "需要起", "需要止", "数量", "已落实", "状态", "期望", "登记日期"),
    "projects": ("项目", "类别", "负责学校", "责任人", "参加学校", "共同体", "起", "止", "状态", "成效", "登记日期"),
}  # fmt: skip
STATES = {
    "resources": (("standing", "在列"), ("withdrawn", "已撤下")),
    "demands": (("standing", "在列"), ("unmet", "未满足"), ("withdrawn", "已撤下")),
    "projects": (("standing", "在列"), ("running", "未完成"), ("concluded", "已完成"), ("withdrawn", "已撤下")),
}


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    community: UUID | None = None
    kind: str = ""
    state: str = "standing"
    given: dict[str, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether something narrows the list beyond what stands."""
        return bool(self.community or self.kind or self.state != "standing")


def filters_from(what: str, query: Mapping[str, str]) -> Filters:
    """Read leniently: what is not known does not filter."""
    kinds = Way.values if what == "projects" else Kind.values
    kind = query.get("kind", "") if query.get("kind", "") in kinds else ""
    states = dict(STATES[what])
    state = query.get("state", "") if query.get("state", "") in states else "standing"
    try:
        community = UUID(query.get("community", ""))
    except ValueError:
        community = None
    given = {"community": str(community or ""), "kind": kind, "state": "" if state == "standing" else state}
    return Filters(community, kind, state, {key: value for key, value in given.items() if value})


def found(user: User, what: str, filters: Filters, today: date) -> QuerySet[Any]:
    """Entries within sight under the filters."""
    rows = _state(_rows(what).visible_to(user), what, filters.state, today)
    if filters.community:
        rows = rows.filter(community=filters.community)
    if filters.kind:
        rows = rows.filter(**{"way" if what == "projects" else "kind": filters.kind})
    return rows


def _rows(what: str) -> Any:
    if what == "resources":
        return with_places(Resource.objects.select_related("community", "school").prefetch_related("periods"))
    if what == "demands":
        return with_booked(Demand.objects.select_related("community", "school"))
    related = JointProject.objects.select_related("community", "school", "responsible")
    return related.prefetch_related("schools")


def _state(rows: QuerySet[Any], what: str, state: str, today: date) -> QuerySet[Any]:
    if state == "withdrawn":
        return rows.filter(withdrawn_at__isnull=False)
    rows = rows.filter(withdrawn_at__isnull=True)
    if what == "demands" and state == "unmet":
        return unmet(rows, today)
    if what == "projects" and state in ("running", "concluded"):
        return rows.filter(concluded_on__isnull=state == "running")
    return rows


def page(user: User, what: str, filters: Filters, cursor: str, today: date) -> Page:
    """One page, the latest first."""
    rows = found(user, what, filters, today)
    try:
        return page_of(rows, order="-created_at", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order="-created_at", size=SIZE)


def tag_of(what: str, entry: Any, today: date) -> tuple[str, str]:
    """The status of an entry."""
    ways = {"resources": resource_tag, "demands": demand_tag, "projects": project_tag}
    return ways[what](entry, today)  # type: ignore[operator]


def exported(what: str, entry: Any, today: date) -> list[Cell]:
    """One entry as a line of the exported table, in the order of `COLUMNS`."""
    state, listed = tag_of(what, entry, today)[1], day_of(entry.created_at)
    days = [f"{entry.starts_on}", f"{entry.ends_on}"] if what != "resources" else []
    if what == "resources":
        periods = "；".join(str(period) for period in entry.periods.all())
        head = [entry.title, entry.get_kind_display(), entry.subject, entry.school.name, entry.community.name]
        return [*head, periods, entry.places, entry.taken, state, listed]
    if what == "demands":
        head = [entry.title, entry.get_kind_display(), entry.subject, entry.school.name, entry.community.name]
        return [*head, *days, entry.amount, entry.booked, state, entry.expectation, listed]
    partners = "、".join(school.short_name for school in entry.schools.all())
    head = [entry.title, entry.get_way_display(), entry.school.name, entry.responsible.name, partners]
    return [*head, entry.community.name, *days, state, entry.result, listed]


def address(query: QueryDict, **changes: str | None) -> str:
    """The address of the same list with other parameters; None takes one away. The cursor never survives a change."""
    kept = query.copy()
    kept.pop("cursor", None)
    for name, value in changes.items():
        kept.pop(name, None)
        if value:
            kept[name] = value
    return "?" + kept.urlencode()


def neighbours(query: QueryDict, shown: Page) -> dict[str, str]:
    """Addresses of the pages before and after, with the same filters."""
    return {
        "previous_url": address(query, cursor=shown.previous) if shown.previous else "",
        "next_url": address(query, cursor=shown.next) if shown.next else "",
    }
