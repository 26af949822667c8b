"""The forms of a draft of the catalogue: one matter, and what is said when the draft is issued."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from common.errors import InvalidInput
from governance.models import Matter
from governance.rules.matters import ATTENDANCE, REQUIREMENTS, SCOPE_MOST, TITLE_MOST, Entry
from governance.services.catalogue import IssueInput
from governance.versions import ATTENDANCE_WORDS, REQUIREMENT_WORDS
from schools.permissions import Body

SEPARATORS = re.compile(r"[、，,；;\s]+")
HOW = [("", "不设"), *((how, REQUIREMENT_WORDS[how]) for how in REQUIREMENTS)]
FIXED = {
    "nature": [(Matter.Nature.DECIDE.value, Matter.Nature.DECIDE.label)],
    "attendance": [("|".join(ATTENDANCE[0]), ATTENDANCE_WORDS[ATTENDANCE[0]])],
}
KINDS = (("prior", "prior_stages"), ("next", "next_stages"))


def _said(**words: str) -> dict[str, str]:
    """The same sentence for every way in which a short text can be wrong."""
    return {**dict.fromkeys(("required", "max_length", "min_length", "invalid", "invalid_choice"), words["all"])}


class MatterForm(forms.Form):
    """One matter of the draft. What goes together and what does not is the service's part; here is only the shape."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label="事项",
        max_length=TITLE_MOST,
        error_messages=_said(all=f"写事项名称，{TITLE_MOST} 字以内"),
    )
    scope = forms.CharField(
        label="范围",
        widget=forms.Textarea(attrs={"rows": "3"}),
        max_length=SCOPE_MOST,
        error_messages=_said(all=f"写范围，{SCOPE_MOST} 字以内"),
    )
    nature = forms.ChoiceField(
        label="性质",
        choices=Matter.Nature.choices,
        widget=forms.RadioSelect,
        error_messages=_said(all="选讨论决定或研究讨论"),
    )
    important = forms.BooleanField(label="重要事项", required=False, help_text="不得临时动议，要附方案材料，要会前沟通")
    attendance = forms.ChoiceField(
        label="到会要求",
        choices=[("|".join(pair), ATTENDANCE_WORDS[pair]) for pair in ATTENDANCE],
        widget=forms.RadioSelect,
        error_messages=_said(all="选到会要求"),
    )
    links = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, error_messages=_said(all="从列出的事项里选")
    )
    keywords = forms.CharField(
        label="关键词",
        widget=forms.Textarea(attrs={"rows": "3"}),
        max_length=2000,
        required=False,
        help_text="用顿号或逗号隔开；写议题时按这些词提示归类",
        error_messages=_said(all="关键词太多，写到 2000 字以内"),
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        matter: Matter,
        stages: Mapping[str, str],
        others: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__(data, initial=_initial(matter))
        self.matter, self.stages = matter, stages
        party = matter.body == Body.PARTY
        self._fix("nature" if party else "attendance")
        self.link_name = "fed_by" if party else "feeds"
        links = self.fields["links"]
        assert isinstance(links, forms.MultipleChoiceField)  # noqa: S101  declared above
        links.label = "来自校长办公会议的事项" if party else "转往党组织会议的事项"
        links.choices = list(others)
        for kind, _ in KINDS:
            for stage, words in stages.items():
                self.fields[f"{kind}_{stage}"] = forms.ChoiceField(
                    label=f"{words}（{'上会前' if kind == 'prior' else '会后'}）",
                    choices=HOW,
                    required=False,
                    error_messages=_said(all="从必须、建议、视情况里选"),
                )

    def _fix(self, name: str) -> None:
        """What this meeting leaves no choice about: the Party meeting decides, the principal's asks for half."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  both are
        field.choices = FIXED[name]
        field.widget = forms.HiddenInput()

    def stage_rows(self) -> list[tuple[str, BoundField, BoundField]]:
        """Each stage in words with its two fields: before the meeting, after it."""
        return [(words, self[f"prior_{stage}"], self[f"next_{stage}"]) for stage, words in self.stages.items()]

    def clean_version(self) -> int:
        """The version that was on the page; -1, which is never right, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def see(self, version: int) -> None:
        """Let the hidden field carry the version now stored, after what differs has been shown."""
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        typed["version"] = str(version)
        self.data = typed

    def entry(self) -> Entry:
        """The matter as typed. Call it on a valid form."""
        said = self.cleaned_data
        level, _, strength = said["attendance"].partition("|")
        links = tuple(sorted(said["links"]))
        return Entry(
            code=self.matter.code,
            body=self.matter.body,
            title=said["title"].strip(),
            scope=said["scope"].strip(),
            nature=said["nature"],
            important=said["important"],
            attendance=(level, strength),
            prior_stages=self._chosen("prior", self.matter.prior_stages),
            next_stages=self._chosen("next", self.matter.next_stages),
            fed_by=links if self.link_name == "fed_by" else (),
            feeds=links if self.link_name == "feeds" else (),
            keywords=tuple(dict.fromkeys(word for word in SEPARATORS.split(said["keywords"]) if word)),
        )

    def _chosen(self, kind: str, stored: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
        """The chosen stages: those that stood there keep their order, new ones follow in the catalogue's."""
        order = dict.fromkeys([*(step["stage"] for step in stored), *self.stages])
        said = self.cleaned_data
        return tuple((stage, said[f"{kind}_{stage}"]) for stage in order if said.get(f"{kind}_{stage}"))

    def refuse(self, refusal: InvalidInput) -> None:
        """Put the service's faults at their fields."""
        at = {"fed_by": "links", "feeds": "links"}
        for fault in refusal.faults:
            name = at.get(fault.path, fault.path)
            self.add_error(name if name in self.fields else None, fault.reason)


def _initial(matter: Matter) -> dict[str, Any]:
    stages = {f"{kind}_{step['stage']}": step["requirement"] for kind, name in KINDS for step in getattr(matter, name)}
    return {
        "version": matter.version,
        "title": matter.title,
        "scope": matter.scope,
        "nature": matter.nature,
        "important": matter.important,
        "attendance": f"{matter.attendance_level}|{matter.attendance_strength}",
        "links": matter.fed_by if matter.body == Body.PARTY else matter.feeds,
        "keywords": "、".join(matter.keywords),
        **stages,
    }


def link_choices(matter: Matter, others: Iterable[Matter]) -> list[tuple[str, str]]:
    """The matters of the other meeting, from which a link may come or to which it may lead."""
    return [
        (other.code, f"{other.code} {other.title}（{other.get_nature_display()}）")
        for other in others
        if other.body != matter.body
    ]


class IssueForm(forms.Form):
    """What the bureau says when it issues."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    number = forms.CharField(
        label="版本号",
        max_length=20,
        help_text="如 2027-1；发布后不能改",
        error_messages=_said(all="写版本号，20 字以内"),
    )
    title = forms.CharField(label="名称", max_length=120, error_messages=_said(all="写名称，120 字以内"))
    effective_from = forms.DateField(
        label="生效日期",
        widget=forms.DateInput,
        help_text="今天或以后；这一天起的会议按新版归类和核查，以前的会议不变",
        error_messages=_said(all="写一个日期，如 2027-09-01"),
    )
    note = forms.CharField(
        label="来历说明",
        widget=forms.Textarea(attrs={"rows": "2"}),
        max_length=300,
        help_text="各页各文件上都照此标明，如“据区教育局××号文印发”",
        error_messages=_said(all="写明这一版的来历，4 至 300 个字"),
    )

    def clean_version(self) -> int:
        """The version that was on the page; -1 when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def value(self) -> IssueInput:
        """As the service takes it. Call it on a valid form."""
        said = self.cleaned_data
        return IssueInput(said["number"], said["title"], said["effective_from"], said["note"])
