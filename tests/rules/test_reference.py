"""The delivered catalogue, rules and working days, and what the loader refuses."""

import copy
import re
from datetime import date, timedelta
from typing import Any

import pytest

from governance.rules.engine import ORDER
from governance.rules.facts import Body
from governance.rules.load import (
    DATA,
    build_reference,
    delivered_reference,
    read_catalogue,
    read_rules,
    read_workdays,
)
from governance.rules.reference import Nature, ReferenceFault
from governance.rules.workdays import is_working_day, nth_working_day_after

CATALOGUE, RULES, WORKDAYS = read_catalogue(), read_rules(), read_workdays()
NEVER_WAIVED = {"R-Q01", "R-Q02", "R-Q03", "R-V06", "R-V12", "R-A06"}


def test_the_catalogue_has_twenty_five_and_twenty_matters_in_five_aspects() -> None:
    codes = [matter["code"] for matter in CATALOGUE["matters"]]
    assert codes == [f"P{n:02}" for n in range(1, 26)] + [f"A{n:02}" for n in range(1, 21)]
    aspects = [aspect["code"] for aspect in CATALOGUE["aspects"]]
    assert len(aspects) == 5
    for matter in CATALOGUE["matters"]:
        assert matter["body"] == ("party" if matter["code"].startswith("P") else "principal")
        assert matter["aspect"] in (aspects if matter["body"] == "party" else [None])
        assert matter["title"] and matter["title_en"] and matter["scope"] and matter["keywords"] and matter["examples"]


def test_nine_matters_are_deliberated_and_go_on_to_the_party_meeting() -> None:
    deliberated = [matter for matter in CATALOGUE["matters"] if matter["nature"] == "deliberate"]
    assert [matter["code"] for matter in deliberated] == [f"A{n:02}" for n in range(1, 10)]
    assert all(matter["feeds"] for matter in deliberated)


def test_feeds_is_the_inverse_of_fed_by() -> None:
    by_code = {matter["code"]: matter for matter in CATALOGUE["matters"]}
    down = {(source, code) for code, matter in by_code.items() for source in matter["fed_by"]}
    assert down == {(code, target) for code, matter in by_code.items() for target in matter["feeds"]}
    assert all(by_code[source]["nature"] == "deliberate" for source, _ in down)


def test_stages_and_sources_of_every_matter_are_known() -> None:
    sources = {source["id"] for source in CATALOGUE["sources"]}
    for matter in CATALOGUE["matters"]:
        for step in matter["prior_stages"] + matter["next_stages"]:
            assert step["stage"] in CATALOGUE["stages"]
            assert step["requirement"] in ("required", "recommended", "conditional")
        assert matter["sources"] and set(matter["sources"] + matter["attendance"]["basis"]) <= sources
        assert set(matter.get("source_notes", {})) <= set(matter["sources"])


def test_there_are_eighty_three_rules_each_with_a_basis() -> None:
    assert len({rule["id"] for rule in RULES["rules"]}) == len(RULES["rules"]) == 83
    sources = {source["id"] for source in RULES["sources"]}
    for rule in RULES["rules"]:
        assert rule["severity"] in RULES["severities"]
        assert rule["body"] in ("party", "principal", "both")
        assert rule["topic"] and rule["statement"] and rule["evidence"] in RULES["evidence_levels"]
        assert rule["sources"] and set(rule["sources"]) <= sources


def test_six_rules_can_never_be_waived() -> None:
    assert {rule["id"] for rule in RULES["rules"] if not rule["waivable"]} == NEVER_WAIVED
    assert {rule.id for rule in delivered_reference().rules.values() if not rule.waivable} == NEVER_WAIVED


def test_the_delivered_versions_hold_for_every_date_and_say_what_they_are() -> None:
    for delivered in (CATALOGUE, RULES):
        assert delivered["version"] == "2026-11-22"
        assert delivered["effective_from"] is None
        assert delivered["status"].endswith("以区局正式文本为准")


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.name)
def test_no_web_address_is_shipped(path: Any) -> None:
    assert not re.search(
        r"https?:|www\.|[a-z0-9]\.(com|cn|net|org)\b|public repository", path.read_text(encoding="utf-8")
    )


def test_the_reference_says_what_the_files_say() -> None:
    reference = delivered_reference()
    assert (reference.catalogue_version, reference.rules_version) == ("2026-11-22", "2026-11-22")
    assert set(reference.rules) >= set(ORDER)
    plan = reference.matters["P12"]
    assert (plan.body, plan.nature, plan.important, plan.two_thirds, plan.fed_by) == (
        *(Body.PARTY, Nature.DECIDE, True, True),
        ("A02",),
    )
    assert {code for code, matter in reference.matters.items() if matter.two_thirds} == {
        code for code, matter in reference.matters.items() if matter.important
    }
    assert delivered_reference() is reference


BROKEN = [
    ("no version", lambda catalogue, rules: catalogue.pop("version")),
    ("an unknown body", lambda catalogue, rules: catalogue["matters"][0].update(body="council")),
    ("a code twice", lambda catalogue, rules: catalogue["matters"].append(catalogue["matters"][0])),
    ("fed by nobody", lambda catalogue, rules: catalogue["matters"][0].update(fed_by=["A99"])),
    ("a rule twice", lambda catalogue, rules: rules["rules"].append(rules["rules"][0])),
    ("a rule missing", lambda catalogue, rules: rules["rules"].pop(0)),
    ("an unknown severity", lambda catalogue, rules: rules["rules"][0].update(severity="stern")),
    ("an unknown source", lambda catalogue, rules: rules["rules"][0].update(sources=["NOBODY"])),
    ("a threshold in words", lambda catalogue, rules: rule(rules, "R-V06").update(parameters={"threshold": "half"})),
    ("days as text", lambda catalogue, rules: rule(rules, "R-T03").update(parameters={"min_days_before": "2"})),
    ("negative days", lambda catalogue, rules: rule(rules, "R-M04").update(parameters={"workdays": -1})),
    ("yes for a number", lambda catalogue, rules: rule(rules, "R-T14").update(parameters={"min_materials": True})),
    ("no codes", lambda catalogue, rules: rule(rules, "R-T16").update(parameters={})),
    ("codes as text", lambda catalogue, rules: rule(rules, "R-V10").update(parameters={"catalogue": "P16"})),
    ("no first item", lambda catalogue, rules: rule(rules, "R-T20").update(parameters={"first_item_code": None})),
]


def rule(rules: dict[str, Any], rule_id: str) -> dict[str, Any]:
    return next(entry for entry in rules["rules"] if entry["id"] == rule_id)


def test_a_parameter_may_be_nought() -> None:
    rules = copy.deepcopy(RULES)
    rule(rules, "R-T03").update(parameters={"min_days_before": 0})
    assert build_reference(CATALOGUE, rules, WORKDAYS).rules["R-T03"].whole("min_days_before") == 0


@pytest.mark.parametrize(("name", "damage"), BROKEN, ids=[name for name, _ in BROKEN])
def test_data_nobody_can_judge_by_is_refused_when_it_is_loaded(name: str, damage: Any) -> None:
    catalogue, rules = copy.deepcopy(CATALOGUE), copy.deepcopy(RULES)
    assert build_reference(catalogue, rules, WORKDAYS) == delivered_reference()
    damage(catalogue, rules)
    with pytest.raises(ReferenceFault):
        build_reference(catalogue, rules, WORKDAYS)


# How many of each year's days people work: Mondays to Fridays, less days off, plus make-up days, counted from the announcements by hand.
@pytest.mark.parametrize(("year", "makeup", "weekdays_off"), [(2024, 8, 19), (2025, 5, 18), (2026, 6, 19)])
def test_the_years_hold_the_announced_days(year: int, makeup: int, weekdays_off: int) -> None:
    reference = delivered_reference()
    made_up = sorted(day for day in reference.makeup_days if day.year == year)
    off = [day for day in reference.days_off if day.year == year and day.isoweekday() <= 5]
    assert len(made_up) == makeup and all(day.isoweekday() > 5 for day in made_up)
    assert len(off) == weekdays_off
    assert not reference.days_off & reference.makeup_days
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366 if year == 2024 else 365)]
    weekdays = sum(day.isoweekday() <= 5 for day in days)
    assert sum(is_working_day(day, reference) for day in days) == weekdays - weekdays_off + makeup
    assert year in reference.known_years


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2026-09-10", 1, "2026-09-11"),
        ("2026-09-10", 2, "2026-09-14"),
        ("2026-09-18", 1, "2026-09-20"),  # a Sunday that is worked
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday that is worked
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2025-12-31", 1, "2026-01-04"),  # across the year's end
        ("2024-12-31", 1, "2025-01-02"),
        ("2026-09-10", 0, "2026-09-10"),
        ("2026-12-31", 1, None),
        ("2023-06-01", 1, None),
        ("9999-12-31", 1, None),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: str, n: int, expected: str | None) -> None:
    found = nth_working_day_after(date.fromisoformat(day), n, delivered_reference())
    assert found == (date.fromisoformat(expected) if expected else None)
