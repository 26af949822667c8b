"""`governance/matters/`, `governance/meetings/`, `governance/decisions/`."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from rest_framework.request import Request

from accounts.callers import caller
from checklists.models import Task
from common.api.problems import Problem
from common.api.schema import detail_schema, list_schema, parameter
from common.api.views import DetailView, Filter, ListView, flag, moment, one_of, text
from common.dates import local_day
from common.errors import Fault
from governance import services
from governance.api.documents import (
    DECISION_FIELDS,
    MEETING_FIELDS,
    decision_documents,
    decisions_of,
    matter_documents,
    meeting_document,
    meeting_documents,
    opened_in,
)
from governance.api.schemas import DecisionOut, MatterOut, MeetingListedOut, MeetingOut
from governance.models import Catalogue, Decision, DecisionStage, Matter, Meeting, MeetingStatus, Outcome, Secrecy
from governance.models.catalogue import in_force
from governance.reading import is_bureau_reading
from schools.permissions import Body

SCOPE = "governance:read"


class MatterQueries:
    """Matters of the catalogue in force today, or of the issued version that `?version=` names."""

    read_scope = SCOPE
    parameters: ClassVar[tuple[str, ...]] = ("version",)

    def queryset(self, request: Request) -> QuerySet[Any]:
        """The catalogue is public to every caller with an identity; a draft is not."""
        number = request.query_params.get("version")
        if number is None:
            return Matter.objects.filter(catalogue=in_force(local_day(timezone.now()))).select_related("catalogue")
        found = Catalogue.objects.issued().filter(number=number).defer("stages").first()
        if found is None:
            raise Problem(400, "没有这个版本。", [Fault("version", "没有这个版本，用目录页上列出的版本号")])
        return Matter.objects.filter(catalogue=found).select_related("catalogue")


class MatterList(MatterQueries, ListView):
    """事项."""

    orderings: ClassVar = ("code", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {
        "body": one_of("body", set(Body.values)),
        "aspect": text("aspect_code"),
        "nature": one_of("nature", set(Matter.Nature.values)),
        "important": lambda rows, value: rows.filter(important=flag(value)),
    }

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return matter_documents(request, rows)

    @list_schema(
        MatterOut,
        "事项（今天执行的目录，或所写的版本）",
        parameter("body", "会议", Body.values),
        parameter("aspect", "方面编号"),
        parameter("nature", "性质", Matter.Nature.values),
        parameter("important", "重要事项", ["true", "false"]),
        parameter("version", "目录的版本号；不写就是今天执行的那一版"),
        orderings=("code", "updated_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of matters."""
        return super().get(request)


class MatterDetail(MatterQueries, DetailView):
    """One matter, by code."""

    key = "code"

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return matter_documents(request, list(Matter.objects.filter(pk=pk).select_related("catalogue")))[0]

    @detail_schema(MatterOut, "一个事项", parameter("version", "目录的版本号；不写就是今天执行的那一版"))
    def get(self, request: Request, code: str) -> HttpResponse:
        """The matter."""
        return super().get(request, code=code)


def since(field: str) -> Filter:
    """On or after a moment."""
    return lambda rows, value: rows.filter(**{f"{field}__gte": moment(value)})


def until(field: str) -> Filter:
    """Before a moment."""
    return lambda rows, value: rows.filter(**{f"{field}__lt": moment(value)})


def day(field: str) -> Filter:
    """Compared with a date."""

    def apply(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        parsed = parse_date(value)
        if parsed is None:
            raise ValueError("写成 YYYY-MM-DD")
        return rows.filter(**{field: parsed})

    return apply


class MeetingList(ListView):
    """会议."""

    read_scope = SCOPE
    orderings: ClassVar = ("scheduled_at", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "body": one_of("body", set(Body.values)),
        "status": one_of("status", set(MeetingStatus.values)),
        "scheduled_since": since("scheduled_at"),
        "scheduled_before": until("scheduled_at"),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible meetings as dicts, with drafts that were deleted where they are asked for."""
        meetings, user = Meeting.objects.all(), caller(request)
        deleted = request.query_params.get("include_deleted") == "true"
        return (meetings.seen_by(user) if deleted else meetings.visible_to(user)).values(*MEETING_FIELDS, "deleted_at")

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them, deleted drafts as tombstones."""
        kept = iter(meeting_documents(request, [row for row in rows if row["deleted_at"] is None]))
        return [next(kept) if row["deleted_at"] is None else tombstone(row) for row in rows]

    @list_schema(
        MeetingListedOut,
        "会议",
        parameter("school", "学校代码"),
        parameter("body", "会议", Body.values),
        parameter("status", "状态", MeetingStatus.values),
        parameter("scheduled_since", "会议时间不早于"),
        parameter("scheduled_before", "会议时间早于"),
        orderings=("scheduled_at", "updated_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of meetings."""
        return super().get(request)


def tombstone(row: dict[str, Any]) -> dict[str, Any]:
    """What is left of something that was deleted."""
    return {"id": row["id"], "deleted": True, "updated_at": row["updated_at"]}


class MeetingDetail(DetailView):
    """One meeting with items, results and actions."""

    read_scope = SCOPE

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible meetings."""
        return Meeting.objects.visible_to(caller(request))

    def version_fields(self) -> tuple[str, ...]:
        """A talk about an item changes what the rules say, though not the meeting's version."""
        return ("pk", "version", "updated_at")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Version, and the moment of the latest change of what the answer says."""
        return f'"{found["pk"].hex}-{found["version"]}.{found["updated_at"].timestamp()}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it; a reading by the bureau, or of a restricted item, leaves its trace."""
        document = meeting_document(request, pk)
        opened, user, at = opened_in(document), caller(request), timezone.now()
        is_bureau = is_bureau_reading(document["status"], user)
        if opened or is_bureau:
            meeting = Meeting.objects.select_related("school").get(pk=pk)
            services.note_opened(meeting=meeting, opened=opened, by=user, at=at)
            if is_bureau:
                services.note_reading(meeting=meeting, by=user, at=at)
        return document

    @detail_schema(MeetingOut, "一次会议")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The meeting."""
        return super().get(request, pk=pk)


class DecisionList(ListView):
    """决议."""

    read_scope = SCOPE
    orderings: ClassVar = ("decided_on", "updated_at", "number")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "stage": one_of("stage", set(DecisionStage.values)),
        "outcome": one_of("outcome", {Outcome.APPROVED.value, Outcome.APPROVED_IN_PRINCIPLE.value}),
        "number": text("number"),
        "decided_since": day("decided_on__gte"),
        "decided_before": day("decided_on__lt"),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible decisions as dicts."""
        return Decision.objects.visible_to(caller(request)).values(*DECISION_FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return decision_documents(request, rows)

    @list_schema(
        DecisionOut,
        "决议",
        parameter("school", "学校代码"),
        parameter("stage", "环节", DecisionStage.values),
        parameter("outcome", "结论", [Outcome.APPROVED.value, Outcome.APPROVED_IN_PRINCIPLE.value]),
        parameter("number", "决议号"),
        parameter("decided_since", "决定日期不早于"),
        parameter("decided_before", "决定日期早于"),
        orderings=("decided_on", "updated_at", "number"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of decisions."""
        return super().get(request)


class DecisionDetail(DetailView):
    """One decision with its tasks."""

    read_scope = SCOPE

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible decisions."""
        return Decision.objects.visible_to(caller(request))

    def version_fields(self) -> tuple[str, ...]:
        """The tasks' latest change belongs to the tag."""
        return ("pk", "version", "checklist")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Version of the decision and of its tasks."""
        latest = (
            Task.objects.filter(checklist=found["checklist"])
            .order_by("-updated_at")
            .values_list("updated_at", flat=True)
        )
        moved = latest.first()
        return f'"{found["pk"].hex}-{found["version"]}.{moved.timestamp() if moved else 0}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it; a reading of a restricted one leaves its trace."""
        opened = Decision.objects.filter(pk=pk, item__secrecy=Secrecy.RESTRICTED).select_related(
            "meeting__school", "item"
        )
        if (decision := opened.first()) is not None:
            read = {decision.item_id: decision.item.order}
            services.note_opened(meeting=decision.meeting, opened=read, by=caller(request), at=timezone.now())
        return decision_documents(request, decisions_of(pk))[0]

    @detail_schema(DecisionOut, "一项决议")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The decision."""
        return super().get(request, pk=pk)
