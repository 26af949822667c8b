"""Projects as lists: views by what matters, filters from the address, one page of rows, and the next day to watch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from accounts.models import User
from checklists.models import OPEN, Task
from common.keyset import BadCursor, Page, page_of
from projects.models import (
    Award,
    ChangeRequest,
    ChangeStatus,
    Flagship,
    FlagshipStatus,
    Kind,
    Level,
    Report,
    ReportKind,
    Review,
    ReviewStatus,
    SelectedCase,
)
from schools import access
from schools.models import Office, School
from schools.permissions import Post, SchoolPerm

SIZE, SOON = 50, 30
S = FlagshipStatus
EVERY, WAITING = "all", "mine"
UNDER_WAY = (S.RUNNING, S.MID_CHECKED, S.EXTENDED)
VIEWS = {
    EVERY: "全部",
    WAITING: "待我办",
    "applied": "申报中",
    "running": "实施中",
    "late": "逾期",
    "soon": "30 天内到期",
    "concluded": "已结题",
}
TAGS = {
    S.DRAFT: "none", S.APPLIED: "wait", S.LISTED: "go", S.RUNNING: "run", S.MID_CHECKED: "run", S.CONCLUDED: "done",
    S.EXTENDED: "warn", S.TERMINATED: "back",
}  # fmt: skip
NODES = "申报、立项、启动、中期、结题"
PLACES = {S.DRAFT: 0, S.APPLIED: 1, S.LISTED: 2, S.RUNNING: 3, S.MID_CHECKED: 4, S.EXTENDED: 4, S.CONCLUDED: 5}


@dataclass(frozen=True)
class Option:
    """One choice of a filter; `search` is what it is found by besides its words (pinyin initials)."""

    value: str
    label: str
    current: bool = False
    search: str = ""


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter."""

    view: str = EVERY
    kind: str = ""
    status: str = ""
    school: str = ""
    office: str = ""
    year: str = ""
    level: str = ""
    name: str = ""
    verified: str = ""
    q: str = ""

    def any(self) -> bool:
        """Whether anything but the view narrows the list."""
        return any(value for name, value in asdict(self).items() if name != "view")

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: value for name, value in asdict(self).items() if value and value != EVERY}


def filters_from(query: QueryDict, schools: Iterable[str], offices: Iterable[str] = ()) -> Filters:
    """The filters in the address, as far as they make sense; unknown or malformed values do not filter."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    def words(name: str, most: int) -> str:
        return " ".join(query.get(name, "").replace("\x00", "").split())[:most]

    year = query.get("year", "")
    return Filters(
        view=one_of("view", VIEWS) or EVERY,
        kind=one_of("kind", Kind.values),
        status=one_of("status", S.values),
        school=one_of("school", schools),
        office=one_of("office", offices),
        year=year if re.fullmatch("20[0-9]{2}", year) else "",
        level=one_of("level", Level.values),
        name=words("name", 100),
        verified=one_of("verified", ("yes", "no")),
        q=words("q", 50),
    )


def address(query: QueryDict, **changes: str | None) -> str:
    """The address of the same list with other parameters; None takes one away. The cursor never survives a change."""
    copy = query.copy()
    copy.pop("cursor", None)
    copy.pop("pick", None)
    for name, value in changes.items():
        copy.pop(name, None)
        if value:
            copy[name] = value
    for name in [name for name, value in copy.items() if not value]:
        copy.pop(name)
    return f"?{copy.urlencode()}" if copy else "?"


def school_rows(user: User) -> list[tuple[UUID, str, str, str]]:
    """Id, code, short name and initials of the schools this account may choose from, by pinyin."""
    rows = School.objects.visible_to(user).order_by("py", "pk")
    return list(rows.values_list("pk", "code", "short_name", "py_first"))


def sees_projects(user: User) -> bool:
    """Whoever sees a school's file sees its projects."""
    return bool(access.school_ids(user, SchoolPerm.VIEW_SCHOOL))


def sees_many(user: User) -> bool:
    """Whether projects of more than one school can be in the list."""
    scope = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    return scope.everywhere or len(scope.ids) > 1


def offices_of(user: User) -> list[Office]:
    """For who sees every school."""
    if not access.school_ids(user, SchoolPerm.VIEW_SCHOOL).everywhere:
        return []
    return list(Office.objects.order_by("code"))


# ---- what waits for whom ----


def _late(today: date, until: date | None = None) -> Q:
    """With a task, a report or the end past its day; with `until` those due from today to that day."""
    span: dict[str, Any] = {"lt": today} if until is None else {"gte": today, "lte": until}
    tasks = Task.objects.filter(milestone__project=OuterRef("pk"), status__in=OPEN)
    tasks = tasks.filter(**{f"due_on__{how}": day for how, day in span.items()})
    mid = Q(status=S.RUNNING, **{f"mid_due_on__{how}": day for how, day in span.items()})
    end = Q(status__in=(S.MID_CHECKED, S.EXTENDED), **{f"ends_on__{how}": day for how, day in span.items()})
    return (Q(status__in=UNDER_WAY) & Q(Exists(tasks))) | mid | end


def waits_for(user: User) -> Q | None:
    """待我办: returned applications and starts for the school, opinions for the office, the rest for the organisation section."""
    waits: Q | None = None
    for scope, condition in (
        (access.school_ids(user, SchoolPerm.EDIT_PLAN), Q(status=S.DRAFT, round__gt=0)),
        (access.school_ids(user, SchoolPerm.SUBMIT_PLAN), Q(status=S.LISTED)),
        (access.school_ids(user, SchoolPerm.RECOMMEND), Q(status=S.APPLIED, office_at__isnull=True, checked_at__isnull=True)),
        (access.school_ids(user, SchoolPerm.REVIEW), _for_bureau()),
    ):  # fmt: skip
        if scope:
            here = condition if scope.everywhere else condition & Q(school_id__in=scope.ids)
            waits = here if waits is None else waits | here
    return waits


def _for_bureau() -> Q:
    """初审; experts to name; all scores in, to be listed; a report that is in, to be checked; a change to decide on."""
    now = Review.objects.filter(project=OuterRef("pk"), round=OuterRef("round"))
    scoring = Exists(now.filter(status=ReviewStatus.ASSIGNED))
    reports = Report.objects.filter(project=OuterRef("pk"), submitted_at__isnull=False)
    mid = Q(status=S.RUNNING) & Q(Exists(reports.filter(kind=ReportKind.MID)))
    end = Q(status__in=(S.MID_CHECKED, S.EXTENDED)) & Q(Exists(reports.filter(kind=ReportKind.FINAL)))
    asked = ChangeRequest.objects.filter(project=OuterRef("pk"), status=ChangeStatus.REQUESTED)
    return (Q(status=S.APPLIED) & ~Q(scoring)) | mid | end | Q(Exists(asked))


# ---- projects ----


def projects_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Flagship]:
    """Projects within sight under those filters, whatever their view."""
    rows = Flagship.objects.visible_to(user)
    for name in ("kind", "status"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.school:
        rows = rows.filter(school=schools[filters.school])
    if filters.office:
        rows = rows.filter(school__office__code=filters.office)
    if filters.year:
        rows = rows.filter(listed_on__year=int(filters.year))
    if filters.q:
        rows = rows.filter(_about(filters.q))
    return rows


def _about(words: str) -> Q:
    said = Q(title__icontains=words) | Q(number__iexact=words) | Q(leader_name__contains=words)
    low = words.lower().replace(" ", "")
    return said | Q(school__name__icontains=words) | Q(school__py_first__contains=low) | Q(school__py__contains=low)


def of_view(user: User, view: str, today: date) -> Q:
    """The condition of one view."""
    if view == WAITING:
        return waits_for(user) or Q(pk__isnull=True)
    conditions = {
        "applied": Q(status=S.APPLIED),
        "running": Q(status__in=(S.LISTED, *UNDER_WAY)),
        "concluded": Q(status=S.CONCLUDED),
    }
    if view == "late":
        return _late(today)
    if view == "soon":
        return _late(today, today + timedelta(days=SOON))
    return conditions.get(view, ~Q(pk__isnull=True))


def counts(rows: QuerySet[Flagship], user: User, today: date) -> dict[str, int]:
    """How many of these projects stand in each view, and at how many schools, in one query."""
    wanted = {view: Count("pk", filter=of_view(user, view, today)) for view in VIEWS}
    found: dict[str, int] = rows.order_by().aggregate(**wanted, schools=Count("school", distinct=True))
    return found


def with_next(rows: QuerySet[Flagship]) -> QuerySet[Flagship]:
    """With the next open task and its day."""
    tasks = Task.objects.filter(milestone__project=OuterRef("pk"), status__in=OPEN).order_by("due_on", "pk")
    return rows.select_related("school", "leader").annotate(
        next_target=Subquery(tasks.values("target")[:1]), next_due=Subquery(tasks.values("due_on")[:1])
    )


def page(rows: QuerySet[Any], cursor: str, order: str) -> Page:
    """One page; a cursor that makes no sense gives the first."""
    try:
        return page_of(rows, order=order, size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order=order, size=SIZE)


def nodes_of(project: Flagship, today: date) -> str:
    """The five nodes: d done, n now, x late, s not needed, t to do."""
    if project.status == S.TERMINATED:
        place = 2 + (project.started_at is not None) + (project.mid_checked_at is not None)
        return "d" * place + "s" * (5 - place)
    place = PLACES[S(project.status)]
    states = ["d"] * place + ["t"] * (5 - place)
    if place < 5:
        day = next_day(project)[1]
        states[place] = "x" if day is not None and day < today and place > 2 else "n"
    if project.status == S.EXTENDED and project.mid_checked_at is None and project.imported_at is None:
        states[3] = "s"
    return "".join(states)


def next_day(project: Any) -> tuple[str, date | None]:
    """The next thing due and its day: a task, the mid-term check, the end."""
    if project.status not in UNDER_WAY:
        return ("等启动实施", None) if project.status == S.LISTED else ("", None)
    own = ("中期检查", project.mid_due_on) if project.status == S.RUNNING else ("结题", project.ends_on)
    day = getattr(project, "next_due", None)
    if day is not None and (own[1] is None or day <= own[1]):
        return project.next_target, day
    return own


def tag_of(project: Flagship, today: date) -> tuple[str, str]:
    """Kind and words of the status tag: late and nearly late before the state itself."""
    day = next_day(project)[1]
    if day is not None and day < today:
        return "bad", f"逾期 {(today - day).days} 天"
    if day is not None and day <= today + timedelta(days=SOON):
        return "warn", f"{(day - today).days} 天到期" if day > today else "今天到期"
    return TAGS[S(project.status)], project.get_status_display()


COLUMNS = (
    "编号", "项目", "学校", "教办", "主持人", "类别", "状态", "立项日期", "核定经费（元）", "下一节点", "到期", "国家级",
    "省级", "市级", "区级", "结题等次",
)  # fmt: skip


def exported(project: Any, levels: Sequence[tuple[str, int]]) -> list[str | int]:
    """One line of the file."""
    what, day = next_day(project)
    held = dict(levels)
    office = project.school.office.name if project.school.office else "直属"
    return [
        project.number, project.title, project.school.short_name, office, project.leader_text,
        project.get_kind_display(), project.get_status_display(), str(project.listed_on or ""),
        "" if project.budget is None else str(project.budget), what, str(day or ""),
        *(held.get(level.label, 0) for level in Level), project.get_grade_display(),
    ]  # fmt: skip


# ---- awards ----


def awards_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Award]:
    """Awards within sight under those filters."""
    rows = Award.objects.visible_to(user)
    if filters.level:
        rows = rows.filter(level=filters.level)
    if filters.school:
        rows = rows.filter(project__school=schools[filters.school])
    if filters.office:
        rows = rows.filter(project__school__office__code=filters.office)
    if filters.year:
        rows = rows.filter(year=int(filters.year))
    if filters.name:
        rows = rows.filter(name_key=filters.name)
    if filters.verified:
        rows = rows.filter(verified_at__isnull=filters.verified == "no")
    if filters.q:
        rows = rows.filter(Q(name__icontains=filters.q) | Q(project__title__icontains=filters.q))
    return rows


AWARD_COLUMNS = ("级别", "奖项或名单", "等次", "年份", "项目编号", "项目", "学校", "授予单位", "证书编号", "核验")


def exported_award(award: Award) -> list[str | int]:
    """One line of the file."""
    project = award.project
    return [
        award.get_level_display(), award.name, award.prize, award.year, project.number, project.title,
        project.school.short_name, award.issuer, award.certificate, "已核验" if award.verified_at else "待核验",
    ]  # fmt: skip


# ---- cases ----


def cases_found(user: User, filters: Filters) -> QuerySet[SelectedCase]:
    """Cases within sight under those filters; the words are looked for by `library.about`."""
    rows = SelectedCase.objects.visible_to(user)
    if filters.level:
        rows = rows.filter(level=filters.level)
    if filters.year:
        rows = rows.filter(year=int(filters.year))
    return rows


CASE_COLUMNS = ("案例", "级别", "入选名单", "年份", "学校", "作者", "领雁项目", "一句话介绍", "发布")


def exported_case(case: SelectedCase) -> list[str | int]:
    """One line of the file."""
    return [
        case.title, case.get_level_display(), case.named, case.year, case.school.short_name, case.authors,
        case.project.title if case.project else "", case.summary, "已发布" if case.published_at else "未发布",
    ]  # fmt: skip


def waiting_projects(user: User, school: UUID | None, most: int) -> list[Any]:
    """The projects that wait for this account, those that waited longest first, with what tells why; no query for others."""
    waits = waits_for(user)
    if waits is None:
        return []
    now = Q(reviews__round=F("round"))
    rows = Flagship.objects.visible_to(user).filter(waits).select_related("school")
    rows = rows if school is None else rows.filter(school=school)
    asked = ChangeRequest.objects.filter(project=OuterRef("pk"), status=ChangeStatus.REQUESTED)
    rows = rows.annotate(
        scores=Count("reviews", filter=now & Q(reviews__status=ReviewStatus.SUBMITTED), distinct=True),
        change_asked=Exists(asked),
    )
    return list(rows.order_by("updated_at", "pk")[:most])


def waiting_reviews(user: User, most: int) -> list[Review]:
    """Reviews this expert has still to score, the most urgent first; no query for others."""
    if not access.holds_post(user, Post.REVIEWER):
        return []
    rows = Review.objects.own_of(user).filter(status=ReviewStatus.ASSIGNED, project__status=S.APPLIED)
    return list(rows.select_related("project__school").order_by("due_on", "pk")[:most])
