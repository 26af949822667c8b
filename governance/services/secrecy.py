"""知悉范围: which items start as restricted, who is named, and the trace each reading leaves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.models import Event
from audit.services import Fact, record, record_many, subject_of
from checklists.services import restrict_checklist
from common.dates import at_hour, local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale
from governance.guards import is_head
from governance.models import AgendaItem, Decision, ItemReader, Meeting, Secrecy
from governance.secrecy import RESTRICTED_MATTERS, SHORT, candidates, head_of, why_not_set
from governance.selectors import members_due
from schools.models import Person
from schools.permissions import HEAD_POST

CHANGED = "governance.item.secrecy_changed"
READ = "governance.item.read"


def starts_restricted(before: str, matter: str) -> bool:
    """Whether an item that gets this matter (by code) becomes restricted; one that has had it stays as it was set."""
    return matter != before and matter in RESTRICTED_MATTERS


def restrict_to_body(meeting: Meeting, items: Sequence[AgendaItem]) -> None:
    """Name the readers with whom restricted items start: the members due that day, the recorder, each item's proposer."""
    if not items:
        return
    due = members_due(meeting.school, meeting.body, local_day(meeting.scheduled_at))
    told = {member.person.pk for member in due} | ({meeting.recorder_id} if meeting.recorder_id else set())
    wanted = [(item.pk, pk) for item in items for pk in told | ({item.proposer_id} if item.proposer_id else set())]
    rows = [ItemReader(item_id=item, person_id=person) for item, person in sorted(wanted)]
    ItemReader.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def set_secrecy(
    *, item: AgendaItem, level: str, readers: Collection[UUID] = (), version: int | None = None, by: User, at: datetime
) -> AgendaItem:
    """设定知悉范围, by who may record and reads the item, or by the head of the body, at any time: who needs to know changes
    with office. The head always stays among the readers; what is restricted is opened again by the head alone.
    """
    item, meeting = _locked(item)
    if why := why_not_set(item, meeting, by):
        raise NotAllowed(why)
    if version is not None and version != item.version:
        raise Stale("刚才有人改过这个议题或它的知悉范围。看过最新情况再改。")
    before = set(item.readers.values_list("person_id", flat=True))
    named = {*readers, *head_of(meeting)} if level == Secrecy.RESTRICTED else set()
    if faults := _faults(item, meeting, level, named, before, by):
        raise InvalidInput(faults)
    if (item.secrecy, before) == (level, named):
        return item
    old, item.secrecy = item.secrecy, level
    item.stamp(at)
    item.save(update_fields=["secrecy", "version", "updated_at"])
    _write(item, before, named)
    Meeting.objects.filter(pk=meeting.pk).update(
        updated_at=at
    )  # what others see of it has changed; its version has not
    _follow(item, at)
    names = dict(Person.objects.filter(pk__in=before ^ named).order_by("py", "pk").values_list("pk", "name"))
    record(
        CHANGED, by=by, at=at, on=meeting, school_id=meeting.school_id, url=meeting.get_absolute_url(),
        item=str(item.pk), order=item.order, level=level, before=old,
        added=[name for pk, name in names.items() if pk in named],
        removed=[name for pk, name in names.items() if pk in before],
    )  # fmt: skip
    return item


def _locked(item: AgendaItem) -> tuple[AgendaItem, Meeting]:
    """Under the lock of the meeting, as every change of an item."""
    if connection.features.has_select_for_update:
        Meeting.objects.select_for_update().only("pk").get(pk=item.meeting_id)
    item = AgendaItem.objects.get(pk=item.pk)
    meeting = Meeting.objects.select_related("school", "chair", "recorder").get(pk=item.meeting_id)
    return item, meeting


def _faults(
    item: AgendaItem, meeting: Meeting, level: str, named: set[UUID], before: set[UUID], by: User
) -> list[Fault]:
    if level not in Secrecy.values:
        return [Fault("level", "从公开、内部、限定人员里选")]
    if item.secrecy == Secrecy.RESTRICTED and level != Secrecy.RESTRICTED and not is_head(meeting, by):
        return [Fault("level", f"限定人员议题由{HEAD_POST[meeting.body].label}放开")]
    known = {candidate.person.pk for candidate in candidates(meeting)} | before
    if not named <= known:
        return [Fault("readers", "从本校在任的人、组织科和局领导里选知悉人")]
    if level == Secrecy.RESTRICTED and not named:
        return [Fault("readers", "限定人员议题至少要有一位知悉人")]
    return []


def _write(item: AgendaItem, before: set[UUID], named: set[UUID]) -> None:
    ItemReader.objects.filter(item=item, person__in=before - named).delete()
    ItemReader.objects.bulk_create([ItemReader(item=item, person_id=pk) for pk in sorted(named - before)])


def _follow(item: AgendaItem, at: datetime) -> None:
    """The decision of the item and its tasks are for the same people."""
    decision = Decision.objects.filter(item=item).select_related("checklist").first()
    if decision is None:
        return
    Decision.objects.filter(pk=decision.pk).update(updated_at=at)
    if decision.checklist is not None:
        title, readers = named_for(decision, item)
        restrict_checklist(checklist=decision.checklist, title=title, readers=readers, at=at)


def named_for(decision: Decision, item: AgendaItem) -> tuple[str, list[UUID] | None]:
    """Under which name, and for whom, the checklist of the item's decision stands. Its name is read by who is responsible for a task
    without being a reader of the item, so of a restricted one it says the number alone.
    """
    if item.secrecy != Secrecy.RESTRICTED:
        return str(decision), None
    readers = ItemReader.objects.filter(item=item).values_list("person_id", flat=True)
    return f"{decision.number} {SHORT}", list(readers)


def note_opened(*, meeting: Meeting, opened: Mapping[UUID, int], by: User, at: datetime) -> None:
    """Reading of restricted items (by id, with their order): recorded once for each person, item and day, and shown to the school."""
    items = {str(pk): order for pk, order in opened.items()}
    if not items or not items.keys() - _noted(meeting, by, at):
        return
    with transaction.atomic():
        if connection.features.has_select_for_update:
            User.objects.select_for_update().only("pk").get(pk=by.pk)  # two pages opened at once are one reading
        new = sorted((order, pk) for pk, order in items.items() if pk not in _noted(meeting, by, at))
        facts = [Fact(READ, meeting, meeting.school_id, {"item": pk, "order": order}) for order, pk in new]
        if facts:
            record_many(facts, by=by, at=at)


def _noted(meeting: Meeting, by: User, at: datetime) -> set[str]:
    since = at_hour(local_day(at), time.min)
    rows = Event.objects.filter(subject=subject_of(meeting), kind=READ, actor=by, at__gte=since)
    return {data["item"] for data in rows.values_list("data", flat=True)}


def note_file_of_item(user: User, item: UUID, at: datetime) -> None:
    """A file of an item was taken."""
    _note_file(AgendaItem.objects.filter(pk=item), user, at)


def note_file_of_decision(user: User, decision: UUID, at: datetime) -> None:
    """A file of a decision was taken."""
    _note_file(AgendaItem.objects.filter(decision=decision), user, at)


def note_file_of_meeting(user: User, meeting: UUID, at: datetime) -> None:
    """A file with all words of a meeting was taken."""
    _note_file(AgendaItem.objects.filter(meeting=meeting), user, at)


def _note_file(items: QuerySet[AgendaItem], by: User, at: datetime) -> None:
    found = list(items.filter(secrecy=Secrecy.RESTRICTED).select_related("meeting__school"))
    if found:
        note_opened(meeting=found[0].meeting, opened={item.pk: item.order for item in found}, by=by, at=at)


def name_head(meeting: Meeting) -> None:
    """At 登记召开: who is head of the body by then reads every item, whoever was head when its readers were named."""
    restricted = [item.pk for item in meeting.items.all() if item.secrecy == Secrecy.RESTRICTED]
    if restricted:
        rows = [ItemReader(item_id=item, person_id=person) for item in restricted for person in head_of(meeting)]
        ItemReader.objects.bulk_create(rows, ignore_conflicts=True)
