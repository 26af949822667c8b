"""`pilots/plans/<id>/rows/`: the 推进清单 of a plan, for systems that plan elsewhere; the tasks it becomes are at `checklists/tasks/`."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import Fields, answered_once
from accounts.callers import caller
from common.api.schema import change_parameters, create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, json_answer, one_of, version_required
from common.errors import Fault, InvalidInput
from pilots.models import FoundationKind, Plan, PlanRow, PolicyClause, RowDependency
from pilots.plan_checks import missing_in
from pilots.services import rows as services
from pilots.services.rows import LABELS, LIMITS, RowInput
from schools.models import Person

MOST_AFTER = 20
FIELDS = (*LIMITS, "kind", "due_on", "responsible", "clause", "after")


class RowPersonOut(serializers.Serializer):
    """Who is responsible."""

    person = serializers.UUIDField()
    name = serializers.CharField()


class RowClauseOut(serializers.Serializer):
    """The clause of a founding document the row carries out."""

    id = serializers.IntegerField()
    document = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class PlanRowOut(serializers.Serializer):
    """A row of the 推进清单. `missing`: which of 四明确 are still to be filled; `task`: the task it became."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    plan = serializers.UUIDField()
    line = serializers.UUIDField(help_text="同一项任务在各版里相同")
    order = serializers.IntegerField(help_text="序号")
    kind = serializers.ChoiceField([*FoundationKind.choices, ("", "其他任务")], allow_blank=True)
    target = serializers.CharField()
    measures = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    responsible = RowPersonOut(allow_null=True)
    units = serializers.CharField(allow_blank=True)
    evidence = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    clause = RowClauseOut(allow_null=True)
    after = serializers.ListField(child=serializers.UUIDField(), help_text="前置任务")
    missing = serializers.ListField(child=serializers.CharField())
    task = serializers.UUIDField(allow_null=True)


class PlanRowIn(serializers.Serializer):
    """A row to add: all of target, measures, due_on, responsible."""

    target = serializers.CharField()
    measures = serializers.CharField()
    due_on = serializers.DateField()
    responsible = serializers.UUIDField(help_text="本校现在任职的人")
    kind = serializers.ChoiceField(FoundationKind.choices, required=False)
    units = serializers.CharField(required=False)
    evidence = serializers.CharField(required=False)
    note = serializers.CharField(required=False)
    clause = serializers.IntegerField(required=False, allow_null=True)
    after = serializers.ListField(child=serializers.UUIDField(), required=False)


class PlanRowPatchIn(PlanRowIn):
    """What is to change; the rest stays."""

    target = serializers.CharField(required=False)
    measures = serializers.CharField(required=False)
    due_on = serializers.DateField(required=False)
    responsible = serializers.UUIDField(required=False)


def row_documents(request: Request, keys: Iterable[UUID]) -> list[dict[str, Any]]:
    """Rows in the order of `keys`; two queries."""
    wanted = list(keys)
    rows = PlanRow.objects.select_related("responsible", "clause__policy").in_bulk(wanted)
    after: dict[UUID, list[UUID]] = {}
    links = RowDependency.objects.filter(row__in=wanted).order_by("after__order", "pk")
    for row, key in links.values_list("row_id", "after_id"):
        after.setdefault(row, []).append(key)
    return [_document(request, rows[key], after.get(key, [])) for key in wanted]


def _document(request: Request, row: PlanRow, after: list[UUID]) -> dict[str, Any]:
    person, clause = row.responsible, row.clause
    return {
        "id": row.pk,
        "url": request.build_absolute_uri(reverse("api:plan-row", args=[row.plan_id, row.pk])),
        **{name: getattr(row, name) for name in ("created_at", "updated_at")},
        "plan": row.plan_id,
        **{name: getattr(row, name) for name in ("line", "order", "kind", "target", "measures", "due_on")},
        "responsible": {"person": person.pk, "name": person.name} if person else None,
        **{name: getattr(row, name) for name in ("units", "evidence", "note")},
        "clause": {"id": clause.pk, "document": clause.policy.number, "label": clause.label} if clause else None,
        "after": after,
        "missing": missing_in(row),
        "task": row.task_id,
    }


def _seen_plan(request: Request, pk: UUID) -> Plan:
    plan = Plan.objects.visible_to(caller(request)).select_related("school").filter(pk=pk).first()
    if plan is None:
        raise Http404
    return plan


class PlanRowList(ListView):
    """推进清单 of one plan."""

    read_scope, write_scope = "pilots:read", "pilots:write"
    orderings: ClassVar = ("order", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {"kind": one_of("kind", set(FoundationKind.values))}

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Rows of the plan within sight."""
        return PlanRow.objects.filter(plan=_seen_plan(request, self.kwargs["pk"])).values("id", "order", "updated_at")

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As they are described above."""
        return row_documents(request, [row["id"] for row in rows])

    @list_schema(
        PlanRowOut,
        "推进清单的任务",
        parameter("kind", "工程类别", FoundationKind.values),
        orderings=("order", "updated_at"),
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """One page of rows."""
        return super().get(request)

    @extend_schema(
        summary="在编制中或退回的方案里添加一项任务",
        description="四明确缺一不可；报送后不能改，答 409。",
        parameters=create_parameters(),
        request=PlanRowIn,
        responses={201: PlanRowOut, **problems(400, 401, 403, 404, 409, 422, 429)},
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Add a row."""
        found = _seen_plan(request, pk)
        fields = Fields(request.data or {}, FIELDS)

        def answer() -> HttpResponse:
            new = _read(fields, found, None)
            made = services.add_row(plan=found, row=new, by=caller(request), at=timezone.now())
            return json_answer(row_documents(request, [made.pk])[0], status=201, etag=made.etag)

        return answered_once(request, fields, answer)


class PlanRowDetail(DetailView):
    """One row."""

    read_scope, write_scope = "pilots:read", "pilots:write"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Rows of the plan within sight."""
        return PlanRow.objects.filter(plan=_seen_plan(request, self.kwargs["plan"]))

    def version_fields(self) -> tuple[str, ...]:
        """The number of a row follows from the others, and its task from the approval; neither is a new version."""
        return ("pk", "version", "order", "task_id")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Number and task go behind the point, which `If-Match` does not compare."""
        return f'"{found["pk"].hex}-{found["version"]}.{found["order"]}{"t" if found["task_id"] else ""}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As described above."""
        return row_documents(request, [pk])[0]

    @detail_schema(PlanRowOut, "推进清单的一项任务")
    def get(self, request: Request, plan: UUID, pk: UUID) -> HttpResponse:
        """The row."""
        return super().get(request, pk=pk)

    def _for_change(self, request: Request, pk: UUID) -> PlanRow:
        row = (
            self.queryset(request).select_related("plan__school", "responsible", "clause__policy").filter(pk=pk).first()
        )
        if row is None:
            raise Http404
        version_required(request, row.etag)
        return row

    @extend_schema(
        summary="修改一项任务",
        description="只写要改的字段；after 写全部前置任务。",
        parameters=change_parameters(),
        request=PlanRowPatchIn,
        responses={200: PlanRowOut, **problems(400, 401, 403, 404, 409, 412, 428, 429)},
    )
    def patch(self, request: Request, plan: UUID, pk: UUID) -> HttpResponse:
        """Change what is given."""
        row = self._for_change(request, pk)
        new = _read(Fields(request.data or {}, FIELDS), row.plan, row)
        row = services.change_row(row=row, new=new, version=row.version, by=caller(request), at=timezone.now())
        return json_answer(self.document(request, row.pk), etag=row.etag)

    @extend_schema(
        summary="删去一项任务",
        parameters=change_parameters(),
        responses={204: None, **problems(401, 403, 404, 409, 412, 428, 429)},
    )
    def delete(self, request: Request, plan: UUID, pk: UUID) -> HttpResponse:
        """Take the row out."""
        row = self._for_change(request, pk)
        services.remove_row(row=row, version=row.version, by=caller(request), at=timezone.now())
        return HttpResponse(status=204)


def _read(fields: Fields, plan: Plan, row: PlanRow | None) -> RowInput:
    """The row as it would be: what is given, over what stands there."""
    present = {name: getattr(row, name) for name in LABELS} if row else {}
    after = tuple(row.dependencies.values_list("after_id", flat=True)) if row else ()
    given: dict[str, Any] = {name: fields.text(name, most) for name, most in LIMITS.items() if name in fields.data}
    if "kind" in fields.data:
        given["kind"] = fields.text("kind", 20)
    if fields.data.get("due_on") is not None:
        given["due_on"] = _day(fields)
    if "responsible" in fields.data:
        given["responsible"] = _person(fields, plan)
    if "clause" in fields.data:
        given["clause"] = _clause(fields)
    if "after" in fields.data:
        after = fields.keys("after", MOST_AFTER)
    fields.done()
    return RowInput(**(present | given), after=after)


def _day(fields: Fields) -> date | None:
    before = len(fields.faults)
    day = fields.day("due_on")
    return day if len(fields.faults) == before else None


def _person(fields: Fields, plan: Plan) -> Person | None:
    key = fields.key("responsible")
    person = Person.objects.filter(pk=key).first() if key else None
    if key and (person is None or person.school_id != plan.school_id):
        raise InvalidInput([Fault("responsible", "本校现在任职的人里没有这一位")])
    return person


def _clause(fields: Fields) -> PolicyClause | None:
    key = fields.data["clause"]
    if key is None:
        return None
    found = PolicyClause.objects.select_related("policy").filter(pk=key).first() if type(key) is int else None
    if found is None:
        fields.faults.append(Fault("clause", "没有这一条现行条文"))
    return found
