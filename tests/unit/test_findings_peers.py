"""Quartiles and shares of the overview of findings: exact, against independent reckoning."""

import random
import statistics
from fractions import Fraction
from uuid import uuid4

import pytest

from reports.findings.showing import one_decimal, share_text, stage
from reports.selectors.peers import LEAST_MEETINGS, LEAST_SCHOOLS, Group, Peer, quartiles_of


def peer(meetings: int, found: int) -> Peer:
    return Peer(uuid4(), "FH001", "某小学", "", ("large",), meetings, found)


@pytest.mark.parametrize("number", range(2, 40))
def test_quartiles_are_those_of_the_standard_library(number: int) -> None:
    chance = random.Random(number)
    rates = [Fraction(chance.randint(0, 60), chance.randint(1, 12)) for _ in range(number)]
    found = quartiles_of(rates)
    assert [found.low, found.median, found.high] == statistics.quantiles(rates, n=4, method="inclusive")


def test_a_rate_is_asked_of_enough_meetings_only() -> None:
    assert peer(LEAST_MEETINGS - 1, 5).rate is None
    assert peer(LEAST_MEETINGS, 5).rate == Fraction(50, LEAST_MEETINGS)


def test_a_group_of_too_few_schools_has_no_middle() -> None:
    group = Group(("size",), ("large",), [peer(10, number) for number in range(LEAST_SCHOOLS - 1)])
    assert group.quartiles is None
    larger = Group(("size",), ("large",), [peer(10, number) for number in range(LEAST_SCHOOLS)])
    assert larger.quartiles is not None and larger.quartiles.median == Fraction(3, 2)


def test_a_groups_name_says_what_its_schools_have_in_common() -> None:
    names, key = ("size", "location", "foundation"), ("large", "urban", "medium")
    assert Group(names, key).label == "规模大、城区、基础中"
    assert Group(("foundation",), ("medium",)).label == "基础中"


@pytest.mark.parametrize(
    ("found", "of", "words"),
    [
        (0, 0, "–"),
        (0, 10, "0.0%"),
        (12, 480, "2.5%"),
        (1, 3, "33.3%"),
        (2, 3, "66.7%"),
        (1, 5000, "不到 0.1%"),
        (5, 5, "100.0%"),
    ],
)
def test_shares_are_rounded_half_up_and_never_hide_a_finding(found: int, of: int, words: str) -> None:
    assert share_text(found, of) == words


def test_rates_are_rounded_half_up() -> None:
    assert [one_decimal(Fraction(*pair)) for pair in ((5, 4), (1, 3), (0, 1), (199, 20))] == [
        "1.3",
        "0.3",
        "0.0",
        "10.0",
    ]


def test_classes_of_the_heat_grow_with_the_number_and_end_at_the_most() -> None:
    for most in range(1, 60):
        stages = [stage(number, most) for number in range(most + 1)]
        assert stages == sorted(stages) and stages[0] == 0 and stages[1] >= 1 and stages[-1] == 5
