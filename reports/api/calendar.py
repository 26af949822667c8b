"""`calendar/<token>.ics`: a person's calendar feed. The secret in the address is the identity; calendar software has no session."""

import hashlib
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.services import owner_of_calendar
from common.api.schema import problems
from common.api.views import PortalAPIView
from reports.calendar import feed_of

KEPT_FOR = 300  # seconds a device may go without asking again


class Whatever(BaseContentNegotiation):
    """Calendar software asks for text/calendar, text/*, or nothing in particular; it always gets the file."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Nothing is sent here."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """For problem documents only."""
        return renderers[0], renderers[0].media_type


class CalendarFeed(PortalAPIView):
    """The feed of whoever the address was made for. An unknown or stopped address, or a deactivated account, is 404."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = Whatever

    @extend_schema(
        operation_id="calendar_feed",
        summary="日历订阅：一个人的会议和任务时限（iCalendar）",
        description="地址在“我的—日历订阅”里生成，只显示一次，可以换新和停用。不用令牌，也不用登录。议题名称不在其中。",
        auth=[{}],  # type: ignore[list-item]  # no identity beside the address
        responses={
            (200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, "VEVENT：会议和任务时限"),
            304: OpenApiResponse(description="没有变化"),
            **problems(400, 404, 429),
        },
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        """The file, or 304."""
        owner = owner_of_calendar(token)
        if owner is None:
            raise Http404
        content = feed_of(owner, timezone.now())
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        response: HttpResponse
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponseNotModified()
        else:
            response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
            response["Content-Disposition"] = 'inline; filename="calendar.ics"'
        response["ETag"] = etag
        response["Cache-Control"] = f"private, max-age={KEPT_FOR}"
        return response
