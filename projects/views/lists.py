"""书记领雁项目: the list, its exports, and the coverage map."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Export, download
from projects import lists, results
from projects.coverage import coverage_of
from projects.models import Award, Flagship, Kind
from projects.services import record_export
from projects.services.drafting import may_draft
from projects.services.importing import may_import
from schools import access
from schools.permissions import SchoolPerm

EMPTY = {
    "mine": ("circle-check", "没有项目等你办理", "要你修改、启动、写意见、立项或检查的项目会列在这里"),
    "applied": ("clock", "没有项目在申报", "报送以后、立项之前的项目在这里"),
    "running": ("circle-half-2", "没有实施中的项目", "立项以后、结题之前的项目在这里"),
    "late": ("circle-check", "没有逾期的项目", "节点、中期检查或结题过了时限的项目在这里"),
    "soon": ("calendar", "30 天内没有到期的项目", "节点、中期检查或结题快到时限的项目在这里"),
    "concluded": ("award", "还没有结题的项目", "通过结题的项目在这里"),
}


def neighbours(request: SignedInRequest, page: Any) -> dict[str, str]:
    """Addresses of the pages before and after, with the same filters."""
    return {
        "previous_url": lists.address(request.GET, cursor=page.previous) if page.previous else "",
        "next_url": lists.address(request.GET, cursor=page.next) if page.next else "",
    }


def choices(request: SignedInRequest, filters: lists.Filters) -> dict[str, Any]:
    """Schools and offices to choose from, for who sees more than one."""
    many = lists.sees_many(request.user)
    schools = lists.school_rows(request.user) if many else []
    offices = lists.offices_of(request.user)
    year = local_day(timezone.now()).year
    return {
        "many": many,
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in schools],
        "offices": [lists.Option(office.code, office.name, office.code == filters.office) for office in offices],
        "years": [lists.Option(str(y), f"{y} 年", str(y) == filters.year) for y in range(year, year - 6, -1)],
    }


def understood(request: SignedInRequest) -> tuple[lists.Filters, dict[str, Any]]:
    """The filters of the address, and the schools by code."""
    schools = {code: pk for pk, code, _, _ in lists.school_rows(request.user)}
    offices = [office.code for office in lists.offices_of(request.user)]
    return lists.filters_from(request.GET, schools, offices), schools


@login_required
@require_safe
def flagship_list(request: SignedInRequest) -> HttpResponse:
    """Projects within sight, by number; those not yet listed first."""
    user, today = request.user, local_day(timezone.now())
    if not lists.sees_projects(user):
        raise Http404
    filters, schools = understood(request)
    found = lists.projects_found(user, filters, schools)
    counts = lists.counts(found, user, today)
    rows = lists.with_next(found.filter(lists.of_view(user, filters.view, today)))
    page = lists.page(rows, request.GET.get("cursor", ""), "number")
    projects: list[Flagship] = page.rows
    held = results.levels_of([project.pk for project in projects])
    icon, title, text = EMPTY.get(filters.view, ("award", "还没有领雁项目", "书记报送的项目申报在这里"))
    context = {
        "filters": filters,
        "rows": [
            (one, lists.nodes_of(one, today), lists.next_day(one), lists.tag_of(one, today), held.get(one.pk, []))
            for one in projects
        ],
        "node_names": lists.NODES,
        "views": [
            {
                "label": label,
                "url": lists.address(request.GET, view=None if view == lists.EVERY else view),
                "current": view == filters.view,
                "count": counts[view],
            }
            for view, label in lists.VIEWS.items()
        ],
        "counts": counts,
        "levels": results.by_level(Award.objects.visible_to(user).counted(today)),
        "kinds": [lists.Option(kind.value, kind.label, kind == filters.kind) for kind in Kind],
        "today": today,
        "may_draft": any(may_draft(user, pk) for pk in schools.values()) if not _bureau(request) else False,
        "may_import": may_import(user),
        "empty": {"icon": icon, "title": title, "text": text},
        "export_query": lists.address(request.GET),
        "clear_url": lists.address(request.GET, kind=None, office=None, school=None, year=None, q=None, status=None),
        **choices(request, filters),
        **neighbours(request, page),
    }
    return render(request, "projects/flagship_list.html", context)


def _bureau(request: SignedInRequest) -> bool:
    return access.school_ids(request.user, SchoolPerm.VIEW_SCHOOL).everywhere


@login_required
@require_GET
def flagships_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters, or the projects ticked, as a file; who took it is recorded."""
    user, at = request.user, timezone.now()
    if not lists.sees_projects(user) or kind not in ("csv", "xlsx"):
        raise Http404
    filters, schools = understood(request)
    found = lists.projects_found(user, filters, schools).filter(lists.of_view(user, filters.view, local_day(at)))
    picked = picked_ids(request)
    rows = lists.with_next(found.filter(pk__in=picked) if picked else found).select_related("school__office")
    projects = list(rows.order_by("number", "pk"))
    held = results.levels_of([project.pk for project in projects])
    lines = [lists.exported(project, held.get(project.pk, [])) for project in projects]
    said = {**filters.in_address(), **({"picked": str(len(picked))} if picked else {})}
    number = record_export(rows=len(lines), filters=said, kind=kind, what="flagship", by=user, at=at)
    return download(Export("书记领雁项目", lists.COLUMNS, lines, user.name, at, number), kind)


def picked_ids(request: SignedInRequest) -> list[str]:
    """Ids of the rows that were ticked, as far as they are ids."""
    wanted = request.GET.getlist("pick")[: lists.SIZE]
    return [
        key for key in wanted if len(key) == 36 and key.replace("-", "").isalnum() and key.isascii() and _is_id(key)
    ]


def _is_id(key: str) -> bool:
    return all(char in "0123456789abcdef-" for char in key)


@login_required
@require_safe
def coverage(request: SignedInRequest) -> HttpResponse:
    """Which schools and fields of school life the projects reach."""
    if not lists.sees_projects(request.user):
        raise Http404
    return render(request, "projects/coverage.html", {"map": coverage_of(request.user)})
