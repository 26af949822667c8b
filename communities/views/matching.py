"""匹配: what the matching proposes; the lead school accepts a line, which books it, or turns it down with a reason."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from communities import services
from communities.forms.entries import key_of
from communities.guards import edits_for
from communities.models import Booking, Community, CommunityStatus, Demand, Refusal, ResourcePeriod
from communities.selectors import gaps_of, plans_of
from communities.views.common import attempt, find_community, show_tab

MOST_ACCEPTED = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def matching(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET shows the proposal of today; POST accepts or turns down one line of it."""
    community = find_community(request, pk)
    if request.method != "POST":
        return _show(request, community)
    demand = get_object_or_404(Demand, pk=key_of(request.POST.get("demand", "")), community=community)
    periods = ResourcePeriod.objects.filter(resource__community=community).select_related("resource")
    period = get_object_or_404(periods, pk=key_of(request.POST.get("period", "")))
    raw = request.POST.get("amount", "")
    amount = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 0
    given: dict[str, Any] = {"by": request.user, "at": timezone.now()}
    if request.POST.get("do") == "refuse":
        reason = request.POST.get("reason", "")
        done, status, problems = attempt(
            lambda: services.refuse_match(demand=demand, resource=period.resource, reason=reason, **given)
        )
        said = f"已退回：{demand.title}，不再建议“{period.resource.title}”"
    else:
        done, status, problems = attempt(
            lambda: services.book(period=period, school=demand.school, amount=amount, demand=demand, **given)
        )
        said = f"已接受：{demand.school.short_name}约“{period.resource.title}”{amount}"
    if done is None:
        return _show(request, community, problems=problems, status=status)
    messages.success(request, said)
    return redirect("communities:community-matching", pk=pk)


def _show(request: SignedInRequest, community: Community, status: int = 200, problems: Any = ()) -> HttpResponse:
    today = local_day(timezone.now())
    matched = plans_of([community.pk], today)[community.pk]
    accepted = Booking.objects.standing().filter(demand__community=community)
    accepted = accepted.select_related("demand", "school", "period__resource__school")
    refused = Refusal.objects.filter(demand__community=community)
    context = {
        "lines": matched.lines(),
        "gaps": [gap for gap in gaps_of(matched) if gap.missing > gap.proposed],
        "proposed": matched.plan.worth[0],
        "accepted": accepted.order_by("-created_at", "-pk")[:MOST_ACCEPTED],
        "refused": refused.select_related("demand__school", "resource", "refused_by").order_by("-refused_at", "pk"),
        "may_decide": edits_for(request.user, community.lead_school_id) and community.status == CommunityStatus.ACTIVE,
        "problems": problems,
    }
    return show_tab(request, community, "community-matching", "matching", status, **context)
