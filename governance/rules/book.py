"""What a rule book of the bureau may say: faults of one rule and of the whole, each with its field and how to mend it (R-D02, R-D03)."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from common.errors import Fault
from governance.rules.engine import reads_of_engine
from governance.rules.findings import Severity
from governance.rules.further.registry import MONTHS, STORED
from governance.rules.reference import Kind
from governance.rules.thresholds import Base, Threshold

# 法定要件: never out of use, never less than 拦截, never let pass (R-D03).
STATUTORY = frozenset({"R-Q01", "R-Q02", "R-Q03", "R-V06", "R-V12", "R-A06"})
NOT_EDITABLE = frozenset({Kind.DUE_BASE})  # there is but one value
MOST = 366
_SEPARATORS = re.compile(r"[\s、，,；;]+")


@dataclass(frozen=True)
class Settings:
    """What the bureau sets for one rule of a version. `parameters` hold those the engine reads, as typed."""

    severity: str
    in_use: bool
    statement: str
    note: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _reads() -> Mapping[str, Mapping[str, Kind]]:
    further = {**STORED, **MONTHS}
    return {**{rule_id: rule.reads for rule_id, rule in further.items()}, **reads_of_engine()}


def read_by_judges(rule_id: str) -> Mapping[str, Kind]:
    """The parameters of that rule which some judgement reads, with their kinds."""
    return _reads().get(rule_id, {})


def editable(rule_id: str) -> dict[str, Kind]:
    """Those of them that a page can edit."""
    return {name: kind for name, kind in read_by_judges(rule_id).items() if kind not in NOT_EDITABLE}


def settings_of(rule: Mapping[str, Any]) -> Settings:
    """The settings of a stored rule."""
    parameters = {name: rule["parameters"].get(name) for name in editable(rule["id"])}
    in_use = bool(rule.get("in_use", True))
    return Settings(rule["severity"], in_use, rule["statement"], rule.get("note") or "", parameters)


def with_settings(rule: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The rule with those settings; everything else of it stays."""
    changed = {
        **rule,
        "severity": settings.severity,
        "in_use": settings.in_use,
        "statement": settings.statement.strip(),
        "note": settings.note.strip(),
        "parameters": {**rule["parameters"], **settings.parameters},
    }
    if changed["in_use"]:
        del changed["in_use"]
    if not changed["note"]:
        del changed["note"]
    return changed


def setting_faults(rule_id: str, settings: Settings, codes: Collection[str]) -> Iterator[Fault]:
    """What is wrong with the settings of a rule; `codes` are those of the catalogue in force."""
    if settings.severity not in set(Severity):
        yield Fault("severity", "等级选拦截、提醒或记录")
    if rule_id in STATUTORY:
        yield from _statutory_faults(settings)
    if not 4 <= len(settings.statement.strip()) <= 300:
        yield Fault("statement", "条文写 4 至 300 个字")
    if len(settings.note.strip()) > 300:
        yield Fault("note", "说明最多 300 个字")
    for name, kind in editable(rule_id).items():
        if reason := _parameter_fault(kind, settings.parameters.get(name), codes):
            yield Fault(name, reason)


def _statutory_faults(settings: Settings) -> Iterator[Fault]:
    if settings.severity != Severity.BLOCK:
        yield Fault("severity", "这一条是法定要件，等级只能是拦截")
    if not settings.in_use:
        yield Fault("in_use", "这一条是法定要件，不能停用")


def _parameter_fault(kind: Kind, value: Any, codes: Collection[str]) -> str:
    if kind in _CHOICES:
        return "" if value in _CHOICES[kind] else "从列出的几项里选一项"
    if kind is Kind.WHOLE:
        fits = type(value) is int and 0 <= value <= MOST
        return "" if fits else f"填 0 至 {MOST} 的整数"
    if kind is Kind.MONTH:
        return "" if type(value) is int and 1 <= value <= 12 else "填 1 至 12 的月份"
    if kind is Kind.MONTHS:
        fits = isinstance(value, list) and all(type(month) is int and 1 <= month <= 12 for month in value)
        return "" if fits else "填 1 至 12 的月份，用顿号隔开；没有的不填"
    if kind is Kind.WORDS:
        return "" if value else "至少填一个词，用顿号隔开"
    return _codes_fault([value] if kind is Kind.CODE else list(value or ()), codes)


_CHOICES: dict[Kind, frozenset[Any]] = {
    Kind.THRESHOLD: frozenset(threshold.value for threshold in Threshold),
    Kind.BASE: frozenset(base.value for base in Base),
    Kind.FLAG: frozenset({True, False}),
}


def _codes_fault(given: list[Any], codes: Collection[str]) -> str:
    if not given or not given[0]:
        return "填目录中的事项编号，如 P16"
    if unknown := [str(code) for code in given if code not in codes]:
        return f"目录里没有 {'、'.join(unknown)}，填目录中的事项编号，如 P16"
    return "同一个编号写了两次，留一个" if len(set(given)) < len(given) else ""


def typed_list(text: str) -> list[str]:
    """“P16、P17” as a list; any usual mark or space separates."""
    return [entry for entry in _SEPARATORS.split(text.strip()) if entry]


def book_faults(content: Mapping[str, Any], ids: Collection[str]) -> Iterator[Fault]:
    """What is wrong with a whole rule book; `ids` are the rules of the version before: none comes or goes, for ids never change."""
    rules = {rule["id"]: rule for rule in content["rules"]}
    if set(rules) != set(ids):
        yield Fault("", "规则不能增减：编号的含义从不改变")
    for rule_id in sorted(STATUTORY & set(rules)):
        rule = rules[rule_id]
        if rule["waivable"] or rule["severity"] != Severity.BLOCK or not rule.get("in_use", True):
            yield Fault("", f"{rule_id} 是法定要件，必须启用、拦截，且不能放行")
