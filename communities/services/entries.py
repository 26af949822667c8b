"""资源清单 and 需求清单: entering, mending, taking down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from common.errors import Fault, InvalidInput, WrongState
from communities.models import Booking, Community, Demand, JointProject, Kind, Resource, ResourcePeriod
from communities.services.base import day_faults, locked_community, locked_row, refuse_outsiders, tell, text_fault
from schools.models import School

LONGEST_TITLE, LONGEST_SUBJECT, LONGEST_NOTE, LONGEST_TIMES = 60, 20, 500, 40
MOST_PERIODS, MOST_PLACES = 20, 9999
HAS_BOOKINGS = "还有没取消的预约。先取消预约，再撤下。"


@dataclass(frozen=True)
class PeriodInput:
    """A period as typed; `key` names one that is there already."""

    starts_on: date
    ends_on: date
    capacity: int
    times: str = ""
    key: UUID | None = None


@dataclass(frozen=True)
class ResourceInput:
    """A resource as typed. Without a subject it is of use for every subject."""

    kind: str
    title: str
    periods: Sequence[PeriodInput]
    subject: str = ""
    note: str = ""


@dataclass(frozen=True)
class DemandInput:
    """A demand as typed. Without a subject any subject will do."""

    kind: str
    title: str
    starts_on: date
    ends_on: date
    amount: int
    subject: str = ""
    expectation: str = ""


@transaction.atomic
def add_resource(*, community: Community, school: School, new: ResourceInput, by: User, at: datetime) -> Resource:
    """登记资源 of a member school."""
    community = locked_community(community)
    refuse_outsiders(community, school, by)
    _check_resource(new)
    made = Resource(community=community, school=school)
    _write_resource(made, new, at)
    ResourcePeriod.objects.bulk_create([_period(made, period) for period in new.periods])
    tell("communities.resource.listed", community, by, at, on=made, url=made.get_absolute_url(), resource_kind=new.kind)
    return made


@transaction.atomic
def edit_resource(*, resource: Resource, new: ResourceInput, version: int | None, by: User, at: datetime) -> Resource:
    """修改资源. A period keeps its days once it has been booked, and holds at least what is booked."""
    resource = locked_row(resource, version)
    refuse_outsiders(resource.community, resource.school, by)
    _refuse_withdrawn(resource)
    _check_resource(new)
    _write_periods(resource, new.periods)
    _write_resource(resource, new, at)
    tell("communities.resource.edited", resource.community, by, at, on=resource, url=resource.get_absolute_url())
    return resource


@transaction.atomic
def add_demand(*, community: Community, school: School, new: DemandInput, by: User, at: datetime) -> Demand:
    """登记需求 of a member school."""
    community = locked_community(community)
    refuse_outsiders(community, school, by)
    _check_demand(new, 0)
    made = Demand(community=community, school=school)
    _write_demand(made, new, at)
    tell("communities.demand.listed", community, by, at, on=made, url=made.get_absolute_url(), demand_kind=new.kind)
    return made


@transaction.atomic
def edit_demand(*, demand: Demand, new: DemandInput, version: int | None, by: User, at: datetime) -> Demand:
    """修改需求; not below what is booked for it."""
    demand = locked_row(demand, version)
    refuse_outsiders(demand.community, demand.school, by)
    _refuse_withdrawn(demand)
    booked = Booking.objects.standing().filter(demand=demand).aggregate(sum=Sum("amount"))["sum"] or 0
    _check_demand(new, booked)
    _write_demand(demand, new, at)
    tell("communities.demand.edited", demand.community, by, at, on=demand, url=demand.get_absolute_url())
    return demand


@transaction.atomic
def withdraw_entry(
    *, entry: Resource | Demand | JointProject, version: int | None, by: User, at: datetime
) -> Resource | Demand | JointProject:
    """撤下: the entry stays on record and no longer counts. What is booked is cancelled first."""
    entry = locked_row(entry, version)
    refuse_outsiders(entry.community, entry.school, by)
    _refuse_withdrawn(entry)
    bookings = Booking.objects.standing()
    if isinstance(entry, Resource) and bookings.filter(period__resource=entry).exists():
        raise WrongState(HAS_BOOKINGS)
    if isinstance(entry, Demand) and bookings.filter(demand=entry).exists():
        raise WrongState(HAS_BOOKINGS)
    if isinstance(entry, JointProject) and entry.concluded_on is not None:
        raise WrongState("这个项目已经登记成效，留在清单里，不能撤下。")
    entry.withdrawn_at, entry.withdrawn_by = at, by
    entry.commit(at)
    noun = "project" if isinstance(entry, JointProject) else entry._meta.model_name
    tell(f"communities.{noun}.withdrawn", entry.community, by, at, on=entry, url=entry.get_absolute_url())
    return entry


def _refuse_withdrawn(entry: Resource | Demand | JointProject) -> None:
    if entry.withdrawn_at is not None:
        raise WrongState("这一条已经撤下，不能再改。要恢复，另登记一条。")


def _check_resource(new: ResourceInput) -> None:
    faults = _entry_faults(new.kind, new.title, new.subject)
    faults += text_fault("note", new.note, "说明", LONGEST_NOTE)
    if not 1 <= len(new.periods) <= MOST_PERIODS:
        faults.append(Fault("periods", f"写 1 至 {MOST_PERIODS} 个开放时段"))
    for number, period in enumerate(new.periods):
        path = f"periods.{number}"
        faults += day_faults(period.starts_on, period.ends_on, f"{path}.starts_on", f"{path}.ends_on")
        faults += _amount_faults(f"{path}.capacity", period.capacity, "容量")
        faults += text_fault(f"{path}.times", period.times, "时间", LONGEST_TIMES)
    if faults:
        raise InvalidInput(faults)


def _check_demand(new: DemandInput, booked: int) -> None:
    faults = _entry_faults(new.kind, new.title, new.subject)
    faults += text_fault("expectation", new.expectation, "期望", LONGEST_NOTE)
    faults += day_faults(new.starts_on, new.ends_on)
    faults += _amount_faults("amount", new.amount, "数量")
    if new.amount < booked:
        faults.append(Fault("amount", f"已经约了 {booked}，数量不能再少；先取消预约"))
    if faults:
        raise InvalidInput(faults)


def _entry_faults(kind: str, title: str, subject: str) -> list[Fault]:
    faults = list(text_fault("title", title, "写名称", LONGEST_TITLE, 2))
    faults += text_fault("subject", subject, "学科（领域）", LONGEST_SUBJECT)
    if kind not in Kind.values:
        faults.append(Fault("kind", f"从{'、'.join(Kind.labels)}里选一类"))
    return faults


def _amount_faults(path: str, amount: int, words: str) -> list[Fault]:
    return [] if 1 <= amount <= MOST_PLACES else [Fault(path, f"{words}写 1 至 {MOST_PLACES} 的整数")]


def _write_resource(resource: Resource, new: ResourceInput, at: datetime) -> None:
    resource.kind, resource.title = new.kind, new.title.strip()
    resource.subject, resource.note = new.subject.strip(), new.note.strip()
    resource.commit(at)


def _write_demand(demand: Demand, new: DemandInput, at: datetime) -> None:
    demand.kind, demand.title, demand.subject = new.kind, new.title.strip(), new.subject.strip()
    demand.starts_on, demand.ends_on, demand.amount = new.starts_on, new.ends_on, new.amount
    demand.expectation = new.expectation.strip()
    demand.commit(at)


def _period(resource: Resource, new: PeriodInput) -> ResourcePeriod:
    return ResourcePeriod(
        resource=resource, starts_on=new.starts_on, ends_on=new.ends_on, times=new.times.strip(), capacity=new.capacity
    )


def _write_periods(resource: Resource, wanted: Sequence[PeriodInput]) -> None:
    known = {period.pk: period for period in ResourcePeriod.objects.counted().filter(resource=resource)}
    faults = [
        fault
        for number, new in enumerate(wanted)
        if new.key in known
        for fault in _kept_faults(f"periods.{number}", known[new.key], new)
    ]
    gone = known.keys() - {new.key for new in wanted}
    if Booking.objects.filter(period__in=gone).exists():
        faults.append(Fault("periods", "有过预约的时段要留着；不再开放，就撤下整项资源"))
    if faults:
        raise InvalidInput(faults)
    ResourcePeriod.objects.filter(pk__in=gone).delete()
    for new in wanted:
        written = _period(resource, new)
        if new.key in known:
            written.pk, written._state.adding = new.key, False
        written.save()


def _kept_faults(path: str, old: ResourcePeriod, new: PeriodInput) -> Iterable[Fault]:
    """A booked period keeps its days and holds what is booked."""
    booked = old.booked  # type: ignore[attr-defined]  # annotated by `counted`
    if booked > new.capacity:
        yield Fault(f"{path}.capacity", f"这个时段已约 {booked}，容量不能再少")
    if booked and (new.starts_on, new.ends_on) != (old.starts_on, old.ends_on):
        yield Fault(f"{path}.starts_on", "这个时段已有预约，日期不能改；先取消预约")
