"""The records behind the numbers of 议事规范: findings one by one, and the signed meetings."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.exports import Export, download
from reports import services
from reports.findings import listing
from reports.findings.filters import LEVELS, MORE_LEVELS
from reports.selectors import findings as counts
from reports.views.findings import asked, form_context, page_by

SIZE = 50


@login_required
@require_safe
def findings_list(request: SignedInRequest) -> HttpResponse:
    """Exactly the findings that were counted under these filters; each opens its item on the meeting's page."""
    given = asked(request)
    sort = listing.sort_asked(request.GET.get("sort", ""))
    rows = counts.results(given.user, given.filters)
    page = page_by(rows, listing.order_of(sort), request.GET.get("cursor", ""), SIZE)
    levels = {**LEVELS, **MORE_LEVELS}
    withheld = counts.results_withheld(given.user, given.filters)
    context = {
        **form_context(given),
        "level_choices": [(code, words) for code, (words, _) in levels.items()],
        "rows": listing.dressed(page.rows),
        "withheld": withheld,
        "most_withheld": withheld == counts.MOST_WITHHELD,
        "columns": {name: _column(given.filters, name, label, sort) for name, (_, label) in listing.SORTS.items()},
        "what": levels[given.filters.level][0] if given.filters.level else "核查意见",
        "sort": sort,
        **_around(given.filters, page, sort),
    }
    return render(request, "reports/findings_list.html", context)


def _around(filters: Any, page: Any, sort: str) -> dict[str, str]:
    """Addresses of the pages beside this one, of the files, and of the overview under the same filters."""
    address = filters.address(sort="" if sort == listing.NEWEST else sort)
    return {
        "previous_url": f"?{address}&cursor={page.previous}" if page.previous else "",
        "next_url": f"?{address}&cursor={page.next}" if page.next else "",
        "query": address,
        "overview_query": filters.address(),
    }


def _column(filters: Any, name: str, label: str, sort: str) -> dict[str, str]:
    direction = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    turned = f"-{name}" if direction == "ascending" or (not direction and name == "time") else name
    return {"label": label, "url": f"?{filters.address(sort=turned)}", "direction": direction}


@login_required
@require_GET
def findings_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The same list as a file; who took it is recorded."""
    given = asked(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    order = listing.order_of(listing.sort_asked(request.GET.get("sort", "")))
    found = counts.results(given.user, given.filters).order_by(order, "-pk" if order.startswith("-") else "pk")
    lines = [listing.exported(row) for row in listing.dressed(list(found))]
    at = timezone.now()
    number = services.record_export(rows=len(lines), filters=given.filters.given(), kind=kind, by=given.user, at=at)
    return download(Export("核查意见", listing.COLUMNS, lines, given.user.name, at, number), kind)


@login_required
@require_safe
def findings_meetings(request: SignedInRequest) -> HttpResponse:
    """The signed meetings that are the base of the numbers, latest first."""
    given = asked(request)
    rows = listing.with_schools(counts.signed_meetings(given.user, given.filters))
    page = page_by(rows, "-scheduled_at", request.GET.get("cursor", ""), SIZE)
    context = {
        **form_context(given),
        "rows": [(meeting, listing.meeting_numbers(meeting)) for meeting in page.rows],
        **_around(given.filters, page, listing.NEWEST),
    }
    return render(request, "reports/findings_meetings.html", context)


@login_required
@require_GET
def meetings_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The signed meetings behind the numbers as a file; who took it is recorded."""
    given = asked(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    found = listing.with_schools(counts.signed_meetings(given.user, given.filters)).order_by("-scheduled_at", "-pk")
    lines = [listing.exported_meeting(meeting) for meeting in found]
    at, filters = timezone.now(), given.filters.given()
    number = services.record_export(
        rows=len(lines), filters=filters, kind=kind, what="reports.meetings", by=given.user, at=at
    )
    return download(Export("已签发的会议", listing.MEETING_COLUMNS, lines, given.user.name, at, number), kind)
