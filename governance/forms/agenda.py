"""The agenda as a form: raw lines that survive any fault, moved and removed before they are checked."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from django import forms
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from common.errors import InvalidInput
from governance.models import Form
from governance.services import AgendaInput, ItemInput
from governance.services.agenda import MOST_MINUTES
from schools.permissions import Body

HEAD = ("scheduled_at", "place", "chair", "recorder", "delegation_note", "form", "materials_sent_on")
LINE = ("id", "title", "matter", "proposer", "proposed_on", "summary", "presenter", "minutes_needed")
LINE_KEY = re.compile(rf"item-(\d{{1,4}})-({'|'.join(LINE)})")
MOST_LINES = 400  # more than the service takes, so that it can say what is wrong; a bound for whatever is posted
FAULT = re.compile(r"items\[(\d+)\]\.(\w+)")
EARLIEST, LATEST = 2000, 2100  # years in which meetings are held
Choices = Sequence[Any]


class Menu:
    """Choices that many selects of one page share. Written out once: an agenda of 50 items has 150 selects of 50 choices."""

    def __init__(self, blank: str, choices: Choices) -> None:
        self.choices: list[Any] = [("", blank), *choices]
        self._parts: list[str] = []
        self._places: dict[str, int] = {}
        for value, words in self.choices:
            if isinstance(words, str):
                self._put(value, words)
            else:
                self._parts.append(format_html('<optgroup label="{}">', value))
                for code, inner in words:
                    self._put(code, inner)
                self._parts.append("</optgroup>")

    def _put(self, value: str, words: str) -> None:
        self._places[value] = len(self._parts)
        self._parts.append(format_html('<option value="{}">{}</option>', value, words))

    def html(self, chosen: str) -> SafeString:
        """The options, that one selected; a value that is none of them selects nothing."""
        parts, place = list(self._parts), self._places.get(chosen)
        if place is not None:
            parts[place] = parts[place].replace(">", " selected>", 1)
        return mark_safe("".join(parts))  # noqa: S308  every part was escaped


class MenuSelect(forms.Select):
    """A select that prints the options of a shared menu."""

    menu: Menu

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The same HTML as Django's own, without a template for each option."""
        chosen = "" if value is None else str(value)
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            self.menu.html(chosen),
        )


class Options:
    """What the selects of the agenda offer: (id, words) of people, grouped (code, words) of matters."""

    def __init__(self, due: Choices, people: Choices, matters: Choices) -> None:
        self.due, self.people = due, people
        self.matter_menu = Menu("选一个事项", matters)
        self.person_menu = Menu("选一位", people)


class HeadForm(forms.Form):
    """When, where, who chairs and who records."""

    scheduled_at = forms.DateTimeField(
        label="开会时间",
        error_messages={"required": "选开会时间", "invalid": "时间写成 2026-11-26 15:30 这样"},
        widget=forms.DateTimeInput,
    )
    place = forms.CharField(
        label="地点", max_length=80, required=False, error_messages={"max_length": "地点写到 80 字以内"}
    )
    chair = forms.ChoiceField(label="主持", required=False, error_messages={"invalid_choice": "主持人要从应到成员里选"})
    recorder = forms.ChoiceField(
        label="记录", required=False, error_messages={"invalid_choice": "记录人要从本校当日在任的人里选"}
    )
    delegation_note = forms.CharField(
        label="委托主持说明",
        max_length=300,
        required=False,
        help_text="书记、校长不能主持时写明委托谁、为什么",
        error_messages={"max_length": "委托主持说明写到 300 字以内"},
    )

    form = forms.ChoiceField(
        label="决定方式",
        choices=Form.choices,
        required=False,
        help_text="党组织会议的事项开会决定，不用传阅、会签代替（R-C04）",
        error_messages={"invalid_choice": "从开会、传阅、会签、个别征求意见里选"},
    )
    materials_sent_on = forms.DateField(
        label="材料送达日期",
        required=False,
        widget=forms.DateInput,
        help_text="议题和材料提前送到参会人员手里",
        error_messages={"invalid": "日期写成 2026-11-20 这样"},
    )

    def __init__(self, options: Options, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, people in (("chair", options.due), ("recorder", options.people)):
            self.fields[name].choices = [("", "还没有定"), *people]  # type: ignore[attr-defined]

    def clean_scheduled_at(self) -> datetime:
        """A year that no school meeting has is a slip of the finger."""
        typed: datetime = self.cleaned_data["scheduled_at"]
        if not EARLIEST <= typed.year <= LATEST:
            raise forms.ValidationError("核对年份")
        return typed


class LineForm(forms.Form):
    """One item of the agenda."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(
        label="议题",
        max_length=200,
        error_messages={"required": "写议题名称", "max_length": "议题名称写到 200 字以内"},
        widget=forms.TextInput(attrs={"placeholder": "如：审议教导处副主任选任方案"}),
    )
    matter = forms.ChoiceField(
        label="事项",
        required=False,
        error_messages={"invalid_choice": "目录里没有这个事项，重新选"},
        widget=MenuSelect,
    )
    proposer = forms.ChoiceField(
        label="提出人",
        required=False,
        error_messages={"invalid_choice": "提出人要从本校在任的人里选"},
        widget=MenuSelect,
    )
    proposed_on = forms.DateField(
        label="提出日期",
        required=False,
        widget=forms.DateInput,
        error_messages={"invalid": "日期写成 2026-11-20 这样"},
    )
    summary = forms.CharField(
        label="事由与拟解决意见",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={"max_length": "事由写到 4,000 字以内"},
    )
    presenter = forms.ChoiceField(
        label="汇报人",
        required=False,
        error_messages={"invalid_choice": "汇报人要从本校在任的人里选"},
        widget=MenuSelect,
    )
    minutes_needed = forms.IntegerField(
        label="预计时长（分钟）",
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), f"时长写 1 至 {MOST_MINUTES} 的整数，单位分钟"
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "3"}),
    )

    def __init__(self, options: Options, number: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        self.fields["title"].label = f"第 {number} 项议题"
        self.fields["title"].error_messages["required"] = f"第 {number} 项：写议题名称"
        menus = {"matter": options.matter_menu, "proposer": options.person_menu, "presenter": options.person_menu}
        for name, menu in menus.items():
            self.fields[name].choices = menu.choices  # type: ignore[attr-defined]
            self.fields[name].widget.menu = menu


@dataclass
class Line:
    """One line as typed. `key` stays with the line when it moves, so ids on the page and the focus do too."""

    key: int
    values: dict[str, str]
    withheld: bool = False

    @property
    def prefix(self) -> str:
        """The prefix of the line's fields."""
        return f"item-{self.key}"


@dataclass
class Draft:
    """The whole agenda as typed."""

    head: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        """Whatever was posted, in the order of the page; unknown fields are left aside."""
        lines: dict[int, Line] = {}
        for name in data:
            if found := LINE_KEY.fullmatch(name):
                key = int(found[1])
                if key not in lines and len(lines) >= MOST_LINES:
                    continue
                values = lines.setdefault(key, Line(key, dict.fromkeys(LINE, ""))).values
                values[found[2]] = _clean(data.get(name, ""))
        return cls({name: _clean(data.get(name, "")) for name in HEAD}, list(lines.values()))

    @classmethod
    def from_agenda(cls, agenda: AgendaInput) -> Self:
        """A stored agenda, ready to be typed on."""
        head = {name: _typed(getattr(agenda, name)) for name in HEAD}
        return cls(head, [Line(key, _values(item)) for key, item in enumerate(agenda.items)])

    def fill_withheld(self, agenda: AgendaInput, hidden: Set[UUID]) -> None:
        """Lines of items that this account may not read carry what is stored, whatever was sent for them; the page never prints it."""
        stored = {str(item.item): item for item in agenda.items if item.item in hidden}
        for line in self.lines:
            if found := stored.get(line.values["id"]):
                line.values = _values(found)
                line.withheld = True

    def change(self, act: str, titles: Mapping[str, str]) -> Line | None:
        """Carry out `add`, `add-<code>`, `choose-<key>-<code>`, `up-<key>`, `down-<key>` or `remove-<key>`.

        Anything else changes nothing. Gives the line that was added, given its matter, or moved.
        """
        verb, _, target = act.partition("-")
        if verb == "add":
            return self._add(target, titles) if not target or target in titles else None
        if verb == "choose":
            return self._choose(*target.partition("-")[::2], titles)
        place = next((n for n, line in enumerate(self.lines) if str(line.key) == target), None)
        if place is None:
            return None
        if verb == "remove":
            if not self.lines[place].withheld:
                del self.lines[place]
            return None
        to = {"up": place - 1, "down": place + 1}.get(verb, -1)
        line = self.lines[place]
        if 0 <= to < len(self.lines):
            self.lines.insert(to, self.lines.pop(place))
        return line

    def _add(self, code: str, titles: Mapping[str, str]) -> Line:
        key = max((line.key for line in self.lines), default=-1) + 1
        line = Line(key, dict.fromkeys(LINE, "") | {"matter": code, "title": titles.get(code, "")})
        self.lines.append(line)
        return line

    def _choose(self, key: str, code: str, titles: Mapping[str, str]) -> Line | None:
        """Take the matter that was proposed for a line."""
        line = next((line for line in self.lines if str(line.key) == key), None)
        if line is None or code not in titles:
            return None
        line.values["matter"] = code
        return line

    def forget_ids(self, known: set[UUID]) -> None:
        """Lines whose item is gone become new ones: what was typed can still be saved."""
        for line in self.lines:
            if line.values["id"] and line.values["id"] not in {str(item) for item in known}:
                line.values["id"] = ""


class AgendaForms:
    """Head and lines of one draft as Django forms; bound they check, unbound they only show."""

    def __init__(self, draft: Draft, options: Options, *, bound: bool, fixed_time: datetime | None = None) -> None:
        self.fixed_time = fixed_time
        head = {"data": draft.head} if bound else {"initial": draft.head}
        self.head = HeadForm(options, **head)
        self.lines = [_line_form(line, options, number, bound) for number, line in enumerate(draft.lines, start=1)]
        if fixed_time is not None:
            self.head.fields["scheduled_at"].disabled = True
            self.head.initial["scheduled_at"] = fixed_time

    def is_valid(self) -> bool:
        """Every form checked, so that all faults show at once."""
        checked = [form.is_valid() for form in (self.head, *self.lines)]
        return all(checked)

    def value(self, otherwise: datetime) -> AgendaInput:
        """What was typed, as far as it makes sense; a time that makes none is replaced by `otherwise`."""
        self.is_valid()
        head: dict[str, Any] = self.head.cleaned_data
        return AgendaInput(
            scheduled_at=self._time(head.get("scheduled_at") or otherwise, otherwise),
            place=head.get("place", ""),
            chair=_id(head.get("chair")),
            delegation_note=head.get("delegation_note", ""),
            recorder=_id(head.get("recorder")),
            form=head.get("form") or Form.MEETING,
            materials_sent_on=head.get("materials_sent_on"),
            items=tuple(_item(form.cleaned_data) for form in self.lines),
        )

    def _time(self, typed: datetime, stored: datetime) -> datetime:
        """The picker knows no seconds: an unchanged minute keeps the stored moment."""
        if self.fixed_time is not None:
            return self.fixed_time
        return stored if stored.replace(second=0, microsecond=0) == typed else typed

    def refuse(self, refusal: InvalidInput) -> None:
        """Put the faults the service found on their fields."""
        for fault in refusal.faults:
            found = FAULT.fullmatch(fault.path)
            form: forms.Form = self.head
            name: str | None = fault.path
            if found and int(found[1]) < len(self.lines):
                form, name = self.lines[int(found[1])], {"item": "title"}.get(found[2], found[2])
            form.add_error(name if name in form.fields else None, fault.reason)


def _line_form(line: Line, options: Options, number: int, bound: bool) -> LineForm:
    if bound:
        data = {f"{line.prefix}-{name}": value for name, value in line.values.items()}
        return LineForm(options, number, data, prefix=line.prefix)
    return LineForm(options, number, initial=line.values, prefix=line.prefix)


def _values(item: ItemInput) -> dict[str, str]:
    names = ("item", *LINE[1:])
    return {field: _typed(getattr(item, name)) for field, name in zip(LINE, names, strict=True)}


def _item(cleaned: Mapping[str, Any]) -> ItemInput:
    return ItemInput(
        cleaned.get("title", ""),
        item=cleaned.get("id"),
        matter=cleaned.get("matter", ""),
        proposer=_id(cleaned.get("proposer")),
        proposed_on=cleaned.get("proposed_on"),
        summary=cleaned.get("summary", ""),
        presenter=_id(cleaned.get("presenter")),
        minutes_needed=cleaned.get("minutes_needed"),
    )


def _id(raw: str | None) -> UUID | None:
    return UUID(raw) if raw else None


def _clean(raw: str) -> str:
    """Without NUL, which PostgreSQL cannot store."""
    return raw.replace("\x00", "")


def _typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%dT%H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


class NewMeetingForm(HeadForm):
    """新建会议: which body, when, where, who records. Chair and delegation come with the agenda."""

    body = forms.ChoiceField(
        label="开哪一个会", choices=Body.choices, widget=forms.RadioSelect, error_messages={"required": "选哪一个会议"}
    )
    field_order = ("body", "scheduled_at", "place", "recorder")

    def __init__(self, options: Options, *args: Any, **kwargs: Any) -> None:
        super().__init__(options, *args, **kwargs)
        for name in ("chair", "delegation_note", "form", "materials_sent_on"):
            del self.fields[name]

    def recorder_id(self) -> UUID | None:
        """The chosen recorder, once the form is valid."""
        return _id(self.cleaned_data["recorder"])
