"""会前准备 of one item as a form: one row a step, and what else is prepared. It saves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from attachments.services import ACCEPT
from common.errors import InvalidInput
from governance.models import AgendaItem
from governance.services.preparation import MOST_STEPS, Preparation, StepInput

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One step on the page: its stage in words, what the catalogue says of it, and its fields."""

    form: "StepForm"
    label: str
    requirement: str
    with_source: bool


@dataclass(frozen=True)
class Options:
    """What can be chosen: stages in words, items of the principal's meeting, decisions of the school."""

    stages: Choices
    sources: Choices
    decisions: Choices


class StepForm(forms.Form):
    """One step: which, when, what came of it."""

    stage = forms.ChoiceField(label="环节", required=False, error_messages={"invalid_choice": "从目录的环节里选一个"})
    done_on = forms.DateField(
        label="完成日期",
        required=False,
        widget=forms.DateInput,
        error_messages={"invalid": "日期写成 2026-11-20 这样"},
    )
    source = forms.ChoiceField(
        label="校长办公会议议题", required=False, error_messages={"invalid_choice": "从列出的议题里选一个"}
    )
    note = forms.CharField(
        label="情况", max_length=300, required=False, error_messages={"max_length": "情况写到 300 字以内"}
    )

    def __init__(self, options: Options, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [("", "选一个环节"), *options.stages]  # type: ignore[attr-defined]
        self.fields["source"].choices = [("", "没有关联"), *options.sources]  # type: ignore[attr-defined]


class ItemForm(forms.Form):
    """What is part of the agenda itself."""

    urgent = forms.BooleanField(label="临时动议（不是提前列入的议题）", required=False)
    urgent_reason = forms.CharField(
        label="紧急事由", max_length=300, required=False, error_messages={"max_length": "紧急事由写到 300 字以内"}
    )
    urgent_consent = forms.BooleanField(label="主持人同意临时动议", required=False)
    amount = forms.DecimalField(
        label="金额（元）",
        max_digits=14,
        decimal_places=2,
        min_value=0,
        required=False,
        help_text="涉及资金、采购、基建的议题填写，用来对照本校大额标准",
        error_messages={
            "invalid": "金额写成 35000 或 35000.00 这样的数",
            "min_value": "金额写成不小于 0 的数",
            "max_digits": "金额太大，核对单位是不是元",
            "max_whole_digits": "金额太大，核对单位是不是元",
            "max_decimal_places": "金额写到分为止",
        },
    )
    reconsiders = forms.ChoiceField(
        label="复议哪一项决议",
        required=False,
        help_text="已经决定的事项要变更时，选原来的决议",
        error_messages={"invalid_choice": "从本校的决议里选"},
    )

    def __init__(self, options: Options, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reconsiders"].choices = [("", "不是复议"), *options.decisions]  # type: ignore[attr-defined]


class PreparationForms:
    """All forms of the page. `rows` are the steps: those that are stored, those the matter asks for, and one more."""

    accept = ACCEPT

    def __init__(self, item: AgendaItem, options: Options, data: Any = None) -> None:
        self.options = options
        self.asked = {row["stage"]: row["requirement"] for row in (item.matter.prior_stages if item.matter else [])}
        self.words = dict(options.stages)
        self.own = ItemForm(options, data, initial=_own(item))
        kept = self._posted(data) if data is not None else self._stored(item)
        self.rows = [self._row(number, values, data) for number, values in enumerate(kept)]

    def _posted(self, data: Any) -> list[dict[str, Any]]:
        count = sum(f"step-{number}-stage" in data for number in range(MOST_STEPS + 1))
        return [{"stage": data.get(f"step-{number}-stage", "")} for number in range(count)]

    def _stored(self, item: AgendaItem) -> list[dict[str, Any]]:
        stored = [
            {
                "stage": step.stage,
                "done_on": step.done_on,
                "note": step.note,
                "source": str(step.source_item_id) if step.source_item_id else "",
            }
            for step in item.prior_steps.all()
        ]
        there = {step["stage"] for step in stored}
        wanted = [{"stage": stage} for stage in self.asked if stage in self.words and stage not in there]
        return [*stored, *wanted, {"stage": ""}]

    def _row(self, number: int, values: dict[str, Any], data: Any) -> Row:
        form = StepForm(self.options, data, prefix=f"step-{number}", initial=values)
        stage = values["stage"]
        return Row(form, self.words.get(stage, ""), self.asked.get(stage, ""), stage == "principal_meeting")

    def is_valid(self) -> bool:
        """Every form checked, so that all faults show at once."""
        return all([self.own.is_valid(), *(row.form.is_valid() for row in self.rows)])

    def value(self) -> Preparation:
        """What was typed; rows in which nothing was typed are left out."""
        own = self.own.cleaned_data
        return Preparation(
            steps=tuple(step for row in self.rows if (step := _step(row.form.cleaned_data))),
            urgent=own["urgent"],
            urgent_reason=own["urgent_reason"],
            urgent_consent=own["urgent_consent"],
            amount=own["amount"],
            reconsiders=_id(own["reconsiders"]),
        )

    def refuse(self, refusal: InvalidInput) -> list[str]:
        """Put the service's faults on their fields; gives those about files, which have no field of a form."""
        typed = [row.form for row in self.rows if _step(row.form.cleaned_data)]
        of_files = []
        for fault in refusal.faults:
            head, _, name = fault.path.partition("].")
            number = head.removeprefix("steps[")
            if number.isdigit() and int(number) < len(typed):
                typed[int(number)].add_error(name, fault.reason)
            elif fault.path in self.own.fields:
                self.own.add_error(fault.path, fault.reason)
            else:
                of_files.append(fault.reason)
        return of_files

    def all(self) -> list[forms.Form]:
        """Every form, for the summary of faults."""
        return [self.own, *(row.form for row in self.rows)]


def _own(item: AgendaItem) -> dict[str, Any]:
    return {
        "urgent": item.urgent,
        "urgent_reason": item.urgent_reason,
        "urgent_consent": item.urgent_consent,
        "amount": item.amount,
        "reconsiders": str(item.reconsiders_id) if item.reconsiders_id else "",
    }


def _step(cleaned: dict[str, Any]) -> StepInput | None:
    """A row says something once a day, a source or a note stands in it, and a stage that was chosen alone asks for one."""
    source = _id(cleaned.get("source"))
    note, done_on, stage = cleaned.get("note", ""), cleaned.get("done_on"), cleaned.get("stage", "")
    if not (source or note or done_on):
        return None
    return StepInput(stage=stage, done_on=done_on, note=note, source=source)


def _id(raw: str | None) -> UUID | None:
    return UUID(raw) if raw else None
