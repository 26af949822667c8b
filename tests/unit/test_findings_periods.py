"""Months of an overview: school years, terms, the last twelve months, months one types."""

from datetime import date

import pytest

from reports.findings.periods import chosen_months, month_of, periods, plus_months

TODAY = date(2026, 11, 24)


def span(code: str, today: date = TODAY) -> tuple[date, date]:
    period = periods(today)[code]
    return period.first, period.last


def test_the_usual_period_is_the_last_twelve_months() -> None:
    assert span("") == (date(2025, 12, 1), date(2026, 11, 1))
    assert len(periods(TODAY)[""].months()) == 12


def test_a_school_year_begins_in_september_and_its_second_term_in_february() -> None:
    assert span("2026") == (date(2026, 9, 1), date(2027, 8, 1))
    assert span("2026-1") == (date(2026, 9, 1), date(2027, 1, 1))
    assert span("2025-2") == (date(2026, 2, 1), date(2026, 8, 1))


def test_a_term_that_has_not_begun_cannot_be_chosen() -> None:
    assert "2026-2" not in periods(TODAY)
    assert "2026-2" in periods(date(2027, 2, 1))
    assert "2027" not in periods(date(2027, 8, 31)) and "2027" in periods(date(2027, 9, 1))


def test_terms_cover_their_school_year_without_gap_or_overlap() -> None:
    known = periods(TODAY)
    for year in ("2023", "2024", "2025"):
        assert known[f"{year}-1"].months() + known[f"{year}-2"].months() == known[year].months()


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-03", "2026-05", (date(2026, 3, 1), date(2026, 5, 1))),
        ("2026-05", "2026-03", (date(2026, 3, 1), date(2026, 5, 1))),
        ("2026-03", "", (date(2026, 3, 1), date(2026, 11, 1))),
        ("2027-03", "", (date(2027, 3, 1), date(2027, 3, 1))),
        ("", "2026-05", (date(2025, 6, 1), date(2026, 5, 1))),
    ],
)
def test_typed_months_may_be_open_at_one_end_or_turned_round(
    since: str, until: str, expected: tuple[date, date]
) -> None:
    period = chosen_months(since, until, TODAY)
    assert period is not None and (period.first, period.last) == expected


@pytest.mark.parametrize("raw", ["", "2026", "2026-13", "2026-00", "1999-01", "2026-1", "2026-01-01", "二〇二六"])
def test_what_is_no_month_does_not_count(raw: str) -> None:
    assert month_of(raw) is None
    assert chosen_months(raw, raw, TODAY) is None


def test_months_are_counted_over_the_year() -> None:
    assert plus_months(date(2026, 1, 1), -1) == date(2025, 12, 1)
    assert plus_months(date(2025, 12, 1), 1) == date(2026, 1, 1)
    assert plus_months(date(2026, 11, 1), -11) == date(2025, 12, 1)


def test_the_moments_of_a_period_are_those_of_shanghai() -> None:
    start, end = periods(TODAY)["2026-1"].moments()
    assert (start.isoformat(), end.isoformat()) == ("2026-09-01T00:00:00+08:00", "2027-02-01T00:00:00+08:00")
