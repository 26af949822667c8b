"""A school may only tighten (R-D02): its own rules of procedure ask for more than the bureau's, never for less."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from governance.rules.findings import Severity
from governance.rules.reference import Reference, ReferenceFault, RuleInForce
from governance.rules.thresholds import Threshold

SEVERITY = "severity"
_RANK = {Severity.RECORD: 0, Severity.WARN: 1, Severity.BLOCK: 2}
# Whole numbers of which more is stricter, and of which less is.
MORE_IS_STRICTER = frozenset({"min_days_before", "min_materials"})
LESS_IS_STRICTER = frozenset({"workdays"})
_MOST_MEMBERS = 200

Changes = Mapping[str, Mapping[str, Any]]


def tighten(reference: Reference, changes: Changes) -> Reference:
    """The reference with a school's stricter settings: `{"R-Q01": {"threshold": "at_least_two_thirds"}}`.

    Raises `ReferenceFault` (in Chinese) for an unknown rule, a setting a school cannot change, and whatever is looser.
    """
    if not changes:
        return reference
    rules = dict(reference.rules)
    for rule_id, settings in changes.items():
        if rule_id not in rules:
            raise ReferenceFault(f"没有规则 {rule_id}")
        rules[rule_id] = _tightened(rules[rule_id], settings)
    return replace(reference, rules=rules)


def _tightened(law: RuleInForce, settings: Mapping[str, Any]) -> RuleInForce:
    for name, value in settings.items():
        if name == SEVERITY:
            law = replace(law, severity=_severity(law, value))
        else:
            _check(law, name, value)
            law = replace(law, parameters={**law.parameters, name: value})
    return law


def _severity(law: RuleInForce, value: Any) -> Severity:
    try:
        wanted = Severity(value)
    except ValueError:
        raise ReferenceFault(f"{law.id} 的等级只能是 block、warn 或 record") from None
    if _RANK[wanted] < _RANK[law.severity]:
        raise ReferenceFault(f"{law.id} 的等级只能从严，不能低于区局的要求")
    return wanted


def _check(law: RuleInForce, name: str, value: Any) -> None:
    if name not in law.parameters:
        raise ReferenceFault(f"{law.id} 没有 {name} 这项要求")
    now = law.parameters[name]
    if name == "threshold":
        looser = not _at_least_as_strict(value, law.threshold(name))
    elif name in MORE_IS_STRICTER | LESS_IS_STRICTER:
        if type(value) is not int or value < 0:
            raise ReferenceFault(f"{law.id} 的 {name} 应为不小于 0 的整数")
        looser = value < now if name in MORE_IS_STRICTER else value > now
    else:
        raise ReferenceFault(f"{law.id} 的 {name} 不能由学校改")
    if looser:
        raise ReferenceFault(f"{law.id} 只能从严，不能低于区局的要求")


def _at_least_as_strict(value: Any, now: Threshold) -> bool:
    """Never satisfied by fewer members, whatever the number due."""
    try:
        wanted = Threshold(value)
    except ValueError:
        raise ReferenceFault("比例只能是 " + "、".join(Threshold)) from None
    return all(wanted.smallest(n) >= now.smallest(n) for n in range(1, _MOST_MEMBERS + 1))
