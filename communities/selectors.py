"""Reading communities: the matching's input, gaps of demands, figures of the annual report, what waits for a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from accounts.models import User
from attachments.models import Attachment
from common.bulk import KeyText
from common.dates import at_hour
from communities import matching
from communities.models import (
    Agreement,
    Booking,
    Community,
    CommunityStatus,
    Consent,
    Demand,
    JointProject,
    Membership,
    Purpose,
    Refusal,
    Resource,
    ResourcePeriod,
)
from communities.models.community import RENEW_WITHIN
from schools import access
from schools.permissions import SchoolPerm

Rows = TypeVar("Rows", bound=QuerySet[Any])


# ---- figures F13 to F16 (domain/report_figures.yaml) ----


def communities_in_force(as_of: date) -> QuerySet[Community]:
    """F13: communities with a signed framework agreement in force on that day."""
    return Community.objects.in_force(as_of)


def resource_entries(as_of: date) -> QuerySet[Resource]:
    """F14: resource entries that stood at the end of that day."""
    return _standing_at(Resource.objects.all(), as_of)


def demand_entries(as_of: date) -> QuerySet[Demand]:
    """F15: demand entries that stood at the end of that day."""
    return _standing_at(Demand.objects.all(), as_of)


def project_entries(as_of: date) -> QuerySet[JointProject]:
    """F16: joint project entries that stood at the end of that day."""
    return _standing_at(JointProject.objects.all(), as_of)


def _standing_at(rows: Rows, as_of: date) -> Rows:
    end = at_hour(as_of + timedelta(days=1), time.min)
    return rows.filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=end), created_at__lt=end)


# ---- matching ----


@dataclass(frozen=True)
class Matched:
    """A plan with the rows it is about."""

    plan: matching.Plan
    demands: dict[UUID, Demand]
    periods: dict[UUID, ResourcePeriod]

    def unmet(self) -> list[tuple[Demand, matching.Unmet]]:
        """Demands the plan cannot meet, with the reason."""
        return [(self.demands[row.demand], row) for row in self.plan.unmet]

    def lines(self) -> list[tuple[Demand, ResourcePeriod, matching.Line]]:
        """What is proposed."""
        return [(self.demands[line.demand], self.periods[line.slot], line) for line in self.plan.lines]


@dataclass(frozen=True)
class Gap:
    """An open demand that is not wholly met: places missing, how many of them the matching proposes, and why not more."""

    demand: Demand
    missing: int
    proposed: int
    reason: str


PROPOSED = "已有匹配建议，等牵头校接受"


def gaps_of(matched: Matched) -> list[Gap]:
    """What is still missing in a community, with the reason."""
    proposed: dict[UUID, int] = defaultdict(int)
    for line in matched.plan.lines:
        proposed[line.demand] += line.amount
    unmet = {row.demand: row for row in matched.plan.unmet}
    return [
        Gap(
            demand,
            proposed[pk] + (unmet[pk].missing if pk in unmet else 0),
            proposed[pk],
            unmet[pk].reason if pk in unmet else PROPOSED,
        )
        for pk, demand in matched.demands.items()
        if pk in unmet or proposed[pk]
    ]


def booked_of(demands: Iterable[UUID]) -> dict[UUID, int]:
    """Places booked for those demands."""
    rows = Booking.objects.standing().filter(demand__in=demands).order_by().values("demand").annotate(sum=Sum("amount"))
    return {row["demand"]: row["sum"] for row in rows}


def plans_of(communities: Sequence[UUID], today: date) -> dict[UUID, Matched]:
    """The matching of each community, in a constant number of queries. What is past or withdrawn plays no part."""
    demands = list(
        Demand.objects.standing()
        .filter(community__in=communities, ends_on__gte=today)
        .select_related("school__office", "community")
        .order_by("pk")
    )
    periods = list(
        ResourcePeriod.objects.counted()
        .filter(resource__community__in=communities, resource__withdrawn_at__isnull=True, ends_on__gte=today)
        .select_related("resource__school__office")
        .order_by("pk")
    )
    members = _members(communities, today)
    booked, met = booked_of([demand.pk for demand in demands]), _met(communities)
    refused = set(Refusal.objects.filter(demand__in=demands).values_list("demand_id", "resource_id"))
    found = {}
    for pk in communities:
        here = [one for one in demands if one.community_id == pk and one.school_id in members[pk]]
        places = [one for one in periods if one.resource.community_id == pk and one.resource.school_id in members[pk]]
        wishes = [_wish(one, booked.get(one.pk, 0), met[pk, one.school_id], today) for one in here]
        slots = [_slot(one, today) for one in places]
        plan = matching.match([one for one in wishes if one.missing > 0], slots, refused)
        found[pk] = Matched(plan, {one.pk: one for one in here}, {one.pk: one for one in places})
    return found


def _members(communities: Sequence[UUID], today: date) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = Membership.objects.filter(community__in=communities).staying(today)
    for community, school in rows.values_list("community_id", "school_id"):
        found[community].add(school)
    return found


def _met(communities: Sequence[UUID]) -> dict[tuple[UUID, UUID], int]:
    """Places each school has had in its community so far."""
    found: dict[tuple[UUID, UUID], int] = defaultdict(int)
    rows = Booking.objects.standing().filter(demand__community__in=communities).order_by()
    for row in rows.values("demand__community", "demand__school").annotate(sum=Sum("amount")):
        found[row["demand__community"], row["demand__school"]] = row["sum"]
    return found


def _wish(demand: Demand, booked: int, met: int, today: date) -> matching.Demand:
    school = demand.school
    return matching.Demand(
        key=demand.pk, school=school.code, kind=demand.kind, subject=demand.subject,
        starts_on=max(demand.starts_on, today), ends_on=demand.ends_on, missing=demand.amount - booked, met=met,
        office=school.office.code if school.office else "", location=school.location,
    )  # fmt: skip


def _slot(period: ResourcePeriod, today: date) -> matching.Slot:
    resource, school = period.resource, period.resource.school
    return matching.Slot(
        key=period.pk, resource=resource.pk, school=school.code, kind=resource.kind, subject=resource.subject,
        starts_on=max(period.starts_on, today), ends_on=period.ends_on, capacity=period.capacity,
        free=max(period.capacity - period.booked, 0),  # type: ignore[attr-defined]  # annotated by `counted`
        office=school.office.code if school.office else "", location=school.location,
    )  # fmt: skip


# ---- what waits ----


@dataclass(frozen=True)
class Wanted:
    """Something that waits for 书记: a consent, or an agreement to be renewed."""

    community: UUID
    name: str
    school: UUID
    day: date
    renewal: bool
    proposed: bool = False


def wanted_of(user: User, school: UUID, today: date) -> list[Wanted]:
    """Consents wanted of 书记 of that school, and agreements of that lead school due for renewal: one query."""
    if not access.can(user, SchoolPerm.SUBMIT_PLAN, school):
        return []
    latest = Agreement.objects.filter(
        community__memberships__in=Membership.objects.filter(school=school).staying(today)
    )
    rows = latest.exclude(community__status=CommunityStatus.ENDED).order_by("community__name", "-number")
    given = Consent.objects.filter(agreement=OuterRef("pk"), school=school, purpose=Purpose.SIGN)
    key = Concat(Value(f"{Agreement._meta.label_lower}:"), KeyText("pk"), output_field=CharField())
    text = Attachment.objects.filter(subject=OuterRef("key"))
    found: dict[UUID, Wanted | None] = {}
    named = rows.annotate(key=key, text=Exists(text), given=Exists(given)).values(
        "community", "community__name", "community__lead_school", "community__status", "until", "signed_at", "text",
        "given",
    )  # fmt: skip
    for row in named:
        if row["community"] not in found:
            found[row["community"]] = _wanted(row, school, today)
    return [one for one in found.values() if one is not None]


def _wanted(row: Mapping[str, Any], school: UUID, today: date) -> Wanted | None:
    leads = row["community__lead_school"] == school
    signed = row["signed_at"] is not None
    what = (row["community"], row["community__name"], school)
    if leads:
        due = signed and row["until"] <= today + timedelta(days=RENEW_WITHIN)
        return Wanted(*what, row["until"], True) if due else None
    asked = row["text"] and not row["given"]
    return Wanted(*what, today, False, not signed) if asked else None
