"""Shape of what people type about schools, appointments and accounts. Nothing is saved here."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.text import clean_term, mask_phone
from schools.models import Foundation, LeadershipMode, Location, PartyOrgType, Person, Size, Stage
from schools.permissions import Post

DIRECT = "none"
Choices = list[tuple[str, str]]


def _filter(label: str, choices: Iterable[tuple[Any, Any]]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select", "aria-label": label})
    return forms.ChoiceField(label=label, choices=[("", label), *choices], required=False, widget=widget)


class SchoolFilter(forms.Form):
    """The filter bar of the school list. A value that is no choice is simply no filter."""

    q = forms.CharField(
        label="搜索",
        max_length=50,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "class": "form-control",
                "aria-label": "校名、拼音或首字母",
                "placeholder": "校名、拼音或首字母",
            }
        ),
    )
    office = _filter("教办", [])
    stage = _filter("学段", Stage.choices)
    size = _filter("规模", Size.choices)
    foundation = _filter("基础", Foundation.choices)
    location = _filter("区位", Location.choices)
    party_org_type = _filter("党组织类型", PartyOrgType.choices)
    leadership_mode = _filter("领导配备", LeadershipMode.choices)

    def __init__(self, data: Any, offices: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        office = self.fields["office"]
        office.choices = [("", "教办"), *offices, (DIRECT, "直属")]  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        """Without control letters."""
        return clean_term(str(self.cleaned_data["q"]))

    def values(self) -> dict[str, Any]:
        """What to filter by: lookups of `School`, sound values only."""
        self.is_valid()
        found = {key: value for key, value in self.cleaned_data.items() if value and key not in ("q", "office")}
        office = self.cleaned_data.get("office", "")
        if office:
            found |= {"office__isnull": True} if office == DIRECT else {"office__code": office}
        return found

    def in_address(self) -> dict[str, str]:
        """The sound values as they stand in the address, for links that keep the filter."""
        self.is_valid()
        return {key: str(value) for key, value in self.cleaned_data.items() if value}


def _segments(label: str, choices: Iterable[tuple[Any, Any]], **more: Any) -> forms.ChoiceField:
    said = {"required": "选一项"}
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=said, **more)


class SchoolForm(forms.Form):
    """学校资料 without what only the roster changes. What may stand in a field is judged by the service."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    short_name = forms.CharField(label="简称", max_length=20, help_text="列表和通知里用这个名称")
    township = forms.CharField(label="镇（街道）", max_length=40, required=False)
    location = _segments("区位", Location.choices)
    size = _segments("规模", Size.choices)
    foundation = _segments("基础", Foundation.choices)
    students = forms.IntegerField(label="学生数", min_value=0)
    staff = forms.IntegerField(label="教职工数", min_value=0)
    party_org_type = _segments("党组织类型", PartyOrgType.choices, help_text="党组织名称随类型变更")
    has_committee = _segments("党组织委员会", [("True", "已建立"), ("False", "未建立")])
    leadership_mode = _segments("书记、校长", LeadershipMode.choices, help_text="一人担任的学校不登记书记校长沟通")

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        _say_what_to_do(self)
        for name in ("students", "staff"):
            self.fields[name].error_messages.update(NUMBERS)
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    def clean_has_committee(self) -> bool:
        """Yes or no instead of their names."""
        return bool(self.cleaned_data["has_committee"] == "True")


class PersonChoice(forms.ModelChoiceField):
    """People by name; the masked phone tells namesakes apart."""

    def label_from_instance(self, person: Person) -> str:
        """王敏 138****1234."""
        return f"{person.name} {mask_phone(person.phone)}".strip()


class AppointmentForm(forms.Form):
    """Somebody known or a newcomer, a post, and from when. Which posts are offered is the view's decision."""

    person = PersonChoice(label="人员", queryset=Person.objects.none(), empty_label="选一位")
    name = forms.CharField(label="新人员姓名", max_length=40, required=False)
    phone = forms.CharField(
        label="新人员手机", max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    post = forms.ChoiceField(label="职务")
    duty = forms.CharField(label="分工", max_length=60, required=False)
    rank = forms.IntegerField(
        label="排名", min_value=1, max_value=99, required=False, help_text="班子里的次序，1 在最前"
    )
    starts_on = forms.DateField(label="任职起")
    ends_on = forms.DateField(label="任职止", required=False, help_text="不填为长期；权限到这一天结束")

    def __init__(self, data: Any, *, people: Any, posts: Iterable[Post], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        person, post = self.fields["person"], self.fields["post"]
        person.queryset = people  # type: ignore[attr-defined]
        person.required = not (data and data.get("name"))  # one of the two
        post.choices = [(str(choice), choice.label) for choice in posts]  # type: ignore[attr-defined]
        _say_what_to_do(self)

    def clean_phone(self) -> str:
        """Digits, with + - and spaces between them."""
        return phone_number(str(self.cleaned_data["phone"]))

    def clean(self) -> dict[str, Any]:
        """Exactly one person: chosen or new."""
        cleaned = super().clean() or {}
        if cleaned.get("person") and cleaned.get("name"):
            self.add_error("name", "已经选了人员；要登记新人员，先把上面的选择清空")
        return cleaned


class PostForm(AppointmentForm):
    """A bureau, office or system post."""

    office = forms.ChoiceField(label="教办", required=False, help_text="职务选“教办”时填写")
    field_order = ("person", "name", "phone", "post", "office", "duty", "starts_on", "ends_on")

    def __init__(self, data: Any, *, offices: Choices, **options: Any) -> None:
        super().__init__(data, **options)
        del self.fields["rank"]
        self.fields["office"].choices = [("", "选一个教办"), *offices]  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """The last day of an appointment."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    ends_on = forms.DateField(label="任职止", help_text="权限到这一天结束")

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        _say_what_to_do(self)


class AccountForm(forms.Form):
    """The sign-in name of a new account."""

    username = forms.RegexField(
        label="登录名",
        regex=r"^[a-z0-9][a-z0-9._-]{2,31}$",
        help_text="小写字母、数字、点、短横线，3 至 32 位；建立后不再改",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
        error_messages={"invalid": "用小写字母、数字、点、短横线，3 至 32 位"},
    )
    email = forms.EmailField(label="邮箱", required=False, help_text="填了才会收到邮件提醒")

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        _say_what_to_do(self)


class RosterForm(forms.Form):
    """One file. Its size is looked at here, its content by the reader."""

    file = forms.FileField(
        label="学校名册",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}),
        error_messages={
            "required": "选一个文件",
            "empty": "文件是空的。换一个有内容的文件",
            "missing": "选一个文件",
            "invalid": "选一个文件",
        },
    )


def phone_number(said: str) -> str:
    """A phone number as it is stored; raises `ValidationError`."""
    kept = said.strip()
    digits = sum(char.isdecimal() and char.isascii() for char in kept)
    if kept and (digits < 7 or any(not (char.isascii() and char.isdecimal()) and char not in "+- " for char in kept)):
        raise ValidationError("填写手机号，只用数字")
    return kept


REOPEN = "这一页不完整。重新打开，再保存"
NUMBERS = {"required": "填写人数", "invalid": "只写整数，如 1200，不写单位", "min_value": "填 0 或更大的整数"}
REQUIRED = {
    "short_name": "填写简称",
    "person": "选一位人员，或登记新人员",
    "post": "选一个职务",
    "starts_on": "填写任职起的日期",
    "ends_on": "填写任职的最后一天",
    "username": "填写登录名",
}


def _say_what_to_do(form: forms.Form) -> None:
    """Errors of empty and malformed fields in the portal's words."""
    for name, field in form.fields.items():
        if name in REQUIRED:
            field.error_messages["required"] = REQUIRED[name]
        if name == "version":
            field.error_messages |= {"required": REOPEN, "invalid": REOPEN}
        if isinstance(field, forms.DateField):
            field.error_messages["invalid"] = "填写日期，如 2026-09-01"
        if isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)):
            field.error_messages["invalid_choice"] = "选一个列表里有的"
