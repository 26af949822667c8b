"""The request of the rule-check contract, for the OpenAPI document. Reading and refusing is `governance.rules.document`."""

from typing import Any

from rest_framework import serializers

from governance.models import Attendance, Method, Outcome, TalkResult
from governance.rules import facts as f
from schools.permissions import Body


def _choice(values: Any, **options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField([value.value for value in values], **options)


def _unknown(**more: Any) -> dict[str, Any]:
    """A key that may be absent or null: not known (yet)."""
    return {"required": False, "allow_null": True, **more}


def _ids() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **_unknown())


class CheckedSchoolIn(serializers.Serializer):
    """学校."""

    leadership_mode = _choice(f.LeadershipMode, **_unknown())


class CheckedChairIn(serializers.Serializer):
    """主持."""

    member = serializers.CharField(**_unknown())
    delegation_note = serializers.CharField(**_unknown(allow_blank=True))


class CheckedMemberIn(serializers.Serializer):
    """应到成员."""

    id = serializers.CharField()
    posts = serializers.ListField(child=_choice(f.Post), **_unknown())


class CheckedAttendanceIn(serializers.Serializer):
    """到会情况."""

    member = serializers.CharField()
    status = serializers.ChoiceField(Attendance.choices, **_unknown())
    reason = serializers.CharField(**_unknown(allow_blank=True))


class CheckedStepIn(serializers.Serializer):
    """前置环节."""

    stage = serializers.CharField()
    done_on = serializers.DateField(**_unknown())
    result = serializers.ChoiceField(TalkResult.choices, **_unknown())


class CheckedStanceIn(serializers.Serializer):
    """表态."""

    member = serializers.CharField()
    stance = _choice(f.Stance)
    seq = serializers.IntegerField()


class CheckedVotesIn(serializers.Serializer):
    """宣布的票数."""

    agree = serializers.IntegerField(min_value=0)
    disagree = serializers.IntegerField(min_value=0)
    abstain = serializers.IntegerField(min_value=0)


class CheckedTaskIn(serializers.Serializer):
    """会后任务."""

    goal = serializers.CharField(**_unknown(allow_blank=True))
    measures = serializers.CharField(**_unknown(allow_blank=True))
    due_on = serializers.DateField(**_unknown())
    owner = serializers.CharField(**_unknown(allow_blank=True))


class CheckedItemIn(serializers.Serializer):
    """议题."""

    id = serializers.CharField()
    order = serializers.IntegerField()
    title = serializers.CharField(**_unknown(allow_blank=True))
    catalogue = serializers.CharField(**_unknown())
    proposed_on = serializers.DateField(**_unknown())
    proposer = serializers.CharField(**_unknown())
    confirmed_by = serializers.CharField(**_unknown())
    urgent = serializers.BooleanField(**_unknown())
    urgent_reason = serializers.CharField(**_unknown(allow_blank=True))
    urgent_consent = serializers.BooleanField(**_unknown())
    materials = serializers.IntegerField(min_value=0, **_unknown())
    steps = CheckedStepIn(many=True, **_unknown())
    left = _ids()
    recused = _ids()
    conflicts = _ids()
    stances = CheckedStanceIn(many=True, **_unknown())
    absent_opinions = _ids()
    counted_votes = CheckedVotesIn(**_unknown())
    method = serializers.ChoiceField(Method.choices, **_unknown())
    outcome = serializers.ChoiceField(Outcome.choices, **_unknown())
    tasks = CheckedTaskIn(many=True, **_unknown())


class CheckedMinutesIn(serializers.Serializer):
    """纪要."""

    signed_by = serializers.CharField(**_unknown())
    signed_on = serializers.DateField(**_unknown())


class MeetingFactsIn(serializers.Serializer):
    """一次会议的事实."""

    school = CheckedSchoolIn(**_unknown())
    body = serializers.ChoiceField(Body.choices)
    form = _choice(f.Form, **_unknown())
    scheduled_at = serializers.DateTimeField()
    materials_sent_on = serializers.DateField(**_unknown())
    chair = CheckedChairIn(**_unknown())
    recorder = serializers.CharField(**_unknown())
    members = CheckedMemberIn(many=True, **_unknown())
    attendance = CheckedAttendanceIn(many=True, **_unknown())
    observers = _ids()
    items = CheckedItemIn(many=True, **_unknown())
    minutes = CheckedMinutesIn(**_unknown())
