"""How overviews look: sentence, strip, grid. It reads nothing and decides nothing about rights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from reports.selectors.overview import Overview, Row
from schools.models import Size, Stage

MOST_OFFICES = 60
CUTS = ((100, 5), (90, 4), (75, 3), (60, 2), (0, 1))  # least percent of a class; compared in whole numbers


@dataclass(frozen=True)
class Measure:
    """One ordered measure of the grid: a share of something, in five classes."""

    code: str
    label: str
    note: str
    detail: str
    share: Callable[[Row], tuple[int, int]]
    best: str
    unit: str

    def stage(self, row: Row) -> int:
        """Class 1 to 5; 0 when there is nothing to measure yet."""
        good, of = self.share(row)
        return next(stage for least, stage in CUTS if good * 100 >= least * of) if of else 0

    def words(self, row: Row) -> str:
        """“按期 92%（46／50 项）” for those who cannot see the colour."""
        good, of = self.share(row)
        return f"{self.label} {good * 100 // of}%（{good}／{of} {self.unit}）" if of else f"{self.label}还没有数"

    def legend(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The five classes with the number of schools in each."""
        labels = ("不到 60%", "60% 起", "75% 起", "90% 起", self.best)
        stages = [self.stage(row) for row in rows]
        return [{"label": label, "count": stages.count(stage)} for stage, label in enumerate(labels, start=1)]


TASKS = Measure(
    "tasks",
    "任务按期",
    "本年按期完成的比例",
    "按期：在时限内标为完成。逾期还没完成的，算没有按期。",
    lambda row: row.on_time,
    "全部按期",
    "项",
)
RULES = Measure(
    "rules",
    "会议规范",
    "本年没有核查意见的比例",
    "已有到会记录的会议里，没有不合规、也没有需留意的。",
    lambda row: row.faultless,
    "全部没有意见",
    "次",
)
MARKS = "–①②③④⑤"
GROUPINGS = {"office": "按教办", "stage": "按学段", "size": "按规模"}
_SIZES, _STAGES = list(Size), list(Stage)
PLACE, NOBODY = "school-code", UUID(int=0)
SIZE_NAMES = {Size.LARGE: "大规模", Size.MEDIUM: "中规模", Size.SMALL: "小规模"}
DIRECT_FILTER = "none"  # the list's word for schools without an office


@cache
def _address(route: str, placeholder: Any) -> str:
    return reverse(route, args=[placeholder])


def school_url(code: str) -> str:
    """A school's page. The resolver is asked once, not for every cell."""
    return _address("schools:detail", PLACE).replace(PLACE, code)


def task_url(pk: UUID) -> str:
    """A task's page."""
    return _address("checklists:task", NOBODY).replace(str(NOBODY), str(pk))


def meeting_url(pk: UUID) -> str:
    """A meeting's page."""
    return _address("governance:meeting", NOBODY).replace(str(NOBODY), str(pk))


def groupings_of(rows: Sequence[Row]) -> dict[str, str]:
    """The ways to group these schools, the usual one first; those of one office are not grouped by it."""
    several = len({row.office for row in rows}) > 1
    return {code: label for code, label in GROUPINGS.items() if several or code != "office"}


def _group(row: Row, grouping: str) -> tuple[Any, str, dict[str, str]]:
    """Order, name and filter of the group a school stands in."""
    if grouping == "size":
        return _SIZES.index(Size(row.size)), SIZE_NAMES[Size(row.size)], {"size": row.size}
    if grouping == "stage":
        return _STAGES.index(Stage(row.stage)), Stage(row.stage).label, {"stage": row.stage}
    code, name = row.office
    return code, name, {"office": code or DIRECT_FILTER}


def grid(rows: Sequence[Row], grouping: str, measure: Measure) -> list[dict[str, Any]]:
    """The heat grid: groups of cells; a cell is name, address, class, its mark, its words and the overdue tasks."""
    groups: dict[Any, dict[str, Any]] = {}
    every = reverse("schools:list")
    for row in rows:
        order, name, narrowed = _group(row, grouping)
        if order not in groups:
            groups[order] = {"name": name, "url": f"{every}?{urlencode(narrowed)}", "cells": []}
        stage = measure.stage(row)
        cell = (row.name, school_url(row.code), stage, MARKS[stage], measure.words(row), row.overdue)
        groups[order]["cells"].append(cell)
    return [groups[order] for order in sorted(groups)]


def office_table(rows: Sequence[Row], measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """Large districts: one line an office, most overdue tasks first."""
    return [
        {
            "name": row.name,
            "url": f"{reverse('schools:list')}?{urlencode({'office': row.code or DIRECT_FILTER})}",
            "schools": row.schools,
            "overdue": row.overdue,
            "late_schools": row.late_schools,
            "shares": [percent(*measure.share(row)) for measure in measures],
        }
        for row in rows[:MOST_OFFICES]
    ]


def percent(good: int, of: int) -> str:
    """“93%”, rounded down so that 100% means all; “–” when there is nothing to measure."""
    return f"{good * 100 // of}%" if of else "–"


# ---- addresses of the records behind a number ----


def overdue_url() -> str:
    """Overdue tasks."""
    return f"{reverse('checklists:list')}?overdue=1"


def closed_url(year: int) -> str:
    """Closed tasks whose time limit lies in the year."""
    asked = {"status": "closed", "due_after": f"{year}-01-01", "due_before": f"{year}-12-31"}
    return f"{reverse('checklists:list')}?{urlencode(asked)}"


def meetings_url(year: int, **asked: str) -> str:
    """Meetings of the year."""
    return f"{reverse('governance:meetings')}?{urlencode({**asked, 'year': year})}"


def decisions_url(year: int) -> str:
    """Decisions of the year."""
    return f"{reverse('governance:decisions')}?year={year}"


# ---- sentence and strip ----


def part(text: object, url: str = "", kind: str = "") -> dict[str, str]:
    """A piece of the sentence; with an address it is a number that opens its records."""
    return {"text": str(text), "url": url, "kind": kind}


def sentence(view: Overview, today: date, *, meetings: bool, waiting: int) -> list[dict[str, str]]:
    """The overview in one sentence (design language §1.2)."""
    total, everybody = view.total, view.total.implemented == view.total.schools
    parts = [
        part(total.schools, reverse("schools:list")),
        part(" 所学校已全部实施党组织领导的校长负责制。" if everybody else " 所学校。"),
    ]
    good, of = total.on_time
    if of:
        parts += [part("本年任务按期完成 "), part(percent(good, of), closed_url(today.year)), part("，")]
    if total.overdue:
        parts += [part(f"{total.late_schools} 所学校 {total.overdue} 项", overdue_url(), "bad"), part(" 任务逾期")]
    else:
        parts.append(part("没有任务逾期"))
    blocked = total.numbers.blocked
    if meetings and blocked:
        parts += [
            part("，"),
            part(f"{blocked} 次会议", meetings_url(today.year, findings="block"), "bad"),
            part(" 有不合规项要改"),
        ]
    if waiting:
        parts += [part("；有 "), part(f"{waiting} 件事", "#todo"), part("等你处理")]
    return [*parts, part("。")]


def strip(view: Overview, today: date, *, meetings: bool) -> list[dict[str, Any]]:
    """The strands that have data: 一 tasks, and 三 for those who see meetings. Each figure opens its records."""
    total, year = view.total, today.year
    implemented = figure(f"{total.implemented}", f"／{total.eligible} 所已实施", reverse("pilots:coverage"))
    strands = [
        {
            "numeral": "一",
            "name": "全领域试点推进",
            "figures": [
                implemented,
                figure(percent(*total.on_time), "任务按期完成", closed_url(year)),
                figure(total.overdue, "项任务逾期", overdue_url(), "bad" if total.overdue else ""),
            ],
        }
    ]
    if meetings:
        numbers, warned = total.numbers, meetings_url(year, findings="warn")
        strands.append(
            {
                "numeral": "三",
                "name": "全过程闭环运行",
                "figures": [
                    figure(numbers.signed, "次会议已签发", meetings_url(year, status="signed")),
                    figure(numbers.decisions, "项决议", decisions_url(year)),
                    figure(
                        numbers.blocked, "次会议有不合规", meetings_url(year, findings="block"),
                        "bad" if numbers.blocked else "",
                    ),
                    *([figure(numbers.warned, "次需留意", warned, "warn")] if numbers.warned else []),
                ],
            }
        )  # fmt: skip
    return strands


def figure(value: object, unit: str, url: str, kind: str = "") -> dict[str, str]:
    """One figure of the strip."""
    return {"value": str(value), "unit": unit, "url": url, "kind": kind}
