"""The list of the selection: every school with its application, in views by what is to be done, under filters from the address."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import User
from common.dates import local_day
from common.keyset import BadCursor, Page, page_of
from common.text import clean_term
from pilots.models import Application, ApplicationStatus, Batch
from pilots.school_views import SchoolViews
from pilots.selection_panels import tag_of
from schools import access
from schools.models import Foundation, Location, Office, School, Size
from schools.permissions import SchoolPerm

SIZE = 50
S = ApplicationStatus
APP = "pilot_application"
VIEWS = SchoolViews(
    {
        "draft": ("待自荐", Q(**{f"{APP}__isnull": True}) | Q(**{f"{APP}__status": S.DRAFT})),
        "nominated": ("待推荐", Q(**{f"{APP}__status": S.NOMINATED})),
        "recommended": ("待审核", Q(**{f"{APP}__status": S.RECOMMENDED})),
        "approved": ("已通过", Q(**{f"{APP}__status": S.APPROVED})),
        "returned": ("已退回", Q(**{f"{APP}__status": S.RETURNED})),
    }
)
DIRECT = "direct"


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter. `office` and `batch` are codes, `direct` is 直属."""

    view: str = ""
    q: str = ""
    office: str = ""
    batch: str = ""
    size: str = ""
    foundation: str = ""
    location: str = ""

    @property
    def any(self) -> bool:
        """Whether anything but the view narrows the list."""
        return replace(self, view="") != Filters()

    def address(self, **changes: str) -> str:
        """The query string of these filters with `changes`."""
        kept = {name: value for name, value in asdict(replace(self, **changes)).items() if value}
        return f"?{urlencode(kept)}" if kept else "?"

    def in_address(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: value for name, value in asdict(self).items() if value}


def filters_from(query: QueryDict) -> Filters:
    """The filters in the address, as far as they make sense; unknown or malformed values do not filter."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    def code(name: str) -> str:
        return clean_term(query.get(name, ""), 20)

    return Filters(
        view=VIEWS.known(query.get("view", "")),
        q=clean_term(query.get("q", "")),
        office=code("office"),
        batch=code("batch"),
        size=one_of("size", Size.values),
        foundation=one_of("foundation", Foundation.values),
        location=one_of("location", Location.values),
    )


def many_schools(user: User) -> bool:
    """Whether the account sees more than one school."""
    scope = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
    return scope.everywhere or len(scope.ids) > 1


def schools_found(user: User, filters: Filters) -> QuerySet[School]:
    """Schools within sight under the filters but the view: those with a committee, and whoever has an application."""
    rows = School.objects.visible_to(user).filter(Q(has_committee=True) | Q(**{f"{APP}__isnull": False}))
    rows = rows.search(filters.q)
    if filters.office:
        rows = rows.filter(office=None) if filters.office == DIRECT else rows.filter(office__code=filters.office)
    if filters.batch:
        rows = rows.filter(**{f"{APP}__batch__code": filters.batch})
    return rows.filtered({"size": filters.size, "foundation": filters.foundation, "location": filters.location})


def with_application(rows: QuerySet[School]) -> QuerySet[School]:
    """With what a line prints."""
    return rows.select_related("office", f"{APP}__batch")


def page_of_schools(rows: QuerySet[School], cursor: str) -> Page:
    """One page, by code; a cursor that is none leads to the first page."""
    rows = with_application(rows)
    try:
        return page_of(rows, order="code", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order="code", size=SIZE)


def application_of(school: School) -> Application | None:
    """The application that was read with the school."""
    found: Application | None = getattr(school, APP, None)
    if found is not None:
        found.school = school
    return found


def choices(user: User, filters: Filters) -> dict[str, list[tuple[str, str, bool]]]:
    """What the selects offer: value, words, chosen."""
    offices = Office.objects.filter(schools__in=School.objects.visible_to(user)).distinct().order_by("code")
    named = {
        "office": [(DIRECT, "局直属"), *offices.values_list("code", "name")],
        "batch": list(Batch.objects.visible_to(user).order_by("opens_on", "pk").values_list("code", "name")),
        "size": [(value, f"规模{label}") for value, label in Size.choices],
        "foundation": [(value, f"基础{label}") for value, label in Foundation.choices],
        "location": list(Location.choices),
    }
    return {
        name: [(str(value), str(label), value == getattr(filters, name)) for value, label in rows]
        for name, rows in named.items()
    }


COLUMNS = (
    "学校代码", "学校", "教办", "规模", "基础", "区位", "批次", "状态", "样本定位", "自荐时间", "推荐时间", "免推荐", "通过时间",
    "本步期限",
)  # fmt: skip


def exported(school: School) -> list[str | int | None]:
    """One school as a line of the exported table."""
    application = application_of(school)
    head: list[str | int | None] = [
        school.code,
        school.name,
        school.office.name if school.office else "局直属",
        school.get_size_display(),
        school.get_foundation_display(),
        school.get_location_display(),
    ]
    if application is None:
        return [*head, "", "还没有自荐", "", "", "", "", "", ""]
    return [
        *head,
        application.batch.name if application.batch else "",
        tag_of(application)[1],
        application.sample,
        *(day_of(moment) for moment in (application.nominated_at, application.recommended_at)),
        "是" if application.exempt else "",
        day_of(application.approved_at),
        application.step_due_on.isoformat() if application.step_due_on else "",
    ]


def day_of(moment: Any) -> str:
    """The day of a time in Shanghai, for a cell."""
    return local_day(moment).isoformat() if moment else ""
