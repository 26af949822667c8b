"""The page of one meeting, shown after a visit and after a refused step alike."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import User
from audit.models import Event
from audit.registry import kind_of
from audit.services import subject_of
from checklists.models import Task, TaskStatus
from common.dates import local_day, meeting_time
from common.errors import Difference
from governance import drafts, services, shown
from governance.binning import may_delete_meeting
from governance.further import judge_record
from governance.guards import is_head, may_record, open_actions
from governance.lists import Work, work_of_tasks
from governance.models import (
    AgendaItem,
    Attendance,
    ItemMember,
    Meeting,
    MeetingMember,
    MeetingStatus,
    Outcome,
    PlannedTask,
    RuleResult,
    Secrecy,
    Stance,
)
from governance.preflight import Check, Preflight, Sight
from governance.prepared import Prepared, prepared_of
from governance.reading import is_bureau_reading
from governance.reference import reference_for
from governance.reviewing import looks_of
from governance.rules.findings import MEETING, Result
from governance.rules.reference import Reference
from governance.secrecy import hidden_of, kept, opened_of
from governance.selectors import stored_results
from governance.services.preparation import closed_reason
from governance.topic_chains import Flow, flows_of
from governance.views.marks import Marks, marks_of
from governance.views.meeting_links import links_of
from governance.views.notice import NOTICE_READ, notice_of
from governance.views.signing_panels import panels_of
from governance.views.steps import Button, buttons, current_step, stage_of, steps_of
from schools import access
from schools.permissions import Body

READ = "governance.meeting.read"
MANY = (  # said once a day and person
    *("governance.meeting.agenda_saved", "governance.meeting.recorded", "governance.meeting.minutes_edited"),
    *(
        "governance.meeting.minutes_exported",
        "governance.meeting.votes_exported",
        "governance.meeting.attendance_exported",
    ),
)
ITEM_READ = "governance.item.read"
SECRECY_CHANGED = "governance.item.secrecy_changed"
UNMET = ("fail", "insufficient", "waived")
EVENTS_SHOWN, READINGS_SHOWN = 200, 100
TASK_TAGS = {
    TaskStatus.NOT_STARTED: "none",
    TaskStatus.IN_PROGRESS: "go",
    TaskStatus.SUBMITTED: "wait",
    TaskStatus.CLOSED: "done",
    TaskStatus.CANCELLED: "back",
}
OUTCOME_TAGS = {Outcome.APPROVED: "done", Outcome.APPROVED_IN_PRINCIPLE: "done", Outcome.REJECTED: "back"}


@dataclass(frozen=True)
class Refused:
    """A step that was refused: in which words, with which findings or faults, and what was typed."""

    title: str
    text: str = ""
    findings: Sequence[dict[str, Any]] = ()
    problems: Sequence[dict[str, str]] = ()
    differences: Sequence[Difference] = ()
    name: str = ""
    form: Any = None
    status: int = 409


@dataclass
class ItemRow:
    """One item with what the rules say of it; of a withheld one the order is shown, and nothing else."""

    item: AgendaItem
    results: list[dict[str, Any]] = field(default_factory=list)
    outcome: tuple[str, str] | None = None
    needed: str = ""
    ring: str = ""
    prepared: Prepared | None = None
    withheld: bool = False
    flow: Flow | None = None
    may_set: bool = False


def show_meeting(request: SignedInRequest, meeting: Meeting, refused: Refused | None = None) -> HttpResponse:
    """The whole page. `meeting` was found within sight, with `select_related("school", "chair", "recorder")`."""
    user, at = request.user, timezone.now()
    load_rows(meeting)
    roster = roster_of(meeting)
    reference = reference_for(meeting)
    judged = drafts.judge_agenda(meeting, drafts.stored_agenda(meeting), roster.due, reference) if roster else None
    hidden = hidden_of(user, meeting.items.all())
    if request.method == "GET":
        services.note_opened(meeting=meeting, opened=opened_of(meeting.items.all(), hidden), by=user, at=at)
    every = results_of(meeting, judged, reference)
    results = kept(every, hidden)
    marks = marks_of(meeting, user, results, reference)
    events = list(
        Event.objects.filter(subject=subject_of(meeting)).exclude(kind=ITEM_READ).order_by("-seq")[:EVENTS_SHOWN]
    )
    stage = stage_of(meeting, any(getattr(result, "blocks", False) for result in every))
    actions = buttons(meeting, open_actions(meeting, user), at, stage)
    tasks = [task for task in tasks_of(meeting) if task.checklist.decision.item_id not in hidden]
    context = {
        "meeting": meeting,
        "today": local_day(at),
        "tag": shown.status_tag(meeting),
        "steps": steps_of(meeting),
        "stage": stage,
        "current_step": current_step(stage),
        "actions": with_form(meeting, actions, refused),
        "links": links_of(meeting, user, stage),
        "refused": refused,
        "rows": item_rows(
            meeting,
            results,
            len(roster.due) if roster else meeting.due,
            rings_of(tasks, local_day(at)),
            reference,
            marks,
            hidden,
            user,
        ),
        "meeting_results": said_of(meeting, results, None, marks),
        "all_results": [shown.named(result) for result in results],
        "results_withheld": _unmet(every) - _unmet(results),
        "due": [{"name": m.person.name, "post": roster.labels[m.person.pk]} for m in roster.due] if roster else [],
        "attendance": attendance_of(meeting),
        "seats": seats_of(meeting),
        "thresholds": shown.thresholds(
            meeting.body, meeting.due, important_items(meeting, reference, hidden), reference
        ),
        "checks": checks_of(meeting, roster, judged, marks, user),
        "notice": notice_of(meeting, user, at),
        "tasks": [(task, (TASK_TAGS[TaskStatus(task.status)], task.get_status_display())) for task in tasks],
        "timeline": timeline(events, bool(hidden)),
        "reason_withheld": bool(hidden),
        "item_readings": item_readings(meeting, user),
        "readings": [] if is_bureau_reading(meeting.status, user) else readings(events),
        "may_prepare": not closed_reason(meeting, user),
        "may_delete": may_delete_meeting(meeting, user),
        "catalogue_status": shown.catalogue_status(meeting.catalogue),
        "looks": looks_of(meeting, user),
        "publication": getattr(meeting, "publication", None),
        **panels_of(meeting, user, at, hidden),
    }
    give_flows(meeting, user, context["rows"])
    return render(request, "governance/meeting_detail.html", context, status=refused.status if refused else 200)


def give_flows(meeting: Meeting, user: User, rows: Iterable[ItemRow]) -> None:
    """At each item whose words are shown: the way of its matter, and 转党组织会议 where it comes next."""
    shown_rows = [row for row in rows if not row.withheld]
    flows = flows_of(meeting, [row.item for row in shown_rows], may_hand_over=may_record(meeting, user), user=user)
    for row in shown_rows:
        row.flow = flows[row.item.pk]


def load_rows(meeting: Meeting) -> None:
    """What the page needs of this meeting, by its state: the record while it can change, decisions once it is signed."""
    items = AgendaItem.objects.select_related("matter", "proposer", "confirmed_by", "decision").order_by("order")
    if meeting.status in (MeetingStatus.HELD, MeetingStatus.MINUTED):
        items = items.prefetch_related(
            Prefetch("presences", ItemMember.objects.select_related("member")),
            Prefetch("stances", Stance.objects.select_related("member")),
            Prefetch("planned_tasks", PlannedTask.objects.select_related("responsible")),
        )
    members = MeetingMember.objects.order_by("order", "pk")
    prefetch_related_objects([meeting], Prefetch("members", members), Prefetch("items", items))


def results_of(meeting: Meeting, judged: drafts.Judged | None, reference: Reference) -> list[Result | RuleResult]:
    """What the rules say: stored at the signature, live before, and before the meeting only what can be answered then."""
    if meeting.status in (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED):
        return list(stored_results(meeting))
    if meeting.status == MeetingStatus.CANCELLED:
        return []
    return list(judge_record(meeting, reference=reference)) if judged is None else list(judged.all())


def said_of(
    meeting: Meeting, results: Iterable[Result | RuleResult], item: AgendaItem | None, marks: Marks
) -> list[dict[str, Any]]:
    """What the rules say of the item, or of the meeting. While the record is written, what is missing reads as one note."""
    mine = [result for result in results if _is_of(result, item)]
    open_ones = [result for result in mine if str(result.outcome) == "insufficient"]
    if meeting.status != MeetingStatus.HELD or len(open_ones) < 2:
        return [marks.named(result) for result in mine]
    said = [marks.named(result) for result in mine if result not in open_ones]
    return [shown.missing(open_ones, actions=marks.actions_of_many(open_ones)), *said]


def _unmet(results: Iterable[Result | RuleResult]) -> int:
    return sum(str(result.outcome) in UNMET for result in results)


def _is_of(result: Result | RuleResult, item: AgendaItem | None) -> bool:
    if isinstance(result, RuleResult):
        return result.item_id == (item.pk if item else None)
    return result.subject == (f"items/{item.pk}" if item else MEETING)


def item_rows(
    meeting: Meeting,
    results: Sequence[Result | RuleResult],
    due: int,
    rings: Mapping[UUID, str],
    reference: Reference,
    marks: Marks,
    hidden: Collection[UUID],
    user: User,
) -> list[ItemRow]:
    """The items in order, each with its results and the loop of its decision; `results` are without those of hidden ones."""
    rows = []
    prepared = prepared_of(meeting)
    head, records = is_head(meeting, user), may_record(meeting, user)
    for item in meeting.items.all():
        if item.pk in hidden:
            rows.append(ItemRow(item, withheld=True, may_set=head))
            continue
        code = item.matter.code if item.matter else ""
        outcome = Outcome(item.outcome) if item.outcome else None
        rows.append(
            ItemRow(
                item,
                said_of(meeting, results, item, marks),
                (OUTCOME_TAGS.get(outcome, "wait"), outcome.label) if outcome else None,
                needed_text(meeting.body, code, due, reference),
                rings.get(item.pk, Work().ring),
                prepared.get(item.pk),
                may_set=head or records,
            )
        )
    return rows


def rings_of(tasks: Sequence[Task], today: date) -> dict[UUID, str]:
    """The letters of the ring of each decision, by its item, from the tasks that have been read."""
    by_item: dict[UUID, list[Task]] = {}
    for task in tasks:
        by_item.setdefault(task.checklist.decision.item_id, []).append(task)
    return {item: work_of_tasks(of_item, today).ring for item, of_item in by_item.items()}


def needed_text(body: str, code: str, due: int, reference: Reference) -> str:
    """“须三分之二以上到会（应到 7 人，到会 5 人以上）” for matters that ask for it at the Party meeting."""
    if body != Body.PARTY or not shown.needs_two_thirds(code, reference):
        return ""
    needed = shown.members_needed(shown.TWO_THIRDS_RULE, due, reference)
    return f"须三分之二以上到会（应到 {due} 人，到会 {needed} 人以上）"


def important_items(meeting: Meeting, reference: Reference, hidden: Collection[UUID] = ()) -> list[int]:
    """Places of the items that ask for two thirds; of hidden ones not even that is told."""
    items = [item for item in meeting.items.all() if item.matter and item.pk not in hidden]
    return [i.order for i in items if i.matter and shown.needs_two_thirds(i.matter.code, reference)]


def roster_of(meeting: Meeting) -> drafts.Roster | None:
    """Who is due before the meeting was held, from the appointments of its date; afterwards that stands in the record."""
    if meeting.status not in (MeetingStatus.DRAFT, MeetingStatus.CALLED):
        return None
    return drafts.roster_on(meeting.school, meeting.body, local_day(meeting.scheduled_at))


def seats_of(meeting: Meeting) -> list[dict[str, Any]]:
    """The seats of the 到会计, once everybody's attendance is registered."""
    members = list(meeting.members.all())
    if not all(member.status for member in members):
        return []
    return [{"name": m.name, "present": m.status == Attendance.PRESENT} for m in members]


def attendance_of(meeting: Meeting) -> list[dict[str, str]]:
    """到会、请假、缺席 in words, for the list of facts."""
    members = list(meeting.members.all())
    rows = []
    for status in Attendance:
        names = [f"{m.name}（{m.reason}）" if m.reason else m.name for m in members if m.status == status]
        if names:
            rows.append({"label": status.label, "value": "、".join(names)})
    if open_names := [m.name for m in members if not m.status]:
        rows.append({"label": "还没登记", "value": "、".join(open_names)})
    return rows


def checks_of(
    meeting: Meeting, roster: drafts.Roster | None, judged: drafts.Judged | None, marks: Marks, user: User
) -> list[Check]:
    """What the notice waits for, while the meeting is being prepared."""
    if meeting.status != MeetingStatus.DRAFT or judged is None or roster is None:
        return []
    confirmed = ""
    if meeting.agenda_confirmed_at and meeting.agenda_confirmed_by:
        confirmed = f"{meeting.agenda_confirmed_by.name} {meeting_time(meeting.agenda_confirmed_at)}"
    sight = Sight(
        base=reverse("governance:agenda", args=[meeting.pk])
        if may_record(meeting, user)
        else meeting.get_absolute_url(),
        hidden=frozenset(hidden_of(user, meeting.items.all())),
        waive=marks.ways_past(judged.all()),
        talks=marks.keeps_talks,
    )
    people = frozenset(person.pk for person in roster.people)
    agenda = drafts.stored_agenda(meeting)
    return Preflight(meeting, agenda, judged, sight, people, confirmed, timezone.now()).checks()


def checks_before_calling(meeting: Meeting, user: User) -> list[Check]:
    """The same list for the page that asks before the notice goes out."""
    load_rows(meeting)
    roster = roster_of(meeting)
    if roster is None:
        return []
    reference = reference_for(meeting)
    judged = drafts.judge_agenda(meeting, drafts.stored_agenda(meeting), roster.due, reference)
    return checks_of(meeting, roster, judged, marks_of(meeting, user, judged.all(), reference), user)


def tasks_of(meeting: Meeting) -> list[Task]:
    """Tasks of the decisions of a signed meeting."""
    if meeting.status not in (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED):
        return []
    rows = Task.objects.filter(checklist__decision__meeting=meeting).select_related(
        "responsible", "checklist__decision"
    )
    return list(rows.order_by("checklist__decision__number", "order"))


def with_form(meeting: Meeting, actions: list[Button], refused: Refused | None) -> list[Button]:
    """The button that was refused keeps what was typed and opens its question again, with the version now on the page."""
    if refused is None or refused.form is None:
        return actions
    return [
        action.asked_again(refused.form, meeting.version) if action.name == refused.name else action
        for action in actions
    ]


def timeline(events: Iterable[Event], reasons_withheld: bool = False) -> list[dict[str, Any]]:
    """What happened, newest first; saving again and again on one day reads as one line. Who may not read every item is not told
    the reasons: they are free words about the meeting.
    """
    told = [event for event in events if event.kind not in (READ, NOTICE_READ)]
    rows = []
    for (_, kind, _), group in groupby(told, key=lambda e: (local_day(e.at), e.kind, e.actor_name)):
        same = list(group)
        if kind not in MANY:
            rows += [_told(event, "", reasons_withheld) for event in same]
        else:
            rows.append(_told(same[0], f"，共 {len(same)} 次" if len(same) > 1 else "", reasons_withheld))
    return rows


def _told(event: Event, more: str, reasons_withheld: bool) -> dict[str, Any]:
    reason = "" if reasons_withheld else event.data.get("reason")
    clock = f"{timezone.localtime(event.at):%H:%M}"
    note = f"{event.actor_name} {clock}{more}" + (f"：{reason}" if reason else "")
    late = event.kind.rpartition(".")[2] in {"returned", "cancelled", "lapsed", "recalled"}
    about = f" {event.data['rule']}" if "rule" in event.data and not reasons_withheld else ""
    if event.kind == SECRECY_CHANGED:
        about = f"：第 {event.data['order']} 项改为{Secrecy(event.data['level']).label}"
    return {"kind": "x" if late else "d", "on": event.at, "text": kind_of(event.kind).label + about, "note": note}


def item_readings(meeting: Meeting, user: User) -> list[dict[str, Any]]:
    """Who read which restricted item, a line a person and day, latest first: for the school to see. No query when none is restricted."""
    restricted = any(item.secrecy == Secrecy.RESTRICTED for item in meeting.items.all())
    if not restricted or not access.posts_at(user, meeting.school_id):
        return []
    events = Event.objects.filter(subject=subject_of(meeting), kind=ITEM_READ).order_by("-seq")[:READINGS_SHOWN]
    found: dict[tuple[str, Any], list[Event]] = {}
    for event in events:
        found.setdefault((event.actor_name, local_day(event.at)), []).append(event)
    return [
        {"name": name, "at": of[0].at, "orders": sorted({event.data["order"] for event in of})}
        for (name, _), of in found.items()
    ]


def readings(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Who of the bureau read the record, by person and day, latest first (R-M08)."""
    found: dict[tuple[str, Any], list[datetime]] = {}
    for event in events:
        if event.kind == READ:
            found.setdefault((event.actor_name, local_day(event.at)), []).append(event.at)
    return [{"name": name, "at": moments[0], "times": len(moments)} for (name, _), moments in found.items()]
