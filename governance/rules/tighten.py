"""A school may only tighten (R-D02): its own rules of procedure ask for more than the bureau's, never for less."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.rules.facts import Body
from governance.rules.findings import Severity
from governance.rules.reference import Reference, ReferenceFault, RuleInForce
from governance.rules.thresholds import Threshold

SEVERITY = "severity"
THRESHOLD = "threshold"
_RANK = {Severity.RECORD: 0, Severity.WARN: 1, Severity.BLOCK: 2}
# Whole numbers of which more is stricter, and of which less is; what is stricter when it is so; lists that may only get shorter.
MORE_IS_STRICTER = frozenset({"min_days_before", "min_materials", "min_per_month", "min_per_week", "seats"})
LESS_IS_STRICTER = frozenset({"workdays"})
TRUE_IS_STRICTER = frozenset({"recused_in_due", "vacant_seats_in_due"})
FEWER_IS_STRICTER = frozenset({"excused_months"})
_MOST_MEMBERS = 200
MOST_DAYS = 30

Changes = Mapping[str, Mapping[str, Any]]

# What a school may ask for beyond the bureau, and at which meeting: attendance and majority, days before the meeting,
# working days until the signature, materials. Any rule that only warns may be made to block besides.
_BOTH = frozenset(Body)
NUMBERS: dict[tuple[str, str], frozenset[Body]] = {
    ("R-Q01", THRESHOLD): frozenset({Body.PARTY}),
    ("R-Q02", THRESHOLD): frozenset({Body.PARTY}),
    ("R-Q03", THRESHOLD): frozenset({Body.PRINCIPAL}),
    ("R-Q05", THRESHOLD): _BOTH,
    ("R-V06", THRESHOLD): frozenset({Body.PARTY}),
    ("R-T03", "min_days_before"): _BOTH,
    ("R-T04", "min_days_before"): _BOTH,
    ("R-M04", "workdays"): _BOTH,
    ("R-T14", "min_materials"): _BOTH,
}
# A signature that is late and therefore blocked could never be given: this rule goes on warning.
_NEVER_BLOCKS = frozenset({"R-M04"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One requirement a school may make stricter: `name` is a parameter of the rule, or `severity`; `now` the bureau's value."""

    rule: str
    name: str
    now: Any


def settings_for(body: Body, reference: Reference, warned: frozenset[str]) -> Iterator[Setting]:
    """All requirements of that meeting a school may tighten; `warned` are the rules asked at it that could be made to block."""
    for (rule_id, name), bodies in NUMBERS.items():
        if body in bodies and name in reference.rules[rule_id].parameters:
            yield Setting(rule_id, name, reference.rules[rule_id].parameters[name])
    for rule_id, law in reference.rules.items():
        if rule_id in warned - _NEVER_BLOCKS and law.severity is Severity.WARN:
            yield Setting(rule_id, SEVERITY, law.severity)


def stricter_thresholds(now: Threshold) -> list[Threshold]:
    """The majorities that ask for at least as much as this one, whatever the number due; the weakest first."""
    found = [wanted for wanted in Threshold if _at_least_as_strict(wanted, now)]
    return sorted(found, key=lambda wanted: sum(wanted.smallest(n) for n in range(1, _MOST_MEMBERS + 1)))


def tighten(reference: Reference, changes: Changes) -> Reference:
    """The reference with a school's stricter settings: `{"R-Q01": {"threshold": "at_least_two_thirds"}}`.

    Raises `ReferenceFault` (in Chinese) for an unknown rule, a setting a school cannot change, and whatever is looser.
    """
    rules = dict(reference.rules)
    for rule_id, settings in changes.items():
        if rule_id not in rules:
            raise ReferenceFault(f"没有规则 {rule_id}")
        rules[rule_id] = _tightened(rules[rule_id], settings)
    return replace(reference, rules=rules) if changes else reference


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
    if _looser(law, name, value):
        raise ReferenceFault(f"{law.id} 只能从严，不能低于区局的要求")


def _looser(law: RuleInForce, name: str, value: Any) -> bool:
    """Whether a school would ask for less; what majorities are measured against (应到, 实到) is the bureau's alone."""
    now = law.parameters[name]
    if name == "threshold":
        return not _at_least_as_strict(value, law.threshold(name))
    if name in MORE_IS_STRICTER | LESS_IS_STRICTER:
        if type(value) is not int or value < 0:
            raise ReferenceFault(f"{law.id} 的 {name} 应为不小于 0 的整数")
        return bool(value < now if name in MORE_IS_STRICTER else value > now)
    if name in TRUE_IS_STRICTER:
        if type(value) is not bool:
            raise ReferenceFault(f"{law.id} 的 {name} 只能是“是”或“否”")
        return value < now
    if name in FEWER_IS_STRICTER:
        if not isinstance(value, list | tuple) or not all(type(month) is int for month in value):
            raise ReferenceFault(f"{law.id} 的 {name} 应为月份列表")
        return not set(value) <= set(now)
    raise ReferenceFault(f"{law.id} 的 {name} 不能由学校改")


def _at_least_as_strict(value: Any, now: Threshold) -> bool:
    """Never satisfied by fewer members, whatever the number due."""
    try:
        wanted = Threshold(value)
    except ValueError:
        raise ReferenceFault("比例只能是" + "、".join(known.label for known in Threshold)) from None
    return all(wanted.smallest(n) >= now.smallest(n) for n in range(1, _MOST_MEMBERS + 1))
