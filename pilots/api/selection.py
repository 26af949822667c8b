"""`pilots/applications/`, `pilots/batches/`, `pilots/coverage/`."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import ActionView, Fields, answered_once
from accounts.callers import caller
from accounts.models import User
from common.api.problems import Problem
from common.api.schema import action_parameters, create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, PortalAPIView, absolute, json_answer, one_of, text
from common.dates import local_day
from common.errors import Fault, one_fault
from common.models import Tracked
from pilots.api.selection_schema import (
    ApplicationActionIn,
    ApplicationDetailOut,
    ApplicationIn,
    ApplicationOut,
    BatchOut,
    CoverageOut,
)
from pilots.coverage import Covered, grouped, ratio_of
from pilots.models import Application, ApplicationStatus, Batch, Opinion
from pilots.selection_figures import covered_schools
from pilots.selection_guards import open_application_actions
from pilots.services import selection as services
from pilots.states import APPLICATION, AUTOMATIC
from schools.models import School

FIELDS = (
    "id", "created_at", "updated_at", "school__code", "batch__code", "status", "sample", "exempt", "step_due_on", "reasons",
    "conditions",
)  # fmt: skip
OPINION = ("application_id", "step", "by__name", "at", "result", "text")
WRITTEN = ("reasons", "conditions", "sample")


def application_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Applications as the contract writes them; one query for all their opinions."""
    said: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    opinions = Opinion.objects.filter(application__in=[row["id"] for row in rows]).order_by("at", "pk")
    for application, step, by, at, result, words in opinions.values_list(*OPINION):
        said[application].append({"step": step, "by": by, "at": at, "result": result, "text": words})
    return [
        {
            "id": row["id"],
            "url": absolute(request, "api:application", row["id"]),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "school": row["school__code"],
            "batch": row["batch__code"],
            "status": row["status"],
            "sample": row["sample"],
            "exempt": row["exempt"],
            "step_due_on": row["step_due_on"],
            "opinions": said[row["id"]],
        }
        for row in rows
    ]


def application_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One application with what the caller may do next."""
    row = Application.objects.filter(pk=pk).values(*FIELDS).get()
    application = Application.objects.with_people().get(pk=pk)
    document = application_documents(request, [row])[0]
    document |= {"reasons": row["reasons"], "conditions": row["conditions"]}
    document["actions"] = [step.name for step in open_application_actions(application, caller(request))]
    return document


class ApplicationList(ListView):
    """试点申报."""

    read_scope, write_scope = "pilots:read", "pilots:write"
    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "batch": text("batch__code"),
        "office": text("school__office__code"),
        "status": one_of("status", set(ApplicationStatus.values)),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible applications as dicts."""
        return Application.objects.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return application_documents(request, rows)

    @list_schema(
        ApplicationOut,
        "试点申报",
        parameter("school", "学校代码"),
        parameter("batch", "批次代码"),
        parameter("office", "教办代码"),
        parameter("status", "状态", ApplicationStatus.values),
        orderings=("updated_at", "created_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of applications."""
        return super().get(request)

    @extend_schema(
        summary="填写自荐",
        description="建一份草稿，每校一份；办 nominate 才算自荐。",
        parameters=create_parameters(),
        request=ApplicationIn,
        responses={201: ApplicationDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make the draft."""
        fields = Fields(request.data or {}, ("school", "batch", *WRITTEN))

        def answer() -> HttpResponse:
            code = fields.text("school", 12)
            school = School.objects.visible_to(caller(request)).filter(code=code).first()
            if school is None:
                raise one_fault("school", "写学校代码；没有这所学校，或它不在你的范围内")
            new = services.ApplicationInput(
                **{name: fields.text(name) for name in WRITTEN}, batch=_batch_id(fields)
            )  # fmt: skip
            fields.done()
            made = services.start_application(school=school, new=new, by=caller(request), at=timezone.now())
            return json_answer(application_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


def _batch_id(fields: Fields) -> UUID | None:
    batch = _batch(fields)
    return batch.pk if batch is not None else None


def _batch(fields: Fields) -> Batch | None:
    code = fields.text("batch", 20)
    found = Batch.objects.filter(code=code).first() if code else None
    if code and found is None:
        fields.faults.append(Fault("batch", "没有这个批次，写批次代码"))
    return found


class ApplicationDetail(DetailView):
    """One application."""

    read_scope = "pilots:read"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible applications."""
        return Application.objects.visible_to(caller(request))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return application_document(request, pk)

    @detail_schema(ApplicationDetailOut, "一份试点申报")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The application."""
        return super().get(request, pk=pk)


class ApplicationAction(ActionView):
    """Steps of the selection."""

    write_scope = "pilots:write"
    machine = APPLICATION
    fields: ClassVar[dict[str, tuple[str, ...]]] = {
        "recommend": ("opinion",),
        "exempt": ("opinion",),
        "approve": ("opinion", "batch"),
        "return": ("reason", "mend_by"),
    }

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible applications."""
        return Application.objects.visible_to(caller(request))

    def act(self, found: Any, name: str, fields: Fields, *, by: User, at: datetime) -> Tracked:
        """Call the service of that step."""
        given: dict[str, Any] = {}
        if name == "return":
            given = {"reason": fields.text("reason", 500)}
            if fields.data.get("mend_by") is not None:
                given["mend_by"] = fields.day("mend_by")
        elif name != "nominate":
            given = {"opinion": fields.text("opinion")}
        if name == "approve":
            given["batch"] = _batch(fields)
        fields.done()
        step = {"return": services.return_application}.get(name) or getattr(services, name)
        changed: Application = step(application=found, by=by, at=at, **given)
        return changed

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """The application after the step."""
        return application_document(request, pk)

    @extend_schema(
        summary="办理试点申报",
        description="名称见对象的 actions：nominate、recommend、exempt、approve、return。",
        parameters=action_parameters(),
        request=ApplicationActionIn,
        responses={200: ApplicationDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step; those the portal takes by itself have no address."""
        return self.perform(request, pk, "" if name in AUTOMATIC else name)


# ---- batches ----


class BatchQueries:
    """All batches, with the visible schools that are approved in them."""

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Batches, for whoever sees a school."""
        return Batch.objects.visible_to(caller(request))

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them; one query for the schools of all."""
        schools: dict[UUID | None, list[str]] = defaultdict(list)
        inside = Application.objects.visible_to(caller(request)).filter(
            batch__in=[row.pk for row in rows], status=ApplicationStatus.APPROVED
        )
        for batch, code in inside.order_by("school__code").values_list("batch_id", "school__code"):
            schools[batch].append(code)
        named = (
            "created_at",
            "updated_at",
            "code",
            "name",
            "opens_on",
            "nominate_by",
            "recommend_by",
            "review_by",
            "quota",
        )
        return [
            {
                "id": row.pk,
                "url": absolute(request, "api:batch", row.pk),
                **{name: getattr(row, name) for name in named},
                "schools": schools[row.pk],
            }
            for row in rows
        ]


class BatchList(BatchQueries, ListView):
    """批次."""

    read_scope = "pilots:read"
    orderings: ClassVar = ("opens_on", "code", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {"code": text("code")}

    @list_schema(BatchOut, "试点批次", parameter("code", "批次代码"), orderings=("opens_on", "code", "updated_at"))
    def get(self, request: Request) -> HttpResponse:
        """One page of batches."""
        return super().get(request)


class BatchDetail(BatchQueries, DetailView):
    """One batch."""

    read_scope = "pilots:read"

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Which schools are in it belongs to the answer."""
        inside = Application.objects.visible_to(caller(request)).filter(
            batch=found["pk"], status=ApplicationStatus.APPROVED
        )
        latest = inside.order_by("-updated_at").values_list("updated_at", flat=True).first()
        return f'"{found["pk"].hex}-{found["version"]}.{inside.count()}.{latest.timestamp() if latest else 0}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return self.documents(request, list(Batch.objects.filter(pk=pk)))[0]

    @detail_schema(BatchOut, "一个批次")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The batch."""
        return super().get(request, pk=pk)


# ---- coverage ----


class CoverageView(PortalAPIView):
    """覆盖率 of the schools within sight, as of any day."""

    read_scope = "pilots:read"
    parameters = ("as_of",)

    @extend_schema(
        operation_id="coverage",
        summary="试点覆盖率",
        description="已全面实施的学校 ÷ 已建立党组织委员会的学校，按批次、教办、规模、基础、区位分。",
        parameters=[parameter("as_of", "截止日期，YYYY-MM-DD，默认今天")],
        responses={200: CoverageOut, **problems(400, 401, 403, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """The numbers and the schools still missing."""
        as_of = _as_of(request.query_params.get("as_of"))
        return json_answer(coverage_document(caller(request), as_of))


def _as_of(raw: str | None) -> date:
    today = local_day(timezone.now())
    if raw is None:
        return today
    try:
        day = parse_date(raw)
    except ValueError:
        day = None
    if day is None or day > today:
        raise Problem(400, "日期不对。", [Fault("as_of", "写成 YYYY-MM-DD，今天或之前的日子")])
    return day


def coverage_document(user: User, as_of: date) -> dict[str, Any]:
    """As the contract writes it; the same rows as on the page."""
    rows = covered_schools(user, as_of)
    total = ratio_of(rows)
    return {
        "as_of": as_of,
        "eligible": total.eligible,
        "implemented": total.implemented,
        "rate": _number(total.rate),
        **{f"by_{name}": _groups(rows, name) for name in ("batch", "office", "size", "foundation", "location")},
        "not_implemented": [row.code for row in rows if not row.implemented],
    }


def _groups(rows: list[Covered], name: str) -> list[dict[str, Any]]:
    found = grouped(rows, lambda row: str(getattr(row, name)))
    return [
        {
            "code": code or None,
            "eligible": ratio.eligible,
            "implemented": ratio.implemented,
            "rate": _number(ratio.rate),
        }
        for code, ratio in sorted(found.items())
    ]


def _number(rate: Any) -> float | None:
    return None if rate is None else float(rate)
