"""议题申报单 as a form: the title is all a draft needs; steps are rows of their own. It saves nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from attachments.services import ACCEPT
from common.errors import Fault, InvalidInput
from common.transitions import Transition
from governance.forms import preparation as steps
from governance.forms.actions import StepForm
from governance.models import Secrecy, Topic
from governance.models.topics import Repeats
from governance.services import StepInput, TopicInput
from governance.services.preparation import MOST_STEPS
from schools.permissions import Body

Choices = Sequence[Any]
AREA = {"rows": "3"}


@dataclass(frozen=True)
class Options:
    """What can be chosen. `proposers` is empty when the account puts topics forward for itself alone, `talks` when it reads none."""

    bodies: Choices
    matters: Choices
    people: Choices
    proposers: Choices = ()
    talks: Choices = ()
    stages: Choices = ()
    sources: Choices = ()


def _text(label: str, most: int, **more: Any) -> forms.CharField:
    """A line of text."""
    words = f"{label}写到 {most:,} 字以内"
    return forms.CharField(label=label, max_length=most, required=False, error_messages={"max_length": words}, **more)


def _area(label: str, most: int, **more: Any) -> forms.CharField:
    return _text(label, most, widget=forms.Textarea(attrs=AREA), **more)


class TopicForm(forms.Form):
    """The fields of structures.md 5.3, those that 送初审 asks for first."""

    body = forms.ChoiceField(
        label="提交哪个会议",
        choices=Body.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "选党组织会议或校长办公会议"),
    )
    proposer = forms.ChoiceField(
        label="提出人",
        help_text="党政办代班子成员填报，班子成员为提出人",
        error_messages={"required": "选提出议题的班子成员", "invalid_choice": "提出人要从本校在任的班子成员里选"},
    )
    title = forms.CharField(
        label="议题名称",
        max_length=200,
        help_text="一句话，如“审议教导处副主任选任方案”",
        error_messages={"required": "写议题名称", "max_length": "议题名称写到 200 字以内"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    matter = forms.ChoiceField(
        label="目录事项", required=False, error_messages={"invalid_choice": "目录里没有这个事项，重新选"}
    )
    background = _area("事由背景", 4000)
    basis = _area("政策与制度依据", 2000, help_text="文件名称和条款，如《……办法》第三条")
    proposal = _area("拟解决意见", 4000)
    alternative = _area("备选方案", 4000)
    question = _text("决策点", 500, help_text="请会议定什么")
    presenter = forms.ChoiceField(
        label="汇报人", required=False, error_messages={"invalid_choice": "汇报人要从本校在任的人里选"}
    )
    minutes_needed = forms.IntegerField(
        label="预计时长（分钟）",
        required=False,
        min_value=1,
        max_value=600,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "时长写 1 至 600 分钟"),
    )
    lead_unit = _text("主办部门", 80)
    other_units = _text("协办部门", 200)
    amount = forms.DecimalField(
        label="金额（元）",
        max_digits=14,
        decimal_places=2,
        min_value=0,
        required=False,
        error_messages={
            "invalid": "金额写成 35000 或 35000.00 这样的数",
            "min_value": "金额写成不小于 0 的数",
            "max_digits": "金额太大，核对单位是不是元",
            "max_whole_digits": "金额太大，核对单位是不是元",
            "max_decimal_places": "金额写到分为止",
        },
    )
    fund_source = _text("资金来源", 200)
    involves_cadres = forms.BooleanField(label="涉及干部", required=False)
    urgent = forms.BooleanField(label="临时动议（不是提前列入的议题）", required=False)
    urgent_reason = _text("紧急事由", 300, help_text="临时动议时填写；重要事项不得临时动议")
    secrecy = forms.ChoiceField(
        label="知悉范围",
        choices=Secrecy.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text="不选就按事项定：干部、奖惩和涉及个人的事项只给限定人员看，其他为内部",
        error_messages={"invalid_choice": "从公开、内部、限定人员里选"},
    )
    readers = forms.MultipleChoiceField(
        label="知悉人",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="选“限定人员”时填写。提出人和办理这个议题的人不用勾，也看得到",
        error_messages={"invalid_choice": "知悉人要从本校在任的人里选"},
    )
    talks = forms.MultipleChoiceField(
        label="会前沟通",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从列出的沟通里选；有沟通已删去，刷新页面再选"},
    )
    unit_opinion = _text("部门意见", 500)
    leader_opinion = _text("分管领导意见", 500)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, options: Options, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Choices] = {
            "body": options.bodies,
            "proposer": [("", "选一位"), *options.proposers],
            "matter": [("", "选一个事项"), *options.matters],
            "presenter": [("", "还没有定"), *options.people],
            "readers": options.people,
            "talks": options.talks,
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        for name, offered in (("proposer", options.proposers), ("talks", options.talks)):
            if not offered:
                del self.fields[name]
        if len(options.bodies) < 2:
            del self.fields["body"]

    def seen_version(self) -> int:
        """The version that was on the page; -1, which is never current, when there was none."""
        seen = self.cleaned_data.get("version")
        return -1 if seen is None else int(seen)


PLAIN = (
    *("title", "matter", "background", "basis", "proposal", "alternative", "question", "minutes_needed", "lead_unit"),
    *("other_units", "amount", "fund_source", "involves_cadres", "urgent", "urgent_reason", "unit_opinion"),
    "leader_opinion",
)


class TopicForms:
    """The sheet and the rows of its steps: those that are kept, those the matter asks for, and one more."""

    accept = ACCEPT

    def __init__(
        self,
        options: Options,
        *,
        initial: Mapping[str, Any],
        kept: Sequence[Mapping[str, Any]] = (),
        asked: Mapping[str, str] | None = None,
        data: Any = None,
        bound: bool = True,
    ) -> None:
        """`asked`: stage and requirement of the matter. `bound` False shows what was posted without checking it."""
        self.asked = asked or {}
        self.words = dict(options.stages)
        self._talks = options.talks
        self._options = steps.Options(stages=options.stages, sources=options.sources, decisions=())
        checked = data if bound else None
        if data is not None and not bound:
            initial = {**initial, **_typed(data)}
        self.main = TopicForm(options, checked, initial=dict(initial))
        rows = self._posted(data) if data is not None else self._stored(kept)
        made = [self._row(number, row, checked) for number, row in enumerate(rows)]
        self.rows = sorted(made, key=lambda row: not row.label)  # empty ones last

    def _posted(self, data: Any) -> list[dict[str, Any]]:
        names = ("stage", "done_on", "note", "source")
        count = sum(f"step-{number}-stage" in data for number in range(MOST_STEPS + 1))
        return self._with_asked(
            [{name: data.get(f"step-{number}-{name}", "") for name in names} for number in range(count)]
        )

    def _stored(self, kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return self._with_asked([dict(row) for row in kept])

    def _with_asked(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is there, one row for each stage the matter asks for, and an empty one."""
        stages = {row["stage"] for row in rows}
        wanted = [{"stage": stage} for stage in self.asked if stage in self.words and stage not in stages]
        return [*rows, *wanted, *([] if any(not any(row.values()) for row in rows) else [{"stage": ""}])]

    def _row(self, number: int, values: dict[str, Any], data: Any) -> steps.Row:
        prefix, stage = f"step-{number}", values["stage"]
        posted = data if data is not None and f"{prefix}-stage" in data else None
        form = steps.StepForm(self._options, posted, prefix=prefix, initial=values)
        return steps.Row(form, self.words.get(stage, ""), self.asked.get(stage, ""), stage == "principal_meeting")

    def is_valid(self) -> bool:
        """Every form checked, so that all faults show at once."""
        return all([self.main.is_valid(), *(row.form.is_valid() for row in self.rows if row.form.is_bound)])

    def value(self, *, talks: Iterable[UUID] = ()) -> TopicInput:
        """What was typed; `talks` are those linked so far: the ones this account does not read stay."""
        typed = self.main.cleaned_data
        offered = {value for value, _ in self._talks}
        ticked = [UUID(talk) for talk in typed.get("talks", ())]
        return TopicInput(
            **{name: typed[name] for name in PLAIN},
            proposer=_id(typed.get("proposer")),
            presenter=_id(typed["presenter"]),
            secrecy=typed["secrecy"],
            readers=tuple(UUID(reader) for reader in typed["readers"]),
            steps=tuple(step for row in self._said() if (step := _step(row.form.cleaned_data))),
            talks=(*ticked, *(talk for talk in talks if str(talk) not in offered)),
        )

    def _said(self) -> list[steps.Row]:
        return [row for row in self.rows if row.form.is_bound and _step(row.form.cleaned_data)]

    def refuse(self, refusal: InvalidInput) -> list[str]:
        """Put the service's faults on their fields; gives those that belong to no field."""
        typed, others = [row.form for row in self._said()], []
        for fault in refusal.faults:
            head, _, name = fault.path.partition("].")
            number = head.removeprefix("steps[")
            if number.isdigit() and int(number) < len(typed):
                typed[int(number)].add_error(name, fault.reason)
            elif (field := fault.path.partition("[")[0]) in self.main.fields:
                self.main.add_error(field, fault.reason)
            else:
                others.append(fault.reason)
        return others

    def all(self) -> list[forms.Form]:
        """Every form, for the summary of faults."""
        return [self.main, *(row.form for row in self.rows)]

    def unfolded(self, *names: str) -> bool:
        """Whether one of these fields says something or has a fault, so that its part of the page stands open."""
        return any(
            self.main[name].errors or self.main[name].value() not in (None, "", False, [], Secrecy.INTERNAL)
            for name in names
            if name in self.main.fields
        )


def _typed(data: Any) -> dict[str, Any]:
    """What was posted, as values to be shown again."""
    many = ("readers", "talks")
    ticked = ("involves_cadres", "urgent")
    typed: dict[str, Any] = {
        name: data.getlist(name) if name in many else data.get(name, "")
        for name in TopicForm.base_fields
        if name not in ticked
    }
    return typed | {name: name in data for name in ticked}


def _step(cleaned: Mapping[str, Any]) -> StepInput | None:
    """A row says something once a day, a source or a note stands in it."""
    source, note, done_on = cleaned.get("source"), cleaned.get("note", ""), cleaned.get("done_on")
    if not (source or note or done_on):
        return None
    return StepInput(stage=cleaned.get("stage", ""), done_on=done_on, note=note, source=_id(source))


def _id(raw: str | None) -> UUID | None:
    return UUID(raw) if raw else None


def initial_of(topic: Topic, readers: Iterable[UUID], talks: Iterable[UUID]) -> dict[str, Any]:
    """A stored topic as the form shows it. Without a matter nobody has decided yet who may read it."""
    unsaid = not topic.matter and topic.secrecy == Secrecy.INTERNAL
    return {
        **{name: getattr(topic, name) for name in PLAIN},
        "proposer": str(topic.proposer_id),
        "presenter": str(topic.presenter_id or ""),
        "secrecy": "" if unsaid else topic.secrecy,
        "readers": [str(reader) for reader in readers],
        "talks": [str(talk) for talk in talks],
        "version": topic.version,
    }


class TopicStepForm(StepForm):
    """A step on a topic: besides version and reason what that step asks for."""

    opinion = forms.CharField(
        label="审定意见",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs=AREA),
        error_messages={"max_length": "审定意见写到 500 字以内"},
    )

    def __init__(self, step: Transition, *args: Any, **kwargs: Any) -> None:
        super().__init__(step, *args, **kwargs)
        if step.name != "confirm":
            del self.fields["opinion"]


class ScheduleForm(forms.Form):
    """列入议程: which meeting; of one that has been called, why and with whose consent."""

    meeting = forms.ChoiceField(
        label="列入哪次会议", error_messages=dict.fromkeys(("required", "invalid_choice"), "选一次准备中或已通知的会议")
    )
    reason = forms.CharField(
        label="补充理由",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text="会议通知发出后才列入的，写明理由，4 至 500 个字",
        error_messages={"max_length": "写明理由，4 至 500 个字"},
    )
    consent = forms.BooleanField(label="主持人同意补充列入", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, meetings: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["meeting"].choices = meetings  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """请同事填写: to whom the draft is given."""

    person = forms.ChoiceField(
        label="请谁填写", error_messages=dict.fromkeys(("required", "invalid_choice"), "从本校在任的人里选一位")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, people: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "选一位"), *people]  # type: ignore[attr-defined]


class TemplateForm(forms.Form):
    """存为常用议题: how often it comes again."""

    repeats = forms.ChoiceField(
        label="多久一次",
        choices=Repeats.choices,
        initial=Repeats.NEED,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "从每月、每学期、每学年、按需里选"),
    )


def refuse(form: forms.Form, faults: Iterable[Fault]) -> None:
    """Put the service's faults on the fields of a small form."""
    for fault in faults:
        form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
