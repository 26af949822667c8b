"""`projects/flagships/`: 书记领雁项目, read by who sees the school, applied for by 书记, with their steps."""

from collections import defaultdict
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Max, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import ActionView, Fields, answered_once
from accounts.callers import caller
from accounts.models import User
from common.api.schema import action_parameters, create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, absolute, json_answer, one_of, text
from common.errors import one_fault
from projects import services
from projects.api.schemas import (
    WRITTEN,
    FlagshipActionIn,
    FlagshipDetailOut,
    FlagshipIn,
    FlagshipOut,
    ProjectFields,
    application_in,
)
from projects.guards import open_actions
from projects.models import Area, Award, Flagship, FlagshipArea, FlagshipStatus, Kind, Milestone
from projects.states import FLAGSHIP
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

FIELDS = (
    "id", "created_at", "updated_at", "number", "school__code", "title", "kind", "leader_id", "leader__name",
    "leader_name", "status", "budget", "listed_on", "mid_due_on", "ends_on", "grade",
)  # fmt: skip
PLAIN = ("id", "created_at", "updated_at", "title", "kind", "status", "listed_on", "mid_due_on", "ends_on")
WORDS = ("problem", "content", "outcomes", "funds_note", "party_opinion", "office_advice")
OPEN_STATUSES = set(FlagshipStatus.values) - {FlagshipStatus.DRAFT.value}


def flagship_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Projects as the contract writes them; returned ones as tombstones. Three more queries, however many there are."""
    keys = [row["id"] for row in rows]
    parts = {"milestones": _milestones(keys), "awards": _awards(keys), "areas": _areas(keys)}
    return [_document(request, row, parts) for row in rows]


def _document(request: Request, row: dict[str, Any], parts: dict[str, dict[UUID, list[Any]]]) -> dict[str, Any]:
    if row["status"] == FlagshipStatus.DRAFT:
        return {"id": row["id"], "deleted": True, "updated_at": row["updated_at"]}
    return {
        **{name: row[name] for name in PLAIN},
        "url": absolute(request, "api:flagship", row["id"]),
        "number": row["number"] or None,
        "school": row["school__code"],
        "leader": {"person": row["leader_id"], "name": row["leader__name"] or row["leader_name"]},
        "budget": None if row["budget"] is None else str(row["budget"]),
        "grade": row["grade"] or None,
        **{name: found[row["id"]] for name, found in parts.items()},
    }


def _milestones(keys: list[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    rows = Milestone.objects.filter(project__in=keys).select_related("responsible", "task").order_by("order", "pk")
    for row in rows:
        task = row.task  # what runs is the task: its day may have been moved, its person changed
        found[row.project_id].append(
            {
                "order": row.order, "target": row.target, "measures": row.measures,
                "due_on": task.due_on if task else row.due_on,
                "responsible": {"person": row.responsible_id, "name": row.responsible.name}, "units": row.units,
                "task": row.task_id, "status": task.status if task else None,
            }
        )  # fmt: skip
    return found


def _awards(keys: list[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    rows = Award.objects.filter(project__in=keys).order_by("-year", "created_at", "pk")
    for row in rows:
        found[row.project_id].append(
            {
                "id": row.pk, "level": row.level, "name": row.name, "year": row.year,
                "verified": row.verified_at is not None,
            }
        )  # fmt: skip
    return found


def _areas(keys: list[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for project, area in FlagshipArea.objects.filter(project__in=keys).values_list("project_id", "area"):
        found[project].append(area)
    places = {area: place for place, area in enumerate(Area.values)}
    return defaultdict(list, {key: sorted(areas, key=lambda a: places[a]) for key, areas in found.items()})


def flagship_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One project with its words and what the caller may do next."""
    document = flagship_documents(request, list(Flagship.objects.filter(pk=pk).values(*FIELDS)))[0]
    if "deleted" in document:
        return document
    project = Flagship.objects.select_related("school", "leader").get(pk=pk)
    document |= {name: getattr(project, name) for name in WORDS}
    document["funds_asked"] = None if project.funds_asked is None else str(project.funds_asked)
    team = project.team.order_by("order", "pk").values_list("person_id", "name", "duty")
    document["team"] = [{"person": person, "name": name, "duty": duty} for person, name, duty in team]
    document["actions"] = [step.name for step in open_actions(project, caller(request))]
    return document


def _seen(request: Request) -> QuerySet[Any]:
    """Visible projects but drafts, which are the school's own and no objects of the API."""
    return Flagship.objects.visible_to(caller(request)).exclude(status=FlagshipStatus.DRAFT)


class FlagshipList(ListView):
    """书记领雁项目."""

    read_scope, write_scope = "projects:read", "projects:write"
    orderings: ClassVar = ("updated_at", "number")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "kind": one_of("kind", set(Kind.values)),
        "status": one_of("status", OPEN_STATUSES),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible projects as dicts; with `include_deleted` those that were returned, too."""
        if request.query_params.get("include_deleted") != "true":
            return _seen(request).values(*FIELDS)
        rows = access.within(Flagship.objects.all(), caller(request), SchoolPerm.VIEW_SCHOOL)
        return rows.exclude(round=0, status=FlagshipStatus.DRAFT).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return flagship_documents(request, rows)

    @list_schema(
        FlagshipOut,
        "书记领雁项目",
        parameter("school", "学校代码"),
        parameter("kind", "类别", Kind.values),
        parameter("status", "状态", sorted(OPEN_STATUSES)),
        orderings=("updated_at", "number"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of projects."""
        return super().get(request)

    @extend_schema(
        summary="报送一个项目申报",
        description="由本校书记报送，申报表要齐全。草稿不在接口里；退回修改的申报从接口消失，改好后由学校在页面上再报。",
        parameters=create_parameters(),
        request=FlagshipIn,
        responses={201: FlagshipDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Apply."""
        fields = ProjectFields(request.data or {}, ("school", *WRITTEN))

        def answer() -> HttpResponse:
            user = caller(request)
            school = School.objects.visible_to(user).filter(code=fields.text("school", 12)).first()
            new = application_in(fields)
            fields.done()
            if school is None:
                raise one_fault("school", "写学校代码；没有这所学校，或它不在你的范围内")
            made = services.apply_at_once(school=school, new=new, by=user, at=timezone.now())
            return json_answer(flagship_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


class FlagshipDetail(DetailView):
    """One project."""

    read_scope = "projects:read"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible projects, with the last change of their tasks: the milestones show how far these are."""
        return _seen(request).annotate(worked_at=Max("milestones__task__updated_at"))

    def version_fields(self) -> tuple[str, ...]:
        """The project's version and the last change of its tasks."""
        return ("pk", "version", "worked_at")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """A step asks for the version alone, in front of the dot."""
        worked: datetime | None = found["worked_at"]
        after = f".{int(worked.timestamp() * 1_000_000)}" if worked else ""
        return f'"{found["pk"].hex}-{found["version"]}{after}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return flagship_document(request, pk)

    @detail_schema(FlagshipDetailOut, "一个书记领雁项目")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The project."""
        return super().get(request, pk=pk)


class FlagshipAction(ActionView):
    """`actions` of a project."""

    write_scope = "projects:write"
    machine = FLAGSHIP
    fields: ClassVar = {
        "list": ("number", "budget"),
        "mid_check": ("opinion",),
        "conclude": ("grade", "opinion"),
        "extend": ("ends_on", "reason"),
    }

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible projects but drafts."""
        return _seen(request)

    def act(self, found: Flagship, name: str, fields: Fields, *, by: User, at: datetime) -> Flagship:
        """The service of that step."""
        given = ProjectFields(fields.data, tuple(fields.data))
        values: dict[str, Any] = {}
        if name == "list":
            values = {"number": given.text("number", 20), "budget": given.money("budget")}
        elif name == "conclude":
            values = {"grade": given.text("grade", 10)}
        elif name == "extend":
            values = {"ends_on": given.day("ends_on")}
        if name in ("mid_check", "conclude"):
            values["opinion"] = given.text("opinion", 500)
        if name in ("return", "terminate", "extend"):
            values["reason"] = given.text("reason", 500)
        fields.faults += given.faults
        fields.done()
        return STEPS[name](project=found, version=found.version, by=by, at=at, **values)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it; a returned one as its tombstone."""
        return flagship_document(request, pk)

    @extend_schema(
        summary="办理项目的一步",
        description="name 取 actions 里列出的；return 的答复是删除标记，申报回到学校的草稿。",
        parameters=action_parameters(),
        request=FlagshipActionIn,
        responses={200: FlagshipDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)


STEPS: dict[str, Any] = {
    "apply": services.apply_flagship,
    "return": services.return_flagship,
    "list": services.list_flagship,
    "start": services.start_flagship,
    "mid_check": services.mid_check_flagship,
    "extend": services.extend_flagship,
    "conclude": services.conclude_flagship,
    "terminate": services.terminate_flagship,
}
