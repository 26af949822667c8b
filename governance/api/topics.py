"""`governance/topics/`: 议题, read by who sees them, written by who proposes them, with their steps."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api import ActionView, Fields, answered_once
from accounts.callers import caller
from accounts.models import User
from attachments.models import Attachment
from common.api.schema import (
    action_parameters,
    change_parameters,
    create_parameters,
    detail_schema,
    list_schema,
    parameter,
    problems,
)
from common.api.views import (
    DetailView,
    Filter,
    ListView,
    PortalAPIView,
    absolute,
    json_answer,
    one_of,
    text,
    version_required,
)
from common.errors import WrongState, one_fault
from governance import services
from governance.api.topic_schema import (
    WRITTEN,
    HandOverIn,
    TopicActionIn,
    TopicDetailOut,
    TopicFields,
    TopicIn,
    TopicOut,
    TopicPatchIn,
    given,
    new_input,
    person_out,
)
from governance.models import AgendaItem, Meeting, Topic, TopicReader, TopicStatus, TopicStep, TopicTalk
from governance.services.bin import delete_topic
from governance.services.topic_input import input_of
from governance.topic_guards import open_topic_actions, proposed_item
from governance.topic_states import TOPIC
from schools import access
from schools.models import School
from schools.permissions import Body, SchoolPerm

SAID = (
    "id", "created_at", "updated_at", "body", "status", "title", "lead_unit", "other_units", "minutes_needed", "background",
    "basis", "proposal", "alternative", "question", "fund_source", "involves_cadres", "secrecy", "unit_opinion",
    "leader_opinion", "head_opinion", "urgent", "urgent_reason", "reason", "submitted_at", "screened_at", "confirmed_at",
)  # fmt: skip
PEOPLE = ("proposer", "assignee", "presenter")
FIELDS = (
    *SAID, "deleted_at", "school__code", "year", "serial", "matter", "amount", "entered_by__name", "handed_over_from_id",
    *(f"{name}{part}" for name in PEOPLE for part in ("_id", "__name")),
)  # fmt: skip


def topic_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Topics as the contract writes them; deleted ones as tombstones, restricted ones of others as withheld."""
    open_to = Topic.objects.filter(pk__in=[row["id"] for row in rows]).readable_by(caller(request))
    readable = set(open_to.values_list("pk", flat=True))
    parts = _Parts(request, readable)
    return [_entry(request, row, readable, parts) for row in rows]


def _entry(request: Request, row: dict[str, Any], readable: set[UUID], parts: "_Parts") -> dict[str, Any]:
    if row["deleted_at"]:
        return {"id": row["id"], "deleted": True, "updated_at": row["updated_at"]}
    if row["id"] not in readable:
        return {"id": row["id"], "withheld": True}
    number = None if row["serial"] is None else f"{row['year']}-议-{row['serial']:03d}"
    return {
        **{name: row[name] for name in SAID},
        "url": absolute(request, "api:topic", row["id"]),
        "school": row["school__code"],
        "number": number,
        "matter": row["matter"] or None,
        "amount": None if row["amount"] is None else str(row["amount"]),
        "entered_by": row["entered_by__name"],
        "handed_over_from": row["handed_over_from_id"],
        **{name: person_out(row[f"{name}_id"], row[f"{name}__name"]) for name in PEOPLE},
        **parts.of(row["id"]),
    }


class _Parts:
    """What hangs on the topics of one page: one query for each kind."""

    def __init__(self, request: Request, topics: set[UUID]) -> None:
        self.found: dict[UUID, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        readers = TopicReader.objects.filter(topic__in=topics).order_by("pk")
        for topic, person, name in readers.values_list("topic_id", "person_id", "person__name"):
            self._add(topic, "readers", person_out(person, name))
        steps = TopicStep.objects.filter(topic__in=topics).order_by("order")
        for topic, stage, day, note, source in steps.values_list(
            "topic_id", "stage", "done_on", "note", "source_item_id"
        ):
            self._add(topic, "steps", {"stage": stage, "done_on": day, "note": note, "source": source})
        talks = TopicTalk.objects.filter(topic__in=topics).order_by("pk")
        for topic, talk in talks.values_list("topic_id", "talk_id"):
            self._add(topic, "talks", talk)
        items = AgendaItem.objects.filter(topic__in=topics, meeting__deleted_at__isnull=True).order_by(
            "created_at", "pk"
        )
        for item in items.values("id", "topic_id", "meeting_id", "order", "supplement"):
            shown = {"id": item["id"], "meeting": item["meeting_id"], "order": item["order"]}
            self._add(item["topic_id"], "items", shown | {"supplement": item["supplement"]})
        self._files(request, topics)

    def _files(self, request: Request, topics: set[UUID]) -> None:
        subjects = {f"{Topic._meta.label_lower}:{pk}": pk for pk in topics}
        rows = Attachment.objects.filter(subject__in=subjects).order_by("created_at", "pk")
        for file in rows.values("id", "subject", "name", "size", "sha256"):
            shown = {name: file[name] for name in ("id", "name", "size", "sha256")}
            shown["url"] = absolute(request, "attachments:download", file["id"])
            self._add(subjects[file["subject"]], "materials", shown)

    def _add(self, topic: UUID, kind: str, entry: Any) -> None:
        self.found[topic][kind].append(entry)

    def of(self, topic: UUID) -> dict[str, list[Any]]:
        """All kinds, empty where there is nothing."""
        return {kind: self.found[topic][kind] for kind in ("readers", "steps", "talks", "items", "materials")}


def topic_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One topic with what the caller may do next. Reading a restricted one leaves its trace."""
    document = topic_documents(request, list(Topic.objects.filter(pk=pk).values(*FIELDS)))[0]
    topic = Topic.objects.select_related("school", "proposer").get(pk=pk)
    if "withheld" not in document:
        document["actions"] = [step.name for step in open_topic_actions(topic, caller(request))]
        services.note_topic_reading(topic=topic, by=caller(request), at=timezone.now())
    return document


def _on_agenda_of(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    try:
        return rows.filter(pk__in=AgendaItem.objects.filter(meeting=UUID(value)).values("topic"))
    except ValueError:
        raise ValueError("写会议的标识（UUID）") from None


class TopicList(ListView):
    """议题."""

    read_scope, write_scope = "governance:read", "governance:write"
    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "body": one_of("body", set(Body.values)),
        "status": one_of("status", set(TopicStatus.values)),
        "matter": text("matter"),
        "meeting": _on_agenda_of,
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible topics as dicts; with `include_deleted` drafts in the recycle bin, too. What is withheld answers to no matter."""
        user = caller(request)
        binned = request.query_params.get("include_deleted") == "true"
        rows = Topic.objects.seen_by(user) if binned else Topic.objects.visible_to(user)
        return (rows.readable_by(user) if "matter" in request.query_params else rows).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return topic_documents(request, rows)

    @list_schema(
        TopicOut,
        "议题",
        parameter("school", "学校代码"),
        parameter("body", "哪个会议", Body.values),
        parameter("status", "状态", TopicStatus.values),
        parameter("matter", "事项编号"),
        parameter("meeting", "列入过哪次会议"),
        orderings=("updated_at", "created_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of topics."""
        return super().get(request)

    @extend_schema(
        summary="填写一个议题",
        description="只要 school、body、title；其余在送初审以前写全。由班子成员填写，党政办代为填报时写 proposer。",
        parameters=create_parameters(),
        request=TopicIn,
        responses={201: TopicDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make a draft."""
        fields = TopicFields(request.data or {}, ("school", "body", *WRITTEN))

        def answer() -> HttpResponse:
            school, body = _school(request, fields), fields.text("body", 10)
            new = new_input(fields)
            fields.done()
            made = services.create_topic(school=school, body=body, new=new, by=caller(request), at=timezone.now())
            return json_answer(topic_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


def _school(request: Request, fields: Fields) -> School:
    """The school of that code, as far as the caller sees its file or its meetings."""
    school = School.objects.filter(code=fields.text("school", 12)).first()
    seen = (SchoolPerm.VIEW_SCHOOL, SchoolPerm.VIEW_MEETINGS)
    if school is None or not any(access.can(caller(request), perm, school.pk) for perm in seen):
        raise one_fault("school", "写学校代码；没有这所学校，或它不在你的范围内")
    return school


class TopicDetail(DetailView):
    """One topic."""

    read_scope, write_scope = "governance:read", "governance:write"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible topics whose words the caller may read."""
        return Topic.objects.visible_to(caller(request)).readable_by(caller(request))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return topic_document(request, pk)

    @detail_schema(TopicDetailOut, "一个议题")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The topic."""
        return super().get(request, pk=pk)

    @extend_schema(
        summary="修改一个议题",
        description="只写要改的字段。送初审以前由提出人、填报人、受托填写的人修改；待初审时由党政办订正。",
        parameters=change_parameters(),
        request=TopicPatchIn,
        responses={200: TopicDetailOut, **problems(400, 401, 403, 404, 409, 412, 428, 429)},
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Change what is given."""
        topic = self._found(request, pk)
        fields = TopicFields(request.data or {}, WRITTEN)
        changed = given(fields)
        fields.done()
        stored = input_of(topic)
        if "matter" in changed:  # another matter may ask for another circle of readers
            stored = replace(stored, secrecy="")
        new = replace(stored, **changed)
        topic = services.edit_topic(topic=topic, new=new, version=topic.version, by=caller(request), at=timezone.now())
        return json_answer(topic_document(request, topic.pk), etag=topic.etag)

    @extend_schema(
        summary="把一个草稿移入回收站",
        description="只有草稿能删，由提出人或填报人办理；送过初审的议题可以撤回。列表用 include_deleted=true 可见删除标记。",
        parameters=change_parameters(),
        request=None,
        responses={204: OpenApiResponse(description="已移入回收站"), **problems(401, 403, 404, 409, 412, 428, 429)},
    )
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        """Put the draft into the recycle bin."""
        topic = self._found(request, pk)
        delete_topic(topic=topic, version=topic.version, by=caller(request), at=timezone.now())
        return HttpResponse(status=204)

    def _found(self, request: Request, pk: UUID) -> Topic:
        topic: Topic | None = self.queryset(request).filter(pk=pk).first()
        if topic is None:
            raise Http404
        version_required(request, topic.etag)
        return topic


PLAIN: dict[str, Callable[..., Topic]] = {"submit": services.submit_topic, "screen": services.screen_topic}
REASONED: dict[str, Callable[..., Topic]] = {
    "return": services.return_topic,
    "postpone": services.postpone_topic,
    "withdraw": services.withdraw_topic,
}


class TopicAction(ActionView):
    """`actions` of a topic."""

    write_scope = "governance:write"
    machine = TOPIC
    fields: ClassVar = {"confirm": ("opinion",), "schedule": ("meeting", "reason", "consent")}

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible topics whose words the caller may read."""
        return Topic.objects.visible_to(caller(request)).readable_by(caller(request))

    def act(self, found: Topic, name: str, fields: Fields, *, by: User, at: datetime) -> Topic:
        """The service of that step."""
        if name == "schedule":
            return _schedule(found, TopicFields(fields.data, self.fields["schedule"]), by=by, at=at)
        values: dict[str, Any] = {}
        if name in REASONED:
            values["reason"] = fields.text("reason", 500)
        if name == "confirm":
            values["opinion"] = fields.text("opinion", 500)
        fields.done()
        if name == "hand_over":
            return _hand_over(found, by=by, at=at)
        step = PLAIN.get(name) or REASONED.get(name) or services.confirm_topic
        return step(topic=found, version=found.version, by=by, at=at, **values)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return topic_document(request, pk)

    @extend_schema(
        summary="办理议题的一步",
        description="name 取 actions 里列出的；hand_over 的答复是新的党组织会议议题。",
        parameters=action_parameters(),
        request=TopicActionIn,
        responses={200: TopicDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)


def _schedule(topic: Topic, fields: TopicFields, *, by: User, at: datetime) -> Topic:
    key, reason, consent = fields.key("meeting"), fields.text("reason", 500), fields.flag("consent")
    fields.done()
    meeting = Meeting.objects.visible_to(by).filter(pk=key).first() if key else None
    if meeting is None:
        raise one_fault("meeting", "写会议的标识；没有这次会议，或它不在你的范围内")
    services.schedule_topic(
        topic=topic, meeting=meeting, reason=reason, consent=consent, version=topic.version, by=by, at=at
    )
    return Topic.objects.get(pk=topic.pk)


def _hand_over(topic: Topic, *, by: User, at: datetime) -> Topic:
    item = proposed_item(topic)
    if item is None:
        raise WrongState("这个议题没有“报党组织会议”的结论，或已经转过。")
    return services.hand_over(item=item, by=by, at=at)


class HandOver(PortalAPIView):
    """An item of a signed principal's meeting becomes a topic of the Party meeting, whether a topic stood behind it or not."""

    write_scope = "governance:write"

    @extend_schema(
        summary="转党组织会议",
        description="校长办公会议已签发、结论为“报党组织会议”的议题，一项转一次；材料、前置环节和研究结果一并转去。",
        parameters=create_parameters(),
        request=HandOverIn,
        responses={201: TopicDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Hand it over."""
        fields = Fields(request.data or {}, ("item",))

        def answer() -> HttpResponse:
            key, user = fields.key("item"), caller(request)
            fields.done()
            items = AgendaItem.objects.readable_by(user).filter(meeting__in=Meeting.objects.visible_to(user))
            item = items.select_related("meeting").filter(pk=key).first() if key else None
            if item is None:
                raise one_fault("item", "写议题的标识；没有这个议题，或它不在你的范围内")
            made = services.hand_over(item=item, by=user, at=timezone.now())
            return json_answer(topic_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)
