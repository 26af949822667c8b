"""The steps of a project as buttons: which one is solid, what is asked before it, what is said after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.transitions import Transition
from projects import services
from projects.forms.steps import StepForm
from projects.guards import open_actions
from projects.models import Flagship, FlagshipStatus

SERVICES: dict[str, Callable[..., Flagship]] = {
    "apply": services.apply_flagship,
    "return": services.return_flagship,
    "list": services.list_flagship,
    "start": services.start_flagship,
    "mid_check": services.mid_check_flagship,
    "extend": services.extend_flagship,
    "conclude": services.conclude_flagship,
    "terminate": services.terminate_flagship,
}
QUESTIONS = {
    "apply": "报送这个项目的申报？",
    "return": "把申报退回修改？",
    "list": "给这个项目立项？",
    "start": "启动实施这个项目？",
    "mid_check": "通过中期检查？",
    "extend": "同意这个项目延期？",
    "conclude": "通过结题？",
    "terminate": "终止这个项目？",
}
CONSEQUENCES = {
    "apply": "报送后由教办写意见、组织科初审、专家评审；要改可以请他们退回。",
    "return": "申报退回学校成为草稿，教办意见和未完成的评审不再算数，改好后再报送。",
    "list": "立项后编号和核定经费不再改，学校会收到通知，由主持人启动实施。",
    "start": "节点转为推进清单里的任务，中期检查和结题开始计时。",
    "mid_check": "记为通过中期检查，中期表的提醒停止。",
    "extend": "只能延期一次，结题的提醒按新的期限重新安排。",
    "conclude": "结题后项目不能再改，成果仍可登记。",
    "terminate": "终止后不能恢复，中期和结题的提醒停止；没有完成的任务由学校另行终止。",
}
DONE = {
    "apply": "申报已报送，等教办意见和初审",
    "return": "申报已退回修改",
    "list": "已立项，编号 {project.number}",
    "start": "已启动实施，节点已列入推进清单",
    "mid_check": "已通过中期检查",
    "extend": "已同意延期到 {project.ends_on}",
    "conclude": "已通过结题，等次 {grade}",
    "terminate": "项目已终止",
}
MAIN = {
    FlagshipStatus.DRAFT: "apply",
    FlagshipStatus.APPLIED: "list",
    FlagshipStatus.LISTED: "start",
    FlagshipStatus.RUNNING: "mid_check",
    FlagshipStatus.MID_CHECKED: "conclude",
    FlagshipStatus.EXTENDED: "conclude",
}
ORDER = ("terminate", "return", "extend", "mid_check", "conclude", "start", "list", "apply")


@dataclass(frozen=True)
class Button:
    """One step this account may take now."""

    name: str
    label: str
    css: str
    form: Any
    open: bool = False

    @property
    def question(self) -> str:
        """What is asked first."""
        return QUESTIONS[self.name]

    @property
    def consequence(self) -> str:
        """What follows from it."""
        return CONSEQUENCES[self.name]


def step_form(step: Transition, project: Flagship, data: Any = None) -> StepForm:
    """The form of a step, about the version on the page."""
    return StepForm(step, data, initial={"version": project.version}, auto_id=f"id_{step.name}_%s")


def buttons(project: Flagship, user: Any, again: tuple[str, Any] | None = None) -> list[Button]:
    """The open steps as buttons, the solid one last; `again` is the form that was refused, to be shown open."""
    made = []
    for step in open_actions(project, user):
        css = "btn-del" if step.irreversible else "btn-primary" if step.name == MAIN[_state(project)] else "btn"
        refused = again is not None and again[0] == step.name
        form = again[1] if again is not None and refused else step_form(step, project)
        made.append(Button(step.name, step.label, css, form, open=refused))
    return sorted(made, key=lambda button: ORDER.index(button.name))


def _state(project: Flagship) -> FlagshipStatus:
    return FlagshipStatus(project.status)


def said_after(step: Transition, project: Flagship) -> str:
    """What the page says when it is done."""
    return DONE[step.name].format(project=project, grade=project.get_grade_display())
