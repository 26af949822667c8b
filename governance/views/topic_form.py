"""议题申报单: a new topic and a draft that is changed. What is refused stays as typed; a draft is saved before it is sent in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from attachments.services import check_upload
from audit.services import subject_of
from common.dates import local_day
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.templatetags.bound_fields import problems_of
from governance import services
from governance.drafts import roster_on
from governance.forms.topics import Options, TopicForms, initial_of
from governance.models import AgendaItem, Catalogue, Matter, MeetingStatus, Outcome, Talk, Topic
from governance.models.catalogue import in_force
from governance.models.preparation import TALK_STAGE
from governance.secrecy import hidden_talks
from governance.services.preparation import MOST_FILES
from governance.services.topic_input import input_of
from governance.suggestions import suggestions
from governance.topic_guards import (
    WITH_AUTHORS,
    enters_for_others,
    leads,
    may_edit_topic,
    may_submit,
    proposing_refusal,
)
from governance.views.preparation import REQUIREMENTS
from governance.views.topic_page import add_files, find_readable
from schools import access
from schools.models import Appointment, School
from schools.permissions import BODY_POSTS, LEADERSHIP_POSTS, Body, SchoolPerm

MOST_PROPOSALS, MOST_TALKS, MOST_SOURCES = 3, 30, 100
SEALED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


@dataclass
class Sheet:
    """One form for one school: a new topic, or a stored one."""

    user: User
    school: School
    day: date
    body: str
    topic: Topic | None = None
    schools: Sequence[School] = ()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The version that judges what is typed today."""
        return in_force(self.day)

    @cached_property
    def matters(self) -> dict[str, dict[str, Any]]:
        """The catalogue's entries by code."""
        columns = ("code", "title", "body", "aspect", "prior_stages")
        rows = Matter.objects.filter(catalogue=self.catalogue).order_by("code").values(*columns)
        return {row["code"]: row for row in rows}

    @cached_property
    def options(self) -> Options:
        """What the fields offer."""
        roster = roster_on(self.school, self.body, self.day)
        people = roster.choices(roster.people)
        for_others = enters_for_others(self.user, self.school.pk)
        return Options(
            bodies=[] if self.topic else Body.choices,
            matters=self._grouped(),
            people=people,
            proposers=self._leaders(people) if for_others else [],
            talks=self._talks(),
            stages=[(code, words) for code, words in self.catalogue.stages.items() if code != TALK_STAGE],
            sources=self._sources(),
        )

    def _grouped(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The matters of this meeting first, by aspect; a stored topic stays with its meeting."""
        order = [self.body] if self.topic else [self.body, *(b for b in Body.values if b != self.body)]
        made = []
        for body in order:
            rows = [row for row in self.matters.values() if row["body"] == body]
            for aspect, of in groupby(rows, key=lambda row: str(row["aspect"])):
                words = [(row["code"], f"{row['code']} {row['title']}") for row in of]
                made.append((f"{Body(body).label} {aspect}".strip(), words))
        return made

    def _leaders(self, people: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        held = Appointment.objects.on(self.day).filter(school=self.school, post__in=LEADERSHIP_POSTS)
        leaders = {str(person) for person in held.values_list("person_id", flat=True)}
        return [one for one in people if one[0] in leaders]

    def _talks(self) -> list[tuple[str, str]]:
        """For those who keep talks; others do not read them."""
        if not access.can(self.user, SchoolPerm.RECORD_MINUTES, self.school.pk):
            return []
        rows = list(Talk.objects.filter(school=self.school).order_by("-held_on", "-pk")[:MOST_TALKS])
        hidden = hidden_talks(self.user, [talk.pk for talk in rows])
        return [
            (str(talk.pk), f"{talk.held_on} {talk.topics} {talk.get_result_display()}".strip())
            for talk in rows
            if talk.pk not in hidden
        ]

    def _sources(self) -> list[tuple[str, str]]:
        """Items of the signed principal's meetings that were proposed to the Party meeting, as far as they may be read."""
        rows = AgendaItem.objects.filter(
            meeting__school=self.school, meeting__body=Body.PRINCIPAL, meeting__status__in=SEALED,
            outcome=Outcome.PROPOSED_TO_PARTY,
        )  # fmt: skip
        latest = rows.readable_by(self.user).select_related("meeting").order_by("-meeting__scheduled_at", "order")
        return [
            (str(item.pk), f"{item.meeting.title()}第 {item.order} 项 {item.title}") for item in latest[:MOST_SOURCES]
        ]

    def asked(self, code: str) -> dict[str, str]:
        """Stages the matter asks for beforehand, with how strictly in words."""
        stages = self.matters.get(code, {}).get("prior_stages", ())
        return {row["stage"]: REQUIREMENTS[row["requirement"]] for row in stages}

    def forms(self, data: Any = None, *, bound: bool = True, **changed: Any) -> TopicForms:
        """The form as stored, or as posted; `changed` are fields a button set."""
        initial: dict[str, Any] = {"body": self.body, "proposer": str(access.person_of(self.user) or "")}
        kept: list[dict[str, Any]] = []
        if self.topic is not None:
            stored = input_of(self.topic)
            initial = initial_of(self.topic, stored.readers, stored.talks)
            kept = [
                {"stage": s.stage, "done_on": s.done_on, "note": s.note, "source": str(s.source or "")}
                for s in stored.steps
            ]
        if data is not None and changed:
            data = data.copy()
            for name, value in changed.items():
                data[name] = value
        code = data.get("matter", "") if data is not None else str(initial.get("matter", ""))
        return TopicForms(self.options, initial=initial, kept=kept, asked=self.asked(code), data=data, bound=bound)

    def proposals(self, title: str) -> list[dict[str, Any]]:
        """Matters for a title: of this meeting, or, when none fits, those of the other one."""
        if not title.strip():
            return []
        own = suggestions(title, catalogue=self.catalogue, body=self.body)
        found = own or suggestions(title, catalogue=self.catalogue)
        return [
            {
                "code": one.code,
                "title": one.title,
                "matched": one.matched,
                "foreign": self.matters[one.code]["body"] != self.body,
                "body": self.matters[one.code]["body"],
                "body_label": Body(self.matters[one.code]["body"]).label,
            }
            for one in found[:MOST_PROPOSALS]
        ]


@dataclass
class Said:
    """What stands above the form after a refusal."""

    title: str = ""
    problems: Sequence[Mapping[str, str]] = ()
    text: str = ""
    differences: Sequence[Difference] = ()
    files: Sequence[str] = ()
    status: int = 200
    proposals: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def topic_new(request: SignedInRequest) -> HttpResponse:
    """新议题: by a member of the leadership team, or by 党政办 on behalf of one."""
    ids = access.school_ids(request.user, SchoolPerm.PROPOSE_TOPIC).ids
    schools = list(School.objects.filter(pk__in=ids).order_by("py", "pk")) if ids else []
    if not schools:
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    school = next((school for school in schools if school.code == given.get("school")), schools[0])
    body = given.get("body", "")
    if body not in Body.values:
        body = usual_body(request.user, school)
    sheet = Sheet(request.user, school, local_day(timezone.now()), body, schools=schools)
    if request.method != "POST":
        initial = {"title": request.GET["title"]} if request.GET.get("title") else {}
        forms = sheet.forms()
        forms.main.initial = {**forms.main.initial, **initial}
        return show(request, sheet, forms)
    return answer(request, sheet)


def usual_body(user: User, school: School) -> str:
    """The meeting the person sits in; of both, and for 党政办, the Party meeting."""
    posts = access.posts_at(user, school.pk)
    sits = [body for body in Body.values if posts & BODY_POSTS[body]]
    return sits[0] if sits else Body.PARTY.value


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def topic_edit(request: SignedInRequest, pk: str) -> HttpResponse:
    """修改议题, as long as its words may be changed."""
    topic = find_readable(request, pk)
    if not may_edit_topic(topic, request.user):
        messages.warning(request, "这个议题现在不能由你修改。")
        return redirect(topic)
    sheet = Sheet(request.user, topic.school, local_day(timezone.now()), topic.body, topic)
    if request.method != "POST":
        return show(request, sheet, sheet.forms())
    return answer(request, sheet)


def answer(request: SignedInRequest, sheet: Sheet) -> HttpResponse:
    """Carry out one button: 推荐事项, 选用 one, remove a file, 存草稿, 送初审."""
    act = request.POST.get("do", "save")
    if act == "suggest":
        return suggest(request, sheet)
    if act.startswith("choose-") and (code := act.removeprefix("choose-")) in sheet.matters:
        body = str(sheet.matters[code]["body"])
        if sheet.topic is None:
            sheet = Sheet(sheet.user, sheet.school, sheet.day, body, schools=sheet.schools)
        chosen = {"matter": code} | ({} if sheet.topic else {"body": body})
        return show(request, sheet, sheet.forms(request.POST, bound=False, **chosen), dirty=True)
    if act.startswith("remove-") and sheet.topic is not None:
        return remove(request, sheet, act.removeprefix("remove-"))
    return save(request, sheet, send=act == "submit")


def suggest(request: SignedInRequest, sheet: Sheet) -> HttpResponse:
    """Matters for the title: alone for htmx, else with the whole form as typed."""
    proposals = sheet.proposals(request.POST.get("title", ""))
    if request.headers.get("HX-Request") == "true":
        context = {"proposals": proposals, "fixed": sheet.topic is not None}
        return render(request, "governance/_partials/topic_suggest.html", context)
    return show(request, sheet, sheet.forms(request.POST, bound=False), Said(proposals=proposals), dirty=True)


def save(request: SignedInRequest, sheet: Sheet, *, send: bool) -> HttpResponse:
    """The draft first, in one transaction with its files; then 送初审, if asked. Whatever is refused stays as typed."""
    forms, files = sheet.forms(request.POST), request.FILES.getlist("materials")
    again = [file.name or "" for file in files]
    faults = file_faults(files)
    if not forms.is_valid() or faults:
        return show(request, sheet, forms, refused(forms, faults, again))
    try:
        topic = store(sheet, forms, files)
    except InvalidInput as error:
        return show(request, sheet, forms, refused(forms, forms.refuse(error), again))
    except Stale as error:
        return show_stale(request, sheet, error, again)
    except DomainError as error:
        said = Said(error.title, text=str(error), files=again, status=409)
        return show(request, sheet, forms, said)
    if not send:
        messages.success(request, "议题已保存")
        return redirect(topic)
    return send_in(request, sheet, topic)


def store(sheet: Sheet, forms: TopicForms, files: Sequence[UploadedFile]) -> Topic:
    """Draft and files together or not at all."""
    at, by = timezone.now(), sheet.user
    with transaction.atomic():
        if sheet.topic is None:
            body = forms.main.cleaned_data.get("body", sheet.body)
            topic = services.create_topic(school=sheet.school, body=body, new=forms.value(), by=by, at=at)
        else:
            talks = input_of(sheet.topic).talks
            topic = services.edit_topic(
                topic=sheet.topic, new=forms.value(talks=talks), version=forms.main.seen_version(), by=by, at=at
            )
        add_files(topic, files, by, at)
        topic.refresh_from_db(fields=["version"])
    return topic


def send_in(request: SignedInRequest, sheet: Sheet, topic: Topic) -> HttpResponse:
    """送初审 of what was just saved. What is missing is said at its fields; the draft stays saved."""
    try:
        services.submit_topic(topic=topic, version=topic.version, by=request.user, at=timezone.now())
    except InvalidInput as error:
        fresh = Sheet(sheet.user, sheet.school, sheet.day, topic.body, topic)
        data = request.POST.copy()
        data["version"] = str(topic.version)
        forms = fresh.forms(data)
        forms.is_valid()
        others = forms.refuse(error)
        return show(request, fresh, forms, refused(forms, others, [], "草稿已保存，补齐这几处再送初审"))
    except DomainError as error:
        messages.warning(request, f"草稿已保存。{error}")
        return redirect(topic)
    messages.success(request, f"议题 {topic.number() or ''}已送初审".replace("  ", " "))
    return redirect(topic)


def file_faults(files: Sequence[UploadedFile]) -> list[str]:
    """What is wrong with the chosen files, before anything is stored."""
    if len(files) > MOST_FILES:
        return [f"一次最多传 {MOST_FILES} 份，现在有 {len(files)} 份，分两次传"]
    found = []
    for file in files:
        try:
            check_upload(file)
        except InvalidInput as refusal:
            found += [fault.reason for fault in refusal.faults]
    return found


def refused(
    forms: TopicForms, others: Sequence[str], again: Sequence[str], title: str = "有几处要改，还没有保存"
) -> Said:
    """Every fault in one summary."""
    problems = [*problems_of(forms.all()), *({"text": reason, "target": "materials"} for reason in others)]
    return Said(title, problems=problems, files=again, status=422)


def show_stale(request: SignedInRequest, sheet: Sheet, error: Stale, again: Sequence[str]) -> HttpResponse:
    """Somebody saved meanwhile: show what differs, keep what was typed, and let the next save count."""
    fresh = Sheet(
        sheet.user, sheet.school, sheet.day, sheet.body, find_readable(request, sheet.topic and sheet.topic.pk)
    )
    assert fresh.topic is not None  # noqa: S101  a new topic has no version to be stale
    forms = fresh.forms(request.POST, version=str(fresh.topic.version))
    said = Said("还没有保存", text=str(error), differences=error.differences, files=again, status=409)
    return show(request, fresh, forms, said)


def remove(request: SignedInRequest, sheet: Sheet, raw: str) -> HttpResponse:
    """Take one file off; what was typed beside it stays on the page."""
    topic = sheet.topic
    assert topic is not None  # noqa: S101  answered by `answer` only for stored topics
    file = next((one for one in files_of([topic])[subject_of(topic)] if str(one.pk) == raw), None)
    if file is None:
        raise Http404
    said = Said()
    try:
        topic = services.detach_from_topic(topic=topic, attachment=file.pk, by=request.user, at=timezone.now())
    except DomainError as error:
        said = Said(error.title, text=str(error), status=409)
    fresh = Sheet(sheet.user, sheet.school, sheet.day, topic.body, topic)
    return show(request, fresh, fresh.forms(request.POST, bound=False, version=str(topic.version)), said, dirty=True)


def show(
    request: SignedInRequest, sheet: Sheet, forms: TopicForms, said: Said | None = None, *, dirty: bool = False
) -> HttpResponse:
    """The page."""
    said, topic = said or Said(), sheet.topic
    main = forms.main
    code = str(main["matter"].value() or "")
    proposals = said.proposals or ([] if code else sheet.proposals(str(main["title"].value() or "")))
    context = {
        "school": sheet.school,
        "schools": sheet.schools,
        "topic": topic,
        "body": sheet.body,
        "body_label": Body(sheet.body).label,
        "forms": forms,
        "form": main,
        "rows": forms.rows,
        "talk_asked": sheet.asked(code).get(TALK_STAGE, ""),
        "proposals": proposals,
        "fixed": topic is not None,
        "open": {
            "people": forms.unfolded("presenter", "lead_unit", "other_units", "minutes_needed"),
            "more": forms.unfolded("alternative", "question"),
            "money": forms.unfolded("amount", "fund_source"),
            "nature": forms.unfolded("involves_cadres", "urgent", "urgent_reason"),
            "secrecy": forms.unfolded("secrecy", "readers"),
            "opinions": forms.unfolded("unit_opinion", "leader_opinion"),
            "steps": any(row.form.initial.get("stage") or row.form.errors for row in forms.rows),
        },
        "files": files_of([topic])[subject_of(topic)] if topic else [],
        "may_send": may_send(sheet),
        "self_proposed": leads(sheet.user, sheet.school.pk) and not sheet.options.proposers,
        "said": said,
        "dirty": dirty or said.status != 200,
        "action": reverse("governance:topic-edit", args=[topic.pk]) if topic else reverse("governance:topic-new"),
    }
    return render(request, "governance/topic_form.html", context, status=said.status)


def may_send(sheet: Sheet) -> bool:
    """Whether 送初审 is this account's to press."""
    topic = sheet.topic
    if topic is None:
        return proposing_refusal(sheet.school, sheet.user) is None
    return topic.status in WITH_AUTHORS and may_submit(topic, sheet.user)
