"""`projects/awards/`: 成果台账."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import answered_once
from accounts.callers import caller
from common.api.schema import create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, absolute, flag, json_answer, one_of, text
from common.errors import one_fault
from projects import services
from projects.api.schemas import AwardIn, AwardOut, ProjectFields
from projects.models import Award, Flagship, FlagshipStatus, Level

FIELDS = (
    "id", "created_at", "updated_at", "project_id", "project__school__code", "level", "name", "year", "prize", "issuer",
    "certificate", "awarded_on", "verified_at",
)  # fmt: skip
WRITTEN = ("project", "level", "name", "year", "prize", "issuer", "certificate", "awarded_on")


def award_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Awards as other systems read them."""
    return [
        {
            **{name: row[name] for name in ("id", "created_at", "updated_at", "level", "name", "year", "prize")},
            **{name: row[name] for name in ("issuer", "certificate", "awarded_on")},
            "url": absolute(request, "api:award", row["id"]),
            "project": row["project_id"],
            "school": row["project__school__code"],
            "verified": row["verified_at"] is not None,
        }
        for row in rows
    ]


def award_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One award."""
    return award_documents(request, list(Award.objects.filter(pk=pk).values(*FIELDS)))[0]


def _year(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if not value.isascii() or not value.isdigit() or len(value) != 4:
        raise ValueError("写四位年份")
    return rows.filter(year=int(value))


def _project(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    try:
        return rows.filter(project=UUID(value))
    except ValueError:
        raise ValueError("写项目的标识（UUID）") from None


def _verified(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows.filter(verified_at__isnull=not flag(value))


class AwardList(ListView):
    """成果."""

    read_scope, write_scope = "projects:read", "projects:write"
    orderings: ClassVar = ("updated_at", "year")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("project__school__code"),
        "project": _project,
        "level": one_of("level", set(Level.values)),
        "year": _year,
        "verified": _verified,
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible awards as dicts."""
        return Award.objects.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As other systems read them."""
        return award_documents(request, rows)

    @list_schema(
        AwardOut,
        "成果",
        parameter("school", "学校代码"),
        parameter("project", "项目"),
        parameter("level", "级别", Level.values),
        parameter("year", "年份"),
        parameter("verified", "已核验", ["true", "false"]),
        orderings=("updated_at", "year"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of awards."""
        return super().get(request)

    @extend_schema(
        summary="登记一项成果",
        description="同一项目、级别、名称、年份只登记一次，重复的答 400。学校登记的待组织科核验，组织科登记的即为已核验。",
        parameters=create_parameters(),
        request=AwardIn,
        responses={201: AwardOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Register an award."""
        fields = ProjectFields(request.data or {}, WRITTEN)

        def answer() -> HttpResponse:
            user, key = caller(request), fields.key("project")
            new = services.AwardInput(
                level=fields.text("level", 10), name=fields.text("name", 100), year=fields.whole("year"),
                prize=fields.text("prize", 20), issuer=fields.text("issuer", 60),
                certificate=fields.text("certificate", 60), awarded_on=fields.some_day("awarded_on"),
            )  # fmt: skip
            fields.done()
            seen = Flagship.objects.visible_to(user).exclude(status=FlagshipStatus.DRAFT)
            project = seen.filter(pk=key).first() if key else None
            if project is None:
                raise one_fault("project", "写项目的标识；没有这个项目，或它不在你的范围内")
            made = services.register_award(project=project, new=new, by=user, at=timezone.now())
            return json_answer(award_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


class AwardDetail(DetailView):
    """One award."""

    read_scope = "projects:read"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible awards."""
        return Award.objects.visible_to(caller(request))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As other systems read it."""
        return award_document(request, pk)

    @detail_schema(AwardOut, "一项成果")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The award."""
        return super().get(request, pk=pk)
