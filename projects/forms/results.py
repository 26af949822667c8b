"""Awards, cases and uploads as forms."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from projects.forms.common import VersionedForm, area
from projects.models import Level
from projects.services import AwardInput, CaseInput

YEAR = dict.fromkeys(("required", "invalid", "min_value", "max_value"), "写四位年份，不晚于今年")


def _year() -> forms.IntegerField:
    return forms.IntegerField(label="年份", min_value=2000, max_value=2100, error_messages=YEAR)


def _level() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="级别", choices=Level.choices, widget=forms.RadioSelect, error_messages={"required": "选级别"}
    )


class AwardForm(VersionedForm):
    """登记成果."""

    level = _level()
    name = forms.CharField(
        label="奖项或名单", max_length=100, help_text="写全称，如“省‘双减’优秀实践案例”",
        error_messages={"required": "写奖项或名单的名称", "max_length": "写到 100 字以内"},
    )  # fmt: skip
    year = _year()
    prize = forms.CharField(label="等次", max_length=20, required=False)
    issuer = forms.CharField(label="授予单位", max_length=60, required=False)
    certificate = forms.CharField(label="证书编号", max_length=60, required=False)
    awarded_on = forms.DateField(
        label="授予日期", required=False, widget=forms.DateInput, error_messages={"invalid": "日期写成 2026-11-20 这样"}
    )

    def value(self) -> AwardInput:
        """What was typed."""
        return AwardInput(**self.asked())


class CaseForm(VersionedForm):
    """录入案例."""

    title = forms.CharField(label="案例名称", max_length=100, error_messages={"required": "写案例名称"})
    level = _level()
    named = forms.CharField(label="入选名单", max_length=100, required=False)
    year = _year()
    authors = forms.CharField(label="作者", max_length=120, required=False)
    project = forms.ChoiceField(label="领雁项目", required=False)
    summary = forms.CharField(label="一句话介绍", max_length=200, required=False)
    text = forms.CharField(label="正文", max_length=20000, widget=area(14), error_messages={"required": "写案例正文"})

    def __init__(self, projects: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [("", "不是领雁项目"), *projects]  # type: ignore[attr-defined]

    def value(self) -> CaseInput:
        """What was typed."""
        given = self.asked()
        return CaseInput(**{**given, "project": UUID(given["project"]) if given["project"] else None})


class UploadForm(forms.Form):
    """A table to import."""

    file = forms.FileField(
        label="文件", error_messages={"required": "选一个 .xlsx 或 .csv 文件", "empty": "文件是空的，换一个有内容的"}
    )
