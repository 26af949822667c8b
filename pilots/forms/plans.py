"""一校一案 as forms: term and sections, the first edition, the bureau's review. They save nothing."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from common.errors import Fault
from pilots.forms.later import LaterText
from pilots.models import Plan, SectionKey
from pilots.plans import SectionView
from pilots.review import Point
from pilots.services.plans import LONGEST_REMARK, LONGEST_SECTION, PlanInput, Remark

DAY = {"required": "选一个日期", "invalid": "日期写成 2026-11-20 这样"}
ROWS = "rows"  # the 推进清单 among the places a point can be about
MEND_DAYS = 14
YES, NO = "y", "n"


class TermForm(forms.Form):
    """From when to when the plan is carried out."""

    starts_on = forms.DateField(label="实施起", widget=forms.DateInput, error_messages=DAY)
    ends_on = forms.DateField(label="实施止", widget=forms.DateInput, error_messages=DAY)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)


class PlanForm(TermForm):
    """Term and all sections; sections may stay empty until the plan is handed in."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, plan: Plan, sections: Sequence[SectionView], *args: Any, **kwargs: Any) -> None:
        initial = {"starts_on": plan.starts_on, "ends_on": plan.ends_on, "version": plan.version}
        initial |= {section.key: section.text for section in sections}
        super().__init__(*args, **{"initial": initial, **kwargs})
        too_long = f"写到 {LONGEST_SECTION} 字以内"
        for key in SectionKey:
            self.fields[key.value] = LaterText(
                label=key.label,
                max_length=LONGEST_SECTION,
                widget=forms.Textarea(attrs={"rows": 5, "data-fit": ""}),
                error_messages={"max_length": f"“{key.label}”{too_long}"},
            )

    def sections(self) -> list[Any]:
        """The fields of the sections, in order."""
        return [self[key.value] for key in SectionKey]

    def value(self) -> PlanInput:
        """What was typed."""
        cleaned = self.cleaned_data
        texts = {key.value: cleaned[key.value] for key in SectionKey}
        return PlanInput(cleaned["starts_on"], cleaned["ends_on"], texts)

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)


class RemarkForm(forms.Form):
    """A remark beside a section, or beside the 推进清单."""

    key = forms.ChoiceField(choices=[("", "推进清单"), *SectionKey.choices], required=False, label="章节")
    text = forms.CharField(
        label="批注",
        min_length=2,
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 2, "data-fit": ""}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), f"写批注，2 至 {LONGEST_REMARK} 个字"),
    )


class ReviewForm(forms.Form):
    """审核结论, with a judgement for each point and, for a return, what to change in which section."""

    result = forms.ChoiceField(
        label="结论",
        choices=[("approve", "通过"), ("return", "退回修改")],
        widget=forms.RadioSelect,
        error_messages={"required": "选通过或退回修改"},
    )
    reason = forms.CharField(
        label="要改什么",
        min_length=4,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "data-fit": ""}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写明要改什么，4 至 500 个字"),
    )
    mend_by = forms.DateField(
        label="请学校在几号前改好",
        widget=forms.DateInput,
        error_messages={"required": "写请学校改好的日期", "invalid": DAY["invalid"]},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, plan: Plan, points: Sequence[Point], *args: Any, today: date, **kwargs: Any) -> None:
        self.points = list(points)
        proposed = [point.complaint for point in points if point.complaint]
        initial: dict[str, Any] = {
            "result": "return" if proposed else "",
            "reason": "".join(proposed),
            "mend_by": today + timedelta(days=MEND_DAYS),
            "version": plan.version,
        }
        initial |= {f"judge_{point.code}": point.proposed for point in points}
        super().__init__(*args, **{"initial": initial, **kwargs})
        for point in points:
            self.fields[f"judge_{point.code}"] = forms.ChoiceField(
                label=point.title, choices=[(YES, "符合"), (NO, "要改")], required=False, widget=forms.RadioSelect
            )
        for key, label in [(ROWS, "推进清单"), *SectionKey.choices]:
            self.fields[f"point_{key}"] = forms.CharField(
                label=f"{label}：要改什么",
                max_length=LONGEST_REMARK,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2, "data-fit": "", "data-point": ""}),
            )

    def clean(self) -> dict[str, Any]:
        """A return says why and by when; nothing is passed while a point is judged 要改."""
        cleaned: dict[str, Any] = super().clean() or {}
        judged = self.judged()
        if cleaned.get("result") == "approve":
            for name in ("reason", "mend_by"):  # asked for a return only
                self.errors.pop(name, None)
            wrong = [point.title for point in self.points if judged.get(point.code) == NO]
            if wrong:
                self.add_error("result", f"“{'”“'.join(wrong)}”判为要改。改判为符合，或者退回修改")
        return cleaned

    def judged(self) -> dict[str, str]:
        """The judgement of each point that has one."""
        cleaned = self.cleaned_data
        found = {point.code: cleaned.get(f"judge_{point.code}", "") for point in self.points}
        return {code: value for code, value in found.items() if value}

    def remarks(self) -> list[Remark]:
        """What to change, by place."""
        keys = [ROWS, *SectionKey.values]
        texts = [(key, self.cleaned_data.get(f"point_{key}", "").strip()) for key in keys]
        return [Remark("" if key == ROWS else key, text) for key, text in texts if text]

    def judgements(self) -> list[tuple[Point, Any]]:
        """Each point with its field."""
        return [(point, self[f"judge_{point.code}"]) for point in self.points]

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            name = fault.path if fault.path in self.fields else f"point_{fault.path}"
            self.add_error(name if name in self.fields else None, fault.reason)
