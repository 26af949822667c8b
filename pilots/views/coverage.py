"""覆盖率: one sentence, tables by every classification, the cross table with samples, and the list behind each number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from pilots.coverage import Covered, Ratio, grouped, ratio_of
from pilots.models import Batch
from pilots.selection_figures import covered_schools
from pilots.selection_steps import sample_of
from pilots.views.common import sees_schools, taken, today
from schools.models import Foundation, Location, Office, School, Size

DIRECT, UNBATCHED = "direct", "none"
COLUMNS = ("学校代码", "学校", "教办", "批次", "规模", "基础", "区位", "样本定位", "已全面实施")
NAMES = ("batch", "office", "size", "foundation", "location")


@dataclass(frozen=True)
class Words:
    """Codes of every dimension and what they are called."""

    batch: dict[str, str]
    office: dict[str, str]
    size: dict[str, str]
    foundation: dict[str, str]
    location: dict[str, str]


def words() -> Words:
    """Two queries."""
    batches = dict(Batch.objects.order_by("opens_on", "pk").values_list("code", "name"))
    offices = dict(Office.objects.order_by("code").values_list("code", "name"))
    return Words(
        batch={**batches, "": "未分批"},
        office={**offices, "": "局直属"},
        size={value: f"规模{label}" for value, label in Size.choices},
        foundation={value: f"基础{label}" for value, label in Foundation.choices},
        location={str(value): str(label) for value, label in Location.choices},
    )


def day_in(query: QueryDict) -> date:
    """`?as_of=`, else today; a day to come is today."""
    try:
        asked = parse_date(query.get("as_of", ""))
    except ValueError:
        asked = None
    return min(asked, today()) if asked and asked.year >= 2000 else today()


@dataclass(frozen=True)
class Line:
    """One line of a table: words, numbers, and the lists behind them."""

    label: str
    ratio: Ratio
    url: str

    @property
    def rate(self) -> str:
        """“97.9%”."""
        return percent(self.ratio)


def percent(ratio: Ratio) -> str:
    """“97.9%”; – of nothing."""
    return "–" if ratio.rate is None else f"{ratio.rate}%"


@login_required
@require_safe
def coverage(request: SignedInRequest) -> HttpResponse:
    """As of any day."""
    sees_schools(request.user)
    as_of, named = day_in(request.GET), words()
    rows = covered_schools(request.user, as_of)
    total = ratio_of(rows)
    context = {
        "as_of": as_of,
        "today": today(),
        "total": total,
        "rate": percent(total),
        "list_url": _list_url(as_of),
        "tables": [
            ("按批次", _lines(rows, as_of, "batch", named.batch)),
            ("按教办", _lines(rows, as_of, "office", named.office)),
            ("按规模", _lines(rows, as_of, "size", named.size)),
            ("按基础", _lines(rows, as_of, "foundation", named.foundation)),
            ("按区位", _lines(rows, as_of, "location", named.location)),
        ],
        "cross": _cross(rows, as_of),
        "left": [row for row in rows if not row.implemented],
        "query": f"?as_of={as_of.isoformat()}",
    }
    return render(request, "pilots/coverage.html", context)


def _lines(rows: list[Covered], as_of: date, name: str, named: dict[str, str]) -> list[Line]:
    found = grouped(rows, lambda row: str(getattr(row, name)))
    return [
        Line(label, found[value], _list_url(as_of, **{name: value or (DIRECT if name == "office" else UNBATCHED)}))
        for value, label in named.items()
        if value in found
    ]


def _list_url(as_of: date, **narrowed: str) -> str:
    return f"{reverse('pilots:coverage-schools')}?{urlencode({'as_of': as_of.isoformat(), **narrowed})}"


def _cross(rows: list[Covered], as_of: date) -> list[dict[str, Any]]:
    """Size × foundation × location: for each sample that exists, its schools and what they say they stand for."""
    found = grouped(rows, lambda row: (row.size, row.foundation, row.location))
    table = []
    for size, size_label in Size.choices:
        for foundation, foundation_label in Foundation.choices:
            cells = [_cell(found, as_of, size, foundation, str(location)) for location in Location]
            if any(cells):
                table.append({"size": size_label, "foundation": foundation_label, "cells": cells})
    return table


def _cell(
    found: dict[tuple[str, str, str], Ratio], as_of: date, size: str, foundation: str, location: str
) -> dict[str, Any] | None:
    ratio = found.get((size, foundation, location))
    if ratio is None:
        return None
    url = _list_url(as_of, size=size, foundation=foundation, location=location)
    return {"ratio": ratio, "url": url, "sample": sample_of(size, foundation, location)}


# ---- the list behind a number ----


@dataclass(frozen=True)
class Narrowed:
    """What the list is narrowed to; `state` is done or left."""

    batch: str = ""
    office: str = ""
    size: str = ""
    foundation: str = ""
    location: str = ""
    state: str = ""

    def fits(self, row: Covered) -> bool:
        """Whether the school belongs to the list."""
        wanted = {
            "office": "" if self.office == DIRECT else self.office,
            "batch": "" if self.batch == UNBATCHED else self.batch,
        }
        for name in NAMES:
            if getattr(self, name) and getattr(row, name) != wanted.get(name, getattr(self, name)):
                return False
        return not self.state or row.implemented == (self.state == "done")


def narrowed_in(query: QueryDict) -> Narrowed:
    """From the address."""
    return Narrowed(**{name: query.get(name, "")[:20] for name in (*NAMES, "state")})


@login_required
@require_safe
def coverage_schools(request: SignedInRequest) -> HttpResponse:
    """The schools that were counted, and those that were not."""
    sees_schools(request.user)
    as_of, narrowed, named = day_in(request.GET), narrowed_in(request.GET), words()
    rows = [row for row in covered_schools(request.user, as_of) if narrowed.fits(row)]
    total = ratio_of(rows)
    since = dict(School.objects.filter(pk__in=[row.id for row in rows]).values_list("pk", "implemented_on"))
    lines = [
        {
            "row": row,
            "office": named.office.get(row.office, row.office),
            "batch": named.batch.get(row.batch, row.batch),
            "sample": row.sample or sample_of(row.size, row.foundation, row.location),
            "since": since.get(row.id),
        }
        for row in rows
    ]
    context = {
        "as_of": as_of,
        "lines": lines,
        "total": total,
        "rate": percent(total),
        "said": _said(narrowed, named),
        "query": f"?{request.GET.urlencode()}",
        "state": narrowed.state,
        "states": _states(request, narrowed.state),
    }
    return render(request, "pilots/coverage_schools.html", context)


def _states(request: SignedInRequest, chosen: str) -> list[dict[str, Any]]:
    """All, implementing, not yet; each keeps the rest of the address."""
    found = []
    for value, label in (("", "全部"), ("done", "已全面实施"), ("left", "还没有实施")):
        query = request.GET.copy()
        query["state"] = value
        found.append({"label": label, "url": f"?{query.urlencode()}", "current": value == chosen})
    return found


def _said(narrowed: Narrowed, named: Words) -> list[str]:
    parts = []
    for name in NAMES:
        value = getattr(narrowed, name)
        key = "" if value in (DIRECT, UNBATCHED) else value
        if value:
            parts.append(getattr(named, name).get(key, value))
    return parts


@login_required
@require_safe
def coverage_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The schools behind the numbers, as of that day, as a file."""
    sees_schools(request.user)
    as_of, narrowed, named = day_in(request.GET), narrowed_in(request.GET), words()
    chosen: Iterable[Covered] = covered_schools(request.user, as_of)
    rows = [_exported(row, named) for row in chosen if narrowed.fits(row)]
    filters = {"as_of": as_of.isoformat()} | {key: value for key, value in vars(narrowed).items() if value}
    return taken(
        request, kind, what="coverage", title=f"覆盖率明细_{as_of}", columns=COLUMNS, rows=rows, filters=filters
    )


def _exported(row: Covered, named: Words) -> list[str | int | None]:
    codes = (("office", row.office), ("batch", row.batch), ("size", row.size), ("foundation", row.foundation))
    return [
        row.code,
        row.name,
        *(getattr(named, name).get(code, code) for name, code in codes),
        named.location.get(row.location, row.location),
        row.sample or sample_of(row.size, row.foundation, row.location),
        "是" if row.implemented else "否",
    ]
