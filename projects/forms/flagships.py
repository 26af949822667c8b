"""The application (structures.md 3.2) as a form: the sheet, the team and the milestones."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from projects.forms.common import VersionedForm, area
from projects.models import Area, Kind
from projects.services import FlagshipInput, MemberInput, MilestoneInput
from projects.services.drafting import MOST_MEMBERS, MOST_MILESTONES, TEXTS

DAY = {"invalid": "日期写成 2026-11-20 这样"}
SPARE = 2
Choices = Sequence[tuple[str, str]]


def _text(label: str, name: str, rows: int = 0, hint: str = "") -> forms.CharField:
    most = TEXTS[name]
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        help_text=hint,
        widget=area(rows) if rows else forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": f"{label}写到 {most} 字以内"},
    )


class FlagshipForm(VersionedForm):
    """The sheet itself. A draft needs a name and a kind; 报送 asks for the rest."""

    title = _text("项目名称", "title")
    kind = forms.ChoiceField(
        label="类别", choices=Kind.choices, widget=forms.RadioSelect, error_messages={"required": "选一类"}
    )
    areas = forms.MultipleChoiceField(
        label="涉及领域", choices=Area.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    problem = _text("问题与目标", "problem", 4, "学校的什么问题，要做到什么程度")
    content = _text("内容与举措", "content", 6, "打算怎么做，党组织怎样领导")
    outcomes = _text("预期成果", "outcomes", 3, "结题时交出什么")
    funds_asked = forms.DecimalField(
        label="申请经费（元）", required=False, min_value=0, max_digits=10, decimal_places=2,
        error_messages={"invalid": "写金额，单位是元", "min_value": "经费写 0 或以上", "max_digits": "金额太大"},
    )  # fmt: skip
    funds_note = _text("经费用途", "funds_note", 2)
    mid_due_on = forms.DateField(
        label="中期检查时间", required=False, help_text="不写为周期过半", error_messages=DAY, widget=forms.DateInput
    )
    ends_on = forms.DateField(
        label="完成期限", required=False, help_text="不写为报送之日起两年", error_messages=DAY, widget=forms.DateInput
    )
    party_met_on = forms.DateField(label="党组织会议日期", required=False, error_messages=DAY, widget=forms.DateInput)
    party_opinion = _text("党组织意见", "party_opinion", 2, "党组织会议怎么定的")


class MemberForm(forms.Form):
    """A member: somebody of the school, or a name."""

    person = forms.ChoiceField(label="本校人员", required=False)
    name = forms.CharField(label="或写姓名", max_length=40, required=False)
    duty = forms.CharField(label="分工", max_length=60, required=False)

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "选一位"), *people]  # type: ignore[attr-defined]

    def filled(self) -> bool:
        """Whether there is anybody in this row."""
        return bool(self.cleaned_data.get("person") or self.cleaned_data.get("name", "").strip())

    def value(self) -> MemberInput:
        """The member."""
        given = self.cleaned_data
        person = UUID(given["person"]) if given["person"] else None
        return MemberInput("" if person else given["name"], person, given["duty"])


class MilestoneForm(forms.Form):
    """A milestone with its 四明确."""

    target = forms.CharField(label="目标任务", max_length=300, required=False)
    measures = forms.CharField(label="推进措施", max_length=1000, required=False, widget=area(2))
    due_on = forms.DateField(label="完成时限", required=False, error_messages=DAY, widget=forms.DateInput)
    responsible = forms.ChoiceField(label="责任主体", required=False)
    units = forms.CharField(label="协同部门", max_length=200, required=False)

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["responsible"].choices = [("", "选一位"), *people]  # type: ignore[attr-defined]

    def filled(self) -> bool:
        """Whether anything stands in this row."""
        return any(self.cleaned_data.get(name) for name in self.fields)

    def value(self) -> MilestoneInput:
        """The milestone."""
        given = self.cleaned_data
        key = UUID(given["responsible"]) if given["responsible"] else None
        return MilestoneInput(given["target"], given["measures"], given["due_on"], key, given["units"])


Members: "type[BaseFormSet[Any]]" = formset_factory(
    MemberForm, extra=0, max_num=MOST_MEMBERS, absolute_max=MOST_MEMBERS
)
Milestones: "type[BaseFormSet[Any]]" = formset_factory(
    MilestoneForm, extra=0, max_num=MOST_MILESTONES, absolute_max=MOST_MILESTONES
)


class Sheet:
    """The three parts together; `planning` leaves the sheet out (a listed project changes its plan only)."""

    def __init__(
        self, new: FlagshipInput, version: int, people: Choices, serving: Choices, data: Any = None, *, planning: bool
    ) -> None:
        initial = {**vars(new), "version": version}
        self.planning = planning
        self.form = FlagshipForm(data, initial=initial)
        if planning:
            for name in [name for name in self.form.fields if name != "version"]:
                del self.form.fields[name]
        self.members = _formset(Members, "team", data, people, [_member(m) for m in new.team], MOST_MEMBERS)
        self.milestones = _formset(
            Milestones, "plan", data, serving, [_milestone(m) for m in new.milestones], MOST_MILESTONES
        )

    def is_valid(self) -> bool:
        """All parts, so that every fault is shown at once."""
        return all([self.form.is_valid(), self.members.is_valid(), self.milestones.is_valid()])

    def value(self, stored: FlagshipInput) -> FlagshipInput:
        """What was typed; of a listed project the sheet stays as stored."""
        team = tuple(row.value() for row in self.members if row.filled())
        milestones = tuple(row.value() for row in self.milestones if row.filled())
        values = vars(stored) if self.planning else {"leader": stored.leader, **self.form.asked()}
        return FlagshipInput(**{**values, "team": team, "milestones": milestones, **self._areas(stored)})

    def _areas(self, stored: FlagshipInput) -> dict[str, Any]:
        return {"areas": stored.areas if self.planning else tuple(self.form.cleaned_data["areas"])}

    @property
    def parts(self) -> list[Any]:
        """For the summary of faults."""
        return [self.form, self.members, self.milestones]


def _formset(
    make: "type[BaseFormSet[Any]]", prefix: str, data: Any, people: Choices, rows: list[dict[str, Any]], most: int
) -> "BaseFormSet[Any]":
    spare: list[dict[str, Any]] = [{} for _ in range(min(SPARE if rows else 3, most - len(rows)))]
    if data is not None and data.get("do") == f"more-{prefix}":
        data = data.copy()
        total = data.get(f"{prefix}-TOTAL_FORMS", "")
        known = int(total) if total.isascii() and total.isdigit() and len(total) < 3 else 0
        data[f"{prefix}-TOTAL_FORMS"] = str(min(known + SPARE, most))
    return make(data, prefix=prefix, initial=[*rows, *spare], form_kwargs={"people": people})


def _member(member: MemberInput) -> dict[str, Any]:
    return {
        "person": str(member.person or ""),
        "name": "" if member.person else member.name,
        "duty": member.duty,
    }


def _milestone(row: MilestoneInput) -> dict[str, Any]:
    day: date | None = row.due_on
    return {
        "target": row.target,
        "measures": row.measures,
        "due_on": day,
        "responsible": str(row.responsible or ""),
        "units": row.units,
    }
