"""Rows as the contract writes them, a page of them in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request

from common.api.views import absolute
from communities.models import (
    Agreement,
    Booking,
    Community,
    Demand,
    JointProject,
    Membership,
    Resource,
    ResourcePeriod,
)
from communities.selectors import gaps_of, plans_of
from communities.showing import with_booked

Document = dict[str, Any]


def _stamped(request: Request, name: str, one: Any) -> Document:
    return {
        "id": one.pk, "url": absolute(request, f"api:{name}", one.pk), "created_at": one.created_at,
        "updated_at": one.updated_at,
    }  # fmt: skip


def _entry(request: Request, name: str, one: Any) -> Document:
    said = {
        "community": one.community_id,
        "school": one.school.code,
        "title": one.title,
        "withdrawn_at": one.withdrawn_at,
    }
    return {**_stamped(request, name, one), **said}


def resource_documents(request: Request, rows: Iterable[Resource]) -> list[Document]:
    """资源 with their periods."""
    rows = list(rows)
    periods: dict[UUID, list[Document]] = defaultdict(list)
    for one in ResourcePeriod.objects.counted().filter(resource__in=rows).order_by("starts_on", "pk"):
        shown = {name: getattr(one, name) for name in ("id", "starts_on", "ends_on", "times", "capacity", "booked")}
        periods[one.resource_id].append(shown)
    return [
        {
            **_entry(request, "community-resource", one), "kind": one.kind, "subject": one.subject, "note": one.note,
            "periods": periods[one.pk],
        }
        for one in rows
    ]  # fmt: skip


def demand_documents(request: Request, rows: QuerySet[Demand]) -> list[Document]:
    """需求 with what is met of them."""
    names = ("kind", "subject", "starts_on", "ends_on", "amount", "expectation")
    return [
        {
            **_entry(request, "community-demand", one), **{name: getattr(one, name) for name in names},
            "met": one.booked,
        }
        for one in with_booked(rows)
    ]  # fmt: skip


def project_documents(request: Request, rows: QuerySet[JointProject]) -> list[Document]:
    """共同体项目."""
    names = ("way", "starts_on", "ends_on", "result", "concluded_on")
    return [
        {
            **_entry(request, "community-project", one), **{name: getattr(one, name) for name in names},
            "responsible": one.responsible.name,
            "schools": sorted(school.code for school in one.schools.all()),
            "demands": sorted(demand.pk for demand in one.demands.all()),
        }
        for one in rows.select_related("responsible").prefetch_related("schools", "demands")
    ]  # fmt: skip


def booking_documents(request: Request, rows: Iterable[Booking]) -> list[Document]:
    """预约."""
    names = ("amount", "purpose", "cancelled_at", "cancel_reason")
    return [
        {
            **_stamped(request, "community-booking", one), **{name: getattr(one, name) for name in names},
            "resource": one.period.resource_id, "period": one.period_id, "starts_on": one.period.starts_on,
            "ends_on": one.period.ends_on, "school": one.school.code, "demand": one.demand_id,
        }
        for one in rows
    ]  # fmt: skip


def community_documents(request: Request, communities: Sequence[Community], today: date) -> list[Document]:
    """Communities with everything in them: as many queries for fifty as for one."""
    parts = _Parts(request, communities, today)
    return [
        {
            **_stamped(request, "community", one), "name": one.name, "status": one.status,
            "lead_school": one.lead_school.code, **parts.of(one, today),
        }
        for one in communities
    ]  # fmt: skip


class _Parts:
    """What hangs on the communities of one page."""

    def __init__(self, request: Request, communities: Sequence[Community], today: date) -> None:
        keys = [one.pk for one in communities]
        self.memberships: dict[UUID, list[Membership]] = defaultdict(list)
        rows = Membership.objects.filter(community__in=keys).select_related("school")
        for member in rows.order_by("joined_on", "school__code", "pk"):
            self.memberships[member.community_id].append(member)
        self.agreements: dict[UUID, list[Agreement]] = defaultdict(list)
        for agreement in Agreement.objects.filter(community__in=keys).order_by("number"):
            self.agreements[agreement.community_id].append(agreement)
        standing = {"community__in": keys, "withdrawn_at__isnull": True}
        order = ("created_at", "pk")
        resources = Resource.objects.filter(**standing).select_related("school").order_by(*order)
        demands = Demand.objects.filter(**standing).select_related("school").order_by(*order)
        projects = JointProject.objects.filter(**standing).select_related("school").order_by(*order)
        self.lists = {
            "resources": _by_community(resource_documents(request, resources)),
            "demands": _by_community(demand_documents(request, demands)),
            "projects": _by_community(project_documents(request, projects)),
        }
        self.plans = plans_of(keys, today)

    def of(self, one: Community, today: date) -> Document:
        """The parts of one community."""
        members = self.memberships[one.pk]
        staying = [row for row in members if row.left_on is None or row.left_on >= today]
        return {
            "members": sorted(row.school.code for row in staying),
            "memberships": [
                {"school": row.school.code, "joined_on": row.joined_on, "left_on": row.left_on} for row in members
            ],
            "agreement": _agreement(one, self.agreements[one.pk], today),
            **{name: found[one.pk] for name, found in self.lists.items()},
            "unmet_demands": [
                {
                    "demand": gap.demand.pk, "school": gap.demand.school.code, "title": gap.demand.title,
                    "missing": gap.missing, "proposed": gap.proposed, "reason": gap.reason,
                }
                for gap in gaps_of(self.plans[one.pk])
            ],
        }  # fmt: skip


def _by_community(documents: Iterable[Document]) -> dict[UUID, list[Document]]:
    found: dict[UUID, list[Document]] = defaultdict(list)
    for document in documents:
        found[document["community"]].append(document)
    return found


def _agreement(community: Community, versions: Sequence[Agreement], today: date) -> Document | None:
    signed = [one for one in versions if one.signed_on]
    proposed = next((one for one in versions if not one.signed_on), None)
    shown = signed[-1] if signed else proposed
    if shown is None:
        return None
    return {
        "number": shown.number, "starts_on": shown.starts_on, "signed_on": shown.signed_on, "until": shown.until,
        "due_for_renewal": community.is_due(today), "expired": community.is_expired(today),
        "proposed_until": proposed.until if signed and proposed else None,
    }  # fmt: skip
