"""Order of the selection, arithmetic of coverage, numbering of clauses: without a database."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from pilots.coverage import Covered, Ratio, grouped, implemented_by, ratio_of
from pilots.policy_text import clauses_of, missing_elements, numeral, sections_of
from pilots.selection_steps import Passed, current_step, sample_of, step_rows


@pytest.mark.parametrize(
    ("eligible", "implemented", "rate"),
    [
        (48, 48, "100.0"), (48, 47, "97.9"), (3, 1, "33.3"), (3, 2, "66.7"), (8, 1, "12.5"), (48, 0, "0.0"),
        (5000, 4999, "99.9"), (5000, 1, "0.1"), (0, 0, None), (80, 1, "1.3"),
    ],
)  # fmt: skip
def test_the_rate_has_one_decimal_and_neither_all_nor_nothing_is_said_too_early(
    eligible: int, implemented: int, rate: str | None
) -> None:
    assert Ratio(eligible, implemented).rate == (None if rate is None else Decimal(rate))


def test_coverage_is_grouped_and_every_group_adds_up() -> None:
    rows = [
        Covered(uuid4(), f"FH{n:03d}", "", f"O0{n % 3}", "large", "strong", "urban", f"2026-{n % 2}", n < 7)
        for n in range(10)
    ]
    total = ratio_of(rows)
    assert (total.eligible, total.implemented, total.left) == (10, 7, 3)
    for name in ("office", "batch", "size"):
        parts = grouped(rows, lambda row, name=name: getattr(row, name)).values()
        assert sum(p.eligible for p in parts) == 10 and sum(p.implemented for p in parts) == 7
    day = date(2026, 3, 1)
    assert implemented_by(day, day) and not implemented_by(day, date(2026, 2, 28)) and not implemented_by(None, day)


def test_the_steps_go_on_in_order_and_a_return_is_the_first_step_again() -> None:
    order = [current_step(status) for status in ("draft", "nominated", "recommended", "approved")]
    assert order == [1, 2, 3, 4] and current_step("returned") == 1
    assert current_step("approved", implemented=True) == 5
    passed = {"nomination": Passed("沈书记", date(2026, 3, 2)), "recommendation": Passed("钱教办", date(2026, 3, 4))}
    rows = step_rows(3, passed, exempt=False)
    assert [row["note"] for row in rows] == ["2026-03-02 沈书记", "2026-03-04 钱教办", "", ""]
    assert step_rows(1, passed, exempt=False)[0]["note"] == "", "what was taken back is not shown as done"
    assert step_rows(3, passed, exempt=True)[1]["label"] == "免教办推荐"
    assert sample_of("large", "strong", "urban") == "城区、规模大、基础强"


def test_clauses_are_numbered_by_the_sections_that_have_text() -> None:
    sections = {"guiding_thought": "坚持党的领导。", "tasks": "第一件。\n\n 第二件。 \n", "safeguards": ""}
    found = clauses_of(sections)
    assert [(c.label, c.text, c.order) for c in found] == [
        ("一", "坚持党的领导。", 1), ("二（一）", "第一件。", 2), ("二（二）", "第二件。", 3),
    ]  # fmt: skip
    assert len({c.label for c in found}) == len(found)
    assert sections_of((c.element, c.text) for c in found)["tasks"] == "第一件。\n第二件。"
    assert missing_elements(sections) == ["principles", "scope", "requirements", "safeguards"]
    assert [numeral(n) for n in (1, 10, 11, 20, 99)] == ["一", "十", "十一", "二十", "九十九"]
