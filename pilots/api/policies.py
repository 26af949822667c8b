"""`pilots/policies/` and `pilots/receipts/`."""

from collections import defaultdict
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import ActionView, Fields
from accounts.callers import caller
from accounts.models import User
from common.api.schema import action_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, absolute, flag, one_of, text
from common.dates import local_day
from common.models import Tracked
from pilots.models import Element, Policy, PolicyClause, PolicyKind, PolicyReceipt, PolicyStatus, ReceiptStatus
from pilots.policies import receipt_counts
from pilots.policy_guards import open_receipt_actions
from pilots.policy_text import sections_of
from pilots.services.receipts import remind_receipt, sign_receipt
from pilots.states import RECEIPT


class ElementsOut(serializers.Serializer):
    """The six elements as text, a clause a line; blank where the document does not name one."""

    guiding_thought = serializers.CharField(allow_blank=True)
    principles = serializers.CharField(allow_blank=True)
    scope = serializers.CharField(allow_blank=True)
    tasks = serializers.CharField(allow_blank=True)
    requirements = serializers.CharField(allow_blank=True)
    safeguards = serializers.CharField(allow_blank=True)


class ReceiptsOut(serializers.Serializer):
    """Within the caller's sight."""

    due = serializers.IntegerField(help_text="应签收")
    signed = serializers.IntegerField(help_text="已签收")


class ClauseOut(serializers.Serializer):
    """What tasks and plans cite."""

    id = serializers.UUIDField()
    element = serializers.ChoiceField(Element.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # what the clause is called
    text = serializers.CharField()


class PolicyOut(serializers.Serializer):
    """文件."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    number = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(PolicyKind.choices)
    status = serializers.ChoiceField(PolicyStatus.choices)
    issued_on = serializers.DateField()
    receipt_due_on = serializers.DateField(allow_null=True)
    supersedes = serializers.UUIDField(allow_null=True)
    elements = ElementsOut()
    receipts = ReceiptsOut()


class PolicyDetailOut(PolicyOut):
    """With its clauses."""

    clauses = serializers.ListField(child=ClauseOut())
    actions = serializers.ListField(child=serializers.CharField())


class ReceiptOut(serializers.Serializer):
    """签收 of one school or office."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    policy = serializers.UUIDField()
    school = serializers.CharField(allow_null=True)
    office = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(ReceiptStatus.choices)
    due_on = serializers.DateField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    signed_by = serializers.CharField(allow_null=True)
    late = serializers.BooleanField(help_text="期限后才签收，或过了期限还没签收")
    closed = serializers.BooleanField(help_text="文件被替代，不用再签收")


class ReceiptDetailOut(ReceiptOut):
    """With what the caller may do next."""

    actions = serializers.ListField(child=serializers.CharField())


def policy_documents(request: Request, rows: list[Policy]) -> list[dict[str, Any]]:
    """Documents as the contract writes them; a query for all clauses and one for all receipts."""
    words: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    clauses = PolicyClause.objects.filter(policy__in=[row.pk for row in rows]).order_by("policy", "order")
    for policy, element, said in clauses.values_list("policy_id", "element", "text"):
        words[policy].append((element, said))
    counts = receipt_counts(caller(request), [row.pk for row in rows])
    named = ("created_at", "updated_at", "number", "title", "kind", "status", "issued_on", "receipt_due_on")
    return [
        {
            "id": row.pk,
            "url": absolute(request, "api:policy", row.pk),
            **{name: getattr(row, name) for name in named},
            "supersedes": row.supersedes_id,
            "elements": sections_of(words[row.pk]),
            "receipts": dict(zip(("due", "signed"), counts.get(row.pk, (0, 0)), strict=True)),
        }
        for row in rows
    ]


class PolicyList(ListView):
    """文件."""

    read_scope = "pilots:read"
    orderings: ClassVar = ("issued_on", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {
        "number": text("number"),
        "kind": one_of("kind", set(PolicyKind.values)),
        "status": one_of("status", set(PolicyStatus.values)),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible documents."""
        return Policy.objects.visible_to(caller(request))

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return policy_documents(request, rows)

    @list_schema(
        PolicyOut,
        "文件",
        parameter("number", "文号"),
        parameter("kind", "文种", PolicyKind.values),
        parameter("status", "状态", PolicyStatus.values),
        orderings=("issued_on", "updated_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of documents."""
        return super().get(request)


class PolicyDetail(DetailView):
    """One document."""

    read_scope = "pilots:read"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible documents."""
        return Policy.objects.visible_to(caller(request))

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """How many have signed belongs to the answer."""
        due, signed = receipt_counts(caller(request), [found["pk"]]).get(found["pk"], (0, 0))
        return f'"{found["pk"].hex}-{found["version"]}.{due}.{signed}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        document = policy_documents(request, list(Policy.objects.filter(pk=pk)))[0]
        clauses = PolicyClause.objects.filter(policy=pk).order_by("order")
        document["clauses"] = [
            {"id": str(row.pk), "element": row.element, "label": row.label, "text": row.text} for row in clauses
        ]
        document["actions"] = []
        return document

    @detail_schema(PolicyDetailOut, "一份文件")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The document."""
        return super().get(request, pk=pk)


# ---- receipts ----


def receipt_document(request: Request, row: PolicyReceipt) -> dict[str, Any]:
    """One receipt; `row` comes with school, office and signer."""
    return {
        "id": row.pk,
        "url": absolute(request, "api:receipt", row.pk),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "policy": row.policy_id,
        "school": row.school.code if row.school else None,
        "office": row.office.code if row.office else None,
        "status": row.status,
        "due_on": row.due_on,
        "signed_at": row.signed_at,
        "signed_by": row.signed_by.name if row.signed_by else None,
        "late": row.closed_at is None and row.is_late(local_day(timezone.now())),
        "closed": row.closed_at is not None,
    }


def _open(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows.filter(closed_at__isnull=not flag(value))


class ReceiptQueries:
    """Receipts within sight."""

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible receipts with what a document needs."""
        return PolicyReceipt.objects.visible_to(caller(request)).select_related(
            "school", "office", "signed_by", "policy"
        )


class ReceiptList(ReceiptQueries, ListView):
    """签收."""

    read_scope = "pilots:read"
    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {
        "policy": text("policy__number"),
        "school": text("school__code"),
        "status": one_of("status", set(ReceiptStatus.values)),
        "closed": _open,
    }

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the document says."""
        return [receipt_document(request, row) for row in rows]

    @list_schema(
        ReceiptOut,
        "文件签收",
        parameter("policy", "文号"),
        parameter("school", "学校代码"),
        parameter("status", "状态", ReceiptStatus.values),
        parameter("closed", "因文件被替代而关闭", ["true", "false"]),
        orderings=("updated_at", "created_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of receipts."""
        return super().get(request)


class ReceiptDetail(ReceiptQueries, DetailView):
    """One receipt."""

    read_scope = "pilots:read"

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Being late follows from the day."""
        return f'"{found["pk"].hex}-{found["version"]}.{local_day(timezone.now()):%Y%m%d}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the document says."""
        return _with_actions(request, pk)

    @detail_schema(ReceiptDetailOut, "一份签收")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The receipt."""
        return super().get(request, pk=pk)


def _with_actions(request: Request, pk: UUID) -> dict[str, Any]:
    row = PolicyReceipt.objects.select_related("school", "office", "signed_by", "policy").get(pk=pk)
    document = receipt_document(request, row)
    document["actions"] = [step.name for step in open_receipt_actions(row, caller(request))]
    return document


class ReceiptAction(ReceiptQueries, ActionView):
    """签收, 催办."""

    write_scope = "pilots:write"
    machine = RECEIPT
    fields: ClassVar[dict[str, tuple[str, ...]]] = {}

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible receipts."""
        return self.queryset(request)

    def act(self, found: Any, name: str, fields: Fields, *, by: User, at: datetime) -> Tracked:
        """Call the service of that step."""
        fields.done()
        step = sign_receipt if name == "sign" else remind_receipt
        return step(receipt=found, by=by, at=at)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """The receipt after the step."""
        return _with_actions(request, pk)

    @extend_schema(
        summary="签收或催办",
        description="名称见对象的 actions：sign、remind。",
        parameters=action_parameters(),
        request=None,
        responses={200: ReceiptDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)
