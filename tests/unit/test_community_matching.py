"""Matching of demands to resources: exact on small cases, never above capacity, every gap with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communities.matching import Demand, Slot, match
from communities.matching.fitting import fitting
from communities.matching.planning import advantage, worth

DAY = date(2026, 9, 1)
SCHOOLS = {"A": ("O01", "urban"), "B": ("O01", "urban"), "C": ("O02", "rural"), "D": ("", "urban")}


def slot(number: int, school: str = "A", subject: str = "", free: int = 3, start: int = 0, **values: object) -> Slot:
    office, location = SCHOOLS[school]
    first = DAY + timedelta(days=start)
    made = Slot(
        UUID(int=number), UUID(int=900 + number), school, "course", subject, first, first + timedelta(days=9), free + 1,
        free, office, location,
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def demand(number: int, school: str = "C", subject: str = "", missing: int = 2, met: int = 0, start: int = 0) -> Demand:
    office, location = SCHOOLS[school]
    first = DAY + timedelta(days=start)
    return Demand(
        UUID(int=100 + number),
        school,
        "course",
        subject,
        first,
        first + timedelta(days=9),
        missing,
        met,
        office,
        location,
    )


def every_way(demands: Sequence[Demand], slots: Sequence[Slot]) -> Iterator[dict[tuple[Demand, Slot], int]]:
    """All assignments in whole numbers that give no demand and no slot more than it takes."""
    pairs = [(one, place) for one in demands for place in fitting(one, slots, ())[0]]
    for amounts in product(*(range(min(one.missing, place.free) + 1) for one, place in pairs)):
        given_ = dict(zip(pairs, amounts, strict=True))
        fits = all(sum(n for (d, _), n in given_.items() if d == one) <= one.missing for one in demands)
        if fits and all(sum(n for (_, s), n in given_.items() if s == place) <= place.free for place in slots):
            yield given_


subjects = st.sampled_from(["", "音乐", "科学"])
cases = st.tuples(
    st.lists(
        st.builds(
            lambda school, subject, missing, met, start: (school, subject, missing, met, start),
            st.sampled_from("BCD"), subjects, st.integers(1, 2), st.integers(0, 2), st.sampled_from([0, 5, 20]),
        ),
        max_size=3,
    ),
    st.lists(
        st.tuples(st.sampled_from("ABC"), subjects, st.integers(0, 2), st.sampled_from([0, 8, 30])), max_size=3
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(cases)
def test_the_plan_is_as_good_as_the_best_of_all_assignments(case: tuple[list[tuple], list[tuple]]) -> None:  # type: ignore[type-arg]
    had = {row[0]: row[3] for row in case[0]}  # a school has had so much, whichever of its demands one looks at
    demands = [demand(n, row[0], row[1], row[2], had[row[0]], row[4]) for n, row in enumerate(case[0])]
    slots = [slot(n, *row) for n, row in enumerate(case[1])]
    plan = match(demands, slots)
    ranks = advantage(demands)
    assert plan.worth == max(worth(way, ranks) for way in every_way(demands, slots))
    for place in slots:
        assert sum(line.amount for line in plan.lines if line.slot == place.key) <= place.free
    met = {one.key: sum(line.amount for line in plan.lines if line.demand == one.key) for one in demands}
    missing = {row.demand: row.missing for row in plan.unmet}
    assert all(met[one.key] + missing.get(one.key, 0) == one.missing for one in demands)
    assert match(demands[::-1], slots[::-1]) == plan, "the order of the input plays no part"


@pytest.mark.parametrize(
    ("places", "refused", "gate"),
    [
        ([slot(1, kind="venue")], (), "kind"),
        ([slot(1, "C")], (), "kind"),  # its own resource helps nobody
        ([slot(1, subject="音乐")], (), "subject"),
        ([slot(1, start=30)], (), "period"),
        ([slot(1)], {(UUID(int=101), UUID(int=901))}, "refused"),
        ([slot(1, free=0)], (), "capacity"),
    ],
)
def test_an_unmet_demand_says_at_which_gate_it_failed(places: list[Slot], refused: object, gate: str) -> None:
    plan = match([demand(1, subject="科学")], places, refused)  # type: ignore[arg-type]
    assert [(row.missing, row.gate) for row in plan.unmet] == [(2, gate)] and not plan.lines
    assert plan.unmet[0].reason


def test_demands_met_come_first_then_subject_then_distance_then_who_had_least() -> None:
    near, same = slot(1, "A", "", 1), slot(2, "C", "科学", 1)
    first = match([demand(1, "B", "科学", 1)], [near, same])
    assert [line.slot for line in first.lines] == [same.key], "a subject that fits outweighs a short way"
    both = match([demand(1, "B", "科学", 1), demand(2, "D", "科学", 1)], [same, near])
    assert not both.unmet, "nobody goes without so that somebody fits better"
    least = match([demand(1, "B", met=5, missing=1), demand(2, "D", missing=1)], [slot(3, "C", free=1)])
    assert [line.demand for line in least.lines] == [UUID(int=102)]
    assert least.lines[0].reasons == (
        "需求没有限定学科（领域）", "不同教办，区位不同", "2026-09-01 至 2026-09-10 双方都有时间", "容量 2，还可约 1",
        "该校此前还没有落实过，优先安排",
    )  # fmt: skip


def test_a_district_of_forty_resources_is_planned_at_once() -> None:
    demands = [demand(n, "BCD"[n % 3], ["", "音乐", "科学"][n % 3], missing=30 + n) for n in range(32)]
    slots = [slot(n, "ABC"[n % 3], ["", "音乐", "科学"][n // 3 % 3], free=40) for n in range(40)]
    plan = match(demands, slots)
    assert plan.worth[0] == sum(line.amount for line in plan.lines) > 500
