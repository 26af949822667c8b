"""Shapes of topics by API, for the OpenAPI document, and the strict reading of what is sent."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.api import Fields
from common.errors import Fault
from governance.api.schemas import PersonOut
from governance.models import Secrecy, TopicStatus
from governance.services import StepInput, TopicInput
from governance.services.preparation import MOST_STEPS
from governance.services.topic_input import MOST_READERS, MOST_TALKS, field_of
from schools.permissions import Body

TEXTS = {
    name: field_of(name).max_length or 0
    for name in (
        *("title", "matter", "lead_unit", "other_units", "background", "basis", "proposal", "alternative", "question"),
        *("fund_source", "secrecy", "unit_opinion", "leader_opinion", "urgent_reason"),
    )
}
KEYS = ("proposer", "presenter")
WRITTEN = (*TEXTS, *KEYS, "minutes_needed", "amount", "involves_cadres", "urgent", "readers", "steps", "talks")


class TopicStepOut(serializers.Serializer):
    """前置环节."""

    stage = serializers.CharField()
    done_on = serializers.DateField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    source = serializers.UUIDField(allow_null=True, help_text="校长办公会议的议题")  # type: ignore[assignment]  # the contract names it so


class TopicItemOut(serializers.Serializer):
    """An agenda the topic was put on."""

    id = serializers.UUIDField()
    meeting = serializers.UUIDField()
    order = serializers.IntegerField()
    supplement = serializers.BooleanField(help_text="通知后补充")


class TopicFileOut(serializers.Serializer):
    """A material."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.URLField()


class TopicOut(serializers.Serializer):
    """议题. One whose words the caller may not read is `{"id", "withheld": true}` in lists, and 404 by itself."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    school = serializers.CharField()
    body = serializers.ChoiceField(Body.choices)
    number = serializers.CharField(allow_null=True, help_text="2026-议-012，首次送初审时编号")
    status = serializers.ChoiceField(TopicStatus.choices)
    title = serializers.CharField()
    matter = serializers.CharField(allow_null=True)
    proposer = PersonOut()
    entered_by = serializers.CharField()
    assignee = PersonOut(allow_null=True)
    presenter = PersonOut(allow_null=True)
    lead_unit = serializers.CharField(allow_blank=True)
    other_units = serializers.CharField(allow_blank=True)
    minutes_needed = serializers.IntegerField(allow_null=True)
    background = serializers.CharField(allow_blank=True)
    basis = serializers.CharField(allow_blank=True)
    proposal = serializers.CharField(allow_blank=True)
    alternative = serializers.CharField(allow_blank=True)
    question = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_null=True, help_text="元，两位小数")
    fund_source = serializers.CharField(allow_blank=True)
    involves_cadres = serializers.BooleanField()
    secrecy = serializers.ChoiceField(Secrecy.choices)
    readers = PersonOut(many=True)
    unit_opinion = serializers.CharField(allow_blank=True)
    leader_opinion = serializers.CharField(allow_blank=True)
    head_opinion = serializers.CharField(allow_blank=True)
    urgent = serializers.BooleanField()
    urgent_reason = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="退回、暂缓或撤回的原因")
    steps = TopicStepOut(many=True)
    talks = serializers.ListField(child=serializers.UUIDField())
    items = TopicItemOut(many=True)
    materials = TopicFileOut(many=True)
    handed_over_from = serializers.UUIDField(allow_null=True, help_text="由校长办公会议的哪个议题转来")
    submitted_at = serializers.DateTimeField(allow_null=True)
    screened_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class TopicDetailOut(TopicOut):
    """With what the caller may do next."""

    actions = serializers.ListField(child=serializers.CharField())


class TopicStepIn(serializers.Serializer):
    """One step; with `source` the day is that meeting's."""

    stage = serializers.CharField(max_length=30)
    done_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    source = serializers.UUIDField(required=False, allow_null=True)  # type: ignore[assignment]  # the contract names it so


class TopicPatchIn(serializers.Serializer):
    """What is to change."""

    title = serializers.CharField(required=False, max_length=200)
    matter = serializers.CharField(required=False, allow_null=True, max_length=3)
    proposer = serializers.UUIDField(required=False, allow_null=True, help_text="党政办代为填报时必填")
    presenter = serializers.UUIDField(required=False, allow_null=True)
    lead_unit = serializers.CharField(required=False, allow_blank=True, max_length=80)
    other_units = serializers.CharField(required=False, allow_blank=True, max_length=200)
    minutes_needed = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=600)
    background = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    basis = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    proposal = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    alternative = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    question = serializers.CharField(required=False, allow_blank=True, max_length=500)
    amount = serializers.DecimalField(14, 2, required=False, allow_null=True, help_text="元")
    fund_source = serializers.CharField(required=False, allow_blank=True, max_length=200)
    involves_cadres = serializers.BooleanField(required=False)
    secrecy = serializers.ChoiceField(Secrecy.choices, required=False, help_text="不写则按事项默认")
    readers = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_READERS)
    unit_opinion = serializers.CharField(required=False, allow_blank=True, max_length=500)
    leader_opinion = serializers.CharField(required=False, allow_blank=True, max_length=500)
    urgent = serializers.BooleanField(required=False)
    urgent_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    steps = TopicStepIn(many=True, required=False)
    talks = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_TALKS)


class TopicIn(TopicPatchIn):
    """A new topic; school, body and title are asked, the rest until 送初审."""

    school = serializers.CharField()
    body = serializers.ChoiceField(Body.choices)
    title = serializers.CharField(max_length=200)


class TopicActionIn(serializers.Serializer):
    """What an action may carry."""

    reason = serializers.CharField(
        required=False, max_length=500, help_text="return、postpone、withdraw；补充议题时 schedule 也要写"
    )
    opinion = serializers.CharField(required=False, max_length=500, help_text="confirm：审定意见")
    meeting = serializers.UUIDField(required=False, help_text="schedule：列入哪次会议")
    consent = serializers.BooleanField(required=False, help_text="schedule：临时动议、补充议题已经主持人同意")


class HandOverIn(serializers.Serializer):
    """Which item of a signed principal's meeting."""

    item = serializers.UUIDField()


class TopicFields(Fields):
    """The fields of a topic's JSON body."""

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, bool):
            self.faults.append(Fault(name, "写 true 或 false"))
        return value is True

    def whole(self, name: str) -> int | None:
        """A whole number, None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10_000:
            self.faults.append(Fault(name, "写整数"))
            return None
        return value

    def money(self, name: str) -> Decimal | None:
        """An amount in 元 with at most two decimals, as number or text; None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        try:
            amount = (
                Decimal(str(value)) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
            )
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or amount != round(amount, 2):
            self.faults.append(Fault(name, "写金额，单位是元，最多两位小数"))
            return None
        return amount

    def steps(self) -> tuple[StepInput, ...]:
        """The list of steps, empty when absent."""
        value = self.data.get("steps")
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MOST_STEPS or not all(isinstance(row, dict) for row in value):
            self.faults.append(Fault("steps", f"写前置环节的列表，最多 {MOST_STEPS} 条"))
            return ()
        return tuple(self._step(number, row) for number, row in enumerate(value))

    def _step(self, number: int, row: dict[str, Any]) -> StepInput:
        inner = TopicFields(row, ("stage", "done_on", "note", "source"))
        day = inner.day("done_on") if row.get("done_on") is not None else None
        step = StepInput(inner.text("stage", 30), day, inner.text("note", 300), inner.key("source"))
        self.faults += [Fault(f"steps[{number}].{fault.path}", fault.reason) for fault in inner.faults]
        return step


def given(fields: TopicFields) -> dict[str, Any]:
    """What of the topic stands in the body, by field of `TopicInput`."""
    readers: dict[str, Any] = {
        name: lambda name=name, most=most: fields.text(name, most) for name, most in TEXTS.items()
    }
    readers |= {name: lambda name=name: fields.key(name) for name in KEYS}
    readers |= {name: lambda name=name: fields.flag(name) for name in ("involves_cadres", "urgent")}
    readers |= {"minutes_needed": lambda: fields.whole("minutes_needed"), "amount": lambda: fields.money("amount")}
    readers |= {
        "readers": lambda: fields.keys("readers", MOST_READERS),
        "talks": lambda: fields.keys("talks", MOST_TALKS),
    }
    readers["steps"] = fields.steps
    return {name: read() for name, read in readers.items() if name in fields.data}


def new_input(fields: TopicFields) -> TopicInput:
    """A whole topic, blank where nothing was sent."""
    return TopicInput(**({"title": ""} | given(fields)))


def person_out(key: UUID | None, name: str | None) -> dict[str, Any] | None:
    """A person as the contract writes one."""
    return None if key is None else {"person": key, "name": name}
