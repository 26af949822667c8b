"""Fields that may be empty while something is written, and are asked for when it is handed in: no “选填” stands beside them."""

from typing import Any

from django import forms


class AskedLater:
    """Mixin: an empty value passes here; the service says what is missing when it matters."""

    empty_values: Any

    def validate(self, value: Any) -> None:
        """Only what is filled in is checked."""
        if value not in self.empty_values:
            super().validate(value)  # type: ignore[misc]  # the field beside it


class LaterText(AskedLater, forms.CharField):
    """A text."""


class LaterDay(AskedLater, forms.DateField):
    """A day."""


class LaterChoice(AskedLater, forms.ChoiceField):
    """A choice."""
