"""议事目录: the catalogue of both meetings, to look things up in."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.text import clean_term
from governance import lists, shown
from governance.models import Matter
from governance.models.catalogue import in_force
from schools.permissions import Body


@login_required
@require_safe
def matter_list(request: SignedInRequest) -> HttpResponse:
    """The 25 and 20 matters in force today, by meeting and aspect; `q` searches title, scope, code and keywords."""
    catalogue = in_force(local_day(timezone.now()))
    rows = list(Matter.objects.filter(catalogue=catalogue).order_by("code"))
    term = clean_term(request.GET.get("q", ""))
    chosen = request.GET.get("body", "") if request.GET.get("body") in Body.values else ""
    found = [row for row in rows if matches(row, term.lower())]
    counts = {body: sum(row.body == body for row in found) for body in Body}
    views = [("", "全部", len(found)), *((body.value, body.label, counts[body]) for body in Body)]
    context = {
        "catalogue": catalogue,
        "catalogue_status": shown.catalogue_status(),
        "term": term,
        "chosen": chosen,
        "groups": groups_of(row for row in found if not chosen or row.body == chosen),
        "titles": {row.code: row.title for row in rows},
        "total": {body.value: sum(row.body == body for row in rows) for body in Body},
        "views": [
            {
                "label": label,
                "count": count,
                "url": lists.address(request.GET, body=value or None),
                "current": value == chosen,
            }
            for value, label, count in views
        ],
    }
    return render(request, "governance/matter_list.html", context)


def matches(matter: Matter, term: str) -> bool:
    """Whether every word of the search stands somewhere in the entry."""
    text = " ".join([matter.code, matter.title, matter.scope, matter.aspect, *matter.keywords]).lower()
    return all(word in text for word in term.split())


def groups_of(rows: Iterable[Matter]) -> list[dict[str, Any]]:
    """One table for each aspect of the Party meeting, one for the principal's meeting."""
    made = []
    for (body, aspect), matters in groupby(rows, key=lambda row: (Body(row.body), row.aspect)):
        made.append({"body": body, "title": aspect or f"{body.label}事项", "matters": list(matters)})
    return sorted(made, key=lambda group: list(Body).index(group["body"]))
