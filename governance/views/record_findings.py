"""What the rules say of the record while it is typed: beside each part, in the heads of the items, and in “还差 N 处”."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from common.templatetags import portal
from governance import rule_words, shown
from governance.models import Outcome
from governance.record import ItemRecord
from governance.rules.findings import MEETING, Result
from governance.rules.findings import Outcome as RuleOutcome
from governance.secrecy import WITHHELD
from governance.services.agenda import agenda_is_open
from governance.views.record_desk import Desk

# Rule → where on the page it is mended, and the word for it in “还差 N 处”.
PLACES = {
    "R-Q01": ("attendance", "到会"),
    "R-Q03": ("attendance", "到会"),
    "R-M01": ("attendance", "记录要素"),
    "R-C01": ("chair", "主持"),
    "R-C02": ("chair", "主持"),
    "R-C03": ("chair", "主持"),
    "R-A09": ("recorder", "记录人"),
    "R-Q02": ("room", "到会人数"),
    "R-Q05": ("room", "到会人数"),
    "R-V12": ("room", "回避"),
    "R-A02": ("stances", "表态"),
    "R-A06": ("stances", "书面意见"),
    "R-V02": ("stances", "表态次序"),
    "R-V03": ("stances", "表态次序"),
    "R-V04": ("stances", "表态"),
    "R-V06": ("votes", "表决"),
    "R-V05": ("votes", "表决"),
    "R-V10": ("votes", "表决方式"),
    "R-T06": ("outcome", "结论"),
    "R-V13": ("outcome", "结论"),
    "R-E01": ("tasks", "会后任务"),
}
# What is mended on the page 会前准备 of the item.
PREPARED = frozenset({"R-T08", "R-T09", "R-T10", "R-T12", "R-T13", "R-T14", "R-T16", "R-T17", "R-T18"})
OF_ITEMS = frozenset({"room", "stances", "votes", "outcome", "tasks"})


def item_heads(desk: Desk) -> list[dict[str, Any]]:
    """Of each item what its head says, and the findings beside it."""
    rows = []
    for n, item in enumerate(desk.items, start=1):
        if item.pk in desk.hidden:
            row = {"n": str(n), "title": WITHHELD, "kind": "none", "words": "由知悉人记录", "unfinished": False}
            rows.append(row | {"findings": "", "withheld": True, "id": item.pk.hex})
            continue
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
    if number and result.rule in PREPARED:
        item = desk.items[number - 1]
        url = reverse("governance:preparation", args=[desk.meeting.pk, item.pk])
        return {"url": url, "label": f"第 {number} 项会前准备"}
    name = "governance:agenda" if agenda_is_open(desk.meeting) else "governance:meeting"
    label = f"第 {number} 项归类" if number else "议程"
    return {"url": reverse(name, args=[desk.meeting.pk]), "label": label}


def findings_html(desk: Desk, results: Sequence[Result]) -> SafeString:
    """The findings beside one subject. Equal ones are drawn once: beside twenty items most are the same."""
    return _drawn(tuple(_as_key(desk, result) for result in results))


Way = tuple[str, str]  # address and words
Key = tuple[str, str, str, str, str, tuple[str, ...], tuple[Way, ...], str, str]


def _as_key(desk: Desk, result: Result) -> Key:
    waiver = desk.marks.waiver_of(result)
    return (
        result.rule,
        result.outcome.value,
        result.severity.value,
        _with_names(desk, result),
        result.remedy or "",
        tuple(rule_words.basis_lines(result.rule, result.basis)),
        tuple(_ways(desk, result)),
        waiver.waived_by.name if waiver else "",
        waiver.reason if waiver else "",
    )


def _ways(desk: Desk, result: Result) -> Iterator[Way]:
    """Where it is mended; and 放行 of what is not kept. What only lacks a fact is typed here first."""
    if result.remedy and result.outcome is not RuleOutcome.WAIVED:
        where = where_of(desk, result)
        here = where["url"].startswith("#")
        yield where["url"], "去填写" if here else "去会前准备" if result.rule in PREPARED else "去议程"
    if result.outcome is not RuleOutcome.INSUFFICIENT:
        for action in desk.marks.actions_of(result):
            yield action["url"], action["label"]


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
            "actions": [{"url": url, "label": label} for url, label in ways],
            "waived_by": waived_by,
            "waived_reason": waived_reason,
        }
        for rule, outcome, severity, message, remedy, basis, ways, waived_by, waived_reason in keys
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
