"""`python -m benchmarks.suggestion`: how often the matter suggestion is right on the labelled titles, and how long it takes.

The sets stand in tests/data; docs/suggestion.md says how they were made. `--http` also asks the API, through the WSGI handler
and an SQLite database of its own, for every title.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.matching.book import delivered_book
from governance.matching.index import Index, MatterText
from governance.rules.load import read_catalogue

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
SETS = ("development", "rounds", "held_out")
Ask = Callable[[str, str], Sequence[str]]


@dataclass(frozen=True)
class Labelled:
    """One title with the codes that are right; none when it is no matter of the catalogue."""

    title: str
    body: str
    codes: tuple[str, ...]


@dataclass
class Scores:
    """What was reached on a set."""

    titles: int = 0
    first: int = 0
    among_three: int = 0
    outside: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def top_1(self) -> float:
        """Share of titles whose first proposal is right."""
        return self.first / self.titles

    @property
    def top_3(self) -> float:
        """Share of titles with a right one among the first three."""
        return self.among_three / self.titles

    @property
    def refusals(self) -> float:
        """Share of titles outside the catalogue that get nothing."""
        return self.refused / self.outside

    def milliseconds(self, percent: int) -> float:
        """A percentile of the time of one call."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


def labelled(name: str) -> Iterator[Labelled]:
    """One of the sets."""
    with (DATA / f"suggest_{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Labelled(row["title"], row["body"], tuple(filter(None, row["codes"].split("|"))))


def delivered_index() -> Index:
    """The index of the delivered catalogue."""
    return Index(
        [
            MatterText(
                code=entry["code"],
                body=entry["body"],
                title=entry["title"],
                scope=entry["scope"],
                keywords=tuple(entry["keywords"]),
                linked=frozenset([*entry["fed_by"], *entry["feeds"]]),
            )
            for entry in read_catalogue()["matters"]
        ],
        delivered_book(),
    )


def score(ask: Ask, titles: Iterator[Labelled]) -> Scores:
    """Ask for every title."""
    scores = Scores()
    for one in titles:
        began = time.perf_counter()
        found = ask(one.title, one.body)
        scores.seconds.append(time.perf_counter() - began)
        if one.codes:
            scores.titles += 1
            scores.first += bool(found) and found[0] in one.codes
            scores.among_three += any(code in one.codes for code in found[:3])
        else:
            scores.outside += 1
            scores.refused += not found
    return scores


def of_index(index: Index) -> Ask:
    """The matcher itself."""
    return lambda title, body: [one.code for one in index.suggest(title, body)]


def of_api() -> Ask:
    """The API, asked by a signed-in person."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from governance.services.reference import load_catalogue

    call_command("migrate", verbosity=0)
    load_catalogue(at=timezone.now())
    client = Client()
    client.force_login(User.objects.create_user(username="benchmark", must_change_password=False))

    def ask(title: str, body: str) -> list[str]:
        asked: dict[str, Any] = {"q": title} | ({"body": body} if body else {})
        answer = client.get("/api/v1/governance/matters/suggest/", asked)
        return [one["code"] for one in answer.json()["results"]]

    ask("研究期末考试安排", "")  # builds the index
    return ask


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suggestion", description=__doc__)
    parser.add_argument("--http", action="store_true", help="ask the API too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        asked = {"matcher": of_index(delivered_index())}
        if options.http:
            os.environ |= {
                "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
                "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.test",
            }
            asked["API"] = of_api()
        print("asked    set          titles  top-1   top-3   outside  refused  p50 ms  p95 ms")
        for name, ask in asked.items():
            for of_set in SETS:
                got = score(ask, labelled(of_set))
                print(
                    f"{name:8} {of_set:12} {got.titles:6}  {got.top_1:.1%}  {got.top_3:.1%}  {got.outside:7}  "
                    f"{got.refusals:.1%}  {got.milliseconds(50):6.1f}  {got.milliseconds(95):6.1f}"
                )


if __name__ == "__main__":
    main()
