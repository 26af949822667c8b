"""`pilots/plans/`: 一校一案 with its five foundations and the progress of its tasks, and the steps of the plan."""

from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Max, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import ActionView, Fields, answered_once
from accounts.callers import caller
from accounts.models import User
from checklists.models import Task
from common.api.schema import (
    action_parameters,
    change_parameters,
    create_parameters,
    detail_schema,
    list_schema,
    parameter,
    problems,
)
from common.api.views import DetailView, Filter, ListView, absolute, json_answer, one_of, text, version_required
from common.dates import local_day
from common.errors import Fault, one_fault
from pilots.foundations import works_of
from pilots.models import FoundationKind, FoundationStatus, Plan, PlanAnnotation, PlanSection, PlanStatus, SectionKey
from pilots.plan_guards import open_plan_actions
from pilots.plans import NO_PROGRESS, progress_of
from pilots.services import plans as services
from pilots.states import PLAN
from schools.models import School

FIELDS = (
    "id", "created_at", "updated_at", "school_id", "school__code", "edition", "status", "starts_on", "ends_on",
    "submitted_at", "approved_at", "returned_at", "return_reason", "mend_by", "superseded_at",
)  # fmt: skip
SAID = FIELDS[6:]
MOST_POINTS = 20
ROWS = "rows"


class FoundationOut(serializers.Serializer):
    """One of the five works."""

    kind = serializers.ChoiceField(FoundationKind.choices)
    status = serializers.ChoiceField(FoundationStatus.choices)
    text_version = serializers.CharField(allow_null=True)


class ProgressOut(serializers.Serializer):
    """Tasks behind the rows of the plan; cancelled ones do not count."""

    total = serializers.IntegerField()
    closed = serializers.IntegerField()
    overdue = serializers.IntegerField()


class PlanOut(serializers.Serializer):
    """一校一案; `version` is the edition."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    version = serializers.IntegerField(help_text="第几版")
    status = serializers.ChoiceField(PlanStatus.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    return_reason = serializers.CharField(allow_blank=True)
    mend_by = serializers.DateField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    foundations = FoundationOut(many=True, help_text="学校的五项工程现状")
    progress = ProgressOut()


class SectionOut(serializers.Serializer):
    """One section."""

    key = serializers.ChoiceField(SectionKey.choices)
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)


class AnnotationOut(serializers.Serializer):
    """A remark of the bureau; `section` null: beside the 推进清单."""

    section = serializers.ChoiceField(SectionKey.choices, allow_null=True)
    must = serializers.BooleanField()
    text = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    settled_at = serializers.DateTimeField(allow_null=True)


class PlanDetailOut(PlanOut):
    """With its text, the bureau's remarks, and what this caller may do next."""

    sections = SectionOut(many=True)
    annotations = AnnotationOut(many=True)
    actions = serializers.ListField(child=serializers.ChoiceField([step.name for step in PLAN]))


class PlanIn(serializers.Serializer):
    """The first edition of a school."""

    school = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class PlanPatchIn(serializers.Serializer):
    """What is to change while the plan is with the school; `sections` by key."""

    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    sections = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)


class PointIn(serializers.Serializer):
    """What to change in which section; `section` rows is the 推进清单."""

    section = serializers.ChoiceField([(ROWS, "推进清单"), *SectionKey.choices])
    text = serializers.CharField(max_length=services.LONGEST_REMARK)


class PlanActionIn(serializers.Serializer):
    """For `return`."""

    reason = serializers.CharField(required=False, max_length=500)
    mend_by = serializers.DateField(required=False)
    points = PointIn(many=True, required=False)


def plan_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Plans as the contract writes them; three queries for all of a page."""
    today = local_day(timezone.now())
    works = works_of({row["school_id"] for row in rows}, today)
    progress = progress_of([row["id"] for row in rows], today)
    return [
        {
            "id": row["id"],
            "url": absolute(request, "api:plan", row["id"]),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "school": row["school__code"],
            "version": row["edition"],
            **{name: row[name] for name in SAID},
            "foundations": [
                {"kind": kind, "status": work.status, "text_version": work.text_version}
                for kind, work in works[row["school_id"]].items()
            ],
            "progress": progress.get(row["id"], NO_PROGRESS),
        }
        for row in rows
    ]


def plan_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One plan with its text and what the caller may do next."""
    document = plan_documents(request, list(Plan.objects.filter(pk=pk).values(*FIELDS)))[0]
    texts: dict[str, str] = defaultdict(str, PlanSection.objects.filter(plan=pk).values_list("key", "text"))
    document["sections"] = [{"key": key.value, "title": str(key.label), "text": texts[key.value]} for key in SectionKey]
    remarks = PlanAnnotation.objects.filter(plan=pk).select_related("by").order_by("at", "pk")
    document["annotations"] = [
        {
            "section": remark.key or None,
            "must": remark.must,
            "text": remark.text,
            "at": remark.at,
            "by": remark.by.name,
            "settled_at": remark.settled_at,
        }
        for remark in remarks
    ]
    plan = Plan.objects.with_people().get(pk=pk)
    document["actions"] = [step.name for step in open_plan_actions(plan, caller(request))]
    return document


class PlanList(ListView):
    """一校一案."""

    read_scope, write_scope = "pilots:read", "pilots:write"
    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "status": one_of("status", set(PlanStatus.values)),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible plans as dicts."""
        return Plan.objects.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return plan_documents(request, rows)

    @list_schema(
        PlanOut,
        "一校一案，各版各一条",
        parameter("school", "学校代码"),
        parameter("status", "状态", PlanStatus.values),
        orderings=("updated_at", "created_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of plans."""
        return super().get(request)

    @extend_schema(
        summary="开始编制第 1 版",
        description="每校一份；以后的版用 revise。",
        parameters=create_parameters(),
        request=PlanIn,
        responses={201: PlanDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin the first edition."""
        fields = Fields(request.data or {}, ("school", "starts_on", "ends_on"))

        def answer() -> HttpResponse:
            school = _school(request, fields)
            starts_on, ends_on = fields.day("starts_on"), fields.day("ends_on")
            fields.done()
            made = services.start_plan(
                school=school, starts_on=starts_on, ends_on=ends_on, by=caller(request), at=timezone.now()
            )
            return json_answer(plan_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


def _school(request: Request, fields: Fields) -> School:
    school = School.objects.visible_to(caller(request)).filter(code=fields.text("school", 12)).first()
    if school is None:
        raise one_fault("school", "写学校代码；没有这所学校，或它不在你的范围内")
    return school


class PlanDetail(DetailView):
    """One plan."""

    read_scope, write_scope = "pilots:read", "pilots:write"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible plans."""
        return Plan.objects.visible_to(caller(request))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return plan_document(request, pk)

    def version_fields(self) -> tuple[str, ...]:
        """Columns that `etag_of` needs."""
        return ("pk", "version", "school_id", "updated_at")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Progress, foundations, remarks and the next edition change without the plan's version, and overdue with the day.

        What they are goes behind the point, which `If-Match` does not compare.
        """
        tasks = Task.objects.filter(plan_rows__plan=found["pk"]).aggregate(last=Max("updated_at"))["last"]
        newest = Plan.objects.filter(school=found["school_id"]).aggregate(last=Max("updated_at"))["last"]
        parts = (local_day(timezone.now()), found["updated_at"], tasks, newest)
        mark = sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]
        return f'"{found["pk"].hex}-{found["version"]}.{mark}"'

    @detail_schema(PlanDetailOut, "一份一校一案")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The plan."""
        return super().get(request, pk=pk)

    @extend_schema(
        summary="修改编制中或退回的方案",
        description="只写要改的字段；sections 按章节代码写全文。报送后不能改，答 409。",
        parameters=change_parameters(),
        request=PlanPatchIn,
        responses={200: PlanDetailOut, **problems(400, 401, 403, 404, 409, 412, 428, 429)},
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Change what is given."""
        plan: Plan | None = self.queryset(request).filter(pk=pk).first()
        if plan is None:
            raise Http404
        version_required(request, plan.etag)
        fields = Fields(request.data or {}, ("starts_on", "ends_on", "sections"))
        days = {
            name: fields.day(name) if name in fields.data else getattr(plan, name) for name in ("starts_on", "ends_on")
        }
        new = services.PlanInput(sections=_sections(fields), **days)
        fields.done()
        plan = services.edit_plan(plan=plan, new=new, version=plan.version, by=caller(request), at=timezone.now())
        return json_answer(plan_document(request, plan.pk), etag=plan.etag)


def _sections(fields: Fields) -> dict[str, str]:
    given = fields.data.get("sections") or {}
    if not isinstance(given, dict):
        fields.faults.append(Fault("sections", "写章节代码和全文的对象"))
        return {}
    inner = Fields(given, tuple(SectionKey.values))
    texts = {key: inner.text(key, services.LONGEST_SECTION) for key in given if key in SectionKey.values}
    fields.faults += [Fault(f"sections.{fault.path}", fault.reason) for fault in inner.faults]
    return texts


class PlanAction(ActionView):
    """`actions` of a plan."""

    write_scope = "pilots:write"
    machine = PLAN
    fields: ClassVar = {"return": ("reason", "mend_by", "points")}

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible plans."""
        return Plan.objects.visible_to(caller(request)).select_related("school")

    def act(self, found: Plan, name: str, fields: Fields, *, by: User, at: datetime) -> Plan:
        """The service of that step."""
        given: dict[str, Any] = {}
        if name == "return":
            given = {"reason": fields.text("reason", 500), "mend_by": fields.day("mend_by"), "points": _points(fields)}
        fields.done()
        steps = {
            "submit": services.submit_plan,
            "approve": services.approve_plan,
            "return": services.return_plan,
            "revise": services.revise_plan,
        }
        return steps[name](plan=found, version=found.version, by=by, at=at, **given)  # type: ignore[operator]

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return plan_document(request, pk)

    @extend_schema(
        summary="办理方案的一步",
        description="name 取 actions 里列出的；submit 缺内容时答 409，errors 列出每一处；revise 的答复是新版。",
        parameters=action_parameters(),
        request=PlanActionIn,
        responses={200: PlanDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)


def _points(fields: Fields) -> list[services.Remark]:
    given = fields.data.get("points") or []
    if not isinstance(given, list) or len(given) > MOST_POINTS:
        fields.faults.append(Fault("points", f"写要改的地方的列表，最多 {MOST_POINTS} 处"))
        return []
    remarks = []
    for number, entry in enumerate(given):
        if not isinstance(entry, dict):
            fields.faults.append(Fault(f"points.{number}", "写 section 和 text"))
            continue
        inner = Fields(entry, ("section", "text"))
        section = inner.text("section", 20)
        remarks.append(
            services.Remark("" if section == ROWS else section or "-", inner.text("text", services.LONGEST_REMARK))
        )
        fields.faults += [Fault(f"points.{number}.{fault.path}", fault.reason) for fault in inner.faults]
    return remarks
