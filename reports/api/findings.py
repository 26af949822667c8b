"""`reports/findings/`: how often each rule was judged so, by school, matter and month. Sums only, never a meeting."""

from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from accounts.callers import caller
from accounts.models import User
from common.api.problems import Problem
from common.api.schema import parameter, problems
from common.api.views import Filter, ListView, one_of, text
from common.dates import local_day
from governance.rules.findings import Outcome
from reports.findings.filters import FOUND, OF_MEETING, SEVERITIES, level_of, matter_in_address
from reports.findings.periods import month_of, plus_months
from reports.models import EVERY, FindingCount
from reports.selectors.findings import schools_seen
from schools import access
from schools.models import School
from schools.permissions import Body, SchoolPerm

COUNTED = [Outcome.FAIL.value, Outcome.INSUFFICIENT.value, Outcome.WAIVED.value, Outcome.PASS.value]
FIELDS = ("id", "school_id", "month", "body", "rule", "severity", "matter", "outcome", "number")


class FindingCountOut(serializers.Serializer):
    """核查次数."""

    school = serializers.CharField()
    month = serializers.CharField(help_text="YYYY-MM，按会议日期")
    body = serializers.ChoiceField(Body.choices)
    rule = serializers.CharField()
    severity = serializers.ChoiceField(list(SEVERITIES.items()))
    matter = serializers.CharField(
        allow_null=True, help_text="事项编号；meeting 为会议本身的规则，null 为没有归类的议题"
    )
    outcome = serializers.ChoiceField([(code, code) for code in COUNTED])
    count = serializers.IntegerField()
    records_url = serializers.URLField(help_text="页面：正好这些意见")


def in_month(field: str) -> Filter:
    """Compared with the first day of a month."""

    def apply(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        month = month_of(value)
        if month is None:
            raise ValueError("写成 YYYY-MM")
        return rows.filter(**{field: month})

    return apply


def outcome(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    """One outcome; `pass` is the base and comes only when asked for."""
    if value not in COUNTED:
        raise ValueError(f"可用的值：{'、'.join(sorted(COUNTED))}")
    return rows.filter(outcome=value)


def of_school(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    """By the code of the school."""
    return rows.filter(school_id__in=School.objects.filter(code=value).values("pk"))


def of_matter(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    """By code; `meeting` for the rules of the meeting, `null` for items without a matter."""
    return rows.filter(matter={OF_MEETING: "", "null": FindingCount.UNCLASSIFIED}.get(value, value))


class FindingCounts(ListView):
    """Sums of the roll-up; a meeting that was signed within the last minute may not be in them yet."""

    read_scope = "reports:read"
    orderings: ClassVar = ("month", "rule")
    filters: ClassVar[dict[str, Filter]] = {
        "school": of_school,
        "since": in_month("month__gte"),
        "until": in_month("month__lte"),
        "body": one_of("body", set(Body.values)),
        "rule": text("rule"),
        "severity": one_of("severity", set(SEVERITIES)),
        "matter": of_matter,
        "outcome": outcome,
    }

    def known_parameters(self) -> set[str]:
        """Counts carry no time of change and are never deleted, so those two manners do not fit."""
        return super().known_parameters() - {"updated_since", "include_deleted"}

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Counts of the schools whose meetings the caller may see as a whole; by default of the last twelve months."""
        user = caller(request)
        self._require_meetings(request, user)
        rows = FindingCount.objects.exclude(school_id=EVERY)
        if not access.school_ids(user, SchoolPerm.VIEW_MEETINGS).everywhere:
            rows = rows.filter(school_id__in=schools_seen(user).values("pk"))
        params = request.query_params
        if "since" not in params:
            until = month_of(params.get("until", "")) or local_day(timezone.now()).replace(day=1)
            rows = rows.filter(month__gte=plus_months(until, -11))
        return rows.filter(Q() if "outcome" in params else FOUND).values(*FIELDS)

    def _require_meetings(self, request: Request, user: User) -> None:
        """Counts come from meetings: a token needs `governance:read` too, a person sees what the pages show."""
        token: Any = request.auth
        if token is not None and not token.is_valid(["governance:read"]):
            raise Problem(403, "核查次数来自会议，令牌还要有 governance:read。")

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """The counts with the code of the school and the page of the very findings; one more query."""
        wanted = {row["school_id"] for row in rows}
        codes: dict[UUID, str] = dict(schools_seen(caller(request)).filter(pk__in=wanted).values_list("pk", "code"))
        return [_document(request, row, codes[row["school_id"]]) for row in rows]

    @extend_schema(
        operation_id="list_finding_counts",
        summary="核查次数（按学校、月份、规则、事项、结果）",
        description="要有 reports:read 和 governance:read。只给合计，不给会议。签发后一分钟内计入。不写 since 时给近 12 个月；"
        "不写 outcome 时给没有做到、待补充和已放行的，outcome=pass 给做到的，四种相加是核查次数。",
        parameters=[
            parameter("school", "学校代码"),
            parameter("since", "从哪个月，YYYY-MM"),
            parameter("until", "到哪个月，YYYY-MM"),
            parameter("body", "会议", Body.values),
            parameter("rule", "规则编号"),
            parameter("severity", "规则等级", list(SEVERITIES)),
            parameter("matter", "事项编号；meeting 为会议本身，null 为没有归类"),
            parameter("outcome", "结果", COUNTED),
            OpenApiParameter("cursor", str, description="翻页标记，用 next、previous 里的"),
            OpenApiParameter("page_size", int, description="1–200，默认 50"),
            OpenApiParameter("ordering", str, enum=["month", "-month", "rule", "-rule"]),
        ],
        responses={
            200: inline_serializer(
                name="FindingCountPage",
                fields={
                    "results": FindingCountOut(many=True),
                    "next": serializers.URLField(allow_null=True),
                    "previous": serializers.URLField(allow_null=True),
                },
            ),
            **problems(400, 401, 403, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of counts."""
        return super().get(request)


def _document(request: Request, row: dict[str, Any], school: str) -> dict[str, Any]:
    month: date = row["month"]
    asked = {
        "since": f"{month:%Y-%m}",
        "until": f"{month:%Y-%m}",
        "body": row["body"],
        "severity": row["severity"],
        "level": level_of(row["outcome"], row["severity"]),
        "rule": row["rule"],
        "matter": matter_in_address(row["matter"]),
        "school": school,
    }
    return {
        "school": school,
        "month": asked["since"],
        "body": row["body"],
        "rule": row["rule"],
        "severity": row["severity"],
        "matter": None if row["matter"] == FindingCount.UNCLASSIFIED else asked["matter"],
        "outcome": row["outcome"],
        "count": row["number"],
        "records_url": request.build_absolute_uri(f"{reverse('reports:findings-list')}?{urlencode(asked)}"),
    }
