"""The lists behind the numbers: findings one by one, and the signed meetings they were judged in; on screen and as files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from common.dates import SHANGHAI
from governance.models import Meeting, Waiver
from reports.findings.filters import LEVELS, MORE_LEVELS, SEVERITIES, level_of
from reports.findings.showing import rule_name
from reports.showing import meeting_url
from schools.permissions import Body

WORDS = {code: words for code, (words, _) in {**LEVELS, **MORE_LEVELS}.items()}
TAGS = {"bad": "bad", "warn": "warn", "ins": "none", "let": "back", "ok": "done"}
SORTS = {
    "time": ("meeting__scheduled_at", "时间"),
    "school": ("meeting__school__py", "学校"),
    "rule": ("rule", "规则"),
}
NEWEST = "-time"


def order_of(sort: str) -> str:
    """The column to order by, with its sign."""
    name = sort.removeprefix("-")
    return f"-{SORTS[name][0]}" if sort.startswith("-") else SORTS[name][0]


def sort_asked(said: str) -> str:
    """The sort of the address; anything unknown is the newest first."""
    return said if said.removeprefix("-") in SORTS and not said.startswith("--") else NEWEST


def meeting_title(row: Mapping[str, Any]) -> str:
    """“2026年第18次党组织会议”."""
    return f"{row['meeting__year']}年第{row['meeting__serial']}次{Body(row['meeting__body']).label}"


def waived_by(meetings: Iterable[UUID]) -> dict[tuple[UUID, UUID | None, str], tuple[str, str]]:
    """Who let which result pass and why, by meeting, item and rule; one query."""
    rows = Waiver.objects.filter(meeting__in=set(meetings))
    return {
        (meeting, item, rule): (name, reason)
        for meeting, item, rule, name, reason in rows.values_list(
            "meeting_id", "item_id", "rule", "waived_by__name", "reason"
        )
    }


def dressed(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their words, the way to the item on the meeting's page, and who let them pass."""
    let = [row["meeting_id"] for row in rows if level_of(row["outcome"], row["severity"]) == "let"]
    waivers = waived_by(let) if let else {}
    return [_dressed(row, waivers) for row in rows]


def _dressed(row: dict[str, Any], waivers: Mapping[Any, tuple[str, str]]) -> dict[str, Any]:
    level = level_of(row["outcome"], row["severity"])
    anchor = f"#item-{row['item__order']}" if row["item_id"] else ""
    waiver = waivers.get((row["meeting_id"], row["item_id"], row["rule"]))
    return {
        **row,
        "level": level,
        "words": WORDS[level],
        "tag": TAGS[level],
        "severity_words": SEVERITIES.get(row["severity"], row["severity"]),
        "rule_name": rule_name(row["rule"]),
        "title": meeting_title(row),
        "url": meeting_url(row["meeting_id"]) + anchor,
        "waiver": {"by": waiver[0], "reason": waiver[1]} if waiver and level == "let" else None,
    }


COLUMNS = (
    "会议时间", "学校代码", "学校", "会议", "议题序号", "议题", "事项", "规则", "规则名称", "等级", "结果", "说明", "放行人",
    "放行理由",
)  # fmt: skip


def exported(row: Mapping[str, Any]) -> list[str | int | None]:
    """One dressed finding as a line of the exported table."""
    waiver = row["waiver"] or {"by": "", "reason": ""}
    return [
        f"{row['meeting__scheduled_at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        row["meeting__school__code"],
        row["meeting__school__short_name"],
        row["title"],
        row["item__order"],
        row["item__title"] or "",
        row["item__matter__code"] or "",
        row["rule"],
        row["rule_name"].removesuffix(row["rule"]).strip(),
        row["severity_words"],
        row["words"],
        row["message"],
        waiver["by"],
        waiver["reason"],
    ]


MEETING = (
    "body", "year", "serial", "scheduled_at", "item_count", "findings_block", "findings_warn", "findings_waived", "status",
    "lapsed", "school__code", "school__short_name",
)  # fmt: skip


def with_schools(rows: Any) -> Any:
    """Meetings with no more than their line prints."""
    return rows.select_related("school").only(*MEETING)


def meeting_numbers(meeting: Meeting) -> list[tuple[str, str, int]]:
    """Kind, words and number of what the rules found at its signature."""
    numbers = (
        ("bad", "不合规", meeting.findings_block),
        ("warn", "需留意", meeting.findings_warn),
        ("back", "已放行", meeting.findings_waived),
    )
    return [(kind, words, number) for kind, words, number in numbers if number]


MEETING_COLUMNS = ("学校代码", "学校", "会议", "会议时间", "议题（个）", "不合规（条）", "需留意（条）", "已放行（条）")


def exported_meeting(meeting: Meeting) -> list[str | int | None]:
    """One signed meeting as a line of the exported table."""
    return [
        meeting.school.code,
        meeting.school.short_name,
        meeting.title(),
        f"{meeting.scheduled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        meeting.item_count,
        meeting.findings_block,
        meeting.findings_warn,
        meeting.findings_waived,
    ]
