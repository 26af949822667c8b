"""The steps of an agreement, and the terms before them."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms

from common.transitions import Transition
from communities.forms.common import REASON, VersionedForm, day, words
from schools.models import School

SPLIT = re.compile(r"[\s,，、;；]+")


class SchoolsField(forms.CharField):
    """Schools by name, short name or code, any number of them; not a list of all schools, which a school does not see."""

    def __init__(self) -> None:
        super().__init__(
            label="学校",
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text="写学校全称、简称或代码，几所学校用顿号或换行隔开",
            error_messages={"required": "写要加入的学校", "max_length": "一次写少一些学校"},
        )

    def clean(self, value: Any) -> Any:
        """The schools, or the words that name none."""
        named = list(dict.fromkeys(part for part in SPLIT.split(super().clean(value)) if part))
        found: dict[str, School] = {}
        for school in School.objects.order_by("code"):
            for word in (school.short_name, school.name, school.code):
                found.setdefault(word, school)
        unknown = [word for word in named if word not in found]
        if unknown:
            raise forms.ValidationError(f"没有找到“{'”“'.join(unknown)}”。核对学校全称、简称或代码")
        return list(dict.fromkeys(found[word] for word in named))


class StepForm(VersionedForm):
    """One step of the table."""

    schools = SchoolsField()
    school = forms.ChoiceField(
        label="退出的学校", error_messages=dict.fromkeys(("required", "invalid_choice"), "选一所成员校")
    )
    on = day("日期")
    signed_on = day("签约日期")
    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="4 至 500 个字，成员校都看得到",
        error_messages=REASON,
    )
    ASKED: ClassVar = {
        "sign": ("signed_on",),
        "renew": ("signed_on",),
        "join": ("schools", "on"),
        "leave": ("school", "on", "reason"),
        "end": ("reason",),
    }

    def __init__(
        self, step: Transition, data: Any = None, *, leaving: Sequence[School] = (), draft: bool = False, today: date
    ) -> None:
        super().__init__(data, initial={"on": today, "signed_on": today})
        kept = {"version", *self.ASKED[step.name]} - ({"on"} if draft else set())
        self.fields = {name: field for name, field in self.fields.items() if name in kept}
        if "school" in self.fields:
            self.fields["school"].choices = [(one.code, one.name) for one in leaving]  # type: ignore[attr-defined]
        if "on" in self.fields:
            self.fields["on"].label = "加入日期" if step.name == "join" else "最后一天"


class FoundForm(VersionedForm):
    """发起共同体."""

    name = words("共同体名称", 40)
    lead = forms.ChoiceField(label="牵头校", error_messages=dict.fromkeys(("required", "invalid_choice"), "选牵头校"))
    starts_on = day("协议起")
    until = day("协议止")
    aim = words("共建目标", 300, required=False, rows=2)

    def __init__(self, schools: Sequence[School], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].choices = [(school.code, school.name) for school in schools]  # type: ignore[attr-defined]


class TermsForm(VersionedForm):
    """拟定协议 or 拟定续签; a renewal begins where the last version ends."""

    starts_on = day("协议起")
    until = day("协议止")

    def __init__(self, *args: Any, renewal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if renewal:
            del self.fields["starts_on"]
