"""知悉范围 of one item as a form: the level, and for 限定人员 who may read it. It saves nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from common.errors import InvalidInput
from governance.models import Secrecy
from governance.secrecy import Candidate

LEVELS = (
    (Secrecy.PUBLIC.value, "公开：可以对外公布"),
    (Secrecy.INTERNAL.value, "内部：看得到会议的人都能看"),
    (Secrecy.RESTRICTED.value, "限定人员：只有下面列名的人能看"),
)


class SecrecyForm(forms.Form):
    """The version that was seen, the level, the readers. A version that is missing or no number is an old one."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    level = forms.ChoiceField(
        label="范围",
        choices=LEVELS,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "从公开、内部、限定人员里选"),
    )
    readers = forms.MultipleChoiceField(
        label="知悉人",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从列出的人里选"},
    )

    def __init__(self, people: Sequence[Candidate], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["readers"].choices = [(str(one.person.pk), one.person.name) for one in people]  # type: ignore[attr-defined]

    def seen_version(self) -> int:
        """The version that was on the page; -1 when there was none."""
        raw = str(self.data.get("version", ""))
        return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1

    def named(self) -> set[UUID]:
        """The chosen readers."""
        return {UUID(pk) for pk in self.cleaned_data["readers"]}

    def rows(self) -> list[dict[str, Any]]:
        """The people for the page; the head of the body is always in."""
        chosen = set(self["readers"].value() or [])
        return [
            {
                "id": str(one.person.pk),
                "name": one.person.name,
                "words": one.words,
                "fixed": one.fixed,
                "chosen": one.fixed or str(one.person.pk) in chosen,
            }
            for one in self.people
        ]

    def refuse(self, refusal: InvalidInput) -> None:
        """Put the service's faults on their fields."""
        for fault in refusal.faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)
