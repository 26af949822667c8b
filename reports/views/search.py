"""搜索."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.text import clean_term
from governance import lists
from governance.lists import sight_of
from governance.views.meetings import neighbours
from reports import fulltext
from reports.models import TextKind
from reports.selectors.search import search as search_everything


@login_required
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Everything within sight that fits the words of `q`."""
    term = clean_term(request.GET.get("q", ""))
    today = local_day(timezone.now())
    sight = sight_of(request.user)
    rows = lists.school_rows(request.user) if term and sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = fulltext.filters_from(request.GET, schools)
    hits = fulltext.find(request.user, term, filters, schools, cursor=request.GET.get("cursor", ""))
    whole = not filters.in_address() and not request.GET.get("cursor")
    context = {
        "term": term,
        "groups": search_everything(request.user, term, today) if whole else [],
        "sees_meetings": bool(sight),
        "hits": hits,
        "filters": filters,
        "narrowed": bool(filters.school or filters.body or filters.year),
        "tabs": _tabs(request, hits, filters.kind) if hits.counts else [],
        "bodies": [lists.Option(body.value, body.label, body == filters.body) for body in sight.bodies],
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "years": lists.year_options(today, filters.year),
        "clear_url": lists.address(request.GET, school=None, body=None, year=None),
        **neighbours(request, hits.previous, hits.next),
    }
    return render(request, "reports/search.html", context)


def _tabs(request: SignedInRequest, hits: fulltext.Hits, current: str) -> list[dict[str, Any]]:
    """全部 and the kinds with their numbers, as views with addresses."""
    kinds = [
        {
            "label": kind.label,
            "url": lists.address(request.GET, kind=kind.value),
            "current": kind == current,
            "count": hits.counts.get(kind, 0),
        }
        for kind in TextKind
        if hits.counts.get(kind) or kind == current
    ]
    return [{"label": "全部", "url": lists.address(request.GET, kind=None), "current": not current}, *kinds]
