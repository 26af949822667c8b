"""`POST governance/check/`: the rule-check contract. Facts in, one result per rule and subject out; nothing is stored."""

import json
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.callers import caller
from accounts.idempotency import once
from common.api.schema import problems
from common.api.views import PortalAPIView, json_answer
from common.dates import local_day
from common.errors import InvalidInput
from governance.api.check_schema import MeetingFactsIn
from governance.api.schemas import ResultOut
from governance.reference import reference_on
from governance.rules.document import day_of, parse
from governance.rules.engine import judge


class CheckOut(serializers.Serializer):
    """What every rule says of every subject."""

    rules_version = serializers.CharField()
    catalogue_version = serializers.CharField()
    results = ResultOut(many=True)


class Check(PortalAPIView):
    """议事规则检查. A token needs `governance:check`; a signed-in person needs nothing further."""

    write_scope = "governance:check"

    @extend_schema(
        operation_id="check_meeting",
        summary="议事规则检查：一次会议的事实进，逐条规则的结果出，不保存",
        description=(
            "每条规则对每个适用对象恰有一个结果。缺少或为 null 的键表示还不知道。"
            "输入有误时答 400，errors 逐条写明位置（如 items[0].stances[1].member）和怎么改，一条都不判。"
        ),
        parameters=[
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="同键同正文得到第一次的答复")
        ],
        request=MeetingFactsIn,
        responses={200: CheckOut, **problems(400, 401, 403, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Judge the meeting described by the body under catalogue and rules in force on its date."""
        document = request.data
        return once(
            account=caller(request),
            key=request.headers.get("Idempotency-Key", ""),
            request=f"{request.method} {request.path}",
            body=json.dumps(document, sort_keys=True).encode("utf-8"),
            at=timezone.now(),
            answer=lambda: json_answer(check(document)),
        )


def check(document: object) -> dict[str, Any]:
    """The answer to one document. Raises `InvalidInput` with every fault of it."""
    reference = reference_on(day_of(document) or local_day(timezone.now()))
    meeting, faults = parse(document, reference)
    if meeting is None:
        raise InvalidInput(faults)
    return {
        "rules_version": reference.rules_version,
        "catalogue_version": reference.catalogue_version,
        "results": [result.as_document() for result in judge(meeting, reference)],
    }
