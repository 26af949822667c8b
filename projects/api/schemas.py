"""Shapes of projects and awards by API, for the OpenAPI document, and the strict reading of what is sent."""

from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from rest_framework import serializers

from accounts.api import Fields
from checklists.models import TaskStatus
from common.errors import Fault
from projects.models import Area, FlagshipStatus, Grade, Kind, Level
from projects.services import FlagshipInput, MemberInput, MilestoneInput
from projects.services.drafting import MOST_MEMBERS, MOST_MILESTONES, TEXTS

WRITTEN = (
    *TEXTS, "kind", "leader", "areas", "funds_asked", "party_met_on", "mid_due_on", "ends_on", "team", "milestones",
)  # fmt: skip
VISIBLE_STATUSES = [choice for choice in FlagshipStatus.choices if choice[0] != FlagshipStatus.DRAFT]


class ProjectPersonOut(serializers.Serializer):
    """A person; `person` is null for somebody the portal does not know."""

    person = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class MilestoneOut(serializers.Serializer):
    """A milestone with its 四明确; from the start on with its task."""

    order = serializers.IntegerField()
    target = serializers.CharField()
    measures = serializers.CharField()
    due_on = serializers.DateField()
    responsible = ProjectPersonOut()
    units = serializers.CharField(allow_blank=True)
    task = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(TaskStatus.choices, allow_null=True)


class FlagshipAwardOut(serializers.Serializer):
    """An award of the project."""

    id = serializers.UUIDField()
    level = serializers.ChoiceField(Level.choices)
    name = serializers.CharField()
    year = serializers.IntegerField()
    verified = serializers.BooleanField(help_text="组织科已核验，计入统计")


class FlagshipOut(serializers.Serializer):
    """书记领雁项目."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    number = serializers.CharField(allow_null=True, help_text="立项以前为 null")
    school = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    leader = ProjectPersonOut()
    status = serializers.ChoiceField(VISIBLE_STATUSES)
    areas = serializers.ListField(child=serializers.ChoiceField(Area.choices))
    budget = serializers.CharField(allow_null=True, help_text="核定经费（元）")
    listed_on = serializers.DateField(allow_null=True)
    mid_due_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    grade = serializers.ChoiceField(Grade.choices, allow_null=True)
    milestones = MilestoneOut(many=True)
    awards = FlagshipAwardOut(many=True)


class MemberOut(serializers.Serializer):
    """A member of the team."""

    person = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    duty = serializers.CharField(allow_blank=True)


class FlagshipDetailOut(FlagshipOut):
    """With the words of the application and what the caller may do next."""

    problem = serializers.CharField(allow_blank=True)
    content = serializers.CharField(allow_blank=True)
    outcomes = serializers.CharField(allow_blank=True)
    funds_asked = serializers.CharField(allow_null=True)
    funds_note = serializers.CharField(allow_blank=True)
    party_opinion = serializers.CharField(allow_blank=True)
    office_advice = serializers.CharField(allow_blank=True)
    team = MemberOut(many=True)
    actions = serializers.ListField(child=serializers.CharField())


class MemberIn(serializers.Serializer):
    """A member: `person` of the school, or a name."""

    person = serializers.UUIDField(required=False)
    name = serializers.CharField(required=False, max_length=40)
    duty = serializers.CharField(required=False, max_length=60)


class ResponsibleIn(serializers.Serializer):
    """Who answers for it."""

    person = serializers.UUIDField()


class MilestoneIn(serializers.Serializer):
    """A milestone, all four required."""

    target = serializers.CharField(max_length=300)
    measures = serializers.CharField(max_length=1000)
    due_on = serializers.DateField()
    responsible = ResponsibleIn()
    units = serializers.CharField(required=False, max_length=200)


class FlagshipIn(serializers.Serializer):
    """A complete application; it is sent in at once."""

    school = serializers.CharField()
    title = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(Kind.choices)
    leader = serializers.UUIDField(required=False, help_text="不写为现任书记")
    areas = serializers.ListField(child=serializers.ChoiceField(Area.choices))
    problem = serializers.CharField(max_length=2000)
    content = serializers.CharField(max_length=4000)
    outcomes = serializers.CharField(max_length=2000)
    funds_asked = serializers.CharField(help_text="元")
    funds_note = serializers.CharField(required=False, max_length=500)
    party_opinion = serializers.CharField(max_length=500)
    party_met_on = serializers.DateField(required=False)
    mid_due_on = serializers.DateField(required=False, help_text="不写为周期过半")
    ends_on = serializers.DateField(required=False, help_text="不写为两年")
    team = MemberIn(many=True)
    milestones = MilestoneIn(many=True)


class FlagshipActionIn(serializers.Serializer):
    """What a step asks for: return and terminate a reason, list number and budget, conclude a grade, extend a day."""

    reason = serializers.CharField(required=False)
    number = serializers.CharField(required=False, help_text="list；不写由系统编")
    budget = serializers.CharField(required=False, help_text="list；元")
    opinion = serializers.CharField(required=False, help_text="mid_check、conclude")
    grade = serializers.ChoiceField(Grade.choices, required=False, help_text="conclude")
    ends_on = serializers.DateField(required=False, help_text="extend")


class AwardOut(serializers.Serializer):
    """成果."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    project = serializers.UUIDField()
    school = serializers.CharField()
    level = serializers.ChoiceField(Level.choices)
    name = serializers.CharField()
    year = serializers.IntegerField()
    prize = serializers.CharField(allow_blank=True)
    issuer = serializers.CharField(allow_blank=True)
    certificate = serializers.CharField(allow_blank=True)
    awarded_on = serializers.DateField(allow_null=True)
    verified = serializers.BooleanField()


class AwardIn(serializers.Serializer):
    """A new award of a listed project."""

    project = serializers.UUIDField()
    level = serializers.ChoiceField(Level.choices)
    name = serializers.CharField(max_length=100)
    year = serializers.IntegerField()
    prize = serializers.CharField(required=False, max_length=20)
    issuer = serializers.CharField(required=False, max_length=60)
    certificate = serializers.CharField(required=False, max_length=60)
    awarded_on = serializers.DateField(required=False)


class ProjectFields(Fields):
    """The fields of a JSON body about projects."""

    def money(self, name: str) -> Decimal | None:
        """An amount in 元 with at most two decimals, as number or text; None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        plain = isinstance(value, (int, float, str)) and not isinstance(value, bool)
        try:
            amount = Decimal(str(value)) if plain else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or not abs(amount) < 10**9 or amount != round(amount, 2):
            self.faults.append(Fault(name, "写金额，单位是元，最多两位小数"))
            return None
        return amount

    def whole(self, name: str) -> int:
        """A whole number; required."""
        value = self.data.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10_000:
            self.faults.append(Fault(name, "写整数"))
            return 0
        return value

    def some_day(self, name: str) -> date | None:
        """A date, None when absent."""
        return self.day(name) if self.data.get(name) is not None else None

    def words(self, name: str, most: int) -> tuple[str, ...]:
        """A list of codes, empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most or not all(isinstance(word, str) for word in value):
            self.faults.append(Fault(name, "写代码的列表"))
            return ()
        return tuple(value)

    def rows(self, name: str, allowed: tuple[str, ...], most: int) -> list["ProjectFields"]:
        """A list of objects, each read strictly; `gather` takes their faults back."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most or not all(isinstance(row, dict) for row in value):
            self.faults.append(Fault(name, f"写列表，最多 {most} 条"))
            return []
        return [ProjectFields(row, allowed) for row in value]

    def gather(self, name: str, rows: list["ProjectFields"]) -> None:
        """The faults of the rows, with their places."""
        for number, row in enumerate(rows):
            self.faults += [Fault(f"{name}[{number}].{fault.path}", fault.reason) for fault in row.faults]


def application_in(fields: ProjectFields) -> FlagshipInput:
    """An application as sent."""
    texts = {name: fields.text(name, most) for name, most in TEXTS.items()}
    members = fields.rows("team", ("person", "name", "duty"), MOST_MEMBERS)
    team = tuple(MemberInput(row.text("name", 40), row.key("person"), row.text("duty", 60)) for row in members)
    fields.gather("team", members)
    planned = fields.rows("milestones", ("target", "measures", "due_on", "responsible", "units"), MOST_MILESTONES)
    milestones = tuple(_milestone(row) for row in planned)
    fields.gather("milestones", planned)
    return FlagshipInput(
        **texts,
        kind=fields.text("kind", 16),
        leader=fields.key("leader"),
        areas=fields.words("areas", len(Area)),
        funds_asked=fields.money("funds_asked"),
        party_met_on=fields.some_day("party_met_on"),
        mid_due_on=fields.some_day("mid_due_on"),
        ends_on=fields.some_day("ends_on"),
        team=team,
        milestones=milestones,
    )


def _milestone(row: ProjectFields) -> MilestoneInput:
    return MilestoneInput(
        target=row.text("target", 300), measures=row.text("measures", 1000), due_on=row.some_day("due_on"),
        responsible=_responsible(row), units=row.text("units", 200),
    )  # fmt: skip


def _responsible(row: ProjectFields) -> UUID | None:
    value = row.data.get("responsible")
    if not isinstance(value, dict):
        row.faults.append(Fault("responsible", '写 {"person": 标识}'))
        return None
    inner = ProjectFields(value, ("person",))
    key = inner.key("person")
    row.faults += [Fault(f"responsible.{fault.path}", fault.reason) for fault in inner.faults]
    return key
