"""`schools/`, `offices/`."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts.callers import caller
from common.api.schema import detail_schema, list_schema, parameter
from common.api.views import DetailView, Filter, ListView, absolute, flag, one_of, text
from common.dates import local_day
from schools.api.schemas import OfficeOut, SchoolOut
from schools.models import (
    Appointment,
    Foundation,
    LeadershipMode,
    Location,
    Office,
    PartyOrgType,
    PilotStatus,
    School,
    Size,
    Stage,
)
from schools.permissions import Post
from schools.providers import batches_of

FIELDS = (
    "id", "created_at", "updated_at", "code", "name", "short_name", "stage", "office__code", "township", "location", "size",
    "foundation", "students", "staff", "party_org_type", "has_committee", "leadership_mode", "pilot_status", "implemented_on",
)  # fmt: skip


def leaders_of(ids: list[UUID]) -> dict[UUID, dict[str, dict[str, Any]]]:
    """Secretary and principal of today, by school."""
    today = local_day(timezone.now())
    rows = Appointment.objects.on(today).filter(school__in=ids, post__in=(Post.SECRETARY, Post.PRINCIPAL))
    found: dict[UUID, dict[str, dict[str, Any]]] = {}
    for school, post, name, since in rows.values_list("school_id", "post", "person__name", "starts_on"):
        found.setdefault(school, {})[post] = {"name": name, "since": since}
    return found


def school_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Schools as the contract writes them; one more query each for the leaders and the batches of all."""
    leaders = leaders_of([row["id"] for row in rows])
    batches = batches_of([row["id"] for row in rows])
    documents = []
    for row in rows:
        head = leaders.get(row["id"], {})
        document = {"id": row["id"], "url": absolute(request, "api:school", row["code"])}
        document |= {
            name: row[name] for name in FIELDS if name not in ("id", "office__code", "pilot_status", "implemented_on")
        }
        document["office"] = row["office__code"]
        document["secretary"], document["principal"] = head.get(Post.SECRETARY), head.get(Post.PRINCIPAL)
        document["pilot"] = {
            "status": row["pilot_status"],
            "batch": batches.get(row["id"]),
            "implemented_on": row["implemented_on"],
        }
        documents.append(document)
    return documents


def _has_committee(rows: QuerySet[School], value: str) -> QuerySet[School]:
    return rows.filter(has_committee=flag(value))


def _office(rows: QuerySet[School], value: str) -> QuerySet[School]:
    return rows.filter(office=None) if value == "null" else rows.filter(office__code=value)


def _search(rows: Any, value: str) -> QuerySet[School]:
    found: QuerySet[School] = rows.search(value)
    return found


class SchoolList(ListView):
    """Schools this caller may see."""

    read_scope = "schools:read"
    orderings: ClassVar = ("code", "name", "updated_at", "students")
    filters: ClassVar[dict[str, Filter]] = {
        "office": _office,
        "stage": one_of("stage", set(Stage.values)),
        "location": one_of("location", set(Location.values)),
        "size": one_of("size", set(Size.values)),
        "foundation": one_of("foundation", set(Foundation.values)),
        "party_org_type": one_of("party_org_type", set(PartyOrgType.values)),
        "leadership_mode": one_of("leadership_mode", set(LeadershipMode.values)),
        "pilot_status": one_of("pilot_status", set(PilotStatus.values)),
        "has_committee": _has_committee,
        "q": _search,
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible schools as dicts."""
        return School.objects.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return school_documents(request, rows)

    @list_schema(
        SchoolOut,
        "学校",
        parameter("office", "教办代码；null 为直属"),
        parameter("stage", "学段", Stage.values),
        parameter("location", "区位", Location.values),
        parameter("size", "规模", Size.values),
        parameter("foundation", "基础", Foundation.values),
        parameter("party_org_type", "党组织类型", PartyOrgType.values),
        parameter("leadership_mode", "领导配备模式", LeadershipMode.values),
        parameter("pilot_status", "试点状态", PilotStatus.values),
        parameter("has_committee", "已建立党组织委员会", ["true", "false"]),
        parameter("q", "名称、代码、拼音、首字母"),
        orderings=("code", "name", "updated_at", "students"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of schools."""
        return super().get(request)


class SchoolDetail(DetailView):
    """One school, by code."""

    read_scope = "schools:read"
    key = "code"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible schools."""
        return School.objects.visible_to(caller(request))

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Terms begin and end by date, so the day belongs to the tag."""
        return f'"{found["pk"].hex}-{found["version"]}.{local_day(timezone.now()):%Y%m%d}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return school_documents(request, list(School.objects.filter(pk=pk).values(*FIELDS)))[0]

    @detail_schema(SchoolOut, "一所学校")
    def get(self, request: Request, code: str) -> HttpResponse:
        """The school."""
        return super().get(request, code=code)


class OfficeQueries:
    """Offices of the schools this caller may see."""

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Offices that have a visible school."""
        visible = School.objects.visible_to(caller(request)).filter(office__isnull=False)
        return Office.objects.filter(pk__in=visible.values("office"))

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """With the codes of the visible schools."""
        schools: dict[UUID, list[str]] = {row.pk: [] for row in rows}
        visible = School.objects.visible_to(caller(request)).filter(office__in=rows)
        for office, code in visible.order_by("code").values_list("office_id", "code"):
            if office is not None:
                schools[office].append(code)
        return [
            {
                "id": row.pk,
                "url": absolute(request, "api:office", row.code),
                "created_at": row.created_at,
                "updated_at": row.updated_at,
                "code": row.code,
                "name": row.name,
                "schools": schools[row.pk],
            }
            for row in rows
        ]


class OfficeList(OfficeQueries, ListView):
    """教办."""

    read_scope = "schools:read"
    orderings: ClassVar = ("code", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {"code": text("code")}

    @list_schema(OfficeOut, "教办", parameter("code", "教办代码"), orderings=("code", "updated_at"))
    def get(self, request: Request) -> HttpResponse:
        """One page of offices."""
        return super().get(request)


class OfficeDetail(OfficeQueries, DetailView):
    """One office, by code."""

    read_scope = "schools:read"
    key = "code"

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """The schools of an office belong to the answer; their latest change to the tag."""
        visible = School.objects.visible_to(caller(request)).filter(office=found["pk"])
        count, latest = visible.count(), visible.order_by("-updated_at").values_list("updated_at", flat=True).first()
        return f'"{found["pk"].hex}-{found["version"]}.{count}.{latest.timestamp() if latest else 0}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return self.documents(request, list(Office.objects.filter(pk=pk)))[0]

    @detail_schema(OfficeOut, "一个教办")
    def get(self, request: Request, code: str) -> HttpResponse:
        """The office."""
        return super().get(request, code=code)
