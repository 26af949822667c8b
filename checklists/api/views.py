"""`checklists/tasks/` and the steps of a task."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import ActionView, Fields
from accounts.callers import caller
from accounts.models import User
from checklists import services
from checklists.api.schemas import TaskActionIn, TaskListedOut, TaskOut
from checklists.guards import open_actions
from checklists.models import OPEN, SourceKind, Task, TaskStatus
from checklists.states import TASK
from common.api.schema import action_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, absolute, flag, one_of, text
from common.dates import local_day
from common.errors import Fault, InvalidInput
from schools.models import Appointment, Person

FIELDS = (
    "id", "created_at", "updated_at", "school__code", "target", "measures", "due_on", "responsible_id", "responsible__name",
    "responsible_post", "units", "status", "checklist__source_kind", "checklist__title", "checklist__subject", "closed_at",
    "closed_by__name",
)  # fmt: skip
SOURCES = {"governance.decision": "api:decision", "projects.flagship": "api:flagship", "pilots.plan": "api:plan"}


def today() -> date:
    """Today in Shanghai."""
    return local_day(timezone.now())


def task_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks as the contract writes them."""
    now = today()
    documents = []
    for row in rows:
        label, _, key = row["checklist__subject"].partition(":")
        documents.append(
            {
                "id": row["id"],
                "url": absolute(request, "api:task", row["id"]),
                **{name: row[name] for name in ("created_at", "updated_at")},
                "school": row["school__code"],
                **{name: row[name] for name in ("target", "measures", "due_on")},
                "responsible": {
                    "person": row["responsible_id"],
                    "name": row["responsible__name"],
                    "post": row["responsible_post"],
                    "unit": row["units"],
                },
                "status": row["status"],
                "overdue": row["status"] in OPEN and row["due_on"] < now,
                "supervised": False,
                "source": {
                    "kind": row["checklist__source_kind"],
                    "title": row["checklist__title"],
                    "url": absolute(request, SOURCES[label], key),
                },
                "closed_on": local_day(row["closed_at"]) if row["closed_at"] else None,
                "closed_by": row["closed_by__name"],
            }
        )
    return documents


def task_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One task with its actions."""
    document = task_documents(request, list(Task.objects.filter(pk=pk).values(*FIELDS)))[0]
    task = Task.objects.select_related("responsible", "school").get(pk=pk)
    document["actions"] = [step.name for step in open_actions(task, caller(request))]
    return document


def _overdue(rows: QuerySet[Task], value: str) -> QuerySet[Task]:
    late = {"status__in": OPEN, "due_on__lt": today()}
    return rows.filter(**late) if flag(value) else rows.exclude(**late)


def _due_before(rows: QuerySet[Task], value: str) -> QuerySet[Task]:
    parsed = parse_date(value)
    if parsed is None:
        raise ValueError("写成 YYYY-MM-DD")
    return rows.filter(due_on__lt=parsed)


class TaskList(ListView):
    """推进清单的任务."""

    read_scope = "checklists:read"
    orderings: ClassVar = ("due_on", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "status": one_of("status", set(TaskStatus.values)),
        "overdue": _overdue,
        "due_before": _due_before,
        "source_kind": one_of("checklist__source_kind", set(SourceKind.values)),
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible tasks as dicts."""
        return Task.objects.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return task_documents(request, rows)

    @list_schema(
        TaskListedOut,
        "任务",
        parameter("school", "学校代码"),
        parameter("status", "状态", TaskStatus.values),
        parameter("overdue", "逾期", ["true", "false"]),
        parameter("due_before", "完成时限早于"),
        parameter("source_kind", "来源种类", SourceKind.values),
        orderings=("due_on", "updated_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of tasks."""
        return super().get(request)


class TaskDetail(DetailView):
    """One task."""

    read_scope = "checklists:read"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible tasks."""
        return Task.objects.visible_to(caller(request))

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Overdue follows the date, so the day belongs to the tag."""
        return f'"{found["pk"].hex}-{found["version"]}.{today():%Y%m%d}"'

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return task_document(request, pk)

    @detail_schema(TaskOut, "一项任务")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The task."""
        return super().get(request, pk=pk)


class TaskAction(ActionView):
    """`actions` of a task."""

    write_scope = "checklists:write"
    machine = TASK
    fields: ClassVar = {
        "progress": ("text",),
        "submit": ("text",),
        "reschedule": ("due_on", "reason"),
        "reopen": ("due_on", "reason"),
        "hand_to": ("responsible", "reason"),
    }

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible tasks."""
        return Task.objects.visible_to(caller(request))

    def act(self, found: Task, name: str, fields: Fields, *, by: User, at: datetime) -> Task:
        """The service of that step."""
        step = getattr(self, f"_{name}", None)
        values = step(found, fields) if step else {}
        if "reason" in self._allowed(name):
            values["reason"] = fields.text("reason", 500)
        fields.done()
        return SERVICES[name](task=found, version=found.version, by=by, at=at, **values)

    def _allowed(self, name: str) -> tuple[str, ...]:
        step = TASK.get(name)
        return self.fields.get(name, ("reason",) if step and step.needs_reason else ())

    def _progress(self, task: Task, fields: Fields) -> dict[str, Any]:
        return {"text": fields.text("text")}

    _submit = _progress

    def _reschedule(self, task: Task, fields: Fields) -> dict[str, Any]:
        return {"due_on": fields.day("due_on")}

    _reopen = _reschedule

    def _hand_to(self, task: Task, fields: Fields) -> dict[str, Any]:
        return {"person": responsible_of(task, fields.data.get("responsible"))}

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return task_document(request, pk)

    @extend_schema(
        summary="办理任务的一步",
        description="name 取 actions 里列出的。progress、submit 带 text；reschedule、reopen 带 due_on 和 reason；"
        "hand_to 带 responsible；return、cancel 带 reason。",
        parameters=action_parameters(),
        request=TaskActionIn,
        responses={200: TaskOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)


SERVICES: dict[str, Any] = {
    "progress": services.progress,
    "submit": services.submit,
    "close": services.close,
    "return": services.send_back,
    "reschedule": services.reschedule,
    "hand_to": services.hand_to,
    "cancel": services.cancel,
    "reopen": services.reopen,
}


def responsible_of(task: Task, given: Any) -> Person:
    """`{"person": id}`, or `{"name": …}` when it is unique in the school."""
    if not isinstance(given, dict) or set(given) - {"person", "name"} or not given:
        raise InvalidInput([Fault("responsible", '写成 {"person": 标识} 或 {"name": 姓名}')])
    people = Person.objects.filter(
        pk__in=Appointment.objects.on(today()).filter(school=task.school_id).values("person")
    )
    if "person" in given:
        try:
            found = people.filter(pk=UUID(str(given["person"])))
        except ValueError as fault:
            raise InvalidInput([Fault("responsible.person", "不是有效的标识")]) from fault
        where = "responsible.person"
    else:
        found, where = people.filter(name=str(given["name"]).replace("\x00", "")), "responsible.name"
    matches = list(found[:2])
    if not matches:
        raise InvalidInput([Fault(where, "本校在任的人里没有这个人")])
    if len(matches) > 1:
        raise InvalidInput([Fault(where, "本校有同名的人，改用 person 标识")])
    return matches[0]
