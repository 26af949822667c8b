"""Entries of the three lists, bookings, activities."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings

from attachments.services import ACCEPT
from checklists.forms import MOST_FILES, EvidenceField, ManyFiles
from checklists.services import NewTask
from communities.forms.common import REASON, VersionedForm, day, number, words
from communities.models import Demand, JointProject, Kind, ResourcePeriod, Way
from communities.services import ActivityInput, DemandInput, PeriodInput, ProjectInput, ResourceInput
from schools.models import Person, School

Choices = Iterable[tuple[str, str]]
PICK = {"required": "选一项", "invalid_choice": "从列出的里面选"}


def one_of(label: str, choices: Choices = (), *, required: bool = True, radio: bool = False) -> forms.ChoiceField:
    """A choice from few or many."""
    widget = forms.RadioSelect if radio else forms.Select
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=widget, error_messages=PICK)


def some_of(label: str) -> forms.MultipleChoiceField:
    """Any number of choices."""
    return forms.MultipleChoiceField(
        label=label, required=False, widget=forms.CheckboxSelectMultiple, error_messages=PICK
    )


class EntryForm(VersionedForm):
    """Of which school the entry is; offered when the account writes for more than one."""

    school = one_of("学校")

    def __init__(self, *args: Any, schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = {school.code: school for school in schools}
        self.fields["school"].choices = [(school.code, school.short_name) for school in schools]  # type: ignore[attr-defined]
        if len(schools) == 1:
            self.fields["school"].widget = forms.HiddenInput()
            self.fields["school"].initial = schools[0].code

    def chosen(self) -> School:
        """The school."""
        return self.schools[self.cleaned_data["school"]]


class ResourceForm(EntryForm):
    """资源; its periods are a form set of their own."""

    kind = one_of("类型", Kind.choices, radio=True)
    title = words("名称", 60)
    subject = words("学科（领域）", 20, required=False, hint="不写就是不分学科，各科都可以约")
    note = words("说明", 500, required=False, rows=3)

    def value(self, periods: Sequence[PeriodInput]) -> ResourceInput:
        """What was typed."""
        given = self.cleaned_data
        return ResourceInput(given["kind"], given["title"], periods, given["subject"], given["note"])


class PeriodForm(forms.Form):
    """One period."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    starts_on = day("开放起")
    ends_on = day("开放止")
    times = words("时间", 40, required=False, hint="如 每周三下午")
    capacity = number("容量", "最多约多少")

    def value(self) -> PeriodInput:
        """What was typed."""
        given = self.cleaned_data
        return PeriodInput(given["starts_on"], given["ends_on"], given["capacity"], given["times"], given["key"])


PeriodForms = forms.formset_factory(PeriodForm, extra=1, max_num=20, absolute_max=20, can_delete=True)


class DemandForm(EntryForm):
    """需求."""

    kind = one_of("类型", Kind.choices, radio=True)
    title = words("名称", 60)
    subject = words("学科（领域）", 20, required=False, hint="不写就是哪一科都可以")
    starts_on = day("需要起")
    ends_on = day("需要止")
    amount = number("数量", "与资源的容量同一口径：节、场、人次等")
    expectation = words("期望", 500, required=False, rows=3)

    def value(self) -> DemandInput:
        """What was typed."""
        given = self.cleaned_data
        return DemandInput(
            given["kind"], given["title"], given["starts_on"], given["ends_on"], given["amount"], given["subject"],
            given["expectation"],
        )  # fmt: skip


class ProjectForm(EntryForm):
    """共同体项目."""

    title = words("项目名称", 60)
    way = one_of("类别", Way.choices, radio=True)
    responsible = one_of("责任人")
    starts_on = day("起")
    ends_on = day("止")
    partners = some_of("参加学校")
    demands = some_of("落实的需求")
    content = words("内容", 500, required=False, rows=3)

    def __init__(
        self, *args: Any, people: Sequence[tuple[Person, str]], members: Sequence[School], wishes: Sequence[Demand],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person, _ in people}
        self.members = {school.code: school for school in members}
        self.wishes = {str(demand.pk): demand for demand in wishes}
        self._offer("responsible", [(str(person.pk), said) for person, said in people])
        self._offer("partners", [(school.code, school.short_name) for school in members])
        self._offer("demands", [(str(one.pk), f"{one.school.short_name}：{one.title}") for one in wishes])

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
        if not choices and not self.fields[name].required:
            del self.fields[name]

    def value(self) -> ProjectInput:
        """What was typed."""
        given = self.cleaned_data
        return ProjectInput(
            title=given["title"], way=given["way"], responsible=self.people[given["responsible"]],
            starts_on=given["starts_on"], ends_on=given["ends_on"], content=given["content"],
            schools=[self.members[code] for code in given.get("partners", ())],
            demands=[self.wishes[key] for key in given.get("demands", ())],
        )  # fmt: skip


class ActivityForm(EntryForm):
    """活动; the school is the one that gave it."""

    way = one_of("类别", Way.choices, radio=True)
    title = words("活动名称", 60)
    held_on = day("日期")
    partners = some_of("参加学校")
    people = number("参加人数")
    project = one_of("所属项目", required=False)
    text = words("情况", 2000, required=False, rows=4)
    evidence = EvidenceField(
        label="附件",
        required=False,
        widget=ManyFiles(attrs={"multiple": True, "accept": ACCEPT}),
        help_text=f"照片、PDF 或办公文档，每份 {settings.UPLOAD_LIMIT // 1048576} MB 以内，一次最多 {MOST_FILES} 份",
    )

    def __init__(self, *args: Any, members: Sequence[School], projects: Sequence[JointProject], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].label = "主办学校"
        self.members = {school.code: school for school in members}
        self.projects = {str(one.pk): one for one in projects}
        self.fields["partners"].choices = [(school.code, school.short_name) for school in members]  # type: ignore[attr-defined]
        self.fields["project"].choices = [("", "不属于项目"), *((key, one.title) for key, one in self.projects.items())]  # type: ignore[attr-defined]

    def value(self) -> ActivityInput:
        """What was typed."""
        given = self.cleaned_data
        return ActivityInput(
            way=given["way"], held_on=given["held_on"], title=given["title"], host=self.chosen(),
            schools=[self.members[code] for code in given["partners"]], people=given["people"], text=given["text"],
            project=self.projects.get(given["project"]),
        )  # fmt: skip


class TaskForm(forms.Form):
    """One task of a project with 四明确."""

    target = words("目标任务", 300)
    measures = words("推进措施", 500, rows=2)
    due_on = day("完成时限")
    responsible = one_of("责任主体")

    def __init__(self, *args: Any, people: Sequence[tuple[Person, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): (person, said) for person, said in people}
        self.fields["responsible"].choices = [(key, said) for key, (_, said) in self.people.items()]  # type: ignore[attr-defined]

    def value(self) -> NewTask:
        """What was typed."""
        given = self.cleaned_data
        person, said = self.people[given["responsible"]]
        return NewTask(
            given["target"], given["measures"], given["due_on"], person, said.partition("（")[2].rstrip("）")
        )


TaskForms = forms.formset_factory(TaskForm, extra=3, max_num=20, absolute_max=20)


class BookingForm(forms.Form):
    """预约."""

    period = one_of("时段")
    school = one_of("使用学校")
    amount = number("数量")
    demand = one_of("用于需求", required=False)
    purpose = words("用途", 200, required=False)

    def __init__(
        self, *args: Any, periods: Sequence[ResourcePeriod], schools: Sequence[School], wishes: Sequence[Demand],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.periods = {str(one.pk): one for one in periods}
        self.schools = {one.code: one for one in schools}
        self.wishes = {str(one.pk): one for one in wishes}
        self.fields["period"].choices = [(key, period_words(one)) for key, one in self.periods.items()]  # type: ignore[attr-defined]
        self.fields["school"].choices = [(code, one.short_name) for code, one in self.schools.items()]  # type: ignore[attr-defined]
        named = ((key, f"{one.school.short_name}：{one.title}") for key, one in self.wishes.items())
        self.fields["demand"].choices = [("", "不对应需求"), *named]  # type: ignore[attr-defined]

    def value(self) -> dict[str, Any]:
        """What the service is called with."""
        given = self.cleaned_data
        return {
            "period": self.periods[given["period"]],
            "school": self.schools[given["school"]],
            "amount": given["amount"],
            "demand": self.wishes.get(given["demand"]),
            "purpose": given["purpose"],
        }


class ReasonForm(VersionedForm):
    """A step that asks for a reason."""

    reason = forms.CharField(
        label="理由", min_length=4, max_length=500, widget=forms.Textarea(attrs={"rows": 3}), error_messages=REASON
    )


class ConcludeForm(VersionedForm):
    """登记成效."""

    on = day("完成日期")
    result = forms.CharField(
        label="成效",
        min_length=4,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写明成效，4 至 500 个字"),
    )


def period_words(period: ResourcePeriod) -> str:
    """“2026-09-01 至 2026-12-31 每周三下午（还可约 12）”."""
    free = period.capacity - period.booked  # type: ignore[attr-defined]  # annotated by `counted`
    return f"{period}（还可约 {free}）"


def key_of(raw: str) -> UUID | None:
    """An id as posted."""
    try:
        return UUID(raw)
    except ValueError:
        return None
