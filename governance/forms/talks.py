"""书记校长沟通 as a form: date and topic are asked, the rest may stay empty. It saves nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from common.dates import meeting_time
from common.errors import Fault
from governance.models import AgendaItem, TalkResult
from governance.services import TalkInput
from governance.talks import asks_for_talk

UNSAID = ("", "没有说")


class TalkForm(forms.Form):
    """Two lines: when and about what; how it ended and which items it was about."""

    held_on = forms.DateField(
        label="沟通日期",
        widget=forms.DateInput,
        error_messages={"required": "选沟通日期", "invalid": "日期写成 2026-11-20 这样"},
    )
    topics = forms.CharField(
        label="沟通主题",
        min_length=2,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写明沟通了什么，2 至 300 个字"),
    )
    result = forms.ChoiceField(
        label="结果",
        choices=[*TalkResult.choices, UNSAID],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "从一致、基本一致、有分歧里选一个"},
    )
    items = forms.MultipleChoiceField(
        label="涉及议题",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从列出的议题里选；有议题已签发或不在了，刷新页面再选"},
    )
    note = forms.CharField(
        label="说明", max_length=500, required=False, error_messages={"max_length": "说明写到 500 字以内"}
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, items: Iterable[AgendaItem], *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = [(str(item.pk), item_words(item)) for item in items]  # type: ignore[attr-defined]
        self.fields["held_on"].widget.attrs["max"] = today.isoformat()

    def value(self) -> TalkInput:
        """What was typed."""
        cleaned = self.cleaned_data
        return TalkInput(
            held_on=cleaned["held_on"],
            topics=cleaned["topics"],
            result=cleaned["result"],
            note=cleaned["note"],
            items=tuple(UUID(item) for item in cleaned["items"]),
        )

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)

    def chosen(self) -> int:
        """How many items are ticked, for the line that folds them away."""
        return len(self["items"].value() or ())


def item_words(item: AgendaItem) -> str:
    """“11月26日（周四）15:30 党组织会议 第 1 项 年度工作计划（P01，须会前沟通）”."""
    meeting = item.meeting
    code = item.matter.code if item.matter else ""
    notes = "，".join(filter(None, [code, "须会前沟通" if asks_for_talk(item) else ""]))
    about = f"（{notes}）" if notes else ""
    return f"{meeting_time(meeting.scheduled_at)} {meeting.get_body_display()} 第 {item.order} 项 {item.title}{about}"
