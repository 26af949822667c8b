"""Shapes of the answers, for the OpenAPI document."""

from rest_framework import serializers

from checklists.models import SourceKind, TaskStatus


class ResponsibleOut(serializers.Serializer):
    """责任主体."""

    person = serializers.UUIDField()
    name = serializers.CharField()
    post = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)


class SourceOut(serializers.Serializer):
    """来源."""

    kind = serializers.ChoiceField(SourceKind.choices)
    title = serializers.CharField()
    url = serializers.URLField()


class TaskListedOut(serializers.Serializer):
    """任务 (in lists: without actions)."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    target = serializers.CharField()
    measures = serializers.CharField()
    due_on = serializers.DateField()
    responsible = ResponsibleOut()
    status = serializers.ChoiceField(TaskStatus.choices)
    overdue = serializers.BooleanField()
    supervised = serializers.BooleanField()
    source = SourceOut()  # type: ignore[assignment]  # the contract names the field so
    closed_on = serializers.DateField(allow_null=True)
    closed_by = serializers.CharField(allow_null=True)


class TaskOut(TaskListedOut):
    """任务."""

    actions = serializers.ListField(child=serializers.CharField())


class TaskActionIn(serializers.Serializer):
    """What an action may carry."""

    text = serializers.CharField(required=False, max_length=2000)
    reason = serializers.CharField(required=False, min_length=4, max_length=500)
    due_on = serializers.DateField(required=False)
    responsible = serializers.DictField(required=False, help_text='{"person": id} 或 {"name": 姓名}')
