"""The page of one topic, its steps, and what hangs on it: materials, a colleague who writes, a template kept of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from attachments.services import ACCEPT
from audit.models import Event
from audit.services import subject_of
from common.dates import local_day, meeting_time
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.templatetags.bound_fields import problems_of
from common.transitions import Transition
from governance import services
from governance.binning import may_delete_topic
from governance.drafts import roster_on
from governance.forms.actions import StepForm
from governance.forms.topics import AssignForm, ScheduleForm, TemplateForm, TopicStepForm, refuse
from governance.models import (
    AgendaItem,
    Catalogue,
    Matter,
    Meeting,
    MeetingStatus,
    Secrecy,
    Talk,
    Topic,
    TopicStep,
)
from governance.models.catalogue import in_force
from governance.prepared import short_stage
from governance.secrecy import WITHHELD, hidden_talks
from governance.services.topic_input import label_of
from governance.topic_chains import waits_for_hand_over
from governance.topic_guards import (
    BEFORE_AGENDA,
    files_refusal,
    may_assign,
    may_edit_topic,
    may_read_topic,
    open_topic_actions,
    proposing_refusal,
    topic_refusal,
)
from governance.topic_lists import tag_of
from governance.topic_states import TOPIC
from governance.views.meeting_page import timeline
from schools import access
from schools.permissions import HEAD_POST, Body, SchoolPerm

SERVICES: dict[str, Callable[..., Topic]] = {
    "submit": services.submit_topic,
    "screen": services.screen_topic,
    "confirm": services.confirm_topic,
    "return": services.return_topic,
    "postpone": services.postpone_topic,
    "withdraw": services.withdraw_topic,
}
ELSEWHERE = ("schedule", "hand_over")
READ = "governance.topic.read"
EVENTS_SHOWN, MOST_MEETINGS = 200, 50
QUESTIONS = {
    "submit": "把这个议题送初审？",
    "screen": "这个议题通过初审？",
    "confirm": "同意这个议题上会？",
    "return": "把这个议题退回修改？",
    "postpone": "这个议题暂缓上会？",
    "withdraw": "撤回这个议题？",
}
CONSEQUENCES = {
    "submit": "送初审后由党政办初审，再由书记或校长审定。要改可以请他们退回。",
    "screen": "通过初审后，等书记或校长审定。",
    "confirm": "同意上会后，党政办可以把它列入议程。",
    "return": "议题退回提出人修改，改好后再送初审。",
    "postpone": "议题暂缓上会，移出还没有发通知的议程；以后可以再同意上会。",
    "withdraw": "撤回后不能恢复，要再提另写一个议题。",
}
DONE = {
    "submit": "议题已送初审",
    "screen": "已通过初审，等审定",
    "confirm": "已同意上会",
    "return": "议题已退回修改",
    "postpone": "议题已暂缓上会",
    "withdraw": "议题已撤回",
}
LABELS = ("送初审", "初审", "审定", "上会", "已议")
PLACES = {
    "draft": 1,
    "returned": 1,
    "submitted": 2,
    "screened": 3,
    "confirmed": 4,
    "postponed": 4,
    "scheduled": 5,
    "concluded": 6,
}
MAIN = {"submit", "screen", "confirm"}
ASKING = ("confirm", "return", "postpone", "withdraw")


@dataclass(frozen=True)
class Button:
    """One step this account may take now."""

    name: str
    label: str
    css: str
    asks: bool
    form: StepForm
    open: bool = False

    @property
    def question(self) -> str:
        """What is asked first."""
        return QUESTIONS[self.name]

    @property
    def consequence(self) -> str:
        """What follows from it."""
        return CONSEQUENCES[self.name]


@dataclass(frozen=True)
class Refused:
    """A step that was refused: in which words, with which faults, and what was typed."""

    title: str
    text: str = ""
    problems: Sequence[Mapping[str, str]] = ()
    differences: Sequence[Difference] = ()
    name: str = ""
    form: Any = None
    status: int = 409


def find_topic(request: SignedInRequest, pk: object) -> Topic:
    """The topic within sight of this account, or 404."""
    people = ("proposer", "entered_by", "assignee", "presenter", "submitted_by", "screened_by", "confirmed_by")
    rows = Topic.objects.visible_to(request.user).select_related("school", "template", *people)
    return get_object_or_404(rows.select_related("handed_over_from__meeting__school"), pk=pk)


@login_required
@require_http_methods(["GET", "HEAD"])
def topic_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One topic. Of a restricted one that does not name the reader nothing but that it is there; reading one is recorded."""
    topic = find_topic(request, pk)
    if not may_read_topic(request.user, topic):
        return show_withheld(request, topic)
    if request.method == "GET":
        services.note_topic_reading(topic=topic, by=request.user, at=timezone.now())
    return show_topic(request, topic)


def show_withheld(request: SignedInRequest, topic: Topic) -> HttpResponse:
    """What may be said to everybody who sees that the topic is there: its number, its meeting, where it stands."""
    context = {"topic": topic, "tag": tag_of(topic), "withheld": WITHHELD}
    return render(request, "governance/topic_withheld.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def topic_action(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """GET asks, POST does. What is refused shows on the topic's page, in the service's own words."""
    step = TOPIC.get(name)
    if step is None or name in ELSEWHERE:
        raise Http404
    topic = find_readable(request, pk)
    if request.method != "POST":
        return ask(request, topic, step)
    form = TopicStepForm(step, request.POST, auto_id=f"id_{step.name}_%s")
    if not form.is_valid():
        problems = problems_of([form])
        return show_topic(
            request, topic, Refused(f"还不能{step.label}", problems=problems, name=name, form=form, status=422)
        )
    values = {key: form.cleaned_data[key] for key in ("reason", "opinion") if key in form.cleaned_data}
    try:
        topic = SERVICES[name](
            topic=topic, version=form.cleaned_data["version"], by=request.user, at=timezone.now(), **values
        )
    except DomainError as error:
        return show_topic(request, find_readable(request, pk), said(error, step, form))
    messages.success(request, DONE[name])
    seen = Topic.objects.visible_to(request.user).filter(pk=topic.pk).exists()
    return redirect(topic) if seen else redirect("governance:topics")


def find_readable(request: SignedInRequest, pk: object) -> Topic:
    """A topic whose words the account may read; nobody acts on others."""
    topic = find_topic(request, pk)
    if not may_read_topic(request.user, topic):
        raise Http404
    return topic


def ask(request: SignedInRequest, topic: Topic, step: Transition) -> HttpResponse:
    """The question on a page of its own, for browsers without scripts and links from elsewhere."""
    out_of_turn = topic.status not in step.sources
    why = f"现在是“{topic.get_status_display()}”，不能{step.label}。" if out_of_turn else ""
    context = {
        "topic": topic,
        "step": step,
        "tag": tag_of(topic),
        "why": why or topic_refusal(topic, step, request.user),
        "question": QUESTIONS[step.name],
        "consequence": CONSEQUENCES[step.name],
        "form": TopicStepForm(step, initial={"version": topic.version}),
    }
    return render(request, "governance/topic_action.html", context)


def said(error: DomainError, step: Transition, form: TopicStepForm) -> Refused:
    """A refusal of the service as the page shows it."""
    if isinstance(error, InvalidInput):
        ways = [
            {"text": f.reason, "target": form[f.path].id_for_label if f.path in form.fields else ""}
            for f in error.faults
        ]
        asked = form if any(fault.path in form.fields for fault in error.faults) else None
        return Refused(f"还不能{step.label}", problems=ways, name=step.name, form=asked, status=422)
    differences = error.differences if isinstance(error, Stale) else ()
    asked = form if step.name in ASKING else None
    return Refused(error.title, str(error), differences=differences, name=step.name, form=asked)


# ---- what hangs on a topic ----


@login_required
@require_POST
def topic_files(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Add materials to the topic, or take one off."""
    topic = find_readable(request, pk)
    at, by = timezone.now(), request.user
    files, taken = request.FILES.getlist("materials"), request.POST.get("do", "").removeprefix("remove-")
    try:
        if taken and taken != request.POST.get("do", ""):
            file = next((one for one in files_of([topic])[subject_of(topic)] if str(one.pk) == taken), None)
            if file is None:
                raise Http404
            services.detach_from_topic(topic=topic, attachment=file.pk, by=by, at=at)
            messages.success(request, f"已移除 {file.name}")
        elif files:
            add_files(topic, files, by, at)
            messages.success(request, f"已添加 {len(files)} 份材料")
        else:
            messages.warning(request, "先选要添加的文件")
    except InvalidInput as error:
        problems = [{"text": fault.reason, "target": "id_materials"} for fault in error.faults]
        return show_topic(request, find_readable(request, pk), Refused("材料没有改动", problems=problems, status=422))
    except DomainError as error:
        return show_topic(request, find_readable(request, pk), Refused(error.title, str(error)))
    return redirect(f"{topic.get_absolute_url()}#materials")


def add_files(topic: Topic, files: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """All of them or none."""
    with transaction.atomic():
        for upload in files:
            services.attach_to_topic(topic=topic, upload=upload, by=by, at=at)


@login_required
@require_POST
def topic_assign(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """请同事填写, or take it back."""
    topic = find_readable(request, pk)
    back = request.POST.get("do") == "take-back"
    form = AssignForm(colleagues(topic), request.POST, auto_id="id_assign_%s")
    if not back and not form.is_valid():
        refused = Refused("还没有请人填写", problems=problems_of([form]), name="assign", form=form, status=422)
        return show_topic(request, topic, refused)
    person = None if back else UUID(form.cleaned_data["person"])
    try:
        services.assign_topic(topic=topic, person=person, version=seen(request), by=request.user, at=timezone.now())
    except InvalidInput as error:
        refuse(form, error.faults)
        refused = Refused("还没有请人填写", problems=problems_of([form]), name="assign", form=form, status=422)
        return show_topic(request, find_readable(request, pk), refused)
    except DomainError as error:
        return show_topic(request, find_readable(request, pk), Refused(error.title, str(error)))
    messages.success(request, "已收回，由你自己填写" if back else "已请同事填写，对方会收到提醒")
    return redirect(topic)


@login_required
@require_POST
def topic_keep(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """存为常用议题."""
    topic = find_readable(request, pk)
    form = TemplateForm(request.POST, auto_id="id_keep_%s")
    if not form.is_valid():
        return show_topic(request, topic, Refused("还没有存为常用议题", problems=problems_of([form]), status=422))
    try:
        services.save_template(topic=topic, repeats=form.cleaned_data["repeats"], by=request.user, at=timezone.now())
    except DomainError as error:
        return show_topic(request, topic, Refused(error.title, str(error)))
    messages.success(request, "已存为常用议题，下次从常用议题新建")
    return redirect("governance:topic-templates")


@login_required
@require_POST
def topic_schedule(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """列入议程 from the topic's own page."""
    topic = find_readable(request, pk)
    meetings = open_meetings(topic, request.user)
    form = ScheduleForm(meeting_choices(meetings), request.POST, auto_id="id_schedule_%s")
    if not form.is_valid():
        return show_topic(request, topic, not_scheduled(form))
    meeting = next(one for one in meetings if str(one.pk) == form.cleaned_data["meeting"])
    try:
        services.schedule_topic(
            topic=topic, meeting=meeting, reason=form.cleaned_data["reason"], consent=form.cleaned_data["consent"],
            version=seen(request), by=request.user, at=timezone.now(),
        )  # fmt: skip
    except InvalidInput as error:
        refuse(form, error.faults)
        return show_topic(request, find_readable(request, pk), not_scheduled(form))
    except DomainError as error:
        return show_topic(
            request, find_readable(request, pk), Refused(error.title, str(error), form=form, name="schedule")
        )
    messages.success(request, f"已列入{meeting.title()}")
    return redirect(topic)


def not_scheduled(form: ScheduleForm) -> Refused:
    """What is wrong with what was typed."""
    return Refused("还不能列入议程", problems=problems_of([form]), name="schedule", form=form, status=422)


def seen(request: SignedInRequest) -> int:
    """The version that was on the page; -1, which is never right, when there is none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1


def open_meetings(topic: Topic, user: User) -> list[Meeting]:
    """Meetings of that body that may still take topics, the next one first."""
    rows = Meeting.objects.visible_to(user).filter(school=topic.school_id, body=topic.body)
    rows = rows.filter(status__in=(MeetingStatus.DRAFT, MeetingStatus.CALLED)).order_by("scheduled_at", "pk")
    return list(rows[:MOST_MEETINGS])


def meeting_choices(meetings: Sequence[Meeting]) -> list[tuple[str, str]]:
    """When each meeting is, and whether taking a topic is a supplement."""
    return [
        (str(one.pk), f"{meeting_time(one.scheduled_at)}（{'已通知，作为补充议题' if one.called_at else '准备中'}）")
        for one in meetings
    ]


def colleagues(topic: Topic) -> list[tuple[str, str]]:
    """Everybody in office at the school that day."""
    roster = roster_on(topic.school, topic.body, local_day(timezone.now()))
    return [one for one in roster.choices(roster.people) if one[0] != str(topic.proposer_id)]


# ---- the page ----


def show_topic(request: SignedInRequest, topic: Topic, refused: Refused | None = None) -> HttpResponse:
    """The whole page, after a visit and after a refused step alike."""
    user = request.user
    steps = open_topic_actions(topic, user)
    names = {step.name for step in steps}
    catalogue = in_force(local_day(timezone.now()))
    events = list(Event.objects.filter(subject=subject_of(topic)).exclude(kind=READ).order_by("-seq")[:EVENTS_SHOWN])
    items = agenda_items(topic, user)
    context = {
        "topic": topic,
        "tag": tag_of(topic),
        "steps": [{"label": label} for label in LABELS],
        "current": PLACES.get(topic.status, 0),
        "buttons": buttons(topic, steps, refused),
        "refused": refused,
        "may_edit": may_edit_topic(topic, user),
        "may_delete": may_delete_topic(topic, user),
        "main_edit": may_edit_topic(topic, user) and not names & MAIN,
        "facts": facts(topic, catalogue),
        "texts": texts(topic),
        "opinions": opinions(topic),
        "prior": prior_steps(topic, catalogue),
        "talks": talks_of(topic, user),
        "files": files_of([topic])[subject_of(topic)],
        "may_file": topic.status in BEFORE_AGENDA and files_refusal(topic, user) is None,
        "accept": ACCEPT,
        "items": items,
        "schedule": schedule_form(topic, user, refused) if "schedule" in names else None,
        "hand_over": hand_over_url(items) if "hand_over" in names else "",
        "assign": assign_form(topic, refused) if may_assign(topic, user) else None,
        "keep": TemplateForm(auto_id="id_keep_%s") if may_keep(topic, user) else None,
        "readers": [
            reader.person.name for reader in topic.readers.select_related("person").order_by("person__py", "pk")
        ],
        "timeline": timeline(events),
        "head": HEAD_POST[Body(topic.body)].label,
    }
    return render(request, "governance/topic_detail.html", context, status=refused.status if refused else 200)


def buttons(topic: Topic, steps: Sequence[Transition], refused: Refused | None) -> list[Button]:
    """The open steps as buttons, the one that moves the topic on last; what was refused keeps what was typed."""
    made = []
    for step in steps:
        if step.name in ELSEWHERE:
            continue
        form = TopicStepForm(step, initial={"version": topic.version}, auto_id=f"id_{step.name}_%s")
        again = refused is not None and refused.name == step.name and refused.form is not None
        if again and refused is not None:
            form = refused.form
            form.data = dict(form.data.items()) | {"version": str(topic.version)}
        css = "btn-primary" if step.name in MAIN else "btn-del" if step.irreversible else "btn"
        made.append(Button(step.name, step.label, css, step.name in ASKING, form, open=again))
    order = ("withdraw", "return", "postpone", "submit", "screen", "confirm")
    return sorted(made, key=lambda button: order.index(button.name))


def facts(topic: Topic, catalogue: Catalogue) -> list[dict[str, Any]]:
    """The short facts of the sheet; what was left empty is left out."""
    words = Matter.objects.filter(catalogue=catalogue, code=topic.matter).values_list("title", flat=True).first()
    matter_url = reverse("governance:matter", args=[topic.matter]) if words else ""
    amount = f"{topic.amount:,.2f} 元" if topic.amount is not None else ""
    rows = [
        ("事项", f"{topic.matter} {words or ''}".strip(), matter_url),
        ("提出人", topic.proposer.name, ""),
        ("填报人", topic.entered_by.name if topic.entered_by.name != topic.proposer.name else "", ""),
        ("汇报人", topic.presenter.name if topic.presenter else "", ""),
        ("主办部门", topic.lead_unit, ""),
        ("协办部门", topic.other_units, ""),
        ("预计时长", f"{topic.minutes_needed} 分钟" if topic.minutes_needed else "", ""),
        ("决策点", topic.question, ""),
        ("金额", amount, ""),
        ("资金来源", topic.fund_source, ""),
        ("涉及干部", "是" if topic.involves_cadres else "", ""),
        ("知悉范围", topic.get_secrecy_display(), ""),
        ("临时动议", topic.urgent_reason or "是" if topic.urgent else "", ""),
    ]
    return [{"label": label, "value": value, "url": url} for label, value, url in rows if value]


def texts(topic: Topic) -> list[dict[str, str]]:
    """The long texts that say something."""
    names = ("background", "basis", "proposal", "alternative")
    rows = [(label_of(name), getattr(topic, name)) for name in names]
    return [{"label": label, "text": text} for label, text in rows if text]


def opinions(topic: Topic) -> list[dict[str, Any]]:
    """What units and leaders said, and who checked."""
    rows = [
        ("部门意见", topic.unit_opinion, None, None),
        ("分管领导意见", topic.leader_opinion, None, None),
        ("初审", "通过初审" if topic.screened_by else "", topic.screened_by, topic.screened_at),
        (
            "审定",
            topic.head_opinion or ("同意上会" if topic.confirmed_by else ""),
            topic.confirmed_by,
            topic.confirmed_at,
        ),
    ]
    return [{"label": label, "text": text, "by": by, "at": at} for label, text, by, at in rows if text]


def prior_steps(topic: Topic, catalogue: Catalogue) -> list[dict[str, Any]]:
    """前置环节 in words; one that came from the principal's meeting leads there."""
    rows = TopicStep.objects.filter(topic=topic).select_related("source_item__meeting").order_by("order")
    return [
        {
            "words": short_stage(catalogue.stages.get(step.stage, step.stage)),
            "on": step.done_on,
            "note": step.note,
            "url": f"{step.source_item.meeting.get_absolute_url()}#item-{step.source_item.order}"
            if step.source_item
            else "",
        }
        for step in rows
    ]


def may_keep(topic: Topic, user: User) -> bool:
    """A template is copied about in the school: nothing restricted becomes one."""
    return topic.secrecy != Secrecy.RESTRICTED and proposing_refusal(topic.school_id, user) is None


def talks_of(topic: Topic, user: User) -> list[Talk]:
    """Talks of secretary and principal are read by who sees the school's meetings as a whole, and what they were about."""
    if not access.can(user, SchoolPerm.VIEW_MEETINGS, topic.school_id):
        return []
    talks = list(topic.talks.order_by("-held_on", "-pk"))
    hidden = hidden_talks(user, [talk.pk for talk in talks])
    return [talk for talk in talks if talk.pk not in hidden]


def agenda_items(topic: Topic, user: User) -> list[AgendaItem]:
    """The meetings it was put on the agenda of, as far as the account sees them, the latest first."""
    rows = AgendaItem.objects.filter(topic=topic, meeting__in=Meeting.objects.visible_to(user).values("pk"))
    rows = rows.readable_by(user).select_related("meeting__school", "decision")
    return list(rows.prefetch_related(Prefetch("handed_over", Topic.objects.kept())).order_by("-meeting__scheduled_at"))


def hand_over_url(items: Sequence[AgendaItem]) -> str:
    """The door of 转党组织会议 for the item that asks for it."""
    item = next((one for one in items if waits_for_hand_over(one)), None)
    return reverse("governance:hand-over", args=[item.meeting_id, item.pk]) if item else ""


def schedule_form(topic: Topic, user: User, refused: Refused | None) -> ScheduleForm:
    """Which meeting takes the topic."""
    if refused is not None and refused.name == "schedule" and refused.form is not None:
        form: ScheduleForm = refused.form
        form.data = dict(form.data.items()) | {"version": str(topic.version)}
        return form
    choices = meeting_choices(open_meetings(topic, user))
    return ScheduleForm(choices, initial={"version": topic.version}, auto_id="id_schedule_%s")


def assign_form(topic: Topic, refused: Refused | None) -> AssignForm:
    """To whom the draft may be given."""
    if refused is not None and refused.name == "assign" and refused.form is not None:
        form: AssignForm = refused.form
        return form
    initial = {"version": topic.version, "person": str(topic.assignee_id or "")}
    return AssignForm(colleagues(topic), initial=initial, auto_id="id_assign_%s")
