"""What the rules say of the record while it is typed: beside each part, in the heads of the items, and in “还差 N 处”."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from common.templatetags import portal
from governance import shown
from governance.models import Outcome
from governance.record import ItemRecord
from governance.rules.findings import MEETING, Result
from governance.services.agenda import agenda_is_open
from governance.views.record_desk import Desk

# Rule → where on the page it is mended, and the word for it in “还差 N 处”.
PLACES = {
    "R-Q01": ("attendance", "到会"),
    "R-Q03": ("attendance", "到会"),
    "R-C01": ("chair", "主持"),
    "R-C03": ("chair", "主持"),
    "R-A09": ("recorder", "记录人"),
    "R-Q02": ("room", "到会人数"),
    "R-V12": ("room", "回避"),
    "R-V04": ("stances", "表态"),
    "R-V06": ("votes", "表决"),
    "R-V13": ("outcome", "结论"),
    "R-E01": ("tasks", "会后任务"),
}
OF_ITEMS = frozenset({"room", "stances", "votes", "outcome", "tasks"})


def item_heads(desk: Desk) -> list[dict[str, Any]]:
    """Of each item what its head says, and the findings beside it."""
    rows = []
    for n, item in enumerate(desk.items, start=1):
        results = desk.results_of(item)
        kind, words = item_tag(results, desk.entries.get(item.pk) or ItemRecord(item.pk))
        row = {"n": str(n), "title": item.title, "kind": kind, "words": words, "unfinished": kind != "done"}
        rows.append(row | {"findings": findings_html(desk, results)})
    return rows


def item_tag(results: Sequence[Result], entry: ItemRecord) -> tuple[str, str]:
    """Kind and words of the tag at the item's head: what is still missing, or how it ended."""
    blocking = sum(result.blocks for result in results)
    if not entry.outcome:
        return "none", "还没有结论"
    if blocking:
        return "warn", f"还差 {blocking} 处"
    outcome = Outcome(entry.outcome).label
    return "done", f"{entry.votes[0]} 票赞成，{outcome}" if entry.votes and entry.votes[0] else outcome


def missing(desk: Desk) -> list[dict[str, str]]:
    """还差 N 处: every place that still stops 送签, in the order of the page, each once."""
    found: dict[str, dict[str, str]] = {}
    for result in [*desk.by_subject.get(MEETING, []), *(r for item in desk.items for r in desk.results_of(item))]:
        if result.blocks:
            where = where_of(desk, result)
            found.setdefault(where["url"], where)
    return list(found.values())


def where_of(desk: Desk, result: Result) -> dict[str, str]:
    """The place where a result is mended: address and words."""
    spot, word = PLACES.get(result.rule, ("", ""))
    if "unrecorded" in result.facts:
        spot, word = "attendance", "到会"
    number = desk.numbers.get(result.subject, 0)
    if spot in OF_ITEMS and number:
        return {"url": f"#i-{number}-{spot}", "label": f"第 {number} 项{word}"}
    if spot:
        return {"url": f"#{spot}", "label": word}
    name = "governance:agenda" if agenda_is_open(desk.meeting) else "governance:meeting"
    label = f"第 {number} 项归类" if number else "议程"
    return {"url": reverse(name, args=[desk.meeting.pk]), "label": label}


def findings_html(desk: Desk, results: Sequence[Result]) -> SafeString:
    """The findings beside one subject. Equal ones are drawn once: beside twenty items most are the same."""
    return _drawn(tuple(_as_key(desk, result) for result in results))


Key = tuple[str, str, str, str, str, tuple[str, ...], str, str]


def _as_key(desk: Desk, result: Result) -> Key:
    url = label = ""
    if result.remedy:
        where = where_of(desk, result)
        url, label = where["url"], "去填写" if where["url"].startswith("#") else "去议程"
    return (
        result.rule,
        result.outcome.value,
        result.severity.value,
        _with_names(desk, result),
        result.remedy or "",
        tuple(basis.text for basis in result.basis),
        url,
        label,
    )


def _with_names(desk: Desk, result: Result) -> str:
    """The engine knows ids alone; the page says who is meant."""
    ids = [key for name, value in result.facts.items() if name.endswith("_members") for key in value or ()]  # type: ignore[union-attr]
    if not ids or not result.remedy:
        return result.message
    names = "、".join(m.name for m in desk.members if str(m.person_id) in ids)
    return f"{result.message.rstrip('。')}：{names}。"


@lru_cache(maxsize=2048)
def _drawn(keys: tuple[Key, ...]) -> SafeString:
    results = [
        {
            "rule": rule,
            "name": f"{shown.rule_topics()[rule]} {rule}",
            "outcome": outcome,
            "severity": severity,
            "message": message,
            "remedy": remedy,
            "basis": list(basis),
            "actions": [{"url": url, "label": label}] if url else [],
        }
        for rule, outcome, severity, message, remedy, basis, url, label in keys
    ]
    return render_to_string("_components/findings.html", portal.findings(results))


def navigation(
    desk: Desk, rows: Sequence[Mapping[str, Any]], left: Sequence[Mapping[str, str]]
) -> list[dict[str, Any]]:
    """记录步骤: attendance, each item, 送签."""
    statuses = [typed.get("status", "") for typed in desk.sheet.members.values()]
    there, due = statuses.count("present"), len(desk.members)
    steps = [
        {"key": "到", "url": "#attendance", "title": "到会登记", "words": f"{there} / {due} 人", "done": all(statuses)}
    ]
    steps += [
        {
            "key": row["n"],
            "url": f"#i-{row['n']}",
            "title": row["title"],
            "words": row["words"],
            "done": not row["unfinished"],
        }
        for row in rows
    ]
    words = f"还差 {len(left)} 处" if left else "可以送签"
    return [*steps, {"key": "签", "url": "#send", "title": "送签", "words": words, "done": False}]
