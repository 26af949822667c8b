"""预约: a member school takes places of a period of a resource. Never above its capacity: checked under the lock of the resource."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum

from accounts.models import User
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault, require_reason
from communities.guards import edits_for, is_bureau, is_member
from communities.models import Agreement, Booking, Community, CommunityStatus, Demand, Refusal, Resource, ResourcePeriod
from communities.services.base import STALE, lock, locked_row, tell, text_fault
from schools.models import School

LONGEST_PURPOSE = 200
FULL = "这个时段容量 {capacity}，已约 {booked}，还可约 {free}。改少数量，或换一个时段。"


@transaction.atomic
def book(
    *, period: ResourcePeriod, school: School, amount: int, demand: Demand | None = None, purpose: str = "", by: User,
    at: datetime,
) -> Booking:  # fmt: skip
    """预约资源 for one's own school; the lead school's 书记、校长、党政办 accept a proposed match for others."""
    resource = locked_row(period.resource, None)
    community = resource.community
    if not (edits_for(by, school.pk) or edits_for(by, community.lead_school_id) or is_bureau(by, community)):
        raise NotAllowed("预约由使用学校的书记、校长、党政办办理，匹配由牵头校办理。")
    _refuse_closed(community, at)
    if resource.withdrawn_at is not None:
        raise WrongState("这项资源已经撤下，换一项。")
    found = ResourcePeriod.objects.counted().get(pk=period.pk, resource=resource)
    _check(found, resource, school, amount, demand, purpose, at)
    made = Booking(period=found, school=school, demand=demand, amount=amount, purpose=purpose.strip(), booked_by=by)
    made.commit(at)
    if demand is not None:
        Refusal.objects.filter(demand=demand, resource=resource).delete()
    _tell("made", made, resource, by, at, said=f"{school.short_name}预约 {amount}")
    return made


@transaction.atomic
def cancel_booking(*, booking: Booking, reason: str, version: int | None = None, by: User, at: datetime) -> Booking:
    """取消预约, with a reason: by the school that booked, the one that provides, the lead school, or 组织科."""
    resource = locked_row(booking.period.resource, None)
    found = Booking.objects.select_related("period", "school").get(pk=booking.pk)
    if version is not None and version != found.version:
        raise Stale(STALE)
    schools = (found.school_id, resource.school_id, resource.community.lead_school_id)
    if not (any(edits_for(by, pk) for pk in schools) or is_bureau(by, resource.community)):
        raise NotAllowed("取消预约由使用学校、提供学校或牵头校的书记、校长、党政办办理。")
    if found.cancelled_at is not None:
        raise WrongState("这次预约已经取消。")
    found.cancel_reason = require_reason(reason)
    found.cancelled_at, found.cancelled_by = at, by
    found.commit(at)
    _tell("cancelled", found, resource, by, at, said="取消预约", reason=found.cancel_reason)
    return found


@transaction.atomic
def refuse_match(*, demand: Demand, resource: Resource, reason: str, by: User, at: datetime) -> Refusal:
    """退回匹配: the lead school turns a proposal down; the next matching looks elsewhere."""
    community = locked_row(resource, None).community
    if demand.community_id != community.pk:
        raise one_fault("demand", "从这个共同体的需求里选")
    if not edits_for(by, community.lead_school_id):
        raise NotAllowed("匹配由牵头校的书记、校长或党政办办理。")
    _refuse_closed(community, at)
    reason = require_reason(reason)
    refusal, _ = Refusal.objects.update_or_create(
        demand=demand, resource=resource, defaults={"reason": reason, "refused_by": by, "refused_at": at}
    )
    tell(
        "communities.match.refused", community, by, at, on=demand, url=demand.get_absolute_url(), said="匹配已退回",
        reason=reason, resource=str(resource.pk), schools=[str(demand.school_id), str(resource.school_id)],
    )  # fmt: skip
    return refusal


def _refuse_closed(community: Community, at: datetime) -> None:
    """Bookings need a signed agreement that covers the day."""
    today = local_day(at)
    if community.status != CommunityStatus.ACTIVE:
        raise WrongState("登记签约以后、终止以前，才能预约。")
    if not any(agreement.covers(today) for agreement in Agreement.objects.filter(community=community)):
        raise WrongState("今天不在协议期内。续签以后再预约。")


def _check(
    period: ResourcePeriod, resource: Resource, school: School, amount: int, demand: Demand | None, purpose: str,
    at: datetime,
) -> None:  # fmt: skip
    faults = [*text_fault("purpose", purpose, "用途", LONGEST_PURPOSE)]
    if school.pk == resource.school_id:
        faults.append(Fault("school", "本校的资源不用预约"))
    elif not is_member(resource.community, school.pk):
        faults.append(Fault("school", f"{school.short_name}不是这个共同体现在的成员校"))
    if not is_member(resource.community, resource.school_id):
        faults.append(Fault("period", f"{resource.school.short_name}已退出共同体，换一项资源"))
    if period.ends_on < local_day(at):
        faults.append(Fault("period", "这个时段已经过去，换一个时段"))
    booked = period.booked  # type: ignore[attr-defined]  # annotated by `counted`
    if not 1 <= amount <= period.capacity - booked:
        free = max(period.capacity - booked, 0)
        faults.append(Fault("amount", FULL.format(capacity=period.capacity, booked=booked, free=free)))
    if demand is not None:
        faults += _demand_faults(demand, resource, school, amount)
    if faults:
        raise InvalidInput(faults)


def _demand_faults(demand: Demand, resource: Resource, school: School, amount: int) -> list[Fault]:
    """A demand is of the same community and school, stands, and is not met twice."""
    lock(demand)
    fits = Q(pk=demand.pk, community=resource.community_id, school=school, withdrawn_at__isnull=True)
    wanted = Demand.objects.filter(fits).values_list("amount", flat=True).first()
    if wanted is None:
        return [Fault("demand", "从这所学校在本共同体的需求里选")]
    booked = Booking.objects.standing().filter(demand=demand).aggregate(sum=Sum("amount"))["sum"] or 0
    if booked + amount > wanted:
        return [Fault("amount", f"这项需求要 {wanted}，已约 {booked}，还差 {wanted - booked}")]
    return []


def _tell(what: str, booking: Booking, resource: Resource, by: User, at: datetime, **data: object) -> None:
    tell(
        f"communities.booking.{what}", resource.community, by, at, on=resource, url=resource.get_absolute_url(),
        booking=str(booking.pk), amount=booking.amount, schools=[str(resource.school_id), str(booking.school_id)], **data,
    )  # fmt: skip
