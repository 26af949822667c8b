"""准备议题: the agenda of a meeting, typed, checked and saved as a whole."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.htmx import partial
from common.templatetags.bound_fields import problems_of
from governance import drafts, services, shown
from governance.declaring import Hint, Said, hints_in
from governance.forms.agenda import AgendaForms, Draft, Line, LineForm, Options
from governance.guards import may_record
from governance.models import Catalogue, Matter, Meeting, MeetingStatus
from governance.models.catalogue import in_force
from governance.models.versions import Issue
from governance.preflight import Check, Preflight, Sight
from governance.reference import reference_on
from governance.secrecy import WITHHELD, hidden_of, opened_of
from governance.selectors import for_agenda
from governance.services.agenda import agenda_is_open
from governance.suggestions import suggestions
from governance.topic_backlog import backlog_of
from governance.views.marks import marks_of
from governance.views.meeting_page import needed_text
from governance.views.steps import steps_of
from schools.permissions import HEAD_POST, Body

MatterRow = Mapping[str, Any]
MOST_PROPOSALS = 3


@dataclass
class Refusal:
    """Why the agenda was not saved: faults of fields, or the service's own words with what differs."""

    problems: Sequence[dict[str, str]] = ()
    text: str = ""
    differences: Sequence[Difference] = ()
    status: int = 200


@dataclass(frozen=True)
class Row:
    """One line on the page."""

    key: int
    form: LineForm
    matter: MatterRow | None
    foreign: bool
    needed: str
    stored: UUID | None
    results: list[dict[str, Any]]
    proposals: list[dict[str, Any]]
    withheld: bool = False
    hints: Sequence[Hint] = ()


class Page:
    """Everything the agenda page is made of, for the moment of one request."""

    def __init__(self, meeting: Meeting, draft: Draft, user: User) -> None:
        self.meeting = meeting
        self.draft = draft
        self.stored = drafts.stored_agenda(meeting)
        self.hidden = hidden_of(user, meeting.items.all())
        draft.fill_withheld(self.stored, self.hidden)
        self.day = self._day()
        self.reference = reference_on(self.day, school_id=meeting.school_id, body=meeting.body)
        self.catalogue = self._catalogue()
        self.matters: dict[str, MatterRow] = {row["code"]: row for row in matters_of(self.catalogue)}
        self.roster = drafts.roster_on(meeting.school, meeting.body, self.day)
        due = self.roster.choices([member.person for member in self.roster.due])
        self.options = Options(due, self.roster.choices(self.roster.people), self.grouped())

    def _day(self) -> date:
        """The day that is typed, or the stored one: it says who is in office."""
        probe = AgendaForms(Draft(self.draft.head), Options([], [], []), bound=True, fixed_time=self.fixed_time)
        return local_day(probe.value(self.meeting.scheduled_at).scheduled_at)

    def _catalogue(self) -> Catalogue | None:
        """The version that saving will take: the one in force on the typed day, until the meeting was held."""
        known = self.meeting.catalogue
        if self.meeting.status != MeetingStatus.DRAFT or (known and known.number == self.reference.catalogue_version):
            return known
        return in_force(self.day)

    def proposals(self, line: Line) -> list[dict[str, Any]]:
        """Matters for a title that has none yet: of this meeting, or, when none fits, those of the other one."""
        title = line.values["title"].strip()
        if line.values["matter"] or not title or self.catalogue is None or line.withheld:
            return []
        own = suggestions(title, catalogue=self.catalogue, body=self.meeting.body)
        found = own or suggestions(title, catalogue=self.catalogue)
        bodies = [Body(self.matters[one.code]["body"]) for one in found]
        return [
            {
                "code": one.code,
                "title": one.title,
                "matched": one.matched,
                "foreign": body != self.meeting.body,
                "body_label": body.label,
            }
            for one, body in list(zip(found, bodies, strict=True))[:MOST_PROPOSALS]
        ]

    def hints(self, typed: services.AgendaInput) -> dict[int, list[Hint]]:
        """Declared interests that a line touches as it is typed, for those whose lines this account may read. One query."""
        names = {person.pk: person.name for person in self.roster.people}
        said = [
            Said(
                line.key,
                f"{item.title}\n{item.summary}",
                [names.get(pk, "") for pk in (item.proposer, item.presenter) if pk],
            )
            for line, item in zip(self.draft.lines, typed.items, strict=True)
            if not line.withheld
        ]
        due = {member.person.pk: member.person.name for member in self.roster.due}
        return hints_in(said, self.meeting.school_id, self.day.year, due)

    @property
    def fixed_time(self) -> datetime | None:
        """Once held, the time stands."""
        return self.meeting.scheduled_at if self.meeting.status == MeetingStatus.HELD else None

    def groups(self) -> list[tuple[Body, list[tuple[str, list[MatterRow]]]]]:
        """The catalogue by meeting and aspect, the meeting's own first."""
        own = Body(self.meeting.body)
        order = [own, *(body for body in Body if body is not own)]
        made = []
        for body in order:
            rows = [row for row in self.matters.values() if row["body"] == body]
            aspects = [(aspect, list(of)) for aspect, of in groupby(rows, key=lambda row: str(row["aspect"]))]
            made.append((body, aspects))
        return made

    def grouped(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The same as groups of options."""
        return [
            (aspect or body.label, [(row["code"], f"{row['code']} {row['title']}") for row in rows])
            for body, aspects in self.groups()
            for aspect, rows in aspects
        ]


def matters_of(catalogue: Catalogue | None) -> tuple[MatterRow, ...]:
    """The matters of a version; those of an issued one never change, so they are read once."""
    if catalogue is None:
        return ()
    return _matters(catalogue.pk) if catalogue.status == Issue.ISSUED else _read_matters(catalogue.pk)


def _read_matters(catalogue: UUID) -> tuple[MatterRow, ...]:
    columns = ("code", "title", "body", "aspect", "nature")
    return tuple(Matter.objects.filter(catalogue=catalogue).order_by("code").values(*columns))


_matters = lru_cache(maxsize=8)(_read_matters)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agenda(request: SignedInRequest, pk: str) -> HttpResponse:
    """Show the agenda for typing; carry out one button; save the whole."""
    meeting = get_object_or_404(for_agenda(Meeting.objects.visible_to(request.user)), pk=pk)
    posted = request.method == "POST"
    act = request.POST.get("do", "save") if posted else ""
    closed = closed_reason(request, meeting)
    if closed and act != "save":
        messages.warning(request, closed)
        return redirect(meeting)
    draft = Draft.from_post(request.POST) if posted else Draft.from_agenda(drafts.stored_agenda(meeting))
    page = Page(meeting, draft, request.user)
    if request.method == "GET":
        opened = opened_of(meeting.items.all(), page.hidden)
        services.note_opened(meeting=meeting, opened=opened, by=request.user, at=timezone.now())
    if act == "save":
        return save(request, page)
    titles = {code: str(row["title"]) for code, row in page.matters.items()}
    touched = draft.change(act, titles) if posted else None
    return show(
        request, page, dirty=posted, focus=touched.prefix if touched and act.startswith(("add", "choose")) else ""
    )


def closed_reason(request: SignedInRequest, meeting: Meeting) -> str:
    """Why this account cannot type the agenda now, or an empty text."""
    if not may_record(meeting, request.user):
        return "议程由书记、校长或党政办填写。"
    if not agenda_is_open(meeting):
        return f"现在是“{meeting.get_status_display()}”，议程不能再改。"
    return ""


def save(request: SignedInRequest, page: Page) -> HttpResponse:
    """One POST, one service call. Whatever is refused stays as typed."""
    meeting = page.meeting
    forms = AgendaForms(page.draft, page.options, bound=True, fixed_time=page.fixed_time)
    if not forms.is_valid():
        return show(request, page, forms=forms, refusal=Refusal(problems_of([forms.head, *forms.lines]), status=422))
    typed = forms.value(meeting.scheduled_at)
    try:
        saved = services.save_agenda(
            meeting=meeting, agenda=typed, version=seen_version(request), by=request.user, at=timezone.now()
        )
    except InvalidInput as error:
        forms.refuse(error)
        return show(request, page, forms=forms, refusal=Refusal(problems_of([forms.head, *forms.lines]), status=422))
    except Stale as error:
        return show_stale(request, page, typed, str(error))
    except DomainError as error:
        return show(request, page, forms=forms, refusal=Refusal(text=str(error), status=409))
    messages.success(request, f"议程已保存，共 {saved.item_count} 个议题")
    return redirect(saved)


def seen_version(request: SignedInRequest) -> int:
    """The version that was on the page; -1, which is never right, when there is none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1


def show_stale(request: SignedInRequest, page: Page, typed: services.AgendaInput, text: str) -> HttpResponse:
    """Somebody saved meanwhile: show what differs, keep what was typed, and let the next save count."""
    now = for_agenda(Meeting.objects.visible_to(request.user)).get(pk=page.meeting.pk)
    fresh = Page(now, page.draft, request.user)
    names = {person.pk: person.name for person in fresh.roster.people}
    different = drafts.agenda_differences(masked(fresh.stored, fresh.hidden), masked(typed, fresh.hidden), names)
    page.draft.forget_ids({item.pk for item in now.items.all()})
    return show(request, fresh, refusal=Refusal(text=text, differences=different, status=409), dirty=True)


def show(
    request: SignedInRequest,
    page: Page,
    *,
    forms: AgendaForms | None = None,
    refusal: Refusal | None = None,
    dirty: bool = False,
    focus: str = "",
) -> HttpResponse:
    """The page, or for htmx the items alone, or what the rules say of them."""
    meeting, refusal = page.meeting, refusal or Refusal()
    checked = AgendaForms(page.draft, page.options, bound=True, fixed_time=page.fixed_time)
    typed = checked.value(meeting.scheduled_at)
    judged = drafts.judge_agenda(meeting, typed, page.roster.due, page.reference)
    forms = forms or AgendaForms(page.draft, page.options, bound=False, fixed_time=page.fixed_time)
    said = [[] if line.withheld else results for line, results in zip(page.draft.lines, judged.items, strict=True)]
    results = [[shown.named(result) for result in of_item] for of_item in said]
    meeting_results = [shown.named(result) for result in judged.meeting]
    context = {
        "meeting": meeting,
        "head": forms.head,
        "rows": rows_of(page, forms, typed, results),
        "minutes": sum(item.minutes_needed or 0 for item in typed.items),
        "catalogue": catalogue_of(page, typed),
        "catalogue_status": shown.catalogue_status(page.catalogue),
        "meeting_results": meeting_results,
        "all_results": [*meeting_results, *(result for of_item in results for result in of_item)],
        "checks": checks_of(request, page, typed, judged, dirty=dirty or refusal.status != 200),
        "due": len(page.roster.due),
        "head_post": HEAD_POST[Body(meeting.body)].label,
        "backlog": backlog_of(request.user, meeting),
        "steps": steps_of(meeting),
        "refusal": refusal,
        "dirty": dirty or bool(refusal.status != 200),
        "focus": focus,
    }
    name = partial(request, "governance/agenda.html")
    if request.POST.get("do") == "check":
        name = name.replace("_partials/agenda", "_partials/agenda_check")
    return render(request, name, context, status=refusal.status)


def masked(agenda: services.AgendaInput, hidden: Set[UUID]) -> services.AgendaInput:
    """The agenda without a word of the items that this account may not read."""
    lines = (services.ItemInput(WITHHELD, item=line.item) if line.item in hidden else line for line in agenda.items)
    return replace(agenda, items=tuple(lines))


def checks_of(
    request: SignedInRequest, page: Page, typed: services.AgendaInput, judged: drafts.Judged, *, dirty: bool
) -> list[Check]:
    """What the notice waits for. Nobody has confirmed what was typed just now: saving takes the confirmation back."""
    who = page.meeting.agenda_confirmed_by
    marks = marks_of(page.meeting, request.user, judged.all(), page.reference)
    sight = Sight(
        keys=[line.key for line in page.draft.lines],
        hidden=frozenset(page.hidden),
        waive=marks.ways_past(judged.all()),
        talks=marks.keeps_talks,
    )
    return Preflight(
        page.meeting,
        typed,
        judged,
        sight,
        in_office=frozenset(person.pk for person in page.roster.people),
        confirmed=who.name if who and not dirty else "",
        at=timezone.now(),
    ).checks()


def rows_of(
    page: Page, forms: AgendaForms, typed: services.AgendaInput, results: Sequence[list[dict[str, Any]]]
) -> list[Row]:
    """The lines in order, each with its matter, what that asks for, and what the rules say."""
    body, due = page.meeting.body, len(page.roster.due)
    known = {item.pk for item in page.meeting.items.all()}
    made, hints = [], page.hints(typed)
    for line, form, item, said in zip(page.draft.lines, forms.lines, typed.items, results, strict=True):
        if line.withheld:
            made.append(Row(line.key, form, None, False, "", item.item, [], [], withheld=True))
            continue
        matter = page.matters.get(item.matter)
        foreign = matter is not None and matter["body"] != body
        stored = item.item if item.item in known else None
        needed = needed_text(body, item.matter, due, page.reference)
        noted = hints.get(line.key, ())
        made.append(Row(line.key, form, matter, foreign, needed, stored, said, page.proposals(line), hints=noted))
    return made


def catalogue_of(page: Page, typed: services.AgendaInput) -> list[dict[str, Any]]:
    """The catalogue panel: both meetings, their aspects, and where each matter already stands on the agenda."""
    used: dict[str, list[str]] = {}
    for place, item in enumerate(typed.items, start=1):
        if item.item not in page.hidden:
            used.setdefault(item.matter, []).append(str(place))
    return [
        {
            "body": body,
            "count": sum(len(rows) for _, rows in aspects),
            "aspects": [
                {
                    "title": aspect or f"{body.label}事项",
                    "matters": [{**row, "used": "、".join(used.get(row["code"], []))} for row in rows],
                }
                for aspect, rows in aspects
            ],
        }
        for body, aspects in page.groups()
    ]
