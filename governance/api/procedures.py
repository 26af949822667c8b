"""`governance/procedures/`: the schools' rules of procedure, each version with its clauses and how they stand to the model text."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.callers import caller
from common.api.schema import detail_schema, list_schema, parameter
from common.api.views import DetailView, Filter, ListView, absolute, one_of, text
from governance.models import Clause, SchoolClause, SchoolRules, SchoolRulesStatus
from governance.models.procedure import RELATION
from governance.procedure_lists import counts_of
from governance.rules.clauses import Relation
from schools.permissions import Body

SCOPE = "governance:read"
OF_SCHOOL = [relation.value for relation in Relation if relation is not Relation.MISSING]


class ModelTextRefOut(serializers.Serializer):
    """The version of the model text it is compared with."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    title = serializers.CharField()


class ClauseCountsOut(serializers.Serializer):
    """采用、改写、新增、缺."""

    adopted = serializers.IntegerField()
    adapted = serializers.IntegerField()
    added = serializers.IntegerField()
    missing = serializers.IntegerField()


class StricterOut(serializers.Serializer):
    """从严要求: a parameter of a rule, or its severity; the value is a number or a word."""

    rule = serializers.CharField()
    name = serializers.CharField()
    value = serializers.JSONField()


class ProcedureListedOut(serializers.Serializer):
    """学校议事规则 (in lists: without clauses)."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    body = serializers.ChoiceField(Body.choices)
    number = serializers.IntegerField()
    status = serializers.ChoiceField(SchoolRulesStatus.choices)
    effective_from = serializers.DateField(allow_null=True)
    adopted_on = serializers.DateField(allow_null=True)
    adopted_at_meeting = serializers.UUIDField(allow_null=True)
    model_text = ModelTextRefOut()
    counts = ClauseCountsOut()
    stricter = StricterOut(many=True)


class SchoolClauseOut(serializers.Serializer):
    """条文."""

    order = serializers.IntegerField()
    chapter = serializers.CharField(allow_blank=True)
    number = serializers.CharField()
    text = serializers.CharField()
    relation = serializers.ChoiceField(OF_SCHOOL)
    model_clause = serializers.CharField(allow_null=True, help_text="示范条文编码")


class MissingClauseOut(serializers.Serializer):
    """A clause of the model text that the school left out."""

    model_clause = serializers.CharField()
    number = serializers.CharField()
    text = serializers.CharField()


class ProcedureOut(ProcedureListedOut):
    """学校议事规则."""

    clauses = SchoolClauseOut(many=True)
    missing = MissingClauseOut(many=True)


def procedure_documents(request: Request, rows: list[SchoolRules]) -> list[dict[str, Any]]:
    """The rows of one page in two queries more, whatever their number."""
    counts = counts_of(rows)
    return [_document(request, row, counts[row.pk]) for row in rows]


def _document(request: Request, row: SchoolRules, counts: dict[str, int]) -> dict[str, Any]:
    stricter = [(rule, name, value) for rule, wanted in row.tightened.items() for name, value in wanted.items()]
    return {
        "id": row.pk,
        "url": absolute(request, "api:procedure", row.pk),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "school": row.school.code,
        "body": row.body,
        "number": row.number,
        "status": row.status,
        "effective_from": row.effective_from,
        "adopted_on": row.adopted_on,
        "adopted_at_meeting": row.adopted_at_meeting_id,
        "model_text": {"id": row.model_text_id, "number": row.model_text.number, "title": row.model_text.title},
        "counts": counts,
        "stricter": [{"rule": rule, "name": name, "value": value} for rule, name, value in stricter],
    }


class ProcedureQueries:
    """Versions within sight: adopted ones, and drafts of one's own school."""

    read_scope = SCOPE

    def queryset(self, request: Request) -> QuerySet[Any]:
        """With school and model text."""
        return SchoolRules.objects.visible_to(caller(request)).select_related("school", "model_text")


class ProcedureList(ProcedureQueries, ListView):
    """议事规则."""

    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "body": one_of("body", set(Body.values)),
        "status": one_of("status", set(SchoolRulesStatus.values)),
    }

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the schema writes them."""
        return procedure_documents(request, rows)

    @list_schema(
        ProcedureListedOut,
        "学校议事规则",
        parameter("school", "学校代码"),
        parameter("body", "会议", Body.values),
        parameter("status", "状态", SchoolRulesStatus.values),
        orderings=("updated_at", "created_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of versions."""
        return super().get(request)


class ProcedureDetail(ProcedureQueries, DetailView):
    """One version with its clauses."""

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the schema writes it."""
        row = SchoolRules.objects.select_related("school", "model_text").get(pk=pk)
        clauses = SchoolClause.objects.filter(rules_version=row).annotate(relation=RELATION).order_by("order")
        names = ("order", "chapter", "number", "text", "relation")
        found = list(clauses.values(*names, model_clause=F("source__code")))
        kept = {clause["model_clause"] for clause in found}
        model = Clause.objects.filter(model_text=row.model_text_id).order_by("order").values("code", "number", "text")
        return {
            **procedure_documents(request, [row])[0],
            "clauses": found,
            "missing": [
                {"model_clause": clause["code"], "number": clause["number"], "text": clause["text"]}
                for clause in model
                if clause["code"] not in kept
            ],
        }

    @detail_schema(ProcedureOut, "一版学校议事规则")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The version."""
        return super().get(request, pk=pk)
