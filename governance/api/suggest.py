"""`GET governance/matters/suggest/`: matters a title may belong to, with the phrases that say so."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from common.api.problems import Problem
from common.api.schema import parameter, problems
from common.api.views import PortalAPIView, json_answer
from common.dates import local_day
from common.errors import Fault
from governance.models.catalogue import in_force
from governance.suggestions import LONGEST_TITLE, suggestions
from schools.permissions import Body


class SuggestionOut(serializers.Serializer):
    """事项推荐."""

    code = serializers.CharField()
    title = serializers.CharField()
    score = serializers.FloatField(min_value=0, max_value=1, help_text="相符程度，从 0 到 1")
    matched = serializers.ListField(child=serializers.CharField(), help_text="题目里说明这个事项的词语")


class Suggest(PortalAPIView):
    """事项推荐: out of the catalogue in force today, which every caller with an identity may read."""

    read_scope = "governance:read"
    parameters: ClassVar[tuple[str, ...]] = ("q", "body")

    @extend_schema(
        operation_id="suggest_matters",
        summary="按议题名称推荐事项（参考目录，以区局正式文本为准）",
        description="最多 5 个，最相符的在前；题目不像目录里的任何事项时，results 为空。",
        parameters=[
            OpenApiParameter("q", str, required=True, description=f"议题名称，不超过 {LONGEST_TITLE} 字"),
            parameter("body", "只要这个会议的事项", Body.values),
        ],
        responses={
            200: inline_serializer(
                name="SuggestionPage",
                fields={
                    "results": SuggestionOut(many=True),
                    "next": serializers.URLField(allow_null=True),
                    "previous": serializers.URLField(allow_null=True),
                },
            ),
            **problems(400, 401, 403, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """The proposals, best first, in one page."""
        title, body = asked(request)
        found = suggestions(title, catalogue=in_force(local_day(timezone.now())), body=body)
        results: list[dict[str, Any]] = [
            {"code": one.code, "title": one.title, "score": one.score, "matched": list(one.matched)} for one in found
        ]
        return json_answer({"results": results, "next": None, "previous": None})


def asked(request: Request) -> tuple[str, str]:
    """Title and meeting of the question. Raises Problem 400 naming each parameter that must be changed."""
    title, body = request.query_params.get("q", "").strip(), request.query_params.get("body", "")
    faults = []
    if not title:
        faults.append(Fault("q", "写上议题名称，如 q=研究期末考试安排"))
    if len(title) > LONGEST_TITLE:
        faults.append(Fault("q", f"议题名称有 {len(title)} 字，缩短到 {LONGEST_TITLE} 字以内"))
    if "body" in request.query_params and body not in Body.values:
        faults.append(Fault("body", f"可用的值：{'、'.join(Body.values)}"))
    if faults:
        raise Problem(400, faults[0].reason, faults)
    return title, body
