"""The school's application, the step of whoever acts next, and the batch, as forms. They save nothing."""

from collections.abc import Iterable
from typing import Any

from django import forms

from common.errors import Fault
from pilots.models import Batch
from pilots.services.batches import BatchInput
from pilots.services.selection import ApplicationInput

DAY = {"required": "选日期", "invalid": "日期写成 2026-11-20 这样"}


class PortalForm(forms.Form):
    """What all forms here have: the version that was on the page, and room for the service's faults."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)


def words_field(label: str, limit: int, rows: int, hint: str = "", required: bool = False) -> forms.CharField:
    """A text over several lines."""
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"写明{label}", "max_length": f"{label}写到 {limit} 字以内"},
    )


def day_field(label: str, required: bool = False, hint: str = "") -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, required=required, help_text=hint, error_messages=DAY)


class ApplicationForm(PortalForm):
    """What the school writes; a draft may lack anything."""

    batch = forms.ChoiceField(
        label="申报批次", required=False, error_messages={"invalid_choice": "从列出的批次里选"},
        help_text="不选也可以自荐，由组织科审核时确定。",
    )  # fmt: skip
    sample = forms.CharField(
        label="样本定位", max_length=200, required=False,
        help_text="本校代表哪一类学校：规模、基础、区位，以及想探索的实施路径。",
        error_messages={"max_length": "样本定位写到 200 字以内"},
    )  # fmt: skip
    reasons = words_field("自荐理由", 2000, 5, "为什么申报，班子和教职工怎么看。")
    conditions = words_field("工作基础", 2000, 5, "党组织设置、班子配备、议事制度、已有做法。")

    def __init__(self, batches: Iterable[Batch], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(batch.pk), f"{batch.name}（{batch.opens_on} 启动，名额 {batch.quota} 所）") for batch in batches]
        self.fields["batch"].choices = [("", "由组织科确定"), *named]  # type: ignore[attr-defined]

    def value(self) -> ApplicationInput:
        """What was typed."""
        cleaned = self.cleaned_data
        return ApplicationInput(cleaned["reasons"], cleaned["conditions"], cleaned["sample"], cleaned["batch"] or None)


class DecideForm(PortalForm):
    """The conclusion of the office or the bureau: pass on or return. Which fields count depends on `do`."""

    do = forms.ChoiceField(
        label="结论",
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "选一个结论"),
    )
    batch = forms.ChoiceField(label="批次", required=False, error_messages={"invalid_choice": "从列出的批次里选"})
    text = words_field("意见", 2000, 4)
    mend_by = day_field("请学校在几号前改好")

    def __init__(self, steps: Iterable[tuple[str, str]], batches: Iterable[Batch], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["do"].choices = list(steps)  # type: ignore[attr-defined]
        self.fields["batch"].choices = [("", "选批次"), *((str(b.pk), b.name) for b in batches)]  # type: ignore[attr-defined]

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Opinion and reason are one field here."""
        named = {"opinion": "text", "reason": "text"}
        super().refuse(Fault(named.get(fault.path, fault.path), fault.reason) for fault in faults)


class ImplementForm(PortalForm):
    """登记全面实施."""

    implemented_on = day_field("全面实施日期", required=True)


class BatchForm(PortalForm):
    """A batch."""

    code = forms.CharField(label="批次代码", max_length=20, error_messages={"required": "写批次代码，如 2026-1"})
    name = forms.CharField(label="批次名称", max_length=60, error_messages={"required": "写批次名称"})
    quota = forms.IntegerField(
        label="名额（所）", min_value=1, max_value=9999,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "名额写 1 至 9999 的整数"),
    )  # fmt: skip
    opens_on = day_field("启动日期", required=True)
    nominate_by = day_field("自荐截止")
    recommend_by = day_field("推荐截止")
    review_by = day_field("审核截止")
    note = forms.CharField(label="说明", max_length=300, required=False)

    def value(self) -> BatchInput:
        """What was typed."""
        names = ("code", "name", "opens_on", "quota", "nominate_by", "recommend_by", "review_by", "note")
        return BatchInput(**{name: self.cleaned_data[name] for name in names})
