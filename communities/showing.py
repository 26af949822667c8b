"""How communities read on a page: tags, sentences, lines of the three lists."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from audit.models import Event
from audit.registry import kind_of
from audit.services import subject_of
from common.dates import local_day
from communities.models import (
    Activity,
    Booking,
    Community,
    CommunityStatus,
    Demand,
    JointProject,
    Membership,
    Resource,
    ResourcePeriod,
)
from communities.models.community import RENEW_WITHIN
from schools import access
from schools.permissions import SchoolPerm

EVENTS_SHOWN = 100


def sees_communities(user: User) -> bool:
    """Who sees schools sees the communities they are in."""
    return bool(access.school_ids(user, SchoolPerm.VIEW_SCHOOL))


def tag_of(community: Community, today: date) -> tuple[str, str]:
    """Kind and words of the agreement's tag."""
    if community.status == CommunityStatus.ENDED:
        return "none", "已终止"
    if community.status == CommunityStatus.DRAFT:
        return "wait", "筹备中"
    if community.is_expired(today):
        return "bad", f"到期 {-community.days_left(today)} 天"
    if community.is_due(today):
        return "warn", f"{community.days_left(today)} 天到期"
    return "done", "协议有效"


STATES = {
    "active": "协议有效",
    "due": "60 天内到期",
    "expired": "已到期",
    "draft": "筹备中",
    "ended": "已终止",
}


def in_state(rows: QuerySet[Community], state: str, today: date) -> QuerySet[Community]:
    """Communities whose tag is of that kind."""
    if state == "due":
        return rows.filter(
            status=CommunityStatus.ACTIVE, until__gte=today, until__lte=today + timedelta(days=RENEW_WITHIN)
        )
    if state == "expired":
        return rows.filter(status=CommunityStatus.ACTIVE, until__lt=today)
    if state == "active":
        return rows.filter(status=CommunityStatus.ACTIVE, until__gte=today)
    return rows.filter(status=state) if state in STATES else rows


def counted(rows: QuerySet[Community], today: date) -> QuerySet[Community]:
    """With `members`, `resource_count`, `demand_count`, `unmet_count` and `project_count`."""
    return rows.annotate(
        members=_count(Membership.objects.staying(today)),
        resource_count=_count(Resource.objects.standing()),
        demand_count=_count(Demand.objects.standing()),
        unmet_count=_count(unmet(Demand.objects.standing(), today)),
        project_count=_count(JointProject.objects.standing()),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    here = rows.filter(community=OuterRef("pk")).order_by().values("community").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(here), Value(0))


def with_booked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Demands with `booked`: places that bookings have taken for them."""
    standing = Booking.objects.standing().filter(demand=OuterRef("pk")).order_by().values("demand")
    return rows.annotate(booked=Coalesce(Subquery(standing.annotate(n=Sum("amount")).values("n")), Value(0)))


def unmet(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    """Open demands that are not wholly met."""
    return with_booked(rows).filter(ends_on__gte=today, booked__lt=F("amount"))


def with_places(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Resources with `places` (capacity of all periods) and `taken` (what is booked of them)."""
    here = ResourcePeriod.objects.filter(resource=OuterRef("pk")).order_by().values("resource")
    standing = Booking.objects.standing().filter(period__resource=OuterRef("pk")).order_by()
    taken = standing.values("period__resource").annotate(n=Sum("amount")).values("n")
    return rows.annotate(
        places=Coalesce(Subquery(here.annotate(n=Sum("capacity")).values("n")), Value(0)),
        taken=Coalesce(Subquery(taken), Value(0)),
    )


def demand_tag(demand: Demand, today: date) -> tuple[str, str]:
    """How far a demand is met."""
    booked = demand.booked  # type: ignore[attr-defined]  # annotated by `with_booked`
    if demand.withdrawn_at:
        return "none", "已撤下"
    if booked >= demand.amount:
        return "done", "已满足"
    if demand.ends_on < today:
        return "none", "已过期"
    return ("run", f"还差 {demand.amount - booked}") if booked else ("wait", "未满足")


def project_tag(project: JointProject, today: date) -> tuple[str, str]:
    """How a joint project stands."""
    if project.withdrawn_at:
        return "none", "已撤下"
    if project.concluded_on:
        return "done", "已完成"
    if project.ends_on < today:
        return "bad", f"逾期 {(today - project.ends_on).days} 天"
    return ("none", "未开始") if project.starts_on > today else ("run", "进行中")


def resource_tag(resource: Resource, today: date) -> tuple[str, str]:
    """Whether a resource can still be booked."""
    if resource.withdrawn_at:
        return "none", "已撤下"
    free = resource.places - resource.taken  # type: ignore[attr-defined]  # annotated by `with_places`
    return ("run", f"还可约 {free}") if free else ("done", "已约满")


@dataclass(frozen=True)
class Sums:
    """What the sentence at the head of the list says."""

    in_force: int
    due: int
    schools: int
    resources: int
    demands: int
    unmet: int
    projects: int


def sums_of(user: User, today: date) -> Sums:
    """The numbers of everything within sight."""
    seen = Community.objects.visible_to(user)
    current = {"community__in": seen}
    rows = seen.aggregate(
        in_force=Count("pk", filter=Q(pk__in=Community.objects.in_force(today))),
        due=Count("pk", filter=Q(pk__in=Community.objects.due_for_renewal(today))),
    )
    members = Membership.objects.on(today).filter(**current, community__status=CommunityStatus.ACTIVE)
    return Sums(
        **rows,
        schools=members.values("school").distinct().count(),
        resources=Resource.objects.standing().filter(**current).count(),
        demands=Demand.objects.standing().filter(**current).count(),
        unmet=unmet(Demand.objects.standing(), today).filter(**current).count(),
        projects=JointProject.objects.standing().filter(**current).count(),
    )


def history_of(community: Community) -> list[dict[str, Any]]:
    """What happened with the agreement and its members, newest first."""
    rows = Event.objects.filter(subject=subject_of(community), kind__startswith="communities.agreement.")
    return [
        {
            "kind": "x" if event.kind.endswith((".ended", ".left")) else "d",
            "on": event.at,
            "text": event.data.get("said") or kind_of(event.kind).label,
            "note": event.actor_name + (f"：{event.data['reason']}" if event.data.get("reason") else ""),
        }
        for event in rows.order_by("-seq")[:EVENTS_SHOWN]
    ]


def latest_activities(community: Community, most: int) -> list[Activity]:
    """Activities of a community, the latest first."""
    rows = Activity.objects.filter(community=community).select_related("host", "project").prefetch_related("schools")
    return list(rows.order_by("-held_on", "-pk")[:most])


def day_of(at: Any) -> str:
    """The local day of a moment, for exports."""
    return f"{local_day(at):%Y-%m-%d}"
