"""实施评估 as a form: the criteria of the bureau's form, day, conclusion, words. It saves nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from common.errors import Fault
from pilots.evaluations import Criterion, EvaluationForm
from pilots.forms.later import LaterChoice, LaterDay
from pilots.models import Evaluation, EvaluationResult
from pilots.services.evaluations import LONGEST_FACT, LONGEST_TEXT, AnswerInput, EvaluationInput


class EvaluationSheet(forms.Form):
    """One sheet by the version of the form it was begun with."""

    held_on = LaterDay(
        label="评估日期",
        widget=forms.DateInput,
        error_messages={"invalid": "日期写成 2026-11-20 这样"},
    )
    result = LaterChoice(label="结论", choices=EvaluationResult.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label="总评",
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "data-fit": ""}),
        error_messages={"max_length": f"总评写到 {LONGEST_TEXT} 字以内"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, form: EvaluationForm, stored: Evaluation | None, *args: Any, today: date, **kwargs: Any) -> None:
        self.form = form
        initial: dict[str, Any] = {"held_on": today, "version": 0}
        if stored is not None:
            initial = {name: getattr(stored, name) for name in ("held_on", "result", "text", "version")}
            for answer in stored.answers.all():
                initial |= {f"points_{answer.criterion}": answer.points, f"fact_{answer.criterion}": answer.text}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["held_on"].widget.attrs["max"] = today.isoformat()
        for criterion in form.criteria:
            words = f"“{criterion.title}”写 0 至 {criterion.points} 分，或者不写"
            self.fields[f"points_{criterion.code}"] = forms.IntegerField(
                label=f"{criterion.title}：得分",
                required=False,
                min_value=0,
                max_value=criterion.points,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), words),
            )
            self.fields[f"fact_{criterion.code}"] = forms.CharField(
                label=f"{criterion.title}：事实",
                max_length=LONGEST_FACT,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2, "data-fit": ""}),
                error_messages={"max_length": f"事实写到 {LONGEST_FACT} 字以内"},
            )

    def lines(self) -> list[tuple[Criterion, Any, Any]]:
        """Each criterion with its two fields."""
        return [(c, self[f"points_{c.code}"], self[f"fact_{c.code}"]) for c in self.form.criteria]

    def value(self) -> EvaluationInput:
        """What was typed."""
        cleaned = self.cleaned_data
        answers = {
            c.code: AnswerInput(cleaned.get(f"points_{c.code}"), cleaned.get(f"fact_{c.code}", ""))
            for c in self.form.criteria
        }
        return EvaluationInput(cleaned.get("held_on"), cleaned["result"], cleaned["text"], answers)

    def seen_version(self) -> int:
        """The version that was on the page; 0 for one that was not begun."""
        return int(self.cleaned_data.get("version") or 0)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            name = fault.path if fault.path in self.fields else f"fact_{fault.path}"
            self.add_error(name if name in self.fields else None, fault.reason)
