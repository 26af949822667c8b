"""工作台: one address, and what it shows follows from the posts held today."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from checklists.selectors import may_close_somewhere, to_close
from common.dates import local_day
from governance.ledgers import sees_waivers
from governance.lists import sight_of
from reports import desk, showing, waiting, waiting_pilots, waiting_plans, waiting_projects
from reports.navigation import Person, person_behind
from reports.selectors import meetings as meeting_selectors
from reports.selectors.overview import MOST_CELLS, Overview, handed_in_by_both_heads, overview_of
from schools import access
from schools.models import School
from schools.permissions import BUREAU_POSTS, OFFICE_POSTS, REVIEWER_POSTS, SchoolPerm
from schools.services.roster import may_import

MOST_LATE, MOST_FOUND, MOST_UNSIGNED, MOST_CLOSING, MOST_SCHOOLS = 12, 5, 3, 20, 8
MEASURES = {measure.code: measure for measure in (showing.TASKS, showing.RULES)}


@login_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The page a person starts from."""
    person, at = person_behind(request.user), timezone.now()
    if person.posts & (BUREAU_POSTS | OFFICE_POSTS):
        return _overview(request, person, at)
    if person.schools:
        return _desk(request, person, at)
    if person.posts & REVIEWER_POSTS:
        todo = waiting.items(waiting_projects.from_reviews(request.user, local_day(at)))
        return render(request, "reports/home_reviewer.html", {"todo": todo, "today": local_day(at)})
    return render(request, "reports/home_plain.html", {"ways": system_ways(person), "today": local_day(at)})


def system_ways(person: Person) -> list[dict[str, str]]:
    """What the 三员 may do, each with what it is for."""
    ways = [
        (SchoolPerm.MANAGE_ACCOUNTS, "账号", "users", "schools:accounts", "开通账号、解锁、停用、重置密码。"),
        (SchoolPerm.GRANT_BUREAU_POSTS, "职务", "user-check", "schools:posts", "授予局里、教办和系统职务，到期收回。"),
        (SchoolPerm.READ_AUDIT, "日志", "history", "reports:audit", "查谁在什么时候办了什么，核对记录有没有被改动。"),
    ]
    return [
        {"label": label, "icon": icon, "url": reverse(route), "text": text}
        for perm, label, icon, route, text in ways
        if access.system_can(person.user, perm)
    ]


# ---- bureau and education offices ----


def _overview(request: SignedInRequest, person: Person, at: datetime) -> HttpResponse:
    user, today = request.user, local_day(at)
    view = overview_of(user, today)
    if not view.rows:
        return render(request, "reports/home_empty.html", {"may_import": may_import(user), "today": today})
    sees_meetings = bool(sight_of(user))
    closing = _closing(request, today)
    context: dict[str, Any] = {
        "today": today,
        "person": person,
        "brief": showing.sentence(view, today, meetings=sees_meetings, waiting=len(closing)),
        "strands": showing.strip(view, today, meetings=sees_meetings),
        "todo": waiting.items([*closing, *_rollout(request, today), *waiting_projects.from_projects(user, today)]),
        "late": _late_lines(view, today),
        "late_total": view.total.overdue,
        "late_url": showing.overdue_url(),
        "sees_meetings": sees_meetings,
        "behind": [] if sees_meetings else _schools_behind(view),
        **_grid(request, view, sees_meetings),
        **(_troubles(request, at) if sees_meetings else {}),
    }
    return render(request, "reports/home_overview.html", context)


def _closing(request: SignedInRequest, today: date) -> list[waiting.Waiting]:
    """确认销号 falls to the bureau only where one person is 书记 and 校长; whether there is such a task is asked first."""
    user = request.user
    if not may_close_somewhere(user) or not handed_in_by_both_heads(user):
        return []
    rows = to_close(user, today).select_related("responsible", "school").only(*desk.CLOSING)
    return waiting.from_closing(rows.order_by("due_on", "pk")[:MOST_CLOSING], today, many_schools=True)


def _rollout(request: SignedInRequest, today: date) -> list[waiting.Waiting]:
    """Applications to recommend or review, plans to review, and documents an office has to sign for."""
    user = request.user
    return [
        *waiting_pilots.from_selection(user, today),
        *waiting_plans.from_reviews_of_plans(user, today),
        *waiting_pilots.from_receipts(user, today, many=True),
    ]


def _late_lines(view: Overview, today: date) -> list[dict[str, Any]]:
    return [
        {
            **task,
            "days": (today - task["due_on"]).days,
            "url": showing.task_url(task["id"]),
            "school_url": showing.school_url(task["school__code"]),
        }
        for task in view.late[:MOST_LATE]
    ]


def _schools_behind(view: Overview) -> list[dict[str, Any]]:
    """An office's schools with overdue tasks, most first."""
    behind = sorted((row for row in view.rows if row.overdue), key=lambda row: (-row.overdue, row.code))
    return [
        {
            "name": row.name,
            "url": showing.school_url(row.code) if not view.by_office else reverse("schools:list"),
            "overdue": row.overdue,
            "tasks_url": f"{showing.overdue_url()}&school={row.code}",
            "on_time": showing.percent(*row.on_time),
        }
        for row in behind[:MOST_SCHOOLS]
    ]


def _grid(request: SignedInRequest, view: Overview, sees_meetings: bool) -> dict[str, Any]:
    """The heat grid as asked for in the address: how it is grouped, and which measure colours it."""
    measures = list(MEASURES.values()) if sees_meetings else [showing.TASKS]
    if view.by_office:
        return {
            "by_office": True,
            "measures": measures,
            "offices": showing.office_table(view.rows, measures),
            "most_cells": MOST_CELLS,
            "more_offices": max(len(view.rows) - showing.MOST_OFFICES, 0),
            "total_schools": view.total.schools,
        }
    wanted = MEASURES.get(request.GET.get("colour", ""), showing.TASKS)
    measure = wanted if wanted in measures else showing.TASKS
    groupings = showing.groupings_of(view.rows)
    grouping = request.GET.get("group", "")
    grouping = grouping if grouping in groupings else next(iter(groupings))
    return {
        "groups": showing.grid(view.rows, grouping, measure),
        "measure": measure,
        "legend": measure.legend(view.rows),
        "unmeasured": sum(measure.stage(row) == 0 for row in view.rows),
        "total_schools": view.total.schools,
        "groupings": [
            {
                "id": f"by-{code}",
                "label": label,
                "url": f"?group={code}&colour={measure.code}",
                "current": code == grouping,
            }
            for code, label in groupings.items()
        ],
        "colours": [
            {
                "id": f"as-{one.code}",
                "label": one.label,
                "url": f"?group={grouping}&colour={one.code}",
                "current": one is measure,
            }
            for one in measures
        ],
    }


def _troubles(request: SignedInRequest, at: datetime) -> dict[str, Any]:
    """What the rules found within 30 days, and minutes that wait for their signature too long."""
    late = meeting_selectors.unsigned_too_long(request.user, at, MOST_UNSIGNED)
    return {
        "findings": desk.findings_lines(meeting_selectors.with_findings(request.user, at, MOST_FOUND)),
        "unsigned": desk.unsigned_lines(late, local_day(at)),
        "sign_within": meeting_selectors.sign_within(),
        "waived_since": meeting_selectors.found_since(at) if sees_waivers(request.user) else None,
    }


# ---- a school's people ----


def _desk(request: SignedInRequest, person: Person, at: datetime) -> HttpResponse:
    school = _chosen(person.schools, request.GET.get("school", ""))
    shown = desk.desk_of(request.user, school, at, request.get_full_path())
    context = {
        "today": local_day(at),
        "school": school,
        "person": person,
        "desk": shown,
        "brief": desk.sentence(shown),
        "late_url": showing.overdue_url(),
        "views": [
            {"label": one.short_name, "url": f"?school={one.code}", "current": one.pk == school.pk}
            for one in person.schools
        ],
    }
    return render(request, "reports/home_school.html", context)


def _chosen(schools: list[School], code: str) -> School:
    """Which school's desk: the one of the address, else that of the first post."""
    return next((school for school in schools if school.code == code), schools[0])
