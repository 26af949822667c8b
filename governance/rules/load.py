"""From the versioned files in `governance/data` to the `Reference` that meetings are judged by."""

import pickle
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from governance.rules.engine import check_reference
from governance.rules.facts import Body
from governance.rules.findings import Basis, Severity
from governance.rules.further.judging import check_further
from governance.rules.reference import MatterRule, Nature, Reference, ReferenceFault, RuleInForce

DATA = Path(__file__).parent.parent / "data"
DELIVERED = "2026-11-22"
# The same safe loader in C where PyYAML has it: ten times quicker, which a first page after start would feel.
SAFE_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_catalogue(version: str = DELIVERED) -> dict[str, Any]:
    """The catalogue file of that version, a fresh copy each time."""
    return _read(f"catalogue-{version}.yaml")


def read_rules(version: str = DELIVERED) -> dict[str, Any]:
    """The rule file of that version, a fresh copy each time."""
    return _read(f"rules-{version}.yaml")


def read_workdays() -> dict[str, Any]:
    """The days off and make-up days by year, a fresh copy each time."""
    return _read("workdays.yaml")


@lru_cache(maxsize=1)
def delivered_reference() -> Reference:
    """Catalogue, rules and working days as delivered: in force for every date until the bureau issues a later version."""
    return build_reference(read_catalogue(), read_rules(), read_workdays())


def build_reference(catalogue: Mapping[str, Any], rules: Mapping[str, Any], workdays: Mapping[str, Any]) -> Reference:
    """Put the three together; raises `ReferenceFault` when something is missing, unknown or stands twice."""
    try:
        reference = Reference(
            catalogue_version=catalogue["version"],
            rules_version=rules["version"],
            matters=_matters(catalogue),
            rules=_rules(rules),
            stages=frozenset(catalogue["stages"]),
            days_off=frozenset(_days_off(workdays)),
            makeup_days=frozenset(day for year in workdays["years"].values() for day in year["makeup_days"]),
            known_years=frozenset(workdays["years"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReferenceFault(f"unusable reference data: {error!r}") from error
    check_reference(reference)
    check_further(reference)
    return reference


def parsed(raw: bytes) -> dict[str, Any]:
    """The content of a YAML file, a fresh copy each time. Reading is the slow part, so the same bytes are read once."""
    content: dict[str, Any] = pickle.loads(_pickled(raw))  # noqa: S301  what `_pickled` made a moment ago
    return content


@lru_cache(maxsize=16)
def _pickled(raw: bytes) -> bytes:
    return pickle.dumps(yaml.load(raw, Loader=SAFE_LOADER))  # noqa: S506  a safe loader


def _read(name: str) -> dict[str, Any]:
    return parsed((DATA / name).read_bytes())


def _matters(catalogue: Mapping[str, Any]) -> dict[str, MatterRule]:
    matters = [
        MatterRule(
            code=matter["code"],
            body=Body(matter["body"]),
            nature=Nature(matter["nature"]),
            important=matter["important"],
            two_thirds=matter["attendance"]["level"] == "two_thirds",
            fed_by=tuple(matter.get("fed_by") or ()),
        )
        for matter in catalogue["matters"]
    ]
    by_code = {matter.code: matter for matter in matters}
    if len(by_code) < len(matters):
        raise ReferenceFault("a catalogue code stands twice")
    for matter in matters:
        if unknown := set(matter.fed_by).difference(by_code):
            raise ReferenceFault(f"{matter.code} is fed by unknown matters {sorted(unknown)}")
    return by_code


def _rules(rules: Mapping[str, Any]) -> dict[str, RuleInForce]:
    titles = {source["id"]: source["title"] for source in rules["sources"]}
    in_force = [
        RuleInForce(
            id=rule["id"],
            severity=Severity(rule["severity"]),
            basis=tuple(Basis(source, titles[source]) for source in rule["sources"]),
            parameters=rule["parameters"],
            waivable=rule["waivable"],
            in_use=rule.get("in_use", True),
        )
        for rule in rules["rules"]
    ]
    by_id = {rule.id: rule for rule in in_force}
    if len(by_id) < len(in_force):
        raise ReferenceFault("a rule id stands twice")
    return by_id


def _days_off(workdays: Mapping[str, Any]) -> Iterable[date]:
    for year in workdays["years"].values():
        for holiday in year["days_off"]:
            day: date = holiday["from"]
            while day <= holiday["to"]:
                yield day
                day += timedelta(days=1)
