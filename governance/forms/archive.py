"""Which school and which time: asked alike for dossiers and collection workbooks."""

from datetime import date
from typing import Any

from django import forms

from schools.models import School
from schools.permissions import Body

EARLIEST = date(2000, 1, 1)


class PeriodForm(forms.Form):
    """School (for who sees many), the two days, and the meeting."""

    school = forms.ChoiceField(label="学校", error_messages={"required": "选一所学校", "invalid_choice": "选一所学校"})
    body = forms.ChoiceField(label="会议", required=False, choices=[("", "两个会议"), *Body.choices])
    since = forms.DateField(
        label="从",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "填写开始日期", "invalid": "日期写成 2026-01-01 这样"},
    )
    until = forms.DateField(
        label="到",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "填写结束日期", "invalid": "日期写成 2026-12-31 这样"},
    )

    def __init__(self, schools: list[School], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = {school.code: school for school in schools}
        choice: Any = self.fields["school"]
        choice.choices = (
            [("", "选学校"), *((s.code, s.short_name) for s in schools)]
            if len(schools) > 1
            else [(school.code, school.short_name) for school in schools]
        )

    def clean(self) -> dict[str, Any]:
        """The end is not before the beginning, and neither is long before there were records."""
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and since < EARLIEST:
            self.add_error("since", "开始日期不早于 2000 年")
        if since and until and since > until:
            self.add_error("until", "结束日期要在开始日期之后")
        if until and until.year > 2100:
            self.add_error("until", "结束日期不晚于 2100 年")
        return data

    def chosen(self) -> School:
        """The school that was chosen."""
        return self.schools[self.cleaned_data["school"]]
