"""The little forms under the buttons of a project, and the sheets of reports, changes and reviews."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from common.transitions import Transition
from projects.forms.common import VersionedForm, area, reason_field
from projects.models import CRITERIA, ChangeKind, Grade, ReportKind

DAY = {"required": "选日期", "invalid": "日期写成 2026-11-20 这样"}


def _opinion(label: str = "意见") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=500, widget=area(), error_messages={"max_length": "写到 500 字以内"}
    )


def money(label: str, *, required: bool = True) -> forms.DecimalField:
    """An amount in 元."""
    said = dict.fromkeys(("required", "invalid", "min_value", "max_digits", "max_decimal_places"), "写金额，单位是元")
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_digits=10, decimal_places=2, required=required, error_messages=said
    )


ASKS: dict[str, dict[str, Any]] = {
    "return": {"reason": lambda: reason_field()},
    "list": {
        "number": lambda: forms.CharField(
            label="编号", required=False, max_length=20, help_text="不写由系统按年度编，如 LY-2026-01"
        ),
        "budget": lambda: money("核定经费（元）"),
    },
    "mid_check": {"opinion": lambda: _opinion("中期意见")},
    "extend": {
        "ends_on": lambda: forms.DateField(label="新的完成期限", widget=forms.DateInput, error_messages=DAY),
        "reason": lambda: _opinion("理由"),
    },
    "conclude": {
        "grade": lambda: forms.ChoiceField(
            label="等次", choices=Grade.choices, widget=forms.RadioSelect, error_messages={"required": "选优秀或合格"}
        ),
        "opinion": lambda: _opinion("结题意见"),
    },
    "terminate": {"reason": lambda: reason_field()},
}


class StepForm(VersionedForm):
    """What one step asks for."""

    def __init__(self, step: Transition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, make in ASKS.get(step.name, {}).items():
            self.fields[name] = make()


class AdviceForm(VersionedForm):
    """教办意见."""

    backs = forms.ChoiceField(
        label="是否推荐", choices=(("yes", "推荐"), ("no", "暂不推荐")), widget=forms.RadioSelect,
        error_messages={"required": "选推荐或暂不推荐"},
    )  # fmt: skip
    advice = reason_field("意见")

    def asked(self) -> dict[str, Any]:
        """As the service wants it."""
        return {"backs": self.cleaned_data["backs"] == "yes", "advice": self.cleaned_data["advice"]}


class CheckForm(VersionedForm):
    """通过初审."""

    note = _opinion("初审意见")


class AssignForm(VersionedForm):
    """指派评审."""

    reviewer = forms.ChoiceField(label="评审专家", error_messages={"required": "选一位评审专家"})
    due_on = forms.DateField(
        label="评分截止", required=False, help_text="不写为 14 天", widget=forms.DateInput, error_messages=DAY
    )

    def __init__(self, experts: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].choices = [("", "选一位"), *experts]  # type: ignore[attr-defined]


class ReasonForm(VersionedForm):
    """撤换评审, 声明回避, 删去成果."""

    reason = reason_field()


class ScoreForm(VersionedForm):
    """The score sheet: one whole number for each criterion, and an opinion."""

    opinion = forms.CharField(
        label="评审意见", min_length=10, max_length=2000, widget=area(5),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写评审意见，10 至 2000 个字"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for criterion in CRITERIA:
            said = f"{criterion.name}打 0 至 {criterion.most} 分的整数"
            wrong = ("required", "invalid", "min_value", "max_value")
            self.fields[criterion.code] = forms.IntegerField(
                label=criterion.name, min_value=0, max_value=criterion.most, help_text=criterion.asks,
                error_messages=dict.fromkeys(wrong, said),
            )  # fmt: skip
        self.order_fields([*(criterion.code for criterion in CRITERIA), "opinion"])

    def points(self) -> dict[str, int]:
        """Points by criterion."""
        return {criterion.code: self.cleaned_data[criterion.code] for criterion in CRITERIA}


REPORT_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    ReportKind.MID: (("done", "节点完成情况"), ("deviation", "偏差与原因"), ("next_steps", "下一步")),
    ReportKind.FINAL: (
        ("results", "成果清单"),
        ("spread", "成果推广"),
        ("judgement", "自评"),
        ("deviation", "偏差与原因"),
    ),
}


class ReportForm(VersionedForm):
    """中期表 or 结题表."""

    spent = money("已用经费（元）", required=False)

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = [name for name, _ in REPORT_FIELDS[kind]]
        for name, label in REPORT_FIELDS[kind]:
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=2000, widget=area(4),
                error_messages={"max_length": f"{label}写到 2000 字以内"},
            )  # fmt: skip
        self.order_fields([*self.names, "spent"])

    def asked(self) -> dict[str, Any]:
        """As the service wants it."""
        return {
            "texts": {name: self.cleaned_data[name] for name in self.names},
            "spent": self.cleaned_data["spent"],
        }


class ChangeForm(VersionedForm):
    """申请变更. Of the leader a person is chosen, else text is typed."""

    value = forms.CharField(label="改为", max_length=4000, widget=area(3), error_messages={"required": "写改成什么"})
    reason = reason_field()

    def __init__(self, kind: str, *args: Any, leaders: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == ChangeKind.LEADER:
            self.fields["value"] = forms.ChoiceField(
                label="新的主持人", choices=[("", "选一位"), *leaders], error_messages={"required": "选现任书记"}
            )
        elif kind == ChangeKind.TITLE:
            self.fields["value"].widget = forms.TextInput()
        elif kind == ChangeKind.TEAM:
            self.fields["value"].help_text = "一行一位，姓名和分工之间空一格"
        self.order_fields(["value", "reason"])


class AnswerForm(VersionedForm):
    """同意或不同意变更."""

    answer = _opinion("答复")
