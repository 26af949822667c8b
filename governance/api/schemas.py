"""Shapes of the answers, for the OpenAPI document."""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from governance.models import DecisionStage, Matter, MeetingStatus, Method, Outcome, Secrecy
from schools.permissions import Body

ITEM_STATUS = ["scheduled", "concluded", "postponed", "withdrawn"]
RESULT_OUTCOME = ["pass", "fail", "not_applicable", "insufficient", "waived"]
ADOPTED_OUTCOME = [("approved", "通过"), ("approved_in_principle", "原则通过")]


class AspectOut(serializers.Serializer):
    """方面."""

    code = serializers.CharField()
    title = serializers.CharField()


class AttendanceRuleOut(serializers.Serializer):
    """到会要求."""

    level = serializers.ChoiceField(["half", "two_thirds"])
    strength = serializers.CharField()


class StageOut(serializers.Serializer):
    """前置环节."""

    stage = serializers.CharField()
    requirement = serializers.CharField()


class MatterOut(serializers.Serializer):
    """事项."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    code = serializers.CharField()
    body = serializers.ChoiceField(Body.choices)
    aspect = AspectOut(allow_null=True)
    title = serializers.CharField()
    scope = serializers.CharField()
    nature = serializers.ChoiceField(Matter.Nature.choices)
    important = serializers.BooleanField()
    attendance = AttendanceRuleOut()
    prior_stages = StageOut(many=True)
    next_stages = StageOut(many=True)
    fed_by = serializers.ListField(child=serializers.CharField())
    feeds = serializers.ListField(child=serializers.CharField())
    keywords = serializers.ListField(child=serializers.CharField())
    catalogue_version = serializers.CharField()
    catalogue_status = serializers.CharField(help_text="这一版目录的来历：参考目录(重建稿)，或区局发布")


class PersonOut(serializers.Serializer):
    """A person."""

    person = serializers.UUIDField()
    name = serializers.CharField()


class CountsOut(serializers.Serializer):
    """票数."""

    agree = serializers.IntegerField()
    disagree = serializers.IntegerField()
    abstain = serializers.IntegerField()


class ItemOut(serializers.Serializer):
    """议题."""

    id = serializers.UUIDField()
    order = serializers.IntegerField()
    title = serializers.CharField()
    matter = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(ITEM_STATUS)
    method = serializers.ChoiceField(Method.choices, allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, allow_null=True)
    counts = CountsOut(allow_null=True)
    decision = serializers.UUIDField(allow_null=True)
    secrecy = serializers.ChoiceField(Secrecy.choices, help_text="知悉范围")
    topic = serializers.UUIDField(allow_null=True, help_text="议题申报单")


class WithheldItemOut(serializers.Serializer):
    """限定人员议题，无权查看."""

    order = serializers.IntegerField()
    withheld = serializers.BooleanField()


MEETING_ITEM = PolymorphicProxySerializer(
    component_name="MeetingItem", serializers=[ItemOut, WithheldItemOut], resource_type_field_name=None, many=True
)


class BasisOut(serializers.Serializer):
    """依据."""

    source = serializers.CharField()  # type: ignore[assignment]  # the contract names the field so
    text = serializers.CharField()


class ResultOut(serializers.Serializer):
    """核查意见."""

    rule = serializers.CharField()
    subject = serializers.CharField()
    outcome = serializers.ChoiceField(RESULT_OUTCOME)
    severity = serializers.ChoiceField(["block", "warn", "record"])
    message = serializers.CharField()
    facts = serializers.DictField()
    basis = BasisOut(many=True)
    remedy = serializers.CharField(allow_null=True)


class PublicationOut(serializers.Serializer):
    """公开."""

    published_on = serializers.DateField()


class MeetingListedOut(serializers.Serializer):
    """会议 (in lists: without rule results and actions)."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    body = serializers.ChoiceField(Body.choices)
    number = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(MeetingStatus.choices)
    scheduled_at = serializers.DateTimeField()
    place = serializers.CharField(allow_blank=True)
    chair = PersonOut(allow_null=True)
    recorder = PersonOut(allow_null=True)
    due = serializers.IntegerField()
    present = serializers.IntegerField()
    lapsed = serializers.BooleanField(help_text="流会")
    publication = PublicationOut(allow_null=True, help_text="纪要公开：null = 没有公开")
    items = MEETING_ITEM


class MeetingOut(MeetingListedOut):
    """会议."""

    results = ResultOut(many=True)
    results_withheld = serializers.IntegerField(help_text="关于限定人员议题、没有列出的核查意见条数")
    actions = serializers.ListField(child=serializers.CharField())


class TaskRefOut(serializers.Serializer):
    """A task of a decision."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    target = serializers.CharField()
    status = serializers.CharField()
    due_on = serializers.DateField()


class DecisionOut(serializers.Serializer):
    """决议."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    number = serializers.CharField()
    school = serializers.CharField()
    meeting = serializers.UUIDField()
    item = serializers.UUIDField()
    title = serializers.CharField()
    text = serializers.CharField()
    outcome = serializers.ChoiceField(ADOPTED_OUTCOME)
    stage = serializers.ChoiceField(DecisionStage.choices)
    decided_on = serializers.DateField()
    tasks = TaskRefOut(many=True)
    evaluation_due_on = serializers.DateField(allow_null=True)
    corrects = serializers.UUIDField(allow_null=True)
    corrected_by = serializers.UUIDField(allow_null=True)
