"""利益关系申报 as a form: a tick for “nothing”, or rows of whom it is about and how one is bound to it. It saves nothing."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms

from common.errors import Fault
from governance.models import Declaration, Interest
from governance.services.declarations import LONGEST_ABOUT, LONGEST_NOTE, MOST, InterestInput

BLANK_ROWS = 2  # beyond those that are filled


class DeclarationForm(forms.Form):
    """The tick, and the version that was on the page."""

    nothing = forms.BooleanField(label="没有需要申报的", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)


class InterestForm(forms.Form):
    """One row."""

    relation = forms.ChoiceField(
        label="关系",
        choices=[("", "选一种"), *Interest.Relation.choices],
        error_messages={"required": "选一种关系", "invalid_choice": "从列出的关系里选一种"},
    )
    about = forms.CharField(
        label="涉及的人或单位",
        max_length=LONGEST_ABOUT,
        error_messages={"required": "写涉及的人或单位", "max_length": f"写到 {LONGEST_ABOUT} 个字以内"},
    )
    note = forms.CharField(
        label="说明",
        max_length=LONGEST_NOTE,
        required=False,
        error_messages={"max_length": f"写到 {LONGEST_NOTE} 个字以内"},
    )


class InterestRows(forms.BaseFormSet):
    """The rows; blank ones are left out."""

    def _construct_form(self, i: int, **kwargs: Any) -> forms.Form:
        kwargs |= {"empty_permitted": True, "use_required_attribute": False}
        row: forms.Form = super()._construct_form(i, **kwargs)  # type: ignore[misc]  # unknown to the stubs
        return row

    def value(self) -> list[InterestInput]:
        """What was typed."""
        return [InterestInput(**row.cleaned_data) for row in self._typed()]

    def _typed(self) -> list[InterestForm]:
        return [row for row in self.forms if any(row.cleaned_data.get(name) for name in ("relation", "about", "note"))]

    def refuse(self, faults: Iterable[Fault]) -> list[Fault]:
        """Put the service's faults on their fields; answers those that belong to no row."""
        rows, rest = self._typed(), []
        for fault in faults:
            place, _, name = fault.path.rpartition(".")
            if place.startswith("interests["):
                rows[int(place[10:-1])].add_error(name, fault.reason)
            else:
                rest.append(fault)
        return rest


RowsOf = forms.formset_factory(InterestForm, InterestRows, extra=BLANK_ROWS, max_num=MOST, absolute_max=2 * MOST)


def rows_of(declaration: Declaration | None, data: Any = None) -> InterestRows:
    """The rows of a declaration, with some blank ones to fill."""
    interests: Sequence[Interest] = list(declaration.interests.order_by("pk")) if declaration else []
    initial = [{"relation": one.relation, "about": one.about, "note": one.note} for one in interests]
    rows = RowsOf(data, initial=None if data else initial, prefix="r")
    return cast("InterestRows", rows)
