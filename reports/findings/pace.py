"""会议频次: schools × months by the rules that are asked of a month and not of a meeting (R-F01, R-F02, R-F03)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from governance.further import months_of
from governance.rules.findings import Outcome
from reports.findings.filters import Filters
from schools.models import School
from schools.permissions import Body

RULES = {"R-F01": Body.PARTY.value, "R-F02": Body.PRINCIPAL.value, "R-F03": ""}
LABELS = {"R-F01": Body.PARTY.label, "R-F02": Body.PRINCIPAL.label, "R-F03": "书记校长沟通"}
MOST_MONTHS = 12
# Mark, word and kind of each answer; 不适用 (holidays, months to come) stays quiet.
MARKS = {
    Outcome.PASS: ("✓", "符合", ""),
    Outcome.FAIL: ("缺", "次数不够", "warn"),
    Outcome.INSUFFICIENT: ("？", "待补充", ""),
    Outcome.NOT_APPLICABLE: ("–", "不适用", "na"),
}


def choices(filters: Filters, current: str) -> list[dict[str, Any]]:
    """The rules, as views with addresses."""
    return [
        {"id": f"pace-{rule}", "label": f"{LABELS[rule]} {rule}", "url": f"?{filters.address(view='pace', by=rule)}", "current": rule == current}
        for rule in RULES
    ]  # fmt: skip


def table(schools: Sequence[School], months: Sequence[date], rule: str, today: date) -> dict[str, Any]:
    """One line a school, and how often the rule was met where it was asked; six queries."""
    months = months[-MOST_MONTHS:]
    rows: dict[Any, dict[str, Any]] = {
        school.pk: {"name": school.short_name, "url": records_url(school, rule), "cells": []} for school in schools
    }
    asked = missed = 0
    for one in months_of(schools, months[0], months[-1], today) if months else []:
        if one.result.rule == rule:
            mark, word, kind = MARKS[one.result.outcome]
            if one.result.outcome is Outcome.FAIL and "short" in one.result.facts:
                mark = f"缺{one.result.facts['short']}周"
            rows[one.school.pk]["cells"].append({"mark": mark, "word": word, "kind": kind, "text": one.result.message})
            asked += one.result.outcome in (Outcome.PASS, Outcome.FAIL)
            missed += one.result.outcome is Outcome.FAIL
    return {"rows": list(rows.values()), "months": months, "asked": asked, "missed": missed}


def records_url(school: School, rule: str) -> str:
    """The school's meetings of that body, or its talks."""
    body = RULES[rule]
    if not body:
        return f"{reverse('governance:talks')}?{urlencode({'school': school.code})}"
    return f"{reverse('governance:meetings')}?{urlencode({'school': school.code, 'body': body})}"
