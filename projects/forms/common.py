"""What the forms share: the version that was seen, and putting a service's faults on their fields."""

from collections.abc import Iterable
from typing import Any

from django import forms

from common.errors import Fault

REASON = "写明理由，4 至 500 个字"


def area(rows: int = 3) -> forms.Textarea:
    """A text of some lines."""
    return forms.Textarea(attrs={"rows": str(rows)})


def reason_field(label: str = "理由", hint: str = "4 至 500 个字，有关的人都看得到") -> forms.CharField:
    """A reason."""
    return forms.CharField(
        label=label,
        widget=area(),
        min_length=4,
        max_length=500,
        help_text=hint,
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), REASON),
    )


class VersionedForm(forms.Form):
    """A version that is missing or no number is treated as an old one, never as "any"."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def is_valid(self) -> bool:
        """A version that is no number counts as none."""
        valid = super().is_valid()
        if "version" in self.errors:
            del self.errors["version"]
            valid = not self.errors
        return valid

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def asked(self) -> dict[str, Any]:
        """What the service is called with."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields; what has no field here stands above the form."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)
