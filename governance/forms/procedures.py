"""Forms of the rules of procedure: shape of input only; what it means is the services' part."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from common.errors import InvalidInput
from governance.models import Clause, ClauseKind, Decision, Matter, ModelText
from governance.procedures import in_words, rule_rows
from governance.rule_words import punctuated
from governance.rules.findings import Severity
from governance.rules.thresholds import Threshold
from governance.rules.tighten import (
    LESS_IS_STRICTER,
    MOST_DAYS,
    SEVERITY,
    THRESHOLD,
    Setting,
    stricter_thresholds,
)
from governance.services.clauses import MOST_LETTERS
from governance.services.model_texts import ClauseInput, IssueInput

DAY = {"required": "选一个日期", "invalid": "日期写成 2026-11-20 的样子"}
WRITE = "写条文；不要这一条的，用“去掉”"


class VersionedForm(forms.Form):
    """A form that knows which version the person saw; one without it, or with another word there, counts as stale."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def seen(self) -> int:
        """The version on the page, or -1."""
        value = self.cleaned_data.get("version")
        return -1 if value is None else int(value)

    def take(self, refusal: InvalidInput) -> None:
        """Put each fault at its field, or at the head of the form."""
        for fault in refusal.faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)


class TextForm(VersionedForm):
    """The wording of one clause."""

    text = forms.CharField(
        label="条文",
        widget=forms.Textarea(attrs={"rows": 4, "data-fit": True, "autofocus": True}),
        max_length=MOST_LETTERS,
        error_messages={"required": WRITE, "max_length": f"条文最多 {MOST_LETTERS} 个字"},
    )


class ClauseForm(TextForm):
    """One clause of the model text: words, kind, rules, chapter."""

    kind = forms.ChoiceField(
        label="性质",
        choices=ClauseKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "选一种性质", "invalid_choice": "选一种性质"},
    )
    rules = forms.CharField(
        label="对应的规则",
        required=False,
        max_length=200,
        help_text="规则编号，用空格或顿号隔开，如 R-Q01 R-Q02",
    )
    chapter = forms.CharField(
        label="章", required=False, max_length=60, help_text="写已有的章名就移到那一章的末尾；写新的章名就另起一章"
    )

    def __init__(self, *args: Any, chapters: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chapters = list(chapters)
        self.fields["chapter"].widget.attrs["list"] = "chapters"

    @staticmethod
    def of(clause: Clause) -> dict[str, Any]:
        """The clause as initial values."""
        return {
            "text": clause.text,
            "kind": clause.kind,
            "rules": " ".join(clause.rules),
            "chapter": clause.chapter,
        }

    def entry(self) -> ClauseInput:
        """What was typed."""
        data = self.cleaned_data
        rules = data["rules"].replace("，", " ").replace("、", " ").replace(",", " ").split()
        return ClauseInput(data["text"], data["kind"], tuple(rules), data["chapter"])


class IssueTextForm(VersionedForm):
    """What a model text is issued with."""

    number = forms.CharField(
        label="版本号", max_length=20, help_text="如 2027-1", error_messages={"required": "写版本号"}
    )
    title = forms.CharField(label="名称", max_length=120, error_messages={"required": "写名称"})
    note = forms.CharField(
        label="说明", max_length=300, help_text="文号或依据，学校看得到", error_messages={"required": "写一句说明"}
    )
    adopted_under = forms.ChoiceField(
        label="学校通过时归入的事项",
        help_text="学校的文本由党组织会议按这个事项通过",
        error_messages={"required": "选一个事项"},
    )
    effective_from = forms.DateField(label="施行日期", widget=forms.DateInput, error_messages=DAY)

    def __init__(self, *args: Any, matters: Sequence[Matter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["adopted_under"].choices = [  # type: ignore[attr-defined]
            (matter.code, f"{matter.code} {matter.title}") for matter in matters
        ]

    @staticmethod
    def of(draft: ModelText) -> dict[str, Any]:
        """Initial values; the number is still to be given."""
        return {"title": draft.title, "adopted_under": draft.adopted_under, "version": draft.version}

    def entry(self) -> IssueInput:
        """What was typed."""
        names = ("number", "title", "note", "adopted_under", "effective_from")
        return IssueInput(**{name: self.cleaned_data[name] for name in names})


class AdoptForm(VersionedForm):
    """Which meeting adopted the version, and from when it is in force."""

    meeting = forms.ChoiceField(label="通过的会议", error_messages={"required": "选通过的会议"})
    effective_from = forms.DateField(
        label="施行日期", widget=forms.DateInput, error_messages=DAY, help_text="这一天起的会议按本校这一版核查"
    )

    def __init__(self, *args: Any, decisions: Sequence[Decision], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["meeting"]
        field.choices = [  # type: ignore[attr-defined]
            (str(d.meeting_id), f"{d.decided_on} {d.meeting.title()}，决议 {d.number} {d.title[:40]}")
            for d in decisions
        ]
        field.error_messages["invalid_choice"] = "这次会议没有通过本规则的决议，从下面选一次"


class LimitForm(forms.Form):
    """A new amount from which spending counts as 大额."""

    amount = forms.DecimalField(
        label="大额标准（元）",
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        error_messages={
            "required": "写金额，如 30000",
            "invalid": "金额写成数字，如 30000",
            "min_value": "金额要大于 0 元",
            "max_digits": "金额太大了，核对一下单位是元",
            "max_whole_digits": "金额太大了，核对一下单位是元",
            "max_decimal_places": "金额最多到分",
        },
    )
    effective_from = forms.DateField(label="执行日期", widget=forms.DateInput, error_messages=DAY)
    basis = forms.CharField(
        label="依据",
        max_length=200,
        help_text="哪次会议或哪份制度定的",
        error_messages={"required": "写哪次会议或哪份制度定的"},
    )


class StricterForm(VersionedForm):
    """从严要求: one field for each requirement a school may tighten, named `R-Q01.threshold`."""

    def __init__(
        self, data: Any = None, *, settings: Sequence[Setting], own: dict[str, dict[str, Any]], version: int
    ) -> None:
        self.settings = list(settings)
        initial = {_name(s): own.get(s.rule, {}).get(s.name, s.now) for s in self.settings}
        super().__init__(data, initial={**initial, "version": version})
        for setting in self.settings:
            self.fields[_name(setting)] = _field(setting)

    def rows(self, *, severities: bool) -> list[dict[str, Any]]:
        """Rows for the page: rule, the bureau's value, the field."""
        chosen = [s for s in self.settings if (s.name == SEVERITY) is severities]
        return [
            {
                "rule": s.rule,
                "topic": rule_rows()[s.rule]["topic"],
                "statement": punctuated(rule_rows()[s.rule]["statement"]),
                "bureau": in_words(s.name, s.now),
                "field": self[_name(s)],
            }
            for s in chosen
        ]

    def wanted(self) -> dict[tuple[str, str], Any]:
        """What was typed, by rule and requirement."""
        return {(s.rule, s.name): self.cleaned_data[_name(s)] for s in self.settings}


def _name(setting: Setting) -> str:
    return f"{setting.rule}.{setting.name}"


def _field(setting: Setting) -> forms.Field:
    label = f"{rule_rows()[setting.rule]['topic']}（{setting.rule}）"
    bureau = in_words(setting.name, setting.now)
    refusal = f"只能从严：区局要求{bureau}，本校不能更宽"
    if setting.name == THRESHOLD:
        now = Threshold(setting.now)
        choices = [(str(t), f"{t.label}（区局要求）" if t is now else t.label) for t in stricter_thresholds(now)]
        return forms.ChoiceField(label=label, choices=choices, error_messages={"invalid_choice": refusal})
    if setting.name == SEVERITY:
        choices = [(str(Severity.WARN), "提醒（区局要求）"), (str(Severity.BLOCK), "拦截")]
        return forms.ChoiceField(label=label, choices=choices, error_messages={"invalid_choice": refusal})
    or_more = "或更少" if setting.name in LESS_IS_STRICTER else "或更多"
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_DAYS,
        help_text=f"可以写 {setting.now} {or_more}",
        error_messages={
            "required": f"写一个数，区局要求{bureau}",
            "invalid": "写整数",
            "min_value": refusal,
            "max_value": f"最多写 {MOST_DAYS}",
        },
    )
