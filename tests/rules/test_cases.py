"""The worked cases and the arithmetic of the papers, in our own copy."""

from typing import Any

import pytest

from governance.rules.thresholds import (
    smallest_at_least_half,
    smallest_at_least_two_thirds,
    smallest_more_than_half,
)
from tests.rules.builders import arithmetic, document, outcomes, worked_cases

CASES = worked_cases()["cases"]


def test_all_sixty_cases_are_here() -> None:
    assert len(CASES) == 60


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_worked_case_is_judged_as_written(case: dict[str, Any]) -> None:
    found = outcomes(document(case["base"], case["patch"]))
    for rule, subject, outcome in case["expect"]:
        assert found[rule, subject] == outcome, (rule, subject, case["reason"])


@pytest.mark.parametrize("row", arithmetic(), ids=lambda row: f"n={row['n']}")
def test_the_smallest_enough_number_is_as_written(row: dict[str, int]) -> None:
    n = row["n"]
    assert smallest_at_least_half(n) == row["半数以上"]
    assert smallest_more_than_half(n) == row["过半数"]
    assert smallest_at_least_two_thirds(n) == row["三分之二以上"]
