"""The little form under a button: the version that was seen, and a reason where one is asked."""

from typing import Any

from django import forms

from common.transitions import Transition


class StepForm(forms.Form):
    """A step on a meeting. A version that is missing or no number is treated as an old one, never as "any"."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="理由",
        widget=forms.Textarea(attrs={"rows": "3"}),
        min_length=4,
        max_length=500,
        help_text="4 至 500 个字，有关的人都看得到",
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写明理由，4 至 500 个字"),
    )

    def __init__(self, step: Transition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not step.needs_reason:
            del self.fields["reason"]

    def clean_version(self) -> int:
        """The version that was on the page; -1 when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def is_valid(self) -> bool:
        """A version that is no number counts as none."""
        if super().is_valid():
            return True
        if "version" in self.errors:
            del self.errors["version"]
            self.cleaned_data["version"] = -1
        return not self.errors
