"""A school may only tighten: whatever is accepted never passes where the bureau's own rule fails."""

from typing import Any

import pytest

from governance.rules.facts import Body
from governance.rules.findings import Severity
from governance.rules.load import delivered_reference
from governance.rules.reference import ReferenceFault
from governance.rules.registry import RULES
from governance.rules.thresholds import Threshold
from governance.rules.tighten import (
    LESS_IS_STRICTER,
    MORE_IS_STRICTER,
    NUMBERS,
    SEVERITY,
    THRESHOLD,
    settings_for,
    stricter_thresholds,
    tighten,
)

# Counted apart from the product's own arithmetic: members one by one, in whole numbers.
SHARES = {
    Threshold.AT_LEAST_HALF: (1, 2, False),
    Threshold.MORE_THAN_HALF: (1, 2, True),
    Threshold.AT_LEAST_TWO_THIRDS: (2, 3, False),
    Threshold.AT_LEAST_THREE_QUARTERS: (3, 4, False),
    Threshold.EVERYONE: (1, 1, False),
}


def enough(threshold: Threshold, present: int, due: int) -> bool:
    part, whole, strictly = SHARES[threshold]
    return present * whole > part * due if strictly else present * whole >= part * due


@pytest.mark.parametrize("now", list(Threshold))
@pytest.mark.parametrize("wanted", list(Threshold))
def test_a_threshold_is_accepted_exactly_when_it_never_passes_where_the_bureaus_fails(
    now: Threshold, wanted: Threshold
) -> None:
    never_looser = all(
        not enough(wanted, present, due) or enough(now, present, due)
        for due in range(1, 61)
        for present in range(due + 1)
    )
    assert (wanted in stricter_thresholds(now)) == never_looser
    assert stricter_thresholds(now)[0] is now


@pytest.mark.parametrize("rule_id", [rule for rule, name in NUMBERS if name == THRESHOLD])
@pytest.mark.parametrize("wanted", list(Threshold))
def test_a_tightened_rule_asks_for_at_least_as_many_members(rule_id: str, wanted: Threshold) -> None:
    bureau = delivered_reference()
    now = bureau.rules[rule_id].threshold(THRESHOLD)
    changes = {rule_id: {THRESHOLD: str(wanted)}}
    if wanted not in stricter_thresholds(now):
        with pytest.raises(ReferenceFault, match="只能从严"):
            tighten(bureau, changes)
        return
    law = tighten(bureau, changes).rules[rule_id]
    for due in range(1, 61):
        for present in range(due + 1):
            assert not law.threshold(THRESHOLD).reached(present, due) or now.reached(present, due)


@pytest.mark.parametrize(("rule_id", "name"), [key for key in NUMBERS if key[1] != THRESHOLD])
@pytest.mark.parametrize("value", range(31))
def test_numbers_go_one_way_only(rule_id: str, name: str, value: int) -> None:
    assert name in MORE_IS_STRICTER | LESS_IS_STRICTER
    bureau = delivered_reference()
    now = bureau.rules[rule_id].whole(name)
    looser = value < now if name in MORE_IS_STRICTER else value > now
    if looser:
        with pytest.raises(ReferenceFault, match="只能从严"):
            tighten(bureau, {rule_id: {name: value}})
    else:
        assert tighten(bureau, {rule_id: {name: value}}).rules[rule_id].whole(name) == value


@pytest.mark.parametrize(
    "changes",
    [
        {"R-T03": {"min_days_before": "3"}},
        {"R-T03": {"min_days_before": True}},
        {"R-T03": {"min_days_before": -1}},
        {"R-T03": {"required_fields": []}},
        {"R-T20": {"first_item_code": "P02"}},
        {"R-Q01": {"threshold": "most"}},
        {"R-Q01": {"severity": "warn"}},
        {"R-Q01": {"severity": "fatal"}},
        {"R-X99": {"severity": "block"}},
    ],
)
def test_anything_else_is_refused(changes: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(ReferenceFault):
        tighten(delivered_reference(), changes)


def test_the_bureaus_reference_is_left_as_it_is() -> None:
    bureau = delivered_reference()
    own = tighten(bureau, {"R-T04": {"severity": "block", "min_days_before": 5}})
    assert bureau.rules["R-T04"].severity is Severity.WARN and bureau.rules["R-T04"].whole("min_days_before") == 2
    assert own.rules["R-T04"].severity is Severity.BLOCK and own.rules["R-T04"].whole("min_days_before") == 5
    assert tighten(bureau, {}) is bureau


@pytest.mark.parametrize("body", list(Body))
def test_what_a_school_may_tighten_belongs_to_its_meeting_and_can_be_met(body: Body) -> None:
    found = list(settings_for(body, delivered_reference(), frozenset(RULES)))
    keys = {(setting.rule, setting.name) for setting in found}
    assert ("R-Q03", THRESHOLD) in keys if body is Body.PRINCIPAL else ("R-Q01", THRESHOLD) in keys
    assert ("R-Q01", THRESHOLD) not in keys or body is Body.PARTY
    assert {("R-T03", "min_days_before"), ("R-T04", "min_days_before"), ("R-M04", "workdays")} <= keys
    assert ("R-M04", SEVERITY) not in keys, "a late signature that blocks could never be given"
    assert all(setting.now is Severity.WARN for setting in found if setting.name == SEVERITY)


@pytest.mark.parametrize(
    ("rule_id", "name", "stricter", "looser"),
    [
        ("R-Q04", "vacant_seats_in_due", True, None),
        ("R-Q04", "seats", 9, None),
        ("R-Q06", "recused_in_due", True, False),
        ("R-F01", "min_per_month", 2, 0),
        ("R-F03", "min_per_week", 2, 0),
        ("R-F01", "excused_months", [7, 8], [7, 8, 9]),
        ("R-F02", "excused_months", [], [1, 2, 3, 7, 8]),
    ],
)
def test_counting_and_months_go_one_way_only(rule_id: str, name: str, stricter: Any, looser: Any) -> None:
    bureau = delivered_reference()
    assert tighten(bureau, {rule_id: {name: stricter}}).rules[rule_id].parameters[name] == stricter
    if looser is not None:
        with pytest.raises(ReferenceFault, match="只能从严"):
            tighten(bureau, {rule_id: {name: looser}})


@pytest.mark.parametrize("rule_id", ["R-Q01", "R-Q02", "R-Q03", "R-Q05", "R-V06"])
@pytest.mark.parametrize("base", ["due_members", "present_members"])
def test_what_majorities_are_measured_against_is_the_bureaus_alone(rule_id: str, base: str) -> None:
    with pytest.raises(ReferenceFault, match="base 不能由学校改"):
        tighten(delivered_reference(), {rule_id: {"base": base}})


@pytest.mark.parametrize(
    "changes",
    [
        {"R-Q06": {"recused_in_due": 1}},
        {"R-Q06": {"recused_in_present": True}},
        {"R-Q04": {"seats": True}},
        {"R-F01": {"excused_months": "7"}},
        {"R-F01": {"excused_months": [True]}},
        {"R-M01": {"required": []}},
        {"R-T21": {"large": []}},
    ],
)
def test_other_settings_of_counting_and_records_are_refused(changes: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(ReferenceFault):
        tighten(delivered_reference(), changes)
