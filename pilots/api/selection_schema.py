"""Shapes of the answers of the selection, for the OpenAPI document."""

from rest_framework import serializers

from pilots.models import ApplicationStatus, OpinionResult, OpinionStep


class OpinionOut(serializers.Serializer):
    """One opinion of one step."""

    step = serializers.ChoiceField(OpinionStep.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    result = serializers.ChoiceField(OpinionResult.choices)
    text = serializers.CharField(allow_blank=True)


class ApplicationOut(serializers.Serializer):
    """试点申报."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    batch = serializers.CharField(allow_null=True, help_text="批次代码；审核通过前可以为 null")
    status = serializers.ChoiceField(ApplicationStatus.choices)
    sample = serializers.CharField(allow_blank=True, help_text="样本定位")
    exempt = serializers.BooleanField(help_text="直属学校免教办推荐")
    step_due_on = serializers.DateField(allow_null=True, help_text="本步期限")
    opinions = OpinionOut(many=True)


class ApplicationDetailOut(ApplicationOut):
    """With what the caller may do next."""

    reasons = serializers.CharField(allow_blank=True)
    conditions = serializers.CharField(allow_blank=True)
    actions = serializers.ListField(child=serializers.CharField())


class ApplicationIn(serializers.Serializer):
    """A draft of the school's application."""

    school = serializers.CharField()
    reasons = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    conditions = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    sample = serializers.CharField(required=False, allow_blank=True, max_length=200)
    batch = serializers.CharField(required=False, allow_null=True, help_text="批次代码")


class ApplicationActionIn(serializers.Serializer):
    """What a step may carry: `opinion` (recommend, exempt, approve), `batch` (approve), `reason` and `mend_by` (return)."""

    opinion = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    batch = serializers.CharField(required=False, allow_null=True, help_text="批次代码")
    reason = serializers.CharField(required=False, max_length=500)
    mend_by = serializers.DateField(required=False, allow_null=True)


class BatchOut(serializers.Serializer):
    """批次."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    code = serializers.CharField()
    name = serializers.CharField()
    opens_on = serializers.DateField()
    nominate_by = serializers.DateField(allow_null=True)
    recommend_by = serializers.DateField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)
    quota = serializers.IntegerField()
    schools = serializers.ListField(child=serializers.CharField(), help_text="已通过的学校代码")


class GroupOut(serializers.Serializer):
    """Coverage of one group; `code` null stands for schools without a batch or an office."""

    code = serializers.CharField(allow_null=True)
    eligible = serializers.IntegerField()
    implemented = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class CoverageOut(serializers.Serializer):
    """覆盖率."""

    as_of = serializers.DateField()
    eligible = serializers.IntegerField(help_text="已建立党组织委员会的学校数")
    implemented = serializers.IntegerField(help_text="其中已全面实施的学校数")
    rate = serializers.FloatField(allow_null=True, help_text="百分数，一位小数")
    by_batch = GroupOut(many=True)
    by_office = GroupOut(many=True)
    by_size = GroupOut(many=True)
    by_foundation = GroupOut(many=True)
    by_location = GroupOut(many=True)
    not_implemented = serializers.ListField(child=serializers.CharField(), help_text="学校代码")
