"""What 组织科 types about the rules: the settings of one rule of a draft, and the issue of a version."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from governance.rule_words import SEVERITIES, label_of, punctuated, value_words
from governance.rules.book import Settings, editable, settings_of, typed_list
from governance.rules.reference import Kind
from governance.rules.thresholds import Base, Threshold
from governance.services.rulebook import IssueRules

LISTS = frozenset({Kind.CODES, Kind.WORDS, Kind.MONTHS})
HINTS = {
    Kind.CODE: "目录中的一个事项编号，如 P01",
    Kind.CODES: "目录中的事项编号，用顿号隔开，如 P16、P17",
    Kind.WORDS: "几个词，用顿号隔开",
    Kind.MONTHS: "1 至 12，用顿号隔开；没有的不填",
}
WHOLE = "填整数"


class VersionForm(forms.Form):
    """The version of the draft that was on the page. One that is missing or no number counts as an old one, never as "any"."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_version(self) -> int:
        """The number; -1 when there was none."""
        seen = self.cleaned_data["version"]
        return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1


class RuleForm(VersionForm):
    """One rule of a draft. Besides severity, use and words it has a field for each parameter the engine reads."""

    severity = forms.ChoiceField(
        label="等级",
        widget=forms.RadioSelect,
        choices=list(SEVERITIES.items()),
        help_text="拦截：不满足就不能进入下一步；提醒：可以继续，记入检查清单；记录：只供统计",
        error_messages={"required": "选拦截、提醒或记录", "invalid_choice": "选拦截、提醒或记录"},
    )
    in_use = forms.BooleanField(label="启用这一条", required=False)
    statement = forms.CharField(
        label="条文",
        widget=forms.Textarea(attrs={"rows": "3"}),
        max_length=300,
        error_messages=dict.fromkeys(("required", "max_length"), "条文写 4 至 300 个字"),
    )
    note = forms.CharField(
        label="说明",
        widget=forms.Textarea(attrs={"rows": "2"}),
        max_length=300,
        required=False,
        error_messages={"max_length": "说明最多 300 个字"},
    )

    def __init__(self, rule: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        self.kinds = editable(rule["id"])
        super().__init__(*args, **kwargs)
        for name, kind in self.kinds.items():
            self.fields[name] = _field(kind, label_of(name))
        self.order_fields(["severity", "in_use", *self.kinds, "statement", "note"])

    def parameters(self) -> list[Any]:
        """The bound fields of the parameters."""
        return [self[name] for name in self.kinds]

    def settings(self) -> Settings:
        """What was typed."""
        data = self.cleaned_data
        parameters = {name: _typed(kind, data[name]) for name, kind in self.kinds.items()}
        return Settings(data["severity"], data["in_use"], data["statement"], data["note"], parameters)


def shown_settings(rule: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The initial values of the form."""
    now = settings_of(rule)
    shown: dict[str, Any] = {
        "version": version,
        "severity": now.severity,
        "in_use": now.in_use,
        "statement": punctuated(now.statement),
        "note": punctuated(now.note),
    }
    for name, kind in editable(rule["id"]).items():
        value = now.parameters[name]
        shown[name] = "、".join(map(str, value)) if kind in LISTS else value
    return shown


def _field(kind: Kind, label: str) -> forms.Field:
    if kind in (Kind.WHOLE, Kind.MONTH):
        return forms.IntegerField(label=label, error_messages=dict.fromkeys(("required", "invalid"), WHOLE))
    if kind in (Kind.THRESHOLD, Kind.BASE):
        return forms.ChoiceField(label=label, choices=_choices(Threshold if kind is Kind.THRESHOLD else Base))
    if kind is Kind.FLAG:
        return forms.BooleanField(label=label, required=False)
    return forms.CharField(label=label, max_length=300, required=kind is not Kind.MONTHS, help_text=HINTS[kind])


def _choices(values: Iterable[Any]) -> list[tuple[str, str]]:
    return [(value.value, value_words(value.value)) for value in values]


def _typed(kind: Kind, value: Any) -> Any:
    if kind is Kind.CODE:
        return str(value).strip().upper()
    if kind is Kind.CODES:
        return [code.upper() for code in typed_list(value)]
    if kind is Kind.WORDS:
        return typed_list(value)
    if kind is Kind.MONTHS:
        return [int(month) if month.isascii() and month.isdecimal() else month for month in typed_list(value)]
    return value


class IssueForm(VersionForm):
    """Number, first day in force, and what is new."""

    number = forms.CharField(
        label="版本号",
        max_length=20,
        help_text="如 2027-1",
        error_messages=dict.fromkeys(("required", "max_length"), "版本号写 2 至 20 个字，如 2027-1"),
    )
    effective_from = forms.DateField(
        label="生效日期",
        widget=forms.DateInput,
        help_text="这一天和以后召开的会议按新版核查，以前的会议仍按当时的版本",
        error_messages=dict.fromkeys(("required", "invalid"), "写生效日期，如 2027-03-01"),
    )
    note = forms.CharField(
        label="说明",
        widget=forms.Textarea(attrs={"rows": "3"}),
        max_length=300,
        help_text="这一版改了什么、依据什么，4 至 300 个字",
        error_messages=dict.fromkeys(("required", "max_length"), "写明这一版改了什么、依据什么，4 至 300 个字"),
    )

    def said(self) -> IssueRules:
        """What was typed."""
        data = self.cleaned_data
        return IssueRules(data["number"], data["effective_from"], data["note"])


class DiscardForm(VersionForm):
    """Only the version."""
