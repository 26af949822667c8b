"""利益关系申报: one's own for the year, and for 书记、校长、党政办 who of the leadership team has declared (A50)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from governance.declaring import may_read_all, must_declare, row_of, rows_of_school, schools_of, visible_declarations
from governance.forms.declarations import DeclarationForm, InterestRows, rows_of
from governance.models import Declaration
from governance.services.declarations import declare
from schools import access
from schools.models import School

FIRST_YEAR = 2020


@login_required
@require_safe
def declaration_list(request: SignedInRequest) -> HttpResponse:
    """Lights by person for 书记、校长、党政办; everybody else sees the own row. `?year=` looks at an earlier year."""
    schools = schools_of(request.user)
    if not schools:
        raise Http404
    this_year = local_day(timezone.now()).year
    year = year_asked(request, timezone.now())
    parts = [
        {
            "school": school,
            "rows": rows_of_school(school, year, timezone.now()) if may_read_all(request.user, school.pk) else [],
            "mine": row_of(request.user, school, year),
            "must": must_declare(request.user, school.pk),
        }
        for school in schools
    ]
    context = {
        "parts": parts,
        "year": year,
        "this_year": this_year,
        "earlier": max(year - 1, FIRST_YEAR),
        "may_export": any(may_read_all(request.user, school.pk) for school in schools),
    }
    return render(request, "governance/declaration_list.html", context)


def year_asked(request: SignedInRequest, at: datetime) -> int:
    """The year in the address, else the current one."""
    this_year = local_day(at).year
    raw = request.GET.get("year", "")
    return int(raw) if raw.isdecimal() and FIRST_YEAR <= int(raw[:6]) <= this_year else this_year


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def declaration_mine(request: SignedInRequest, code: str) -> HttpResponse:
    """One's own declaration of this year at that school, to be made or amended."""
    school = get_object_or_404(School, code=code)
    if not must_declare(request.user, school.pk):
        raise Http404
    year = local_day(timezone.now()).year
    found = _own(request.user, school, year)
    if request.method != "POST":
        initial = {"nothing": bool(found and found.nothing), "version": found.version if found else 0}
        return _show(request, school, year, DeclarationForm(initial=initial), rows_of(found), found)
    form, rows = DeclarationForm(request.POST), rows_of(found, request.POST)
    if not (form.is_valid() and rows.is_valid()):
        return _show(request, school, year, form, rows, found, problems_of([form, rows]), 422)
    try:
        declare(
            school=school,
            nothing=form.cleaned_data["nothing"],
            interests=rows.value(),
            version=form.seen_version(),
            by=request.user,
            at=timezone.now(),
        )
    except InvalidInput as error:
        for fault in rows.refuse(error.faults):
            form.add_error("nothing", fault.reason)
        return _show(request, school, year, form, rows, found, problems_of([form, rows]), 422)
    except DomainError as error:
        return _show(request, school, year, form, rows, found, [{"text": str(error), "target": ""}], 409)
    messages.success(request, f"已申报 {year} 年的利益关系")
    return redirect("governance:declarations")


def _own(user: User, school: School, year: int) -> Declaration | None:
    return Declaration.objects.filter(school=school, person=access.person_of(user), year=year).first()


def _show(
    request: SignedInRequest,
    school: School,
    year: int,
    form: DeclarationForm,
    rows: InterestRows,
    found: Declaration | None,
    problems: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "school": school,
        "year": year,
        "form": form,
        "rows": rows,
        "declaration": found,
        "problems": problems,
    }
    return render(request, "governance/declaration_mine.html", context, status=status)


@login_required
@require_safe
def declaration_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What was declared: for the person, for 书记、校长 and 党政办 of the school, for nobody else."""
    rows = visible_declarations(request.user).select_related("school", "person").prefetch_related("interests")
    declaration = get_object_or_404(rows, pk=pk)
    context = {"declaration": declaration, "interests": sorted(declaration.interests.all(), key=lambda one: one.pk)}
    return render(request, "governance/declaration_detail.html", context)
