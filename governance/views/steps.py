"""The steps of a meeting as buttons: which one comes next, what is asked before it, what is said after it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.transitions import Transition
from governance.forms.actions import StepForm
from governance.models import Meeting, MeetingStatus

QUIET = ("recall", "return", "object")
HEAVY = ("cancel", "fail_quorum")
QUESTIONS = {
    "confirm_agenda": "审定{}的议程？",
    "call": "发出{}的通知？",
    "recall": "撤回{}的通知？",
    "hold": "登记{}已召开？",
    "minute": "把{}纪要送签？",
    "return": "把{}纪要退回修改？",
    "confirm_record": "确认{}的记录？",
    "object": "对{}的记录提出异议？",
    "sign": "签发{}纪要？",
    "archive": "把{}纪要归档？",
    "cancel": "取消{}？",
    "fail_quorum": "把{}登记为流会？",
}
CONSEQUENCES = {
    "confirm_agenda": "审定后可以发会议通知。议题再有改动，要重新审定。",
    "call": "应到成员会收到通知，议程从此不能再改；要改先撤回通知。",
    "recall": "已收到通知的成员会收到撤回的提醒，议程可以再改。",
    "hold": "按会议当日的任职定下应到成员，并编上本年度的会议次数。",
    "minute": "送签后记录不能再改，到会成员确认后由书记或校长签发，或退回修改。",
    "return": "纪要退回记录人修改，改好后再送签。",
    "confirm_record": "确认记录里本人的表态和发言属实。提出过的异议同时撤回。",
    "object": "写明本人哪一项的表态或发言与实际不符。异议处理之前不能签发。",
    "sign": "签发后形成决议和会后任务，任务开始计时，记录封存，不能再改。",
    "archive": "归档后签字扫描件不能再移除，保管期限见会议页。",
    "cancel": "会议取消后不能恢复，已通知的成员会收到提醒。",
    "fail_quorum": "到会人数不够，这次会议登记为流会，不能恢复。到会情况保留。",
}
DONE = {
    "confirm_agenda": "议程已审定，可以发会议通知",
    "call": "会议通知已发出",
    "recall": "通知已撤回，议程可以再改",
    "hold": "已登记召开，接着填会议记录",
    "minute": "已送签，请到会成员确认记录",
    "return": "已退回记录人修改",
    "confirm_record": "已确认记录",
    "object": "异议已提出，处理之前不会签发",
    "archive": "纪要已归档",
    "cancel": "会议已取消",
    "fail_quorum": "已登记流会，到会情况保留",
}
LABELS = ("准备议题", "审定", "通知", "开会记录", "送签", "签发")


@dataclass(frozen=True)
class Button:
    """One step this account may take now."""

    name: str
    label: str
    css: str
    question: str
    consequence: str
    asks: bool
    form: StepForm
    open: bool = False

    def asked_again(self, form: StepForm, version: int) -> "Button":
        """The same button with what was typed, its question open; the next try is about the page as it is now."""
        form.data = dict(form.data.items()) | {"version": str(version)}
        return replace(self, form=form, open=True, asks=True)


def question_of(step: Transition, meeting: Meeting) -> str:
    """The question with its object: “签发2026年第18次党组织会议纪要？”"""
    return QUESTIONS[step.name].format(meeting.title())


def buttons(meeting: Meeting, steps: list[Transition], at: datetime, stage: str) -> list[Button]:
    """The open steps as buttons, the solid one last; those whose moment has not come or has passed are left out."""
    timely = [step for step in steps if is_timely(meeting, step.name, at)]
    main = main_step([step.name for step in timely], stage, started=at >= meeting.scheduled_at)
    made = [_button(meeting, step, main) for step in timely]
    order = {name: place for place, name in enumerate((*HEAVY, *QUIET))}
    return sorted(made, key=lambda button: (button.name == main, order.get(button.name, len(order))))


def _button(meeting: Meeting, step: Transition, main: str) -> Button:
    css = "btn-primary" if step.name == main else "btn-del" if step.name in HEAVY else "btn"
    return Button(
        step.name,
        step.label,
        css,
        question_of(step, meeting),
        CONSEQUENCES[step.name],
        asks=step.needs_reason or step.irreversible or step.name == "call",
        form=StepForm(step, initial={"version": meeting.version}, auto_id=f"id_{step.name}_%s"),
    )


def is_timely(meeting: Meeting, name: str, at: datetime) -> bool:
    """Whether the step makes sense at this moment: the service would refuse it, or it would change nothing."""
    if name == "confirm_agenda":
        return meeting.agenda_confirmed_at is None
    if name == "call":
        return meeting.agenda_confirmed_at is not None
    if name == "hold":
        return at >= meeting.scheduled_at
    if name == "recall":
        return at < meeting.scheduled_at
    return True


def main_step(names: list[str], stage: str, *, started: bool) -> str:
    """The step that comes next, drawn solid; none while the agenda or the record is still to be written."""
    if stage in ("agenda", "record"):
        return ""
    wanted = [
        "sign",
        "confirm_record",
        "minute",
        "confirm_agenda",
        *(("hold", "call") if started else ("call", "hold")),
    ]
    return next((name for name in wanted if name in names), "")


def stage_of(meeting: Meeting, blocked: bool) -> str:
    """What the meeting waits for: agenda, confirm, call, hold, record, minute, sign, or nothing more (done, off)."""
    status = MeetingStatus(meeting.status)
    items = list(meeting.items.all())
    if status is MeetingStatus.DRAFT:
        if not items or any(item.matter_id is None for item in items):
            return "agenda"
        return "call" if meeting.agenda_confirmed_at else "confirm"
    if status is MeetingStatus.HELD:
        unfinished = not items or blocked or not all(item.outcome for item in items)
        return "record" if unfinished else "minute"
    return {
        MeetingStatus.CALLED: "hold",
        MeetingStatus.MINUTED: "sign",
        MeetingStatus.CANCELLED: "off",
    }.get(status, "done")


STAGE_PLACES = {"agenda": 1, "confirm": 2, "call": 3, "hold": 4, "record": 4, "minute": 5, "sign": 6, "done": 7}


def steps_of(meeting: Meeting) -> list[dict[str, Any]]:
    """The six steps; those that were left out say so (a meeting entered afterwards was neither confirmed nor called)."""
    held = meeting.held_at is not None
    left_out = {
        "审定": held and meeting.agenda_confirmed_at is None,
        "通知": held and meeting.called_at is None,
    }
    return [{"label": label, "skipped": left_out.get(label, False)} for label in LABELS]


def current_step(stage: str) -> int:
    """Place of the stage among the six steps, from 1; 7 when all are done."""
    return STAGE_PLACES.get(stage, 1)
