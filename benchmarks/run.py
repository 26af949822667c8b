"""The order of a run: the district grows from size to size, and each scenario is measured at each."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connection
from django.utils import timezone

from benchmarks import pages, rules, start, sweep
from benchmarks.district import District, build
from benchmarks.measure import Measured, Scenario, measure


def measured(
    sizes: Iterable[int], only: Iterable[str], *, server_url: str, var_dir: Path, rounds: int | None
) -> Iterator[Measured]:
    """Rows of the table as they become known. The sweep comes last: its million rows would weigh on nothing else."""
    wanted = set(only)
    at = timezone.now()
    for size in sorted(sizes):
        district = build(size, at=at)
        for scenario in _scenarios(district, wanted, server_url, var_dir):
            yield measure(scenario, schools=size, rounds=rounds)
        if "P7" in wanted:
            for scenario in sweep.scenarios(district):
                yield measure(scenario, schools=size, rounds=rounds)
            with connection.cursor() as cursor:
                cursor.execute(sweep.EMPTY)
    if "P9" in wanted:  # last: its five years of meetings would weigh on every list
        for scenario in rules.scenarios(build(min(sizes), at=at)):
            yield measure(scenario, schools=rules.SCHOOLS, rounds=rounds)


def _scenarios(district: District, wanted: set[str], server_url: str, var_dir: Path) -> Iterator[Scenario]:
    for number, made in pages.PAGES.items():
        if number in wanted:
            yield from made(district)
    if "P11" in wanted:
        name = connection.settings_dict["NAME"]
        yield start.scenario(database_url=f"{server_url}/{name}", var_dir=var_dir)
