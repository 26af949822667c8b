"""The log of facts (日志) as the auditor reads it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.models import User
from audit.models import Event
from audit.registry import all_kinds
from audit.services import GENESIS
from audit.verify import Broken, first_break
from common.dates import SHANGHAI, at_hour
from common.exports import Cell
from common.text import clean_term, mask_phone
from reports.selectors.audit_secrecy import veil
from schools.models import School

LAST = 10_000  # facts that “最近” walks
MOST = 10_000  # facts in one exported file
AT_ONCE = 500  # facts that are dressed together
COLUMNS = ("序号", "时间", "种类", "人员", "学校", "对象", "内容")
MOST_NAMED = 200
SYSTEM = "系统"
ROW = ("seq", "kind", "at", "actor_name", "school_id", "subject", "subject_text", "data", "request_id")
PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
HIDDEN = frozenset({"url", "account", "accounts", "before_account", "submitter"})
WORDS = {
    "reason": "理由", "due_on": "时限", "old_due_on": "原时限", "before": "原责任人", "files": "佐证", "present": "实到",
    "decisions": "决议", "seal": "校验码", "rows": "行数", "filters": "筛选", "format": "格式", "status": "状态码",
    "route": "页面", "method": "方式", "object": "对象", "changes": "改动", "post": "职务", "starts_on": "任职起",
    "ends_on": "任职止", "days_left": "距到期天数", "broken": "断开处", "whole": "全部", "items": "议题", "name": "名称",
    "new": "新增", "changed": "变更", "unchanged": "未变", "lines": "行数", "faults": "要改", "person": "人员",
    "short_name": "简称", "township": "镇（街道）", "stage": "学段", "office": "教办", "location": "区位", "size": "规模",
    "foundation": "基础", "students": "学生数", "staff": "教职工数", "party_org_type": "党组织类型",
    "has_committee": "党组织委员会", "leadership_mode": "书记、校长",
}  # fmt: skip


@dataclass(frozen=True)
class LogFilter:
    """What the log is narrowed by; both days are included."""

    kind: str = ""
    school: str = ""
    person: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the address; an unknown kind or a day that is none does not filter."""
        kind = query.get("kind", "")
        return cls(
            kind=kind if kind in labels() else "",
            school=clean_term(query.get("school", "")),
            person=clean_term(query.get("person", "")),
            since=_day(query.get("since", "")),
            until=_day(query.get("until", "")),
        )

    def given(self) -> dict[str, str]:
        """The values that filter."""
        return {name: value for name, value in asdict(self).items() if value}

    def address(self, **more: str) -> str:
        """The query string of these filters."""
        return "?" + urlencode({**self.given(), **more})


def labels() -> dict[str, str]:
    """Kinds of facts with their Chinese names."""
    return {kind.code: kind.label for kind in all_kinds()}


def _day(raw: str) -> str:
    try:
        return date.fromisoformat(raw).isoformat() if len(raw) == 10 else ""
    except ValueError:
        return ""


def events(narrowed: LogFilter) -> QuerySet[Any, Any]:
    """Facts that fit, as rows; the caller orders and pages."""
    rows = Event.objects.all()
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    if narrowed.school:
        schools = School.objects.search(narrowed.school).order_by("pk").values_list("pk", flat=True)
        rows = rows.filter(school_id__in=list(schools[:MOST_NAMED]))
    if narrowed.person:
        rows = rows.filter(_by(narrowed.person))
    if narrowed.since:
        rows = rows.filter(at__gte=at_hour(date.fromisoformat(narrowed.since), time.min))
    if narrowed.until:
        rows = rows.filter(at__lte=at_hour(date.fromisoformat(narrowed.until), time.max))
    return rows.values(*ROW, id=F("seq"))


def _by(name: str) -> Q:
    """By accounts of that name or sign-in name, so that the index on the account is used."""
    if name == SYSTEM:
        return Q(actor__isnull=True)
    accounts = (
        User.objects.filter(Q(name__icontains=name) | Q(username=name)).order_by("pk").values_list("pk", flat=True)
    )
    return Q(actor__in=list(accounts[:MOST_NAMED]))


def dressed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with words instead of codes, without phone numbers and without a word of restricted items."""
    veil(rows)
    known = labels()
    ids = {row["school_id"] for row in rows if row["school_id"]}
    schools: dict[UUID, str] = dict(School.objects.filter(pk__in=ids).values_list("pk", "short_name")) if ids else {}
    for row in rows:
        row["label"] = known.get(row["kind"], row["kind"])
        row["school"] = schools.get(row["school_id"], "")
        row["details"] = details(row["data"])
    return rows


def exported(rows: list[dict[str, Any]]) -> list[list[Cell]]:
    """The facts as lines of a file, in the same words as on the page."""
    for start in range(0, len(rows), AT_ONCE):
        dressed(rows[start : start + AT_ONCE])
    return [
        [
            row["seq"],
            f"{row['at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            row["label"],
            row["actor_name"],
            row["school"],
            row["subject_text"],
            "；".join(f"{name} {value}" for name, value in row["details"]),
        ]
        for row in rows
    ]


def details(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a fact carries, as pairs of words; addresses and ids of accounts say nothing to a reader."""
    return [
        (WORDS.get(key, key), _plain(value))
        for key, value in data.items()
        if key not in HIDDEN and value not in ("", None)
    ]


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        text = "，".join(f"{WORDS.get(str(key), key)} {_plain(one)}" for key, one in value.items())
    elif isinstance(value, list):
        text = "、".join(map(_plain, value))
    else:
        text = {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return PHONE.sub(lambda found: mask_phone(found[0]), text)[:300]


def verify(*, whole: bool) -> tuple[int, Broken | None]:
    """Walk the chain, the whole of it or its last `LAST` facts; returns how many fitted, and the first that does not."""
    start = None if whole else Event.objects.order_by("-seq").values("seq", "hash")[LAST : LAST + 1].first()
    count, _, broken = first_break(start["hash"], start["seq"]) if start else first_break(GENESIS)
    return count, broken
