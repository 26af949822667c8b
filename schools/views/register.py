"""The list of schools (学校档案) and its export."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Export, download
from schools.forms import SchoolFilter
from schools.models import Foundation, LeadershipMode, Location, Office, PartyOrgType, School, Size, Stage
from schools.roster.columns import COLUMNS
from schools.selectors import SCHOOL_LIST, heads_of
from schools.services.exports import record_export
from schools.services.roster import may_import
from schools.views.common import a_page

SORTS = {"code": ("code", "代码"), "name": ("py", "学校"), "students": ("students", "学生数")}
LABELS: dict[str, dict[str, str]] = {
    name: {str(value): str(label) for value, label in choices.choices}
    for name, choices in {
        "stage": Stage, "location": Location, "size": Size, "foundation": Foundation, "party_org_type": PartyOrgType,
        "leadership_mode": LeadershipMode,
    }.items()
}  # fmt: skip


@login_required
@require_safe
def school_list(request: SignedInRequest) -> HttpResponse:
    """Schools within sight: filter, sort, search, pages."""
    form = _form(request)
    sort, order = _sort(request)
    page = a_page(request, _found(request, form).values(*SCHOOL_LIST), order)
    kept = form.in_address()
    address = {**kept, "sort": sort}
    context = {
        "form": form,
        "rows": _named(page.rows),
        "columns": {name: _column(name, label, sort, kept) for name, (_, label) in SORTS.items()},
        "previous_url": _url(address, page.previous),
        "next_url": _url(address, page.next),
        "export_query": urlencode(address),
        "filtered": bool(kept),
        "may_import": may_import(request.user),
    }
    return render(request, "schools/list.html", context)


@login_required
@require_GET
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filter as a file; the roster's own columns first, so that it can be imported again."""
    form = _form(request)
    _, order = _sort(request)
    rows = list(_found(request, form).order_by(order, "-pk" if order.startswith("-") else "pk").values(*SCHOOL_LIST))
    at = timezone.now()
    number = record_export(rows=len(rows), filters=form.in_address(), kind=kind, by=request.user, at=at)
    heads = heads_of([row["id"] for row in rows], local_day(at))
    columns = [column.title for column in COLUMNS] + ["书记", "书记任职起", "校长", "校长任职起"]
    lines = [_exported(row, heads.get(row["id"], {})) for row in rows]
    return download(Export("学校名册", columns, lines, request.user.name, at, number), kind)


def _form(request: SignedInRequest) -> SchoolFilter:
    return SchoolFilter(request.GET, Office.objects.order_by("code").values_list("code", "name"))


def _found(request: SignedInRequest, form: SchoolFilter) -> QuerySet[School]:
    values = form.values()
    return School.objects.visible_to(request.user).search(form.cleaned_data.get("q", "")).filtered(values)


def _sort(request: SignedInRequest) -> tuple[str, str]:
    """The sort of the address (`name`, `-students`, …) and the field to order by; anything else is the code."""
    said = request.GET.get("sort", "")
    name = said.removeprefix("-")
    if name not in SORTS:
        return "code", "code"
    return said, said.replace(name, SORTS[name][0])


def _column(name: str, label: str, sort: str, kept: dict[str, str]) -> dict[str, str]:
    direction = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    turned = f"-{name}" if direction == "ascending" else name
    return {"label": label, "url": f"?{urlencode({**kept, 'sort': turned})}", "direction": direction}


def _url(address: dict[str, str], cursor: str | None) -> str:
    return f"?{urlencode({**address, 'page': cursor})}" if cursor else ""


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with words instead of codes, and who leads the school today."""
    heads = heads_of([row["id"] for row in rows], local_day(timezone.now()))
    for row in rows:
        row |= {f"{name}_word": words[row[name]] for name, words in LABELS.items()}
        row |= {post: head["name"] for post, head in heads.get(row["id"], {}).items()}
    return rows


def _exported(row: dict[str, Any], heads: dict[str, dict[str, Any]]) -> list[str | int | None]:
    values = {**row, "office": row["office__name"]}
    cells = [values[c.field] if c.field in ("students", "staff") else c.word(values[c.field]) for c in COLUMNS]
    for post in ("secretary", "principal"):
        head = heads.get(post)
        cells += [head["name"], head["since"].isoformat()] if head else ["", ""]
    return cells
