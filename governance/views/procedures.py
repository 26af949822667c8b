"""议事规则一览: all schools within sight in one table, for the bureau and the offices."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.exports import Export, download
from governance import lists
from governance.procedure_lists import COLUMNS, STATES, SchoolLine, exported, lines, offices, summary
from governance.services.procedure_exports import record_procedures_export
from schools import access
from schools.models import School
from schools.permissions import BUREAU_POSTS, OFFICE_POSTS, Body, SchoolPerm


def only_school(user: User) -> School | None:
    """The school of somebody who works at schools only: his way is to its own page."""
    held = access.rights_of(user).appointments
    if any(a.post in BUREAU_POSTS | OFFICE_POSTS for a in held):
        return None
    return next((a.school for a in held if a.school is not None), None)


@dataclass(frozen=True)
class Found:
    """What the address asks for: the offices to choose from, the schools of the chosen one, and those that are shown."""

    offices: list[tuple[str, str]]
    here: list[SchoolLine]
    rows: list[SchoolLine]
    office: str
    state: str


def _found(request: SignedInRequest) -> Found:
    if not access.school_ids(request.user, SchoolPerm.VIEW_SCHOOL):
        raise Http404
    everything = lines(request.user, local_day(timezone.now()))
    known = offices(everything)
    office = request.GET.get("office", "") if request.GET.get("office") in dict(known) else ""
    state = request.GET.get("state", "") if request.GET.get("state") in STATES else ""
    here = [line for line in everything if not office or (line.school.office and line.school.office.code == office)]
    return Found(known, here, [line for line in here if line.fits(state)], office, state)


@login_required
@require_safe
def procedure_table(request: SignedInRequest) -> HttpResponse:
    """Which schools have adopted both texts, and how far they follow the model text."""
    if school := only_school(request.user):
        return redirect("governance:school-rules", code=school.code, body=Body.PARTY.value)
    found = _found(request)
    numbers = summary(found.here)
    views = [("", "全部学校", numbers["all"]), *((key, label, numbers[key]) for key, label in STATES.items())]
    context = {
        "rows": found.rows,
        "numbers": numbers,
        "offices": [lists.Option(code, name, code == found.office) for code, name in found.offices],
        "office": found.office,
        "state": found.state,
        "views": [
            {"value": key, "label": label, "count": count, "current": key == found.state} for key, label, count in views
        ],
        "export_query": lists.address(request.GET),
    }
    return render(request, "governance/procedure_table.html", context)


@login_required
@require_GET
def procedures_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The table under its present filters as a file; who took it is recorded."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    found = _found(request)
    cells = [cell for line in found.rows for cell in exported(line)]
    at = timezone.now()
    filters = {name: value for name, value in (("office", found.office), ("state", found.state)) if value}
    number = record_procedures_export(rows=len(cells), filters=filters, kind=kind, by=request.user, at=at)
    return download(Export("议事规则一览", COLUMNS, cells, request.user.name, at, number), kind)
