"""A school's own page (学校档案) and the printable permission table (权限表)."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import Difference, DomainError, Stale
from schools.forms import SchoolForm
from schools.models import School
from schools.panels import facts_for, panels_for
from schools.permissions import FOOTNOTES, TABLE, Post, SchoolPerm
from schools.selectors import team_of
from schools.services.details import LABELS, SchoolDetails, change_details, details_of, may_change
from schools.services.staffing import posts_offered
from schools.views.common import refused, require, visible_school


@login_required
@require_safe
def school_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """Facts, Party organisation, team; what other apps add comes from `schools.panels`."""
    school = visible_school(request.user, code)
    team = team_of(school, local_day(timezone.now()))
    panels = panels_for(school, request.user)
    context = {
        "school": school,
        "facts": [*_facts(school, team), *facts_for(school, request.user)],
        "party_rows": _party_rows(school),
        "file_rows": _file_rows(school),
        "team": team,
        "counts": {body: sum(bool(person[body]) for person in team) for body in ("party", "principal")},
        "both": sum(bool(person["party"] and person["principal"]) for person in team),
        "main_panels": [panel for panel in panels if panel["place"] == "main"],
        "side_panels": [panel for panel in panels if panel["place"] == "side"],
        "may_appoint": bool(posts_offered(request.user, school)),
        "may_change": may_change(request.user, school),
    }
    return render(request, "schools/detail.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, code: str) -> HttpResponse:
    """改学校资料: short name, township and what the roster says of size and Party organisation."""
    school = visible_school(request.user, code)
    require(may_change(request.user, school))
    form = SchoolForm(request.POST or None, initial={**asdict(details_of(school)), "version": school.version})
    status, differences = 200, tuple[Difference, ...]()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                changes = _change(request, form, school)
            except Stale as refusal:
                status, differences = refused(form, refusal), refusal.differences
                _take_version(form, school)  # the differences are on the page: the next 保存 is meant
            except DomainError as refusal:
                status = refused(form, refusal)
            else:
                messages.success(request, f"已保存：{changes}" if changes else "没有改动，学校资料不变")
                return redirect(school)
    context = {"school": school, "form": form, "differences": differences}
    return render(request, "schools/edit.html", context, status=status)


def _change(request: SignedInRequest, form: SchoolForm, school: School) -> str:
    """Store the form; names what changed."""
    details = SchoolDetails(**{name: form.cleaned_data[name] for name in LABELS})
    version = form.cleaned_data["version"]
    changes = change_details(school=school, details=details, version=version, by=request.user, at=timezone.now())
    return "、".join(LABELS[name] for name in changes)


def _take_version(form: SchoolForm, school: School) -> None:
    said = QueryDict(mutable=True)
    said.update(form.data)
    said["version"] = str(School.objects.get(pk=school.pk).version)
    form.data = said


def _facts(school: School, team: list[dict[str, Any]]) -> list[dict[str, Any]]:
    leaders = [person for person in team if person["party"] or person["principal"]]
    return [
        {"label": "学生", "value": f"{school.students:,}", "note": "人"},
        {"label": "教职工", "value": f"{school.staff:,}", "note": "人"},
        {"label": "班子", "value": len(leaders), "note": "人"},
    ]


def _party_rows(school: School) -> list[dict[str, Any]]:
    return [
        {"label": "名称", "value": school.party_organisation.name},
        {"label": "类型", "value": school.get_party_org_type_display()},
        {"label": "党组织委员会", "value": "已建立" if school.has_committee else "未建立"},
        {"label": "书记、校长", "value": school.get_leadership_mode_display()},
    ]


def _file_rows(school: School) -> list[dict[str, Any]]:
    township = [{"label": "镇（街道）", "value": school.township}] if school.township else []
    return [
        {"label": "简称", "value": school.short_name},
        *township,
        {"label": "规模", "value": school.get_size_display()},
        {"label": "基础", "value": school.get_foundation_display()},
    ]


@login_required
@require_safe
def permission_table(request: SignedInRequest) -> HttpResponse:
    """Who may do what: printed from the very table that decides."""
    rows = [{"label": perm.label, "code": str(perm), "cells": _cells(perm)} for perm in TABLE]
    footnotes = [{"number": number, "text": text} for number, text in FOOTNOTES.items()]
    return render(request, "schools/permissions.html", {"posts": list(Post), "rows": rows, "footnotes": footnotes})


def _cells(perm: SchoolPerm) -> list[dict[str, str]]:
    cells = []
    for post in Post:
        grant = TABLE[perm].get(post)
        if grant is None:
            cells.append({"mark": "–", "spoken": "不可以", "note": ""})
        else:
            mark, spoken = ("◐", "限本人的") if grant.own else ("●", "可以")
            cells.append({"mark": mark, "spoken": spoken, "note": grant.note})
    return cells
