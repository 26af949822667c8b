"""`governance/talks/`: 书记校长沟通, read by who sees meetings, written by 书记、校长、党政办."""

from collections import defaultdict
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import Fields, answered_once
from accounts.callers import caller
from common.api.schema import change_parameters, create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, absolute, json_answer, one_of, text, version_required
from common.errors import one_fault
from governance import services
from governance.models import Talk, TalkItem, TalkResult
from governance.secrecy import hidden_talks, readable
from governance.services.talks import LONGEST, LONGEST_NOTE, MOST_ITEMS
from governance.talks import SEALED
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

FIELDS = (
    "id", "created_at", "updated_at", "deleted_at", "school__code", "held_on", "topics", "result", "note",
    "recorded_by__name",
)  # fmt: skip
WRITTEN = ("held_on", "topics", "result", "note", "items")


class TalkItemOut(serializers.Serializer):
    """An item the talk was about."""

    id = serializers.UUIDField()
    meeting = serializers.UUIDField()
    order = serializers.IntegerField()
    title = serializers.CharField()


class TalkOut(serializers.Serializer):
    """书记校长沟通."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    held_on = serializers.DateField()
    topics = serializers.CharField(allow_blank=True)
    result = serializers.ChoiceField(TalkResult.choices, allow_null=True, help_text="null 为没有说")
    note = serializers.CharField(allow_blank=True)
    items = TalkItemOut(many=True)
    recorded_by = serializers.CharField()
    sealed = serializers.BooleanField(help_text="涉及的会议已签发，不能再改")
    withheld = serializers.BooleanField(help_text="涉及限定人员议题而无权查看：主题、结果、说明、议题都不给")


class TalkIn(serializers.Serializer):
    """A new talk; only school, date and topics are asked."""

    school = serializers.CharField()
    held_on = serializers.DateField()
    topics = serializers.CharField(min_length=2, max_length=LONGEST)
    result = serializers.ChoiceField(TalkResult.choices, required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTE)
    items = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_ITEMS)


class TalkPatchIn(serializers.Serializer):
    """What is to change."""

    held_on = serializers.DateField(required=False)
    topics = serializers.CharField(required=False, min_length=2, max_length=LONGEST)
    result = serializers.ChoiceField(TalkResult.choices, required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTE)
    items = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_ITEMS)


def talk_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Talks as the contract writes them, deleted ones as tombstones; one query for all their items."""
    items: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    sealed: set[UUID] = set()
    hidden = hidden_talks(caller(request), [row["id"] for row in rows])
    links = TalkItem.objects.filter(talk__in=[row["id"] for row in rows])
    links = links.order_by("item__meeting__scheduled_at", "item__order", "pk")
    wanted = ("talk_id", "item_id", "item__meeting_id", "item__order", "item__title", "item__meeting__status")
    for talk, item, meeting, order, title, status in links.values_list(*wanted):
        items[talk].append({"id": item, "meeting": meeting, "order": order, "title": title})
        if status in SEALED:
            sealed.add(talk)
    return [_tombstone(row) if row["deleted_at"] else _talk(request, row, items, sealed, hidden) for row in rows]


def _tombstone(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "deleted": True, "updated_at": row["updated_at"]}


def _talk(
    request: Request,
    row: dict[str, Any],
    items: dict[UUID, list[dict[str, Any]]],
    sealed: set[UUID],
    hidden: set[UUID],
) -> dict[str, Any]:
    """Of a talk about a withheld item no more than when it was: what was said tells what the item is."""
    withheld = row["id"] in hidden
    return {
        "id": row["id"],
        "url": absolute(request, "api:talk", row["id"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "school": row["school__code"],
        "held_on": row["held_on"],
        "topics": "" if withheld else row["topics"],
        "result": None if withheld else row["result"] or None,
        "note": "" if withheld else row["note"],
        "items": [] if withheld else items[row["id"]],
        "recorded_by": row["recorded_by__name"],
        "sealed": row["id"] in sealed,
        "withheld": withheld,
    }


def talk_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One talk."""
    return talk_documents(request, list(Talk.objects.filter(pk=pk).values(*FIELDS)))[0]


def _on(comparison: str) -> Filter:
    def apply(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        day = parse_date(value)
        if day is None:
            raise ValueError("写成 YYYY-MM-DD")
        return rows.filter(**{f"held_on__{comparison}": day})

    return apply


def _about(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    try:
        return rows.filter(pk__in=TalkItem.objects.filter(item=UUID(value)).values("talk"))
    except ValueError:
        raise ValueError("写议题的标识（UUID）") from None


class TalkList(ListView):
    """书记校长沟通."""

    read_scope, write_scope = "governance:read", "governance:write"
    orderings: ClassVar = ("held_on", "updated_at")
    filters: ClassVar[dict[str, Filter]] = {
        "school": text("school__code"),
        "result": one_of("result", set(TalkResult.values)),
        "held_since": _on("gte"),
        "held_before": _on("lt"),
        "item": _about,
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible talks as dicts; with `include_deleted` those that were deleted, too."""
        wanted = request.query_params.get("include_deleted") == "true"
        rows = Talk.with_deleted if wanted else Talk.objects
        return rows.visible_to(caller(request)).values(*FIELDS)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return talk_documents(request, rows)

    @list_schema(
        TalkOut,
        "书记校长沟通",
        parameter("school", "学校代码"),
        parameter("result", "结果", TalkResult.values),
        parameter("held_since", "沟通日期不早于"),
        parameter("held_before", "沟通日期早于"),
        parameter("item", "涉及的议题"),
        orderings=("held_on", "updated_at"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of talks."""
        return super().get(request)

    @extend_schema(
        summary="登记一次沟通",
        description="只要 school、held_on、topics。书记、校长由一人担任的学校不须登记，答 409。",
        parameters=create_parameters(),
        request=TalkIn,
        responses={201: TalkOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Record a talk."""
        fields = Fields(request.data or {}, ("school", *WRITTEN))

        def answer() -> HttpResponse:
            school = _school(request, fields)
            new = _given(fields)
            fields.done()
            made = services.record_talk(school=school, talk=new, by=caller(request), at=timezone.now())
            return json_answer(talk_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


def _school(request: Request, fields: Fields) -> School:
    """The school of that code, as far as the caller sees its file or its meetings."""
    school = School.objects.filter(code=fields.text("school", 12)).first()
    seen = (SchoolPerm.VIEW_SCHOOL, SchoolPerm.VIEW_MEETINGS)
    if school is None or not any(access.can(caller(request), perm, school.pk) for perm in seen):
        raise one_fault("school", "写学校代码；没有这所学校，或它不在你的范围内")
    return school


def _given(fields: Fields) -> services.TalkInput:
    return services.TalkInput(
        held_on=fields.day("held_on"),
        topics=fields.text("topics", LONGEST),
        result=fields.text("result", 20),
        note=fields.text("note", LONGEST_NOTE),
        items=fields.keys("items", MOST_ITEMS),
    )


class TalkDetail(DetailView):
    """One talk."""

    read_scope, write_scope = "governance:read", "governance:write"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible talks, but those about an item whose words the caller may not read."""
        user = caller(request)
        closed = TalkItem.objects.filter(~readable(user, "item__"), talk=OuterRef("pk"))
        return Talk.objects.visible_to(user).filter(~Exists(closed))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return talk_document(request, pk)

    @detail_schema(TalkOut, "一次沟通")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The talk."""
        return super().get(request, pk=pk)

    @extend_schema(
        summary="更正一次沟通",
        description="只写要改的字段。涉及的会议签发后不能再改，答 409。",
        parameters=change_parameters(),
        request=TalkPatchIn,
        responses={200: TalkOut, **problems(400, 401, 403, 404, 409, 412, 428, 429)},
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Change what is given."""
        talk = self._found(request, pk)
        fields = Fields(request.data or {}, WRITTEN)
        new = services.TalkInput(
            held_on=fields.day("held_on") if "held_on" in fields.data else talk.held_on,
            topics=fields.text("topics", LONGEST) if "topics" in fields.data else talk.topics,
            result=fields.text("result", 20) if "result" in fields.data else talk.result,
            note=fields.text("note", LONGEST_NOTE) if "note" in fields.data else talk.note,
            items=(
                fields.keys("items", MOST_ITEMS)
                if "items" in fields.data
                else tuple(talk.links.values_list("item_id", flat=True))
            ),
        )
        fields.done()
        talk = services.edit_talk(talk=talk, new=new, version=talk.version, by=caller(request), at=timezone.now())
        return json_answer(talk_document(request, talk.pk), etag=talk.etag)

    @extend_schema(
        summary="删去一次沟通",
        description="涉及的会议签发后不能删，答 409。删去后列表用 include_deleted=true 可见删除标记。",
        parameters=change_parameters(),
        request=None,
        responses={204: OpenApiResponse(description="已删去"), **problems(401, 403, 404, 409, 412, 428, 429)},
    )
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        """Delete the talk."""
        talk = self._found(request, pk)
        services.delete_talk(talk=talk, version=talk.version, by=caller(request), at=timezone.now())
        return HttpResponse(status=204)

    def _found(self, request: Request, pk: UUID) -> Talk:
        talk: Talk | None = self.queryset(request).filter(pk=pk).first()
        if talk is None:
            raise Http404
        version_required(request, talk.etag)
        return talk
