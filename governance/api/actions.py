"""Steps of a meeting by API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import ActionView, Fields
from accounts.callers import caller
from accounts.models import User
from common.api.schema import action_parameters, problems
from governance import services
from governance.api.corrections import SectionIn, correction_in
from governance.api.documents import meeting_document
from governance.api.schemas import MeetingOut
from governance.correcting import LONGEST_OPENING
from governance.models import Meeting
from governance.states import ALL_STEPS

PLAIN: dict[str, Callable[..., Meeting]] = {
    "confirm_agenda": services.confirm_agenda,
    "call": services.call_meeting,
    "hold": services.hold_meeting,
    "minute": services.minute_meeting,
    "confirm_record": services.confirm_record,
    "sign": services.sign_meeting,
    "archive": services.archive_meeting,
    "agree_correction": services.agree_correction,
    "fail_quorum": services.lapse_meeting,
}
REASONED: dict[str, Callable[..., Meeting]] = {
    "recall": services.recall_meeting,
    "return": services.return_meeting,
    "object": services.object_to_record,
    "refuse_correction": services.refuse_correction,
    "cancel": services.cancel_meeting,
}


class MeetingActionIn(serializers.Serializer):
    """What an action may carry."""

    reason = serializers.CharField(required=False, min_length=4, max_length=500)
    rule = serializers.CharField(required=False, max_length=8, help_text="放行、撤回放行：哪条规则")
    item = serializers.UUIDField(required=False, allow_null=True, help_text="哪个议题；整次会议的规则写 null")
    member = serializers.UUIDField(required=False, help_text="处理异议：哪位成员（人员标识）")
    opening = serializers.CharField(required=False, max_length=LONGEST_OPENING, help_text="更正纪要：开头一段")
    sections = SectionIn(many=True, required=False, help_text="更正纪要：要改的各项")


WAIVING: dict[str, Callable[..., Meeting]] = {
    "waive_rule": services.waive_rule,
    "withdraw_waiver": services.withdraw_waiver,
}


class MeetingAction(ActionView):
    """`actions` of a meeting."""

    write_scope = "governance:write"
    machine = ALL_STEPS
    fields: ClassVar = {
        "waive_rule": ("rule", "item", "reason"),
        "withdraw_waiver": ("rule", "item"),
        "settle_objection": ("member", "reason"),
        "correct": ("reason", "opening", "sections"),
    }

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible meetings."""
        return Meeting.objects.visible_to(caller(request))

    def act(self, found: Meeting, name: str, fields: Fields, *, by: User, at: datetime) -> Meeting:
        """The service of that step."""
        if name in WAIVING:
            given: dict[str, Any] = {"rule": fields.text("rule", 8), "item": fields.key("item")}
            if name == "waive_rule":
                given["reason"] = fields.text("reason", 500)
            fields.done()
            return WAIVING[name](meeting=found, version=found.version, by=by, at=at, **given)
        if name == "correct":
            reason, new = fields.text("reason", 500), correction_in(fields)
            fields.done()
            return services.ask_correction(meeting=found, reason=reason, new=new, version=found.version, by=by, at=at)
        if name == "settle_objection":
            member, reason = fields.key("member"), fields.text("reason", 500)
            fields.done()
            return services.settle_objection(
                meeting=found, member=member, reason=reason, version=found.version, by=by, at=at
            )
        if name in REASONED:
            reason = fields.text("reason", 500)
            fields.done()
            return REASONED[name](meeting=found, reason=reason, version=found.version, by=by, at=at)
        fields.done()
        return PLAIN[name](meeting=found, version=found.version, by=by, at=at)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return meeting_document(request, pk)

    @extend_schema(
        summary="办理会议的一步",
        description="name 取 actions 里列出的；要写原因的一步带 reason；waive_rule 带 rule、item、reason，withdraw_waiver 带 rule、item；"
        "settle_objection 带 member、reason，correct 带 reason 和要改的 opening、sections。",
        parameters=action_parameters(),
        request=MeetingActionIn,
        responses={200: MeetingOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)
