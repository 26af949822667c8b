"""Rows of the checklist and templates as forms. They save nothing; the services judge."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms

from checklists.selectors import in_office
from common.errors import Fault
from common.templatetags.bound_fields import css_class, use_native_picker
from pilots.models import FoundationKind, Plan, PlanRow, Template
from pilots.policies import clauses_in_force
from pilots.row_table import Wrong, clause_words, numbers_in
from pilots.services.rows import LIMITS, RowInput
from pilots.services.templates import LONGEST_DAYS, TemplateInput, TemplateLine
from schools.permissions import LEADERSHIP_POSTS, Post
from schools.roster.table import MAX_BYTES

DAY = {"invalid": "日期写成 2026-11-20 这样"}
SPARE_LINES = 5
ROW_FORM = "row-form"  # cells of a table row belong to a form that stands in one of them
POSTS = [(post.value, post.label) for post in Post if post in LEADERSHIP_POSTS or post == Post.CLERK]


def _long(name: str, label: str, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LIMITS[name],
        required=False,
        widget=forms.Textarea(attrs={"rows": rows, "data-fit": ""}),
        error_messages={"max_length": f"{label}写到 {LIMITS[name]} 字以内"},
    )


def _short(name: str, label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LIMITS[name],
        required=False,
        error_messages={"max_length": f"{label}写到 {LIMITS[name]} 字以内"},
    )


class RowForm(forms.Form):
    """One row. The service asks for 四明确, so that pages, files and other systems hear the same words."""

    target = _long("target", "目标任务")
    measures = _long("measures", "推进措施")
    due_on = forms.DateField(label="完成时限", required=False, widget=forms.DateInput, error_messages=DAY)
    responsible = forms.ChoiceField(
        label="责任主体", required=False, error_messages={"invalid_choice": "选一位在任的人"}
    )
    kind = forms.ChoiceField(label="工程类别", required=False, choices=[("", "其他任务"), *FoundationKind.choices])
    units = _short("units", "协同部门")
    evidence = _short("evidence", "佐证材料")
    after = forms.CharField(label="前置任务", max_length=60, required=False)
    clause = forms.ChoiceField(
        label="依据条文", required=False, error_messages={"invalid_choice": "选现行文件的条文，或者不选"}
    )
    note = _short("note", "备注")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, plan: Plan, row: PlanRow | None, data: Any = None, *, today: date, kind: str = "") -> None:
        self.plan, self.row = plan, row
        self.orders = dict(plan.rows.values_list("order", "pk"))
        super().__init__(
            data, initial=self._stored() if row else {"kind": kind}, auto_id=f"row-{row.pk if row else 'new'}-%s"
        )
        people = {person.pk: (person, posts) for person, posts in in_office(plan.school_id, today)}
        clauses = {clause.pk: clause for clause in clauses_in_force(plan.school_id)}
        if row is not None and row.responsible is not None:
            people.setdefault(row.responsible.pk, (row.responsible, "已不在任"))
        if row is not None and row.clause is not None:
            clauses.setdefault(row.clause.pk, row.clause)
        self.people = {str(pk): person for pk, (person, _) in people.items()}
        self.clauses = {str(pk): clause for pk, clause in clauses.items()}
        choices = [(str(pk), f"{person.name}（{posts}）") for pk, (person, posts) in people.items()]
        self.fields["responsible"].choices = [("", "选一名负责人"), *choices]  # type: ignore[attr-defined]
        cited = [(key, clause_words(clause)) for key, clause in self.clauses.items()]
        self.fields["clause"].choices = [("", "不写"), *cited]  # type: ignore[attr-defined]
        for name, bound in ((name, self[name]) for name in self.fields if name != "version"):
            use_native_picker(bound)
            self.fields[name].widget.attrs |= {"class": css_class(self.fields[name].widget), "form": ROW_FORM}

    def _stored(self) -> dict[str, Any]:
        row = self.row
        assert row is not None  # noqa: S101  asked only for a stored row
        numbers = {pk: order for order, pk in self.orders.items()}
        after = sorted(numbers[key] for key in row.dependencies.values_list("after_id", flat=True))
        plain = {name: getattr(row, name) for name in (*LIMITS, "kind", "due_on", "version")}
        return plain | {
            "responsible": str(row.responsible_id or ""),
            "clause": str(row.clause_id or ""),
            "after": "、".join(map(str, after)),
        }

    def clean_after(self) -> tuple[Any, ...]:
        """Numbers of other rows as rows."""
        try:
            numbers = numbers_in(self.cleaned_data["after"])
        except Wrong as wrong:
            raise forms.ValidationError(str(wrong)) from None
        if missing := [number for number in numbers if number not in self.orders]:
            raise forms.ValidationError(f"清单里没有第 {missing[0]} 项")
        return tuple(self.orders[number] for number in numbers)

    def value(self) -> RowInput:
        """What was typed."""
        said = self.cleaned_data
        return RowInput(
            **{name: said[name] for name in (*LIMITS, "kind", "due_on", "after")},
            responsible=self.people.get(said["responsible"]),
            clause=self.clauses.get(said["clause"]),
        )

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put the service's faults on their fields."""
        for fault in faults:
            self.add_error(fault.path if fault.path in self.fields else None, fault.reason)

    def further(self) -> list[Any]:
        """The fields below the four."""
        return [self[name] for name in ("kind", "units", "evidence", "after", "clause", "note")]


class TableForm(forms.Form):
    """A file or pasted cells."""

    file = forms.FileField(label="文件", required=False)
    text = forms.CharField(label="贴在这里", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6}))
    kind = forms.ChoiceField(
        label="没有写类别的任务归到", required=False, choices=[("", "其他任务"), *FoundationKind.choices]
    )

    def clean_file(self) -> Any:
        """Not larger than what is read."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(f"文件不超过 {MAX_BYTES // 1024 // 1024} MB。只保留清单这一张表，另存后再上传")
        return file

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            self.add_error("file", "选一个 .xlsx 或 .csv 文件，或者把 Excel 里复制的几行贴到右边")
        return cleaned


class TemplateForm(forms.Form):
    """Name and note of a template."""

    name = forms.CharField(
        label="模板名称", min_length=2, max_length=60,
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写模板名称，2 至 60 个字"),
    )  # fmt: skip
    note = forms.CharField(
        label="适用说明", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2, "data-fit": ""}),
        error_messages={"max_length": "适用说明写到 300 字以内"},
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class TemplateLineForm(forms.Form):
    """A row of a template; a row without a target is none."""

    kind = forms.ChoiceField(label="工程类别", required=False, choices=[("", "其他任务"), *FoundationKind.choices])
    target = _long("target", "目标任务")
    measures = _long("measures", "推进措施")
    days = forms.IntegerField(
        label="启动后天数", required=False, min_value=0, max_value=LONGEST_DAYS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), f"写启动后第几天完成，0 至 {LONGEST_DAYS}"),
    )  # fmt: skip
    post = forms.ChoiceField(label="责任职务", required=False, choices=[("", "学校自定"), *POSTS])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = css_class(field.widget)

    def is_blank(self) -> bool:
        """Whether nothing was written in it."""
        said = self.cleaned_data
        return not said.get("target", "").strip() and not said.get("measures", "").strip() and said.get("days") is None


TemplateLines = forms.formset_factory(TemplateLineForm, extra=SPARE_LINES, max_num=80, absolute_max=100)


def template_forms(template: Template | None, data: Any = None, *, copies: bool = False) -> tuple[TemplateForm, Any]:
    """Head and rows, as stored or as posted. `copies`: a new template with the rows of another."""
    rows = list(template.rows.order_by("order", "pk")) if template else []
    initial = [{name: getattr(row, name) for name in TemplateLineForm.base_fields} for row in rows]
    head = {"name": f"{template.name}（新）" if copies else template.name, "note": template.note} if template else {}
    if template is not None and not copies:
        head["version"] = template.version  # type: ignore[assignment]
    lines = TemplateLines(data, initial=initial, prefix="row")
    return TemplateForm(data, initial=head), lines


def template_value(head: TemplateForm, lines: Any) -> tuple[TemplateInput, Sequence[TemplateLineForm]]:
    """What was typed, and the forms of the rows that count, in their order."""
    filled = [form for form in lines.forms if not form.is_blank()]
    rows = [TemplateLine(**form.cleaned_data) for form in filled]
    return TemplateInput(head.cleaned_data["name"], head.cleaned_data["note"], rows), filled


def refuse_template(head: TemplateForm, filled: Sequence[Any], faults: Iterable[Fault]) -> None:
    """Put the service's faults on their fields: `name`, or `rows.3.days`."""
    for fault in faults:
        parts = fault.path.split(".")
        if len(parts) == 3:
            filled[int(parts[1])].add_error(parts[2], fault.reason)
        else:
            head.add_error(fault.path if fault.path in head.fields else None, fault.reason)
