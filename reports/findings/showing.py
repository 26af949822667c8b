"""How the overview of findings reads: sentence, tables with linked numbers, bars, heat. It reads nothing from the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.urls import reverse

from governance.rules.load import read_rules
from reports.findings.filters import FIELDS, LEVELS, Filters, matter_in_address
from reports.models import FindingCount
from reports.selectors.findings import NOTHING, Tally, Unsigned
from reports.selectors.peers import LEAST_MEETINGS, PER
from reports.showing import part
from schools.models import Foundation, Location, Size

KINDS = {"bad": "bad", "warn": "warn", "ins": "", "let": "", "ok": "", "judged": ""}
OWN_SUGGESTION = frozenset({"recall", "design"})  # evidence that is no document
STAGES = 5
SORTS = ("found", "share", "name")


@lru_cache(maxsize=1)
def rule_words() -> Mapping[str, dict[str, Any]]:
    """Topic and statement of each rule, and whether it is the platform's own suggestion and no document's."""
    return {
        rule["id"]: {
            "topic": rule["topic"],
            "statement": rule["statement"],
            "own": rule["evidence"] in OWN_SUGGESTION,
        }
        for rule in read_rules()["rules"]
    }


def rule_name(code: str) -> str:
    """“会议形式 R-C04”."""
    words = rule_words().get(code)
    return f"{words['topic']} {code}" if words else code


@dataclass(frozen=True)
class Cell:
    """A number with the way to its records; zero leads nowhere."""

    number: int
    url: str = ""
    kind: str = ""
    words: str = ""
    label: str = ""


@dataclass
class Line:
    """One line of a table: what it counts, the numbers by level, and their share of all judgements."""

    key: str
    name: str
    note: str = ""
    url: str = ""
    mark: str = ""
    tally: Tally = NOTHING
    cells: list[Cell] = field(default_factory=list)
    judged: Cell = field(default_factory=lambda: Cell(0))
    found: int = 0
    waived: int = 0
    share: str = ""
    width: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def share_text(found: int, of: int) -> str:
    """“2.5%” of at least one judgement, rounded half up; “不到 0.1%” for what would read 0."""
    if not of:
        return "–"
    tenths = (2000 * found + of) // (2 * of)
    return "不到 0.1%" if found and not tenths else f"{tenths // 10}.{tenths % 10}%"


def levels_shown(filters: Filters) -> list[str]:
    """The levels that have a column: the one that was asked for, or all."""
    return [filters.level] if filters.level in LEVELS else list(LEVELS)


def list_url(filters: Filters, **narrow: str) -> str:
    """The list of exactly those findings."""
    return f"{reverse('reports:findings-list')}?{filters.address(**narrow)}"


def view_url(filters: Filters, view: str, **narrow: str) -> str:
    """The same overview, another view of it."""
    return f"{reverse('reports:findings')}?{filters.address(**narrow, view=view)}"


def line(filters: Filters, key: str, name: str, tally: Tally, narrow: dict[str, str], **more: Any) -> Line:
    """A line whose numbers lead to their findings."""
    cells = [_cell(filters, level, name, getattr(tally, level), narrow) for level in levels_shown(filters)]
    base = list_url(filters, **narrow, level="judged") if tally.judged else ""
    found = sum(cell.number for cell in cells)
    return Line(
        key,
        name,
        tally=tally,
        cells=cells,
        judged=Cell(tally.judged, base, words=f"次核查：{name}"),
        found=found,
        waived=tally.let if "let" in levels_shown(filters) else 0,
        share=share_text(found, tally.judged),
        **more,
    )


def _cell(filters: Filters, level: str, name: str, number: int, narrow: dict[str, str]) -> Cell:
    url = list_url(filters, **narrow, level=level) if number else ""
    return Cell(number, url, KINDS[level], f"条{LEVELS[level][0]}：{name}", LEVELS[level][0])


def in_order(lines: Iterable[Line], sort: str) -> list[Line]:
    """Most findings first, highest share first, or by name; each with the length of its bar against the longest."""
    rows = list(lines)
    most = max((row.found for row in rows), default=0)
    for row in rows:
        row.width = 100 * row.found // most if most else 0
    if sort == "kept":
        return rows
    if sort == "name":
        return sorted(rows, key=lambda row: row.key)
    if sort == "share":
        return sorted(rows, key=lambda row: (-row.found / row.tally.judged if row.tally.judged else 0, row.key))
    return sorted(rows, key=lambda row: (-row.found, row.key))


def by_rule(filters: Filters, counts: Mapping[tuple[Any, ...], Tally], next_view: str) -> list[Line]:
    """One line for each rule that was judged."""
    return [
        line(
            filters, rule, rule_name(rule), tally, {"rule": rule},
            url=view_url(filters, next_view, rule=rule) if next_view else "",
            note=rule_words().get(rule, {}).get("statement", ""),
            mark="本平台建议" if rule_words().get(rule, {}).get("own") else "",
        )
        for (rule,), tally in counts.items()
    ]  # fmt: skip


def matter_name(code: str, titles: Mapping[str, str]) -> str:
    """“P16 中层干部选任”, 会议本身 for rules of the meeting, 没有归类的议题 for items without a matter."""
    if code == "":
        return "会议本身（不分事项）"
    return "没有归类的议题" if code == FindingCount.UNCLASSIFIED else f"{code} {titles.get(code, '')}".strip()


def by_matter(filters: Filters, counts: Mapping[tuple[Any, ...], Tally], titles: Mapping[str, str]) -> list[Line]:
    """One line for each matter that was on an agenda."""
    return [
        line(
            filters, matter or "~", matter_name(matter, titles), tally, {"matter": matter_in_address(matter)},
            url=view_url(filters, "rule", matter=matter_in_address(matter)),
        )
        for (matter,), tally in counts.items()
    ]  # fmt: skip


ATTRIBUTES: dict[str, tuple[Any, str]] = {
    "size": (Size, "规模"),
    "location": (Location, ""),
    "foundation": (Foundation, "基础"),
}


def school_line(filters: Filters, school: Mapping[str, Any], tally: Tally, held: int) -> Line:
    """A school with its own base; findings per ten meetings only above the least number of meetings."""
    narrow = {"school": school["code"], **dict.fromkeys(("office", *FIELDS), "")}
    row = line(
        filters, school["code"], school["short_name"], tally, narrow,
        url=view_url(filters, "rule", **narrow),
        note="、".join([school["office__name"] or "直属", *(f"{word}{values(school[name]).label}" for name, (values, word) in ATTRIBUTES.items())]),
    )  # fmt: skip
    enough = held >= LEAST_MEETINGS
    row.extra = {
        "meetings": meetings_cell(filters, held, school["short_name"], **narrow),
        "rate": one_decimal(Fraction(PER * row.found, held)) if enough else "",
    }
    return row


def one_decimal(value: Fraction) -> str:
    """“3.5”, rounded half up."""
    tenths = (20 * value.numerator + value.denominator) // (2 * value.denominator)
    return f"{tenths // 10}.{tenths % 10}"


def by_month(
    filters: Filters,
    counts: Mapping[tuple[Any, ...], Tally],
    held: Mapping[tuple[Any, ...], int],
    months: Sequence[date],
) -> list[Line]:
    """One line for each month of the period, the empty ones too, in their order."""
    rows = []
    for month in months:
        name, narrow = f"{month.year}年{month.month}月", filters.of_month(month)
        row = line(
            filters,
            f"{month:%Y-%m}",
            name,
            counts.get((month,), NOTHING),
            narrow,
            url=view_url(filters, "rule", **narrow),
        )
        row.extra = {"meetings": meetings_cell(filters, held.get((month,), 0), name, **narrow)}
        rows.append(row)
    return in_order(rows, "kept")


def meetings_cell(filters: Filters, number: int, name: str, **narrow: str) -> Cell:
    """A number of signed meetings that leads to them. Rule, matter, severity and level do not narrow meetings."""
    unasked = dict.fromkeys(("rule", "matter", "severity", "level"), "")
    url = f"{reverse('reports:findings-meetings')}?{filters.address(**unasked, **narrow)}" if number else ""
    return Cell(number, url, words=f"次已签发会议：{name}")


BAR, GAP, HEIGHT, TOP, FOOT = 30, 14, 120, 20, 22  # the chart, in its own coordinates


def chart(rows: Sequence[Line]) -> dict[str, Any]:
    """Columns by month: what was not met below, what was let pass above it. The table beside it has the numbers."""
    most = max((row.found for row in rows), default=0)
    columns = []
    for place, row in enumerate(rows):
        high, low = _height(row.found, most), _height(row.found - row.waived, most)
        columns.append(
            {
                "x": GAP + place * (BAR + GAP),
                "middle": GAP + place * (BAR + GAP) + BAR // 2,
                "y": TOP + HEIGHT - high,
                "above": high - low,
                "y_low": TOP + HEIGHT - low,
                "low": low,
                "number": row.found,
                "y_text": TOP + HEIGHT - high - 5,
                "label": f"{int(row.key[5:])}月",
                "year": row.key[:4] if place == 0 or row.key.endswith("-01") else "",
            }
        )
    width = GAP + len(rows) * (BAR + GAP)
    return {"columns": columns, "width": width, "height": TOP + HEIGHT + FOOT + 14, "base": TOP + HEIGHT, "bar": BAR}


def _height(number: int, most: int) -> int:
    return max(HEIGHT * number // most, 1) if number and most else 0


def heat(
    filters: Filters, counts: Mapping[tuple[Any, ...], Tally], months: Sequence[date], level: str
) -> dict[str, Any] | None:
    """Rules × months: five classes of the number of findings, each cell the way to its findings."""
    found = {key: tally.of(level) for key, tally in counts.items() if tally.of(level)}
    if not found:
        return None
    most = max(found.values())
    totals: dict[str, int] = {}
    for (rule, _), number in found.items():
        totals[rule] = totals.get(rule, 0) + number
    rows = [
        {
            "name": rule_name(rule),
            "cells": [_heat_cell(filters, rule, month, found.get((rule, month), 0), most) for month in months],
        }
        for rule in sorted(totals, key=lambda code: (-totals[code], code))
    ]
    return {"rows": rows, "months": [f"{month.month}月" for month in months], "legend": _classes(most)}


def _heat_cell(filters: Filters, rule: str, month: date, number: int, most: int) -> dict[str, Any]:
    narrow = {**filters.of_month(month), "rule": rule}
    url = list_url(filters, **narrow) if number else ""
    return {
        "number": number,
        "stage": stage(number, most),
        "url": url,
        "words": f"{rule}，{month.year}年{month.month}月",
    }


def stage(number: int, most: int) -> int:
    """Class 1 to 5 of equal steps up to the most; 0 for none."""
    return -(-STAGES * number // most) if number else 0


def _classes(most: int) -> list[dict[str, Any]]:
    """The classes that occur, as “1–4 条”; fewer than five when the most is small."""
    classes: dict[int, list[int]] = {}
    for number in range(1, most + 1):
        classes.setdefault(stage(number, most), []).append(number)
    return [
        {"stage": place, "label": f"{numbers[0]}–{numbers[-1]} 条" if len(numbers) > 1 else f"{numbers[0]} 条"}
        for place, numbers in classes.items()
    ]


def sentence(filters: Filters, whom: str, total: Tally, held: int) -> list[dict[str, str]]:
    """The overview in one sentence; each number opens its records."""
    parts = [part(f"{filters.period.words()}，{whom}")]
    meetings = meetings_cell(filters, held, whom)
    parts += [part(f"{held:,} 次会议", meetings.url), part("已签发，规则核查 ")]
    parts += [part(f"{total.judged:,} 次", list_url(filters, level="judged") if total.judged else "")]
    shown = levels_shown(filters)
    for place, level in enumerate(shown):
        number = getattr(total, level)
        parts.append(part("：" if place == 0 else "、"))
        parts.append(
            part(f"{number:,} 条", list_url(filters, level=level) if number else "", KINDS[level] if number else "")
        )
        parts.append(part(f" {LEVELS[level][0]}"))
    found = sum(getattr(total, level) for level in shown)
    return [*parts, part(f"，合占 {share_text(found, total.judged)}。" if total.judged else "。")]


def unsigned_sentence(filters: Filters, found: Unsigned) -> list[dict[str, str]]:
    """Meetings that are still being worked on, each number the list of those meetings."""
    asked = {name: value for name, value in (("body", filters.body), ("school", filters.school)) if value}
    pieces = [
        (found.held_bad, "有不合规", "bad", {"status": "held", "findings": "block"}),
        (found.held_warn, "有需留意", "warn", {"status": "held", "findings": "warn"}),
        (found.minuted_warn, "待签发、有需留意", "warn", {"status": "minuted", "findings": "warn"}),
    ]
    parts = [part("今天还没有签发的会议里，")]
    for number, words, kind, query in pieces:
        if number:
            url = f"{reverse('governance:meetings')}?" + "&".join(f"{k}={v}" for k, v in {**query, **asked}.items())
            parts += [part("，") if len(parts) > 1 else part(""), part(f"{number} 次", url, kind), part(f" {words}")]
    return [*parts, part("。这些还在改，没有计入下面的数。")]
