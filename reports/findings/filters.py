"""What an overview of findings is narrowed by. Unknown or malformed values of the address do not filter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from common.text import clean_term
from governance.rules.findings import Outcome, Severity
from reports.findings.periods import Period, chosen_months, periods
from reports.models import FindingCount
from schools.models import Foundation, LeadershipMode, Location, Size
from schools.permissions import Body

# Level: words and the rows it stands for, in the order of design language §5. The same columns stand in results and counts.
FAILED = Q(outcome=Outcome.FAIL.value)
LEVELS: dict[str, tuple[str, Q]] = {
    "bad": ("不合规", FAILED & Q(severity=Severity.BLOCK.value)),
    "warn": ("需留意", FAILED & ~Q(severity=Severity.BLOCK.value)),
    "ins": ("待补充", Q(outcome=Outcome.INSUFFICIENT.value)),
    "let": ("已放行", Q(outcome=Outcome.WAIVED.value)),
}
FOUND = Q(outcome__in=[Outcome.FAIL.value, Outcome.INSUFFICIENT.value, Outcome.WAIVED.value])
JUDGED = FOUND | Q(outcome=Outcome.PASS.value)  # 不适用 is left out
MORE_LEVELS: dict[str, tuple[str, Q]] = {
    "ok": ("符合", Q(outcome=Outcome.PASS.value)),
    "judged": ("全部核查", JUDGED),
}
SEVERITIES = {Severity.BLOCK.value: "拦截", Severity.WARN.value: "提醒", Severity.RECORD.value: "登记"}
MATTER = re.compile(r"[A-Z][0-9]{2,5}")
OF_MEETING = "meeting"  # in the address: rules of the meeting, which belong to no matter
DIRECT = "none"  # schools without an office, as in the list of schools
GROUPS = {"size": Size, "location": Location, "foundation": Foundation, "mode": LeadershipMode}
FIELDS = {"size": "size", "location": "location", "foundation": "foundation", "mode": "leadership_mode"}


def level_of(outcome: str, severity: str) -> str:
    """The level of one outcome; `ok` for what was met."""
    if outcome == Outcome.FAIL:
        return "bad" if severity == Severity.BLOCK else "warn"
    return {Outcome.INSUFFICIENT.value: "ins", Outcome.WAIVED.value: "let"}.get(outcome, "ok")


def matter_in_address(code: str) -> str:
    """How the matter of a count stands in the address."""
    return code or OF_MEETING


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter. `period` always has its months."""

    period: Period
    since: str = ""
    until: str = ""
    body: str = ""
    severity: str = ""
    level: str = ""
    rule: str = ""
    matter: str = ""
    school: str = ""
    office: str = ""
    size: str = ""
    location: str = ""
    foundation: str = ""
    mode: str = ""

    @property
    def narrows_schools(self) -> bool:
        """Whether only some schools are meant."""
        return bool(self.school or self.office or self.groups())

    @property
    def further(self) -> bool:
        """Whether one of the conditions is set that the page keeps folded away."""
        return bool(self.since or self.rule or self.matter or self.severity or self.office or self.groups())

    def groups(self) -> dict[str, str]:
        """Fields of School that must have those values."""
        return {FIELDS[name]: value for name in GROUPS if (value := getattr(self, name))}

    def given(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        texts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "period"}
        return {name: value for name, value in {"period": self.period.code, **texts}.items() if value}

    def address(self, **changes: str) -> str:
        """The query string with those filters changed; an empty value takes one away."""
        values = {**self.given(), **changes}
        return urlencode({name: value for name, value in values.items() if value})

    def of_month(self, month: date) -> dict[str, str]:
        """The changes that narrow the address to one month."""
        return {"period": "", "since": f"{month:%Y-%m}", "until": f"{month:%Y-%m}"}


@dataclass(frozen=True)
class Choices:
    """Codes that can be chosen: of rules, schools and offices. Matters of an earlier catalogue may be asked for as well."""

    rules: Mapping[str, str]
    schools: Mapping[str, str]
    offices: Mapping[str, str]


def _matter(value: str) -> str:
    return value if value in (OF_MEETING, FindingCount.UNCLASSIFIED) or MATTER.fullmatch(value) else ""


def filters_from(query: Mapping[str, str], today: date, choices: Choices) -> Filters:
    """The filters in the address, as far as they make sense."""

    def one_of(name: str, allowed: Any) -> str:
        value = query.get(name, "")
        return value if value in allowed else ""

    known = periods(today)
    since, until = clean_term(query.get("since", ""), 7), clean_term(query.get("until", ""), 7)
    own = chosen_months(since, until, today)
    return Filters(
        period=own or known[one_of("period", known)],
        since=f"{own.first:%Y-%m}" if own else "",
        until=f"{own.last:%Y-%m}" if own else "",
        body=one_of("body", Body.values),
        severity=one_of("severity", SEVERITIES),
        level=one_of("level", {**LEVELS, **MORE_LEVELS}),
        rule=one_of("rule", choices.rules),
        matter=_matter(query.get("matter", "")),
        school=one_of("school", choices.schools),
        office=one_of("office", choices.offices),
        **{name: one_of(name, values.values) for name, values in GROUPS.items()},
    )
