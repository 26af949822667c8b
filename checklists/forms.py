"""Shapes of what is asked for at each step of a task. They save nothing; the services judge."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from attachments.services import ACCEPT, check_upload
from checklists.models import Task
from checklists.selectors import in_office
from common.errors import InvalidInput
from schools.models import Person

MOST_FILES = 9
REASON = "写明理由，4 至 500 个字"
WANTS_DAY = {"required": "选一个新的时限", "invalid": "日期写成 2026-11-20 的样子"}


class ManyFiles(forms.FileInput):
    """A file input that takes several, and joins those of all inputs of its name (chosen files, a photo just taken)."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: MultiValueDict[str, UploadedFile], name: str) -> list[UploadedFile]:
        """All files of that name."""
        return files.getlist(name)


class EvidenceField(forms.Field):
    """Up to `MOST_FILES` files as evidence (佐证); every file that cannot be kept is named."""

    widget = ManyFiles

    def clean(self, value: Sequence[UploadedFile]) -> list[UploadedFile]:
        """The files, or all their faults at once."""
        faults = []
        if len(value) > MOST_FILES:
            faults.append(f"一次最多传 {MOST_FILES} 份，现在有 {len(value)} 份。分两次登记")
        for upload in value[:MOST_FILES]:
            try:
                check_upload(upload)
            except InvalidInput as refusal:
                faults.append(str(refusal))
        if faults:
            raise ValidationError(faults)
        return list(value)


class StepForm(forms.Form):
    """A step that asks for nothing more. Every form is made with its task and the day."""

    def __init__(self, data: Any = None, files: Any = None, *, task: Task, today: date) -> None:
        super().__init__(data, files)
        self.task, self.today = task, today

    def asked(self) -> dict[str, Any]:
        """What the service is called with."""
        return {"files" if name == "evidence" else name: value for name, value in self.cleaned_data.items()}

    def take(self, refusal: InvalidInput) -> None:
        """Put the service's faults beside their fields; what has no field here stands above the form."""
        for fault in refusal.faults:
            name = "evidence" if fault.path == "file" else fault.path
            self.add_error(name if name in self.fields else None, fault.reason)


class ProgressForm(StepForm):
    """登记进展."""

    text = forms.CharField(
        label="进展",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "进展写到 2000 字以内"},
        help_text="写一句，或传一份佐证",
    )
    evidence = EvidenceField(
        label="佐证",
        required=False,
        widget=ManyFiles(attrs={"multiple": True, "accept": ACCEPT}),
        help_text=f"照片、PDF 或办公文档，每份 {settings.UPLOAD_LIMIT // 1048576} MB 以内，一次最多 {MOST_FILES} 份",
    )


class SubmitForm(ProgressForm):
    """标为完成."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = "完成情况", ""


class ReasonForm(StepForm):
    """退回补充, 终止任务."""

    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": REASON, "min_length": REASON, "max_length": REASON},
    )


class RescheduleForm(ReasonForm):
    """调整时限, 重新办理."""

    due_on = forms.DateField(label="新的时限", error_messages=WANTS_DAY)
    field_order = ("due_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].widget.attrs["min"] = self.today.isoformat()


class HandForm(StepForm):
    """转交他人: somebody of the school in office, other than who has the task now."""

    person = forms.ChoiceField(
        label="转交给", error_messages={"required": "选一位在任的人", "invalid_choice": "选一位现在在本校任职的人"}
    )
    reason = forms.CharField(
        label="说明", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "说明写到 500 字以内"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.task.responsible_id
        held = [row for row in in_office(self.task.school_id, self.today) if row[0].pk != present]
        self.people = {str(person.pk): person for person, _ in held}
        choices = [(str(person.pk), f"{person.name}（{posts}）") for person, posts in held]
        self.fields["person"].choices = [("", "选一位"), *choices]  # type: ignore[attr-defined]

    def clean_person(self) -> Person:
        """The person behind the choice."""
        return self.people[self.cleaned_data["person"]]
