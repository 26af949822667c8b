"""回放, the reading side: past meetings in batches of constant size, judged under what was in force and under a draft.

`meeting_facts` (through `further_facts`) stays the one bridge from rows to facts; what is special here is only how few statements a batch costs.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from common.dates import local_day
from governance.beforehand import read_beforehand
from governance.further import UNTIL_SIGNATURE, further_facts
from governance.models import (
    AgendaItem,
    Catalogue,
    Issue,
    ItemMember,
    Matter,
    Meeting,
    MeetingMember,
    MeetingStatus,
    PlannedTask,
    ReplayRun,
    ReplayStatus,
    RuleBook,
    Stance,
    Waiver,
)
from governance.reference import Timeline, reference_of
from governance.rules import facts as f
from governance.rules.reference import Reference
from governance.rules.replaying import Flip, Past, flips
from governance.rules.strictest import strictest
from governance.selectors import subject_of_waiver
from schools.models import Person, School

CLOSED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
# A batch ends at either number, so that meetings with many items take no more memory than many meetings.
MEETINGS, ITEMS = 500, 2000
Place = tuple[datetime, UUID]


# ---- which meetings, in which order ----


def past_meetings(until: datetime) -> QuerySet[Meeting]:
    """Meetings with stored results signed up to `until`: the same set however long a run takes."""
    return Meeting.objects.filter(status__in=CLOSED, signed_at__lte=until)


def batch_after(until: datetime, place: Place | None) -> list[UUID]:
    """The ids of the next batch after `place` (time and id of the last meeting done), in order of time and id."""
    rows = past_meetings(until)
    if place is not None:
        rows = rows.filter(scheduled_at__gte=place[0]).exclude(scheduled_at=place[0], pk__lte=place[1])
    found: list[UUID] = []
    items = 0
    for pk, count in rows.order_by("scheduled_at", "pk").values_list("pk", "item_count")[:MEETINGS]:
        if found and items + count > ITEMS:
            break
        found.append(pk)
        items += count
    return found


def read_batch(ids: Sequence[UUID]) -> list[Meeting]:
    """Those meetings in order, with all that facts are made of: a dozen statements, however many they are."""
    meetings = list(Meeting.objects.filter(pk__in=ids).order_by("scheduled_at", "pk"))
    schools = School.objects.in_bulk({meeting.school_id for meeting in meetings})
    for meeting in meetings:
        meeting.school = schools[meeting.school_id]
    items = list(AgendaItem.objects.filter(meeting__in=ids).defer("summary").order_by("order"))
    matters = Matter.objects.in_bulk({item.matter_id for item in items if item.matter_id})
    for item in items:
        item.matter = matters[item.matter_id] if item.matter_id else None
    members = list(MeetingMember.objects.filter(meeting__in=ids).order_by("order", "pk"))
    due = {member.pk: member for member in members}
    presences = list(ItemMember.objects.filter(item__meeting__in=ids).order_by("pk"))
    for presence in presences:
        presence.member = due[presence.member_id]
    stances = list(Stance.objects.filter(item__meeting__in=ids).order_by("pk"))
    for stance in stances:
        stance.member = due[stance.member_id]
    tasks = PlannedTask.objects.filter(item__meeting__in=ids).order_by("order")
    _attach(items, "presences", presences, "item_id")
    _attach(items, "stances", stances, "item_id")
    _attach(items, "planned_tasks", tasks, "item_id")
    _attach(meetings, "members", members, "meeting_id")
    _attach(meetings, "items", items, "meeting_id")
    read_beforehand(meetings)
    return meetings


def _attach(parents: Iterable[Model], name: str, children: Iterable[Any], key: str) -> None:
    """What `prefetch_related` leaves for `.all()` to find, as plain lists and without a list of item ids in the statement:
    a batch may have more items than SQLite takes parameters, and facts only walk over these rows.
    """
    found: dict[UUID, list[Any]] = defaultdict(list)
    for child in children:
        found[getattr(child, key)].append(child)
    for parent in parents:
        parent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found.get(parent.pk, [])


# ---- what each version says ----


@dataclass
class Candidate:
    """What would judge: the draft of catalogue, of rules, or of both, beside what was in force on the day of each meeting."""

    catalogue: Catalogue | None
    rulebook: RuleBook | None
    timeline: Timeline = field(default_factory=Timeline)
    built: dict[tuple[object, ...], Reference] = field(default_factory=dict)

    def before(self, meeting: Meeting) -> Reference:
        """What was in force for the meeting."""
        return self.timeline.before(local_day(meeting.scheduled_at), meeting.school_id, meeting.body)

    def after(self, meeting: Meeting) -> Reference:
        """The draft in its place; a school's stricter settings stay where they are still stricter."""
        day = local_day(meeting.scheduled_at)
        catalogue = self.catalogue or self.timeline.catalogue(day)
        rulebook = self.rulebook or self.timeline.rulebook(day)
        base = (catalogue and catalogue.pk, rulebook and rulebook.pk)
        if base not in self.built:
            self.built[base] = reference_of(catalogue, rulebook)
        tightened = self.timeline.tightened(day, meeting.school_id, meeting.body)
        if (*base, tightened) not in self.built:
            self.built[*base, tightened] = strictest(self.built[base], json.loads(tightened))
        return self.built[*base, tightened]


@dataclass(frozen=True, slots=True)
class Found:
    """One flip with the rows it is about; `matter` is the code of the item's matter, blank for the meeting as a whole."""

    flip: Flip
    meeting: Meeting
    item: UUID | None
    matter: str

    def line(self) -> str:
        """The flip as one line of text: what the digest of a run is made of."""
        was, would_be = self.flip.before, self.flip.after
        said = (was.outcome, was.severity, would_be.outcome, would_be.severity)
        return "|".join(map(str, (self.meeting.pk, self.flip.rule, self.flip.subject, self.matter, *said)))


def flips_of(meetings: Sequence[Meeting], candidate: Candidate, today: date) -> Iterator[Found]:
    """Every flip of a batch, by meeting and in the order of the rules."""
    signers, waived, stored = _signers(meetings), _waived(meetings), further_facts(meetings, today)
    for meeting in meetings:
        kept = stored[meeting.pk]
        facts = replace(kept.meeting, minutes=_minutes(meeting, signers))
        past = Past(facts, kept, UNTIL_SIGNATURE, waived.get(meeting.pk, ()))
        items = {f"items/{item.pk}": item for item in meeting.items.all()}
        for flip in flips(past, candidate.before(meeting), candidate.after(meeting)):
            item = items.get(flip.subject)
            matter = item.matter.code if item is not None and item.matter is not None else ""
            yield Found(flip, meeting, item.pk if item is not None else None, matter)


def _signers(meetings: Sequence[Meeting]) -> dict[UUID | None, UUID]:
    """The persons behind the accounts that signed."""
    accounts = {meeting.signed_by_id for meeting in meetings}
    return dict(Person.objects.filter(account__in=accounts).values_list("account_id", "pk"))


def _minutes(meeting: Meeting, signers: Mapping[UUID | None, UUID]) -> f.MinutesFacts:
    """Who signed and when, as the signature judged it."""
    person = signers.get(meeting.signed_by_id)
    due = {member.person_id for member in meeting.members.all()}
    day = local_day(meeting.signed_at) if meeting.signed_at else None
    return f.MinutesFacts(str(person) if person in due else None, day)


def _waived(meetings: Sequence[Meeting]) -> dict[UUID, set[tuple[str, str]]]:
    found: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for waiver in Waiver.objects.filter(meeting__in=[meeting.pk for meeting in meetings]):
        found[waiver.meeting_id].add((waiver.rule, subject_of_waiver(waiver)))
    return found


def chained(digest: str, found: Iterable[Found]) -> str:
    """The digest after those flips: SHA-256 of the one before and the line, one by one."""
    for one in found:
        digest = hashlib.sha256(f"{digest}|{one.line()}".encode()).hexdigest()
    return digest


# ---- runs ----


def replay_is_fresh(draft: Catalogue | RuleBook) -> bool:
    """Whether a finished replay of exactly this version of the draft exists, so that the bureau has seen what flips.

    Asked by the services that issue a catalogue or rules.
    """
    return runs_of(draft).filter(status=ReplayStatus.DONE).exists()


def runs_of(draft: Catalogue | RuleBook) -> QuerySet[ReplayRun]:
    """The runs about exactly this version of the draft."""
    if isinstance(draft, Catalogue):
        return ReplayRun.objects.filter(catalogue=draft.pk, catalogue_version=draft.version)
    return ReplayRun.objects.filter(rulebook=draft.pk, rulebook_version=draft.version)


def latest_run(catalogue: Catalogue | None, rulebook: RuleBook | None) -> ReplayRun | None:
    """The latest run of exactly these drafts together, whatever their version was then."""
    rows = ReplayRun.objects.filter(catalogue=catalogue, rulebook=rulebook)
    return rows.select_related("started_by").order_by("-created_at", "-pk").first()


def is_of_today(run: ReplayRun) -> bool:
    """Whether the drafts still are what the run was about."""
    return all(
        draft is None or (draft.status == Issue.DRAFT and draft.version == version)
        for draft, version in ((run.catalogue, run.catalogue_version), (run.rulebook, run.rulebook_version))
    )


def live_runs(catalogue: Catalogue | None, rulebook: RuleBook | None) -> QuerySet[ReplayRun]:
    """Runs under way about one of these drafts."""
    about = Q(catalogue=catalogue) if catalogue else Q(pk__in=[])
    about |= Q(rulebook=rulebook) if rulebook else Q(pk__in=[])
    return ReplayRun.objects.filter(about, status__in=[ReplayStatus.QUEUED, ReplayStatus.RUNNING])
