"""登记完成 as a form: the text, its version, the day, the signed decision, and files or evidence of the tasks."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from attachments.models import Attachment
from common.errors import Fault
from pilots.services.foundations import LONGEST_TITLE, LONGEST_VERSION, AdoptedText
from schools.adoptions import Adoption


class AdoptedTextForm(forms.Form):
    """Title, version, decision and day are asked; the file is taken from the evidence, or uploaded beside the form."""

    title = forms.CharField(
        label="文本名称",
        min_length=2,
        max_length=LONGEST_TITLE,
        error_messages=dict.fromkeys(
            ("required", "min_length", "max_length"), f"写文本名称，2 至 {LONGEST_TITLE} 个字"
        ),
    )
    text_version = forms.CharField(
        label="文本版本",
        max_length=LONGEST_VERSION,
        help_text="如“2026 年修订”“第 2 版”",
        error_messages=dict.fromkeys(("required", "max_length"), f"写文本版本，{LONGEST_VERSION} 个字以内"),
    )
    adopted_by = forms.ChoiceField(
        label="通过的会议决议",
        help_text="只列本校已签发的决议，最近的在前",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "选通过这份文本的会议决议；只列本校已签发的"),
    )
    adopted_on = forms.DateField(
        label="通过日期",
        widget=forms.DateInput,
        error_messages={"required": "写通过日期", "invalid": "日期写成 2026-11-20 这样"},
    )
    evidence = forms.MultipleChoiceField(
        label="取自任务佐证",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从这项工程任务的佐证里选；有文件不在了，刷新页面再选"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, adoptions: Sequence[Adoption], evidence: Sequence[Attachment], *args: Any, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["adopted_by"]
        chooser.choices = [  # type: ignore[attr-defined]
            ("", "选一项决议"),
            *((found.subject, f"{found.on} {found.label}") for found in adoptions),
        ]
        self.fields["evidence"].choices = [(str(file.pk), file.name) for file in evidence]  # type: ignore[attr-defined]
        if not evidence:
            del self.fields["evidence"]
        self.fields["adopted_on"].widget.attrs["max"] = today.isoformat()

    def value(self) -> AdoptedText:
        """What was typed."""
        cleaned = self.cleaned_data
        return AdoptedText(
            title=cleaned["title"],
            text_version=cleaned["text_version"],
            adopted_on=cleaned["adopted_on"],
            adopted_by=cleaned["adopted_by"],
            evidence=tuple(UUID(key) for key in cleaned.get("evidence", ())),
        )

    def seen_version(self) -> int:
        """The version that was on the page; 0 for a work nothing was registered for."""
        return int(self.cleaned_data.get("version") or 0)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)
