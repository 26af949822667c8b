"""A founding document as a form: head, addressees, and the six elements with one clause a line."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from common.errors import Fault
from pilots.forms.selection import PortalForm, day_field, words_field
from pilots.models import Element, Policy, PolicyKind
from pilots.policy_text import sections_of
from pilots.services.policies import PolicyInput
from schools.models import Office, School

SECTION = 20000
HINTS = {
    Element.GUIDING_THOUGHT: "一行一条，条号自动编。",
    Element.TASKS: "一行一条；学校的方案和任务引用到条。",
}


class PolicyForm(PortalForm):
    """起草文件."""

    number = forms.CharField(label="文号", max_length=60, error_messages={"required": "写文号，如 奉教党〔2026〕12号"})
    title = forms.CharField(label="标题", max_length=200, error_messages={"required": "写标题，4 至 200 个字"})
    kind = forms.ChoiceField(label="文种", choices=PolicyKind.choices, error_messages={"required": "选文种"})
    issued_on = day_field("印发日期", required=True)
    receipt_due_on = day_field("签收期限", hint="发布时必填。")
    supersedes = forms.ChoiceField(
        label="替代的文件", required=False, error_messages={"invalid_choice": "从列出的现行文件里选"},
        help_text="发布后，被替代的文件不再有效，没签收的不用再签。",
    )  # fmt: skip
    to_all = forms.ChoiceField(
        label="发往",
        choices=[("1", "全区学校和教办"), ("0", "指定的学校和教办")],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "选发往哪里"),
    )
    schools = forms.MultipleChoiceField(
        label="学校", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从列出的学校里选"},
    )  # fmt: skip
    offices = forms.MultipleChoiceField(
        label="教办", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从列出的教办里选"},
    )  # fmt: skip
    guiding_thought = words_field("指导思想", SECTION, 3, HINTS[Element.GUIDING_THOUGHT])
    principles = words_field("基本原则", SECTION, 4)
    scope = words_field("试点范围", SECTION, 3)
    tasks = words_field("具体任务", SECTION, 6, HINTS[Element.TASKS])
    requirements = words_field("实施要求", SECTION, 4)
    safeguards = words_field("保障措施", SECTION, 4)

    def __init__(
        self,
        schools: Iterable[School],
        offices: Iterable[Office],
        replaceable: Iterable[Policy],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "schools": [(str(school.pk), school.short_name) for school in schools],
            "offices": [(str(office.pk), office.name) for office in offices],
            "supersedes": [("", "不替代"), *((str(policy.pk), str(policy)) for policy in replaceable)],
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]

    def sections(self) -> list[Any]:
        """The six fields, in order."""
        return [self[element] for element in Element.values]

    def value(self) -> PolicyInput:
        """What was typed."""
        cleaned = self.cleaned_data
        return PolicyInput(
            number=cleaned["number"],
            title=cleaned["title"],
            kind=cleaned["kind"],
            issued_on=cleaned["issued_on"],
            receipt_due_on=cleaned["receipt_due_on"],
            to_all=cleaned["to_all"] == "1",
            schools=[UUID(key) for key in cleaned["schools"]],
            offices=[UUID(key) for key in cleaned["offices"]],
            supersedes=UUID(cleaned["supersedes"]) if cleaned["supersedes"] else None,
            sections={element: cleaned[element] for element in Element.values},
        )

    def refuse(self, faults: Iterable[Fault]) -> None:
        """A fault of the text as a whole stands at its first section."""
        super().refuse(Fault("guiding_thought" if f.path == "sections" else f.path, f.reason) for f in faults)


def initial_of(policy: Policy) -> dict[str, Any]:
    """A stored draft as the form's values."""
    named = ("number", "title", "kind", "issued_on", "receipt_due_on", "version")
    return {
        **{name: getattr(policy, name) for name in named},
        "to_all": "1" if policy.to_all else "0",
        "schools": [str(pk) for pk in policy.schools.values_list("pk", flat=True)],
        "offices": [str(pk) for pk in policy.offices.values_list("pk", flat=True)],
        "supersedes": str(policy.supersedes_id or ""),
        **sections_of(policy.clauses.values_list("element", "text")),
    }
