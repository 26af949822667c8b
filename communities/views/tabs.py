"""The tabs of a community: agreement, members, three lists, activities, help."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from attachments.services import ACCEPT
from audit.services import subject_of
from common.dates import local_day
from common.transitions import Transition
from communities.drawing import picture_of
from communities.guards import open_actions, own_members, refusal
from communities.helping import by_place, by_school, flows_of, help_in
from communities.listing import STATES, WHATS, Filters, found, tag_of
from communities.models import Agreement, Community, CommunityStatus, Consent, Purpose, Way
from communities.showing import history_of, latest_activities, sees_communities
from communities.states import COMMUNITY
from communities.views.common import find_community, members_of, show_tab, writes_for
from schools.models import School
from schools.permissions import SchoolPerm

MOST_ENTRIES, MOST_ACTIVITIES = 100, 100
MOST_HELP, MOST_CHOSEN = 40, 400  # records of help; those behind one number are shown further


@login_required
@require_safe
def agreement(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """协议: the proposed version with its consents, the versions before, what happened."""
    return show_agreement(request, find_community(request, pk))


def show_agreement(
    request: SignedInRequest, community: Community, problems: Sequence[dict[str, str]] = (), status: int = 200
) -> HttpResponse:
    """The page, after a visit and after a refused step alike."""
    today = local_day(timezone.now())
    versions = list(Agreement.objects.filter(community=community).select_related("signed_by").order_by("-number"))
    current = versions[0] if versions else None
    files = files_of(versions)
    mine = set(own_members(community, request.user, SchoolPerm.SUBMIT_PLAN))
    schools = members_of(community)
    given = _given(current, Purpose.SIGN)
    ended = community.status == CommunityStatus.ENDED
    ending = _given(next((one for one in versions if one.signed_at), None), Purpose.END)
    context = {
        "current": current,
        "proposed": current is not None and current.signed_at is None,
        "covers": current is not None and current.covers(today),
        "files": files[subject_of(current)] if current else [],
        "versions": [(one, files[subject_of(one)]) for one in versions if one.signed_at],
        "consents": [
            _consent_row(school, community, given, ending, mine if not ended else set()) for school in schools
        ],
        "missing": sum(1 for school in schools if school.pk not in given and school.pk != community.lead_school_id),
        "ending": bool(ending) and not ended,
        "history": history_of(community),
        "steps": _steps(community, request.user, current),
        "accept": ACCEPT,
        "problems": problems,
    }
    return show_tab(request, community, "community", "agreement", status, **context)


def _steps(community: Community, user: User, current: Agreement | None) -> list[Transition]:
    """Buttons of the agreement: the end first; 登记签约 and 续签 while there is something to be signed."""
    proposed = current is not None and current.signed_at is None
    steps = [
        step
        for step in open_actions(community, user)
        if step.name == "end" or (step.name in ("sign", "renew") and proposed)
    ]
    return sorted(steps, key=lambda step: step.name != "end")


def _given(agreement: Agreement | None, purpose: Purpose) -> dict[UUID, Consent]:
    rows = Consent.objects.filter(agreement=agreement, purpose=purpose).select_related("given_by") if agreement else ()
    return {one.school_id: one for one in rows}


def _consent_row(
    school: School, community: Community, given: dict[UUID, Consent], ending: dict[UUID, Consent], mine: set[UUID]
) -> dict[str, object]:
    leads = school.pk == community.lead_school_id
    return {
        "school": school,
        "leads": leads,
        "consent": given.get(school.pk),
        "end": ending.get(school.pk),
        "may_consent": school.pk in mine and school.pk not in given and not leads,
        "may_end": school.pk in mine and school.pk not in ending and not leads and community.status == "active",
    }


@login_required
@require_safe
def members(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """成员: who is in it since when, and who was."""
    community, today = find_community(request, pk), local_day(timezone.now())
    rows = community.memberships.select_related("school__office").order_by("joined_on", "school__code", "pk")
    steps = [
        COMMUNITY.get(name)
        for name in ("leave", "join")
        if (step := COMMUNITY.get(name))
        and community.status in step.sources
        and not refusal(community, step, request.user)
    ]
    context: dict[str, Any] = {
        "memberships": [(one, one.left_on is not None and one.left_on < today) for one in rows],
        "member_steps": steps,
    }
    return show_tab(request, community, "community-members", "members", **context)


@login_required
@require_safe
def three_lists(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """三张清单 of one community."""
    community, today = find_community(request, pk), local_day(timezone.now())
    lists = []
    for what, label in WHATS.items():
        rows = found(request.user, what, Filters(community.pk), today).order_by("-created_at", "-pk")[:MOST_ENTRIES]
        lists.append((what, label, [(one, tag_of(what, one, today)) for one in rows]))
    context: dict[str, Any] = {"lists": lists, "may_enter": bool(writes_for(community, request.user)), "states": STATES}
    return show_tab(request, community, "community-lists", "three_lists", **context)


@login_required
@require_safe
def activities(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """活动 by the four kinds."""
    community = find_community(request, pk)
    way = request.GET.get("way", "") if request.GET.get("way", "") in Way.values else ""
    rows = latest_activities(community, MOST_ACTIVITIES)
    ways = [
        {
            "label": label, "url": f"?way={value}", "current": value == way,
            "count": sum(1 for one in rows if one.way == value),
        }
        for value, label in Way.choices
    ]  # fmt: skip
    context: dict[str, Any] = {
        "ways": [{"label": "全部", "url": "?", "current": not way, "count": len(rows)}, *ways],
        "activities": [one for one in rows if not way or one.way == way],
        "people": sum(one.people for one in rows if not way or one.way == way),
        "may_enter": bool(writes_for(community, request.user)),
    }
    return show_tab(request, community, "community-activities", "activities", **context)


@login_required
@require_safe
def community_help(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """城乡互助 between the members."""
    community = find_community(request, pk)
    context = _help(request, Community.objects.filter(pk=pk), by_school)
    return show_tab(request, community, "community-help", "community_help", **context)


@login_required
@require_safe
def district_help(request: SignedInRequest) -> HttpResponse:
    """城乡互助 over all communities within sight, by kind of place."""
    if not sees_communities(request.user):
        raise Http404
    context = _help(request, Community.objects.visible_to(request.user), by_place)
    return render(request, "communities/help.html", context)


def _help(
    request: SignedInRequest, communities: QuerySet[Community], of: Callable[[School], tuple[str, str]]
) -> dict[str, Any]:
    """The picture, the same as a table, and the records behind a number."""
    every = help_in(communities)
    giver, taker = request.GET.get("from", ""), request.GET.get("to", "")
    chosen = [
        one for one in every if (not giver or of(one.giver)[0] == giver) and (not taker or of(one.taker)[0] == taker)
    ]
    flows = flows_of(every, of)
    return {
        "picture": picture_of(flows),
        "flows": flows,
        "records": chosen[: MOST_CHOSEN if giver or taker else MOST_HELP],
        "records_total": len(chosen),
        "narrowed": bool(giver or taker),
        "total": len(every),
        "crossing": sum(flow.count for flow in flows if flow.crossing),
    }
