"""A new version of the catalogue: begun as a draft, edited matter by matter, issued by the bureau. Issued ones never change.

The catalogue row is the lock of the draft. Its `version` counts every change of any matter, so that whoever issues has seen
what is issued, and a replay knows which state of the draft it was about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from audit.services import record
from common.dates import at_hour, local_day
from common.errors import DomainError, Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_issue
from governance.models import AgendaItem, Catalogue, Issue, Matter, Meeting, MeetingStatus
from governance.reference import reference_of, rulebook_on
from governance.replays import replay_is_fresh
from governance.rules.matters import Entry, catalogue_faults, entry_faults
from governance.rules.reference import ReferenceFault
from governance.services.issuing import (
    DRAFT_NUMBER,
    NotReplayed,
    day_faults,
    draft_locked,
    latest_locked,
    number_faults,
)
from governance.versions import entries_of, entry_of, field_changes, stale_differences
from schools.permissions import Body

OPEN = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD, MeetingStatus.MINUTED)
COPIED = (
    "code", "body", "aspect_code", "aspect", "title", "title_en", "scope", "nature", "important", "attendance_level",
    "attendance_strength", "prior_stages", "next_stages", "fed_by", "feeds", "keywords", "evidence",
)  # fmt: skip


class NotYetWhole(DomainError):
    """The draft cannot be issued as it is: `faults` names matter and field."""

    title = "草案还不能发布"

    def __init__(self, faults: Sequence[tuple[str, Fault]]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(f"{code}：{fault.reason}" for code, fault in faults))


@dataclass(frozen=True)
class IssueInput:
    """What the bureau says when it issues: number, name, first day in force, and where the text comes from."""

    number: str
    title: str
    effective_from: date | None
    note: str


def _require(by: User) -> None:
    if not may_issue(by):
        raise NotAllowed("议事目录由区教育局组织科起草和发布。")


@transaction.atomic
def start_draft(*, by: User, at: datetime) -> Catalogue:
    """起草新版: a copy of the version issued last. There is one draft at a time."""
    _require(by)
    base = latest_locked(Catalogue)
    if Catalogue.objects.filter(status=Issue.DRAFT).exists():
        raise WrongState("已有一份目录草案。先发布或放弃那一份，再起草新版。")
    draft = Catalogue(
        number=DRAFT_NUMBER, title=base.title, note="", status=Issue.DRAFT, based_on=base, stages=base.stages
    )
    draft.commit(at)
    copies = []
    for matter in Matter.objects.filter(catalogue=base).order_by("code"):
        copy = Matter(catalogue=draft, **{name: getattr(matter, name) for name in COPIED})
        copy.stamp(at)
        copies.append(copy)
    Matter.objects.bulk_create(copies)
    record("governance.catalogue.drafted", by=by, at=at, on=draft, based_on=base.number)
    return draft


@transaction.atomic
def save_matter(*, matter: Matter, entry: Entry, version: int, by: User, at: datetime) -> Matter:
    """Write one matter of the draft. 来自 and 转往 are kept as each other's inverse: the other matters follow.

    Code and body are those of the stored matter, whatever `entry` says. Unchanged input changes nothing.
    """
    _require(by)
    draft = draft_locked(Catalogue, matter.catalogue_id)
    stored = Matter.objects.get(pk=matter.pk)
    stored.catalogue = draft
    before = entry_of(stored)
    entry = replace(entry, code=before.code, body=before.body)
    if stored.version != version:
        raise Stale(differences=stale_differences(before, entry, draft.stages))
    others = {other.code: other for other in Matter.objects.filter(catalogue=draft)}
    bodies = {code: other.body for code, other in others.items()}
    if faults := entry_faults(entry, bodies=bodies, stages=draft.stages):
        raise InvalidInput(faults)
    changed = [change.name for change in field_changes(before, entry, draft.stages)]
    if not changed:
        return stored
    _write(stored, entry)
    stored.commit(at)
    _turn_links(stored, before, entry, others, at)
    draft.commit(at)
    record("governance.catalogue.edited", by=by, at=at, on=draft, matter=entry.code, fields=changed)
    return stored


def _write(matter: Matter, entry: Entry) -> None:
    matter.title, matter.scope = entry.title.strip(), entry.scope.strip()
    matter.nature, matter.important = Matter.Nature(entry.nature), entry.important
    matter.attendance_level, matter.attendance_strength = entry.attendance
    matter.prior_stages = [{"stage": stage, "requirement": how} for stage, how in entry.prior_stages]
    matter.next_stages = [{"stage": stage, "requirement": how} for stage, how in entry.next_stages]
    matter.fed_by, matter.feeds = list(entry.fed_by), list(entry.feeds)
    matter.keywords = list(entry.keywords)


def _turn_links(matter: Matter, before: Entry, after: Entry, others: dict[str, Matter], at: datetime) -> None:
    """The other end of every link that came or went."""
    own, name = ("fed_by", "feeds") if matter.body == Body.PARTY else ("feeds", "fed_by")
    gone, come = (
        set(getattr(before, own)) - set(getattr(after, own)),
        set(getattr(after, own)) - set(getattr(before, own)),
    )
    for code in sorted(gone | come):
        other = others[code]
        codes = set(getattr(other, name)) - {matter.code} | ({matter.code} if code in come else set())
        setattr(other, name, sorted(codes))
        other.commit(at)


@transaction.atomic
def discard_draft(*, catalogue: Catalogue, version: int, by: User, at: datetime) -> None:
    """放弃草案: the draft and its matters go; the fact that there was one stays."""
    _require(by)
    draft = draft_locked(Catalogue, catalogue.pk, version)
    record("governance.catalogue.discarded", by=by, at=at, on=draft, title=draft.title)
    Matter.objects.filter(catalogue=draft).delete()
    draft.delete()


@transaction.atomic
def issue_draft(*, catalogue: Catalogue, said: IssueInput, version: int, by: User, at: datetime) -> Catalogue:
    """发布: from `effective_from` on meetings take this version; those not yet signed, of that day or later, go over to it.

    Raises `InvalidInput` for number, name, day or note, `NotYetWhole` when the draft does not hold together, `NotReplayed`
    until a replay of exactly this state of the draft is finished.
    """
    _require(by)
    draft = draft_locked(Catalogue, catalogue.pk, version)
    said = replace(said, number=said.number.strip(), title=said.title.strip(), note=said.note.strip())
    day = said.effective_from
    faults = [*_words_faults(said), *day_faults(Catalogue, day, local_day(at))]
    if day is None or faults:
        raise InvalidInput(faults)
    if wrong := draft_faults(draft, day):
        raise NotYetWhole(wrong)
    if not replay_is_fresh(draft):
        raise NotReplayed("先回放这份草案，看过以往会议会有哪些变化，再发布。回放后又改过的，要再回放一次。")
    draft.number, draft.title, draft.note, draft.effective_from = said.number, said.title, said.note, day
    draft.status, draft.issued_at, draft.issued_by = Issue.ISSUED, at, by
    draft.commit(at)
    moved = _take_over(draft, day)
    record(
        "governance.catalogue.issued", by=by, at=at, on=draft, title=draft.title, effective_from=str(day),
        meetings=moved, url=reverse("governance:catalogue-differences", args=[draft.pk]),
    )  # fmt: skip
    return draft


def draft_faults(draft: Catalogue, day: date) -> list[tuple[str, Fault]]:
    """Everything that stops the draft from being issued: its entries, and whether the rules in force on its first day
    can judge by it.
    """
    codes = Matter.objects.filter(catalogue=draft.based_on_id).values_list("code", flat=True)
    found = catalogue_faults(entries_of(draft), stages=draft.stages, codes=set(codes))
    if found:
        return found
    try:
        reference_of(draft, rulebook_on(day))
    except ReferenceFault as fault:
        return [("", Fault("", f"规则不能按这份目录核查：{fault}"))]
    return []


def _words_faults(said: IssueInput) -> Iterable[Fault]:
    yield from number_faults(Catalogue, said.number)
    if not 4 <= len(said.title) <= 120:
        yield Fault("title", "名称写 4 至 120 个字")
    if not 4 <= len(said.note) <= 300:
        yield Fault("note", "写明这一版的来历，4 至 300 个字，如“据区教育局××号文印发”")


def _take_over(catalogue: Catalogue, day: date) -> int:
    """Meetings that are not signed, of the first day in force or later: their items hang on the new version's matters.

    Codes never change, so each item keeps its matter. Nobody's typing grows stale: an agenda names its matters by code.
    """
    rows = Meeting.objects.filter(status__in=OPEN, scheduled_at__gte=at_hour(day, time(0)), catalogue__isnull=False)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    meetings = list(rows.order_by("pk").values_list("pk", flat=True))
    new = dict(Matter.objects.filter(catalogue=catalogue).values_list("code", "pk"))
    items = AgendaItem.objects.filter(meeting__in=meetings, matter__isnull=False)
    for old, code in items.values_list("matter_id", "matter__code").distinct():
        items.filter(matter=old).update(matter=new[code])
    Meeting.objects.filter(pk__in=meetings).update(catalogue=catalogue)
    return len(meetings)
