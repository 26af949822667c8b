"""Lists of meetings and decisions: filters from the address, one page of rows. Unknown or malformed values do not filter."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from accounts.models import User
from checklists.models import Task, TaskStatus
from common.dates import SHANGHAI
from common.keyset import BadCursor, Page, page_of
from governance.models import Decision, Meeting, MeetingStatus
from schools import access
from schools.models import School
from schools.permissions import BODY_POSTS, Body, SchoolPerm

SIZE = 50
YEARS_SHOWN = 5
FINDINGS = {"block": "有不合规", "warn": "有需留意"}
STATUSES = dict(MeetingStatus.choices)


@dataclass(frozen=True)
class Option:
    """One choice of a filter; `search` is what it is found by besides its words (pinyin initials)."""

    value: str
    label: str
    current: bool = False
    search: str = ""


@dataclass(frozen=True)
class Sight:
    """What an account may see of meetings: the bodies, and whether those of many schools."""

    bodies: tuple[Body, ...]
    many: bool

    def __bool__(self) -> bool:
        return bool(self.bodies)


def sight_of(user: User) -> Sight:
    """Nothing for accounts that see no meetings at all (offices, system posts)."""
    everything = access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
    own = access.school_ids(user, SchoolPerm.VIEW_OWN_MEETINGS)
    held = {a.post for a in access.rights_of(user).appointments if a.school_id in own}
    bodies = tuple(body for body in Body if everything or held & BODY_POSTS[body])
    return Sight(bodies, everything.everywhere or len(everything.ids | own.ids) > 1)


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter."""

    body: str = ""
    status: str = ""
    school: str = ""
    year: int | None = None
    findings: str = ""
    late: bool = False

    def any(self) -> bool:
        """Whether anything but the body narrows the list."""
        return bool(self.status or self.school or self.year or self.findings or self.late)

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def filters_from(query: QueryDict, schools: Mapping[str, UUID]) -> Filters:
    """The filters in the address, as far as they make sense."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    year = query.get("year", "")
    return Filters(
        body=one_of("body", Body.values),
        status=one_of("status", STATUSES),
        school=one_of("school", schools),
        year=int(year) if re.fullmatch("20[0-9]{2}", year) else None,
        findings=one_of("findings", FINDINGS),
        late=query.get("late") == "1",
    )


def year_options(today: date, chosen: int | None) -> list[Option]:
    """Next year and the years before it."""
    years = range(today.year + 1, today.year + 1 - YEARS_SHOWN, -1)
    return [Option(str(year), f"{year} 年", year == chosen) for year in years]


def school_rows(user: User) -> list[tuple[UUID, str, str, str]]:
    """Id, code, short name and initials of the schools this account may choose from, by pinyin."""
    rows = School.objects.visible_to(user).order_by("py", "pk")
    return list(rows.values_list("pk", "code", "short_name", "py_first"))


def meetings_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Meeting]:
    """Meetings within sight under those filters, with what a list prints."""
    rows = Meeting.objects.visible_to(user).select_related("school", "publication")
    rows = rows.only(
        "body", "year", "serial", "scheduled_at", "place", "status", "lapsed", "due", "present", "item_count",
        "findings_block", "findings_warn", "school__code", "school__short_name", "publication__published_on",
    )  # fmt: skip
    if filters.body:
        rows = rows.filter(body=filters.body)
    if filters.status:
        kept = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)  # what is archived has been signed
        rows = rows.filter(status__in=kept if filters.status == MeetingStatus.SIGNED else (filters.status,))
    if filters.school:
        rows = rows.filter(school=schools[filters.school])
    if filters.year:
        start, end = (datetime(year, 1, 1, tzinfo=SHANGHAI) for year in (filters.year, filters.year + 1))
        rows = rows.filter(scheduled_at__gte=start, scheduled_at__lt=end)
    if filters.findings:
        rows = rows.filter(**{f"findings_{filters.findings}__gt": 0})
    return rows


def meetings_page(user: User, filters: Filters, schools: Mapping[str, UUID], cursor: str) -> Page:
    """One page of meetings, latest first."""
    return _page(meetings_found(user, filters, schools), "-scheduled_at", cursor)


EXPORT_COLUMNS = (
    "编号",
    "会议",
    "学校代码",
    "学校",
    "时间",
    "地点",
    "状态",
    "应到",
    "实到",
    "议题数",
    "不合规",
    "需留意",
)


def exported(meeting: Meeting) -> list[str | int | None]:
    """One meeting as a line of the exported table."""
    held = meeting.serial is not None
    return [
        meeting.number() or "",
        meeting.title(),
        meeting.school.code,
        meeting.school.short_name,
        f"{meeting.scheduled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        meeting.place,
        "流会" if meeting.lapsed else meeting.get_status_display(),
        meeting.due,
        meeting.present if held else None,
        meeting.item_count,
        meeting.findings_block,
        meeting.findings_warn,
    ]


def decisions_page(user: User, filters: Filters, schools: Mapping[str, UUID], cursor: str, today: date) -> Page:
    """One page of decisions, latest first."""
    rows = Decision.objects.visible_to(user).select_related("school", "meeting")
    rows = rows.only(
        "number", "title", "outcome", "stage", "decided_on", "checklist_id", "school__short_name", "meeting__body"
    )
    return _page(narrowed_decisions(rows, filters, schools, today), "-decided_on", cursor)


MOST_WITHHELD = 1000


def decisions_withheld(user: User, filters: Filters, schools: Mapping[str, UUID], today: date) -> int:
    """How many decisions under those filters are about items whose words the account may not read; counted up to `MOST_WITHHELD`."""
    rows = Decision.objects.withheld_from(user)
    return narrowed_decisions(rows, filters, schools, today).order_by()[:MOST_WITHHELD].count()


def narrowed_decisions(
    rows: QuerySet[Decision], filters: Filters, schools: Mapping[str, UUID], today: date
) -> QuerySet[Decision]:
    """Those that fit the filters."""
    if filters.body:
        rows = rows.filter(meeting__body=filters.body)
    if filters.school:
        rows = rows.filter(school=schools[filters.school])
    if filters.year:
        rows = rows.filter(decided_on__gte=date(filters.year, 1, 1), decided_on__lte=date(filters.year, 12, 31))
    if filters.late:
        rows = rows.filter(checklist__in=Task.objects.overdue(today).values("checklist"))
    return rows


def _page(rows: QuerySet[Any], order: str, cursor: str) -> Page:
    try:
        return page_of(rows, order=order, size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order=order, size=SIZE)


@dataclass(frozen=True)
class Work:
    """How far the tasks of a decision are; those that were cancelled do not count."""

    total: int = 0
    closed: int = 0
    overdue: int = 0

    @property
    def percent(self) -> int:
        """Closed of all, 0 to 100."""
        return 100 * self.closed // self.total if self.total else 0

    @property
    def ring(self) -> str:
        """The letters of the ring: the decision is made, its execution runs, is late or is done."""
        execution = "d" if self.total and self.closed == self.total else "x" if self.overdue else "n"
        return f"d{execution}ttt"

    @property
    def tag(self) -> tuple[str, str]:
        """Kind and words of the status tag of the execution."""
        if self.total and self.closed == self.total:
            return "done", "任务已完成"
        return ("bad", f"{self.overdue} 项逾期") if self.overdue else ("run", "执行中")


def work_of(checklists: Iterable[UUID | None], today: date) -> dict[UUID, Work]:
    """The tasks of those checklists counted, in one query."""
    wanted = [pk for pk in checklists if pk is not None]
    counted = (
        Task.objects.filter(checklist__in=wanted)
        .exclude(status=TaskStatus.CANCELLED)
        .order_by()
        .values("checklist")
        .annotate(
            total=Count("pk"),
            closed=Count("pk", filter=Q(status=TaskStatus.CLOSED)),
            overdue=Count("pk", filter=~Q(status=TaskStatus.CLOSED) & Q(due_on__lt=today)),
        )
    )
    return {row["checklist"]: Work(row["total"], row["closed"], row["overdue"]) for row in counted}


def work_of_tasks(tasks: Iterable[Task], today: date) -> Work:
    """The same for tasks that have been read already."""
    counting = [task for task in tasks if task.status != TaskStatus.CANCELLED]
    return Work(
        len(counting),
        sum(task.status == TaskStatus.CLOSED for task in counting),
        sum(task.is_overdue(today) for task in counting),
    )


def address(query: QueryDict, **changes: str | None) -> str:
    """The address of the same list with other parameters; None takes one away. The cursor never survives a change."""
    kept = query.copy()
    kept.pop("cursor", None)
    for name, value in changes.items():
        kept.pop(name, None)
        if value:
            kept[name] = value
    return "?" + kept.urlencode()
