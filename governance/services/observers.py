"""列席: who sits in is put down from the preparation of a meeting until it is sent for signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState
from governance.guards import may_record
from governance.models import Meeting, MeetingStatus, Observer
from governance.observing import MOST
from governance.selectors import members_due, school_people
from governance.services.base import locked

LONGEST_NAME, LONGEST_ROLE = 40, 60
OPEN = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD)


@dataclass(frozen=True)
class NewObserver:
    """Somebody of the school, or a name; without items there for the whole meeting."""

    person: UUID | None = None
    name: str = ""
    role: str = ""
    items: tuple[UUID, ...] = ()


# Their list is no part of what clerks type, so the version of the record stays: adding one row or removing it overwrites nothing.
@transaction.atomic
def add_observer(*, meeting: Meeting, new: NewObserver, by: User, at: datetime) -> Observer:
    """Put somebody down as sitting in."""
    meeting = _open(meeting, by)
    day = local_day(meeting.scheduled_at)
    people = {person.pk: person for person in school_people(meeting.school, day)}
    due = {member.person_id for member in meeting.members.all()}
    due = due or {member.person.pk for member in members_due(meeting.school, meeting.body, day)}
    here = list(meeting.observers.values_list("person_id", "name"))
    if faults := _faults(meeting, new, set(people), due, here):
        raise InvalidInput(faults)
    name = people[new.person].name if new.person else new.name.strip()
    last = meeting.observers.aggregate(last=Max("order"))["last"] or 0
    observer = Observer.objects.create(
        meeting=meeting, person_id=new.person, name=name, role=new.role.strip(), order=last + 1
    )
    observer.items.set(item for item in meeting.items.all() if item.pk in new.items)
    _tell("added", meeting, name, by, at)
    return observer


@transaction.atomic
def remove_observer(*, meeting: Meeting, observer: UUID, by: User, at: datetime) -> None:
    """Take somebody off the list again; once more is once enough."""
    meeting = _open(meeting, by)
    found = meeting.observers.filter(pk=observer).first()
    if found is not None:
        found.delete()
        _tell("removed", meeting, found.name, by, at)


def _open(meeting: Meeting, by: User) -> Meeting:
    meeting = locked(meeting)
    if not may_record(meeting, by):
        raise NotAllowed("列席人员由书记、校长或党政办登记。")
    if meeting.status not in OPEN:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，列席人员不能再改。")
    return meeting


def _faults(
    meeting: Meeting, new: NewObserver, people: set[UUID], due: set[UUID], here: Sequence[tuple[UUID | None, str]]
) -> list[Fault]:
    name, faults = new.name.strip(), []
    if why := _who_faults(new.person, name, people, due, here):
        faults.append(why)
    if len(name) > LONGEST_NAME:
        faults.append(Fault("observer-name", f"姓名写到 {LONGEST_NAME} 字以内"))
    if len(new.role.strip()) > LONGEST_ROLE:
        faults.append(Fault("observer-role", f"身份写到 {LONGEST_ROLE} 字以内"))
    if not set(new.items) <= {item.pk for item in meeting.items.all()}:
        faults.append(Fault("observer-items", "议题有变动，刷新页面再选列席的议题"))
    if len(here) >= MOST:
        faults.append(Fault("observer-name", f"列席人员最多 {MOST} 位"))
    return faults


def _who_faults(
    person: UUID | None, name: str, people: set[UUID], due: set[UUID], here: Sequence[tuple[UUID | None, str]]
) -> Fault | None:
    """What is wrong with whom was named: the first thing only."""
    if person is None and not name:
        return Fault("observer-name", "选一位本校的人，或写列席人的姓名")
    if person is not None and person in due:
        return Fault("observer-person", "应到成员不再列为列席人员，换一位")
    if person is not None and person not in people:
        return Fault("observer-person", "从本校当日在任的人里选，校外的人直接写姓名")
    if any(person == other if person else other is None and name == known for other, known in here):
        return Fault("observer-name", "这位列席人员已经登记；要改列席的议题，先去掉再登记")
    return None


def _tell(what: str, meeting: Meeting, name: str, by: User, at: datetime) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(updated_at=at)
    record(
        f"governance.meeting.observer_{what}", by=by, at=at, on=meeting, school_id=meeting.school_id,
        url=meeting.get_absolute_url(), observer=name,
    )  # fmt: skip
