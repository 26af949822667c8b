"""三张清单 over all communities within sight, and their exports: the records behind the figures F14 to F16."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Export, download
from communities import listing, services
from communities.models import Community, Kind, Way
from communities.showing import sees_communities


@login_required
@require_safe
def entry_list(request: SignedInRequest, what: str) -> HttpResponse:
    """One of the three lists."""
    if what not in listing.WHATS or not sees_communities(request.user):
        raise Http404
    today, query = local_day(timezone.now()), request.GET
    filters = listing.filters_from(what, query)
    page = listing.page(request.user, what, filters, query.get("cursor", ""), today)
    kinds = Way.choices if what == "projects" else Kind.choices
    communities = Community.objects.visible_to(request.user).order_by("name", "pk")
    context = {
        "what": what,
        "label": listing.WHATS[what],
        "today": today,
        "rows": [(one, listing.tag_of(what, one, today)) for one in page.rows],
        "filters": filters,
        "kinds": [(value, label, value == filters.kind) for value, label in kinds],
        "states": [(value, label, value == filters.state) for value, label in listing.STATES[what]],
        "communities": [(one, one.pk == filters.community) for one in communities],
        "lists": [
            {"label": label, "url": reverse("communities:entries", args=[name]), "current": name == what, "count": ""}
            for name, label in listing.WHATS.items()
        ],
        "export_query": listing.address(query),
        **listing.neighbours(query, page),
    }
    return render(request, "communities/entries.html", context)


@login_required
@require_GET
def entries_export(request: SignedInRequest, what: str, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    if what not in listing.WHATS or not sees_communities(request.user) or kind not in ("csv", "xlsx"):
        raise Http404
    at = timezone.now()
    filters, today = listing.filters_from(what, request.GET), local_day(at)
    rows = listing.found(request.user, what, filters, today).order_by("-created_at", "-pk")
    lines = [listing.exported(what, one, today) for one in rows]
    number = services.record_export(
        rows=len(lines), filters=filters.given, kind=kind, what=what, by=request.user, at=at
    )
    title = f"党建共同体{listing.WHATS[what]}"
    return download(Export(title, listing.COLUMNS[what], lines, request.user.name, at, number), kind)
