"""What the forms of this app share."""

from collections.abc import Iterable
from typing import Any

from django import forms

from common.errors import Fault

DAY = {"required": "选日期", "invalid": "日期写成 2026-09-01 这样"}
REASON = dict.fromkeys(("required", "min_length", "max_length"), "写明理由，4 至 500 个字")
NUMBER = {
    "required": "写一个整数",
    "invalid": "写一个整数",
    "min_value": "写 1 或更大的整数",
    "max_value": "数字太大，核对一下",
}


def day(label: str, **values: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, widget=forms.DateInput, error_messages=DAY, **values)


def words(label: str, longest: int, *, required: bool = True, rows: int = 0, hint: str = "") -> forms.CharField:
    """A text of at most so many letters."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    said = f"写{label}" if required else f"{label}写到 {longest} 字以内"
    return forms.CharField(
        label=label, max_length=longest, required=required, widget=widget, help_text=hint,
        error_messages={"required": said, "max_length": f"{label}写到 {longest} 字以内"},
    )  # fmt: skip


def number(label: str, hint: str = "", **values: Any) -> forms.IntegerField:
    """A whole number from 1 on."""
    return forms.IntegerField(
        label=label, min_value=1, max_value=99999, help_text=hint, error_messages=NUMBER, **values
    )


class VersionedForm(forms.Form):
    """A form that carries the version that was seen; one that is missing is never current."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def seen(self) -> int:
        """The version that was on the page."""
        found = self.cleaned_data.get("version")
        return -1 if found is None else int(found)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields; what has no field stands above the form."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)
