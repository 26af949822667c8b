"""议事规范: what the rules found in signed meetings, for the bureau over all schools and for a school's heads over their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.keyset import BadCursor, Page, page_of
from governance import shown
from governance.ledgers import sees_waivers
from governance.models import Catalogue, Matter
from governance.models.catalogue import in_force
from reports.findings import comparison, pace, showing
from reports.findings.filters import DIRECT, GROUPS, LEVELS, SEVERITIES, Choices, Filters, filters_from
from reports.findings.periods import periods
from reports.selectors import findings as counts
from reports.selectors import peers
from schools import access
from schools.models import Office
from schools.permissions import Body, SchoolPerm

SCHOOLS_A_PAGE = 50
VIEWS = {
    "rule": "按规则",
    "school": "按学校",
    "matter": "按事项",
    "month": "按月份",
    "peers": "同类比较",
    "pace": "会议频次",
}
OF_SCHOOL = ("short_name", "office__name", "size", "location", "foundation", "leadership_mode")


@dataclass(frozen=True)
class Asked:
    """Who looks, at what, and what may be chosen."""

    user: User
    today: date
    filters: Filters
    scope: counts.Scope
    whole: bool  # all schools, as the bureau sees them
    schools: list[tuple[str, str, str]] = field(default_factory=list)  # code, name, initials
    offices: dict[str, str] = field(default_factory=dict)
    matters: dict[str, str] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether there are schools to choose from; for the bureau always."""
        return self.whole or len(self.schools) > 1

    @property
    def whom(self) -> str:
        """“全区学校”, “所选学校” or the school's name."""
        if not self.many:
            return self.schools[0][1]
        chosen = next((name for code, name, _ in self.schools if code == self.filters.school), "")
        return chosen or ("所选学校" if self.filters.narrows_schools else "全区学校" if self.whole else "你的学校")


def asked(request: SignedInRequest) -> Asked:
    """What the address asks for; 404 for whoever sees no school's meetings as a whole."""
    seen = access.school_ids(request.user, SchoolPerm.VIEW_MEETINGS)
    if not seen:
        raise Http404
    today = local_day(timezone.now())
    rows = counts.schools_seen(request.user).order_by("py", "pk").values_list("code", "short_name", "py_first")
    schools = list(rows)
    offices: dict[str, str] = {}
    if seen.everywhere:
        offices = {**dict(Office.objects.order_by("code").values_list("code", "name")), DIRECT: "直属"}
    names = {code: name for code, name, _ in schools}
    filters = filters_from(request.GET, today, Choices(shown.rule_topics(), names, offices))
    scope = counts.scope_of(request.user, filters)
    return Asked(request.user, today, filters, scope, seen.everywhere, schools, offices, _matters_in_force(today))


def _matters_in_force(today: date) -> dict[str, str]:
    """Titles by code; nothing before the catalogue is loaded."""
    try:
        catalogue = in_force(today)
    except Catalogue.DoesNotExist:
        return {}
    return dict(Matter.objects.filter(catalogue=catalogue).order_by("code").values_list("code", "title"))


@login_required
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """One sentence, and the findings by rule, school, matter or month, or beside the school's peers."""
    given = asked(request)
    views = [code for code in VIEWS if code != "school" or given.many]
    view = request.GET.get("view", "") if request.GET.get("view", "") in views else views[0]
    held = sum(counts.meetings(given.scope, given.filters).values())
    by_rule = counts.counted(given.scope, given.filters, "rule")
    total = sum(by_rule.values(), counts.NOTHING)
    context = {
        **form_context(given),
        "view": view,
        "tabs": [
            {"label": VIEWS[code], "url": f"?{given.filters.address(view=code)}", "current": code == view}
            for code in views
        ],
        "brief": showing.sentence(given.filters, given.whom, total, held),
        "unsigned": _unsigned(given),
        "levels": [(code, LEVELS[code][0]) for code in showing.levels_shown(given.filters)],
        "list_url": showing.list_url(given.filters),
        "any": bool(held),
        "sees_waivers": sees_waivers(given.user),
        "sort": request.GET.get("sort", "") if request.GET.get("sort", "") in showing.SORTS else "found",
        **comparison.limits(),
    }
    context |= PARTS[view](request, given, by_rule, context["sort"])
    return render(request, "reports/findings.html", context)


def form_context(given: Asked) -> dict[str, Any]:
    """The filters with their choices."""
    filters = given.filters
    return {
        "filters": filters,
        "many": given.many,
        "whole": given.whole,
        "period_words": filters.period.words(),
        "periods": [(code, period.label) for code, period in periods(given.today).items()],
        "bodies": Body.choices,
        "rules": [(code, f"{code} {topic}") for code, topic in shown.rule_topics().items()],
        "matters": [(code, f"{code} {title}") for code, title in given.matters.items()],
        "schools": given.schools,
        "offices": list(given.offices.items()),
        "severities": list(SEVERITIES.items()),
        "level_choices": [(code, words) for code, (words, _) in LEVELS.items()],
        "group_choices": [
            (name, GROUP_WORDS[name], choices.choices, getattr(filters, name)) for name, choices in GROUPS.items()
        ],
        "clear": {"url": "?", "needed": bool(filters.given())},
    }


GROUP_WORDS = {"size": "规模", "location": "区位", "foundation": "基础", "mode": "领导配备模式"}


def _unsigned(given: Asked) -> list[dict[str, str]]:
    """The list of meetings knows school and body, no other choice of schools."""
    if given.filters.office or given.filters.groups():
        return []
    found = counts.unsigned(given.scope, given.filters)
    return showing.unsigned_sentence(given.filters, found) if found else []


ByRule = dict[tuple[Any, ...], counts.Tally]


def _rules(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    lines = showing.by_rule(given.filters, by_rule, "school" if given.many and not given.filters.school else "")
    rows = showing.in_order(lines, sort)
    return {
        "rows": [row for row in rows if row.found],
        "met": sorted((row for row in rows if not row.found), key=lambda row: row.key),
        "columns": _columns(given, "rule", sort),
    }


def _matters(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    found = counts.counted(given.scope, given.filters, "matter")
    rows = showing.in_order(showing.by_matter(given.filters, found, given.matters), sort)
    return {
        "rows": [row for row in rows if row.found],
        "met": sorted((row for row in rows if not row.found), key=lambda row: row.key),
        "columns": _columns(given, "matter", sort),
    }


def _months(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    filters = given.filters
    months = counts.months_shown(filters, given.today)
    found = counts.counted(given.scope, filters, "rule", "month")
    by_month: dict[tuple[Any, ...], counts.Tally] = {}
    for (_, month), tally in found.items():
        by_month[(month,)] = by_month.get((month,), counts.NOTHING) + tally
    rows = showing.by_month(filters, by_month, counts.meetings(given.scope, filters, "month"), months)
    level = filters.level if filters.level in LEVELS else ""
    return {"rows": rows, "chart": showing.chart(rows), "heat": showing.heat(filters, found, months, level)}


def _schools(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    """Schools by name, a page at a time: a list to look schools up in, not a ranking."""
    schools = counts.narrowed(counts.schools_seen(given.user), given.filters).values("id", "code", "py", *OF_SCHOOL)
    page = page_by(schools, "py", request.GET.get("cursor", ""), SCHOOLS_A_PAGE)
    scope = given.scope.over([row["id"] for row in page.rows])
    found = counts.counted(scope, given.filters, "school_id")
    held = counts.meetings(scope, given.filters, "school_id")
    rows = [
        showing.school_line(given.filters, row, found.get((row["id"],), counts.NOTHING), held.get((row["id"],), 0))
        for row in page.rows
    ]
    return {"rows": showing.in_order(rows, "kept"), **_beside(page, given.filters.address(view="school"))}


def _peers(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    by = request.GET.get("by", "")
    dimension = by if by in peers.DIMENSIONS else next(iter(peers.DIMENSIONS))
    groups = peers.groups_of(given.user, given.filters, dimension, given.scope)
    context: dict[str, Any] = {"dimensions": comparison.dimensions(given.filters, dimension)}
    if not given.whole:
        own = access.school_ids(given.user, SchoolPerm.VIEW_MEETINGS).ids
        return {**context, "own": comparison.own_lines(given.filters, groups, own)}
    opened = comparison.opened_of(groups, request.GET.get("group", ""), given.filters.school)
    return {
        **context,
        "groups": comparison.group_lines(given.filters, groups, dimension, opened),
        "opened": comparison.names_of(given.filters, opened) if opened else None,
    }


def _pace(request: SignedInRequest, given: Asked, by_rule: ByRule, sort: str) -> dict[str, Any]:
    rule = request.GET.get("by", "") if request.GET.get("by", "") in pace.RULES else next(iter(pace.RULES))
    schools = counts.narrowed(counts.schools_seen(given.user), given.filters)
    page = page_by(schools, "py", request.GET.get("cursor", ""), SCHOOLS_A_PAGE)
    months = counts.months_shown(given.filters, given.today)
    return {
        "pace_rule": rule,
        "pace_rules": pace.choices(given.filters, rule),
        "pace": pace.table(page.rows, months, rule, given.today),
        **_beside(page, given.filters.address(view="pace", by=rule)),
    }


def _beside(page: Page, address: str) -> dict[str, str]:
    """Addresses of the pages before and after."""
    return {
        "previous_url": f"?{address}&cursor={page.previous}" if page.previous else "",
        "next_url": f"?{address}&cursor={page.next}" if page.next else "",
    }


PARTS: dict[str, Callable[[SignedInRequest, Asked, ByRule, str], dict[str, Any]]] = {
    "rule": _rules,
    "school": _schools,
    "matter": _matters,
    "month": _months,
    "peers": _peers,
    "pace": _pace,
}


def _columns(given: Asked, view: str, sort: str) -> dict[str, dict[str, Any]]:
    """Heads that sort; the others stand as they are."""
    return {
        name: {
            "url": f"?{given.filters.address(view=view, sort=name)}",
            "direction": "" if sort != name else "ascending" if name == "name" else "descending",
        }
        for name in showing.SORTS
    }


def page_by(rows: Any, order: str, cursor: str, size: int) -> Page:
    """The page of that cursor; a cursor that is none leads to the first page."""
    try:
        return page_of(rows, order=order, size=size, cursor=cursor)
    except BadCursor:
        return page_of(rows, order=order, size=size)
