"""Majorities against counting by brute force, and the rules that use them."""

from fractions import Fraction
from typing import Any

import pytest

from governance.rules import thresholds
from governance.rules.thresholds import Threshold
from tests.rules.builders import meeting_of, outcomes

ENOUGH = {
    Threshold.AT_LEAST_HALF: lambda x, n: x >= Fraction(n, 2),
    Threshold.MORE_THAN_HALF: lambda x, n: x > Fraction(n, 2),
    Threshold.AT_LEAST_TWO_THIRDS: lambda x, n: x >= Fraction(2 * n, 3),
}


@pytest.mark.parametrize("threshold", Threshold)
@pytest.mark.parametrize("n", range(1, 61))
def test_the_comparison_and_the_smallest_number_agree_with_counting(threshold: Threshold, n: int) -> None:
    enough = [x for x in range(n + 1) if ENOUGH[threshold](x, n)]
    assert [x for x in range(n + 1) if threshold.reached(x, n)] == enough
    assert threshold.smallest(n) == enough[0]


def test_the_named_functions_are_the_thresholds() -> None:
    for threshold in Threshold:
        plain = getattr(thresholds, threshold.value)
        smallest = getattr(thresholds, f"smallest_{threshold.value}")
        for n in range(1, 61):
            assert smallest(n) == threshold.smallest(n)
            assert [plain(x, n) for x in range(n + 1)] == [threshold.reached(x, n) for x in range(n + 1)]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 9, 11, 200])
def test_quorum_and_majority_turn_exactly_at_the_smallest_number(n: int) -> None:
    for x in {max(0, n // 2 - 1), n // 2, n // 2 + 1, (n + 1) // 2, 2 * n // 3, (2 * n + 2) // 3, n}:
        votes = {"agree": x, "disagree": 0, "abstain": 0}
        item: dict[str, Any] = {
            "catalogue": "P16",
            "method": "secret_ballot",
            "outcome": "approved",
            "counted_votes": votes,
        }
        party = outcomes(meeting_of(n, min(x, n), **item))
        principal = outcomes(meeting_of(n, min(x, n), body="principal"))
        expected = {
            ("R-Q01", "meeting"): ENOUGH[Threshold.AT_LEAST_HALF](x, n),
            ("R-Q02", "items/i1"): ENOUGH[Threshold.AT_LEAST_TWO_THIRDS](x, n),
            ("R-Q05", "items/i1"): ENOUGH[Threshold.AT_LEAST_HALF](x, n),
            ("R-V06", "items/i1"): ENOUGH[Threshold.MORE_THAN_HALF](x, n),
        }
        if x <= n:
            assert {key: party[key] == "pass" for key in expected} == expected, (x, n)
            assert (principal["R-Q03", "meeting"] == "pass") == expected["R-Q01", "meeting"]


def test_votes_of_a_secret_ballot_need_no_members() -> None:
    item: dict[str, Any] = {
        "method": "secret_ballot",
        "outcome": "rejected",
        "counted_votes": {"agree": 0, "disagree": 0, "abstain": 0},
    }
    assert outcomes(meeting_of(0, 0, **item))["R-V06", "items/i1"] == "pass"
