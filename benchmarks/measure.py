"""Rounds, medians and the table. A scenario is measured against its limit: the same bytes' worth by one SQL statement."""

import gc
import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any
from unicodedata import east_asian_width

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.db import connection
from django.test.utils import CaptureQueriesContext

Step = Callable[[], object]
MIB = 1024 * 1024


@dataclass(frozen=True)
class Target:
    """What docs/performance.md asks for: at most `ratio` times the limit, `queries`, `seconds`, `mib`. None asks nothing."""

    ratio: float | None = None
    queries: int | None = None
    seconds: float | None = None
    mib: int | None = None

    def __str__(self) -> str:
        parts = [
            f"<= {self.ratio:g} x" if self.ratio is not None else "",
            f"<= {self.queries} queries" if self.queries is not None else "",
            f"<= {self.seconds:g} s" if self.seconds is not None else "",
            f"<= {self.mib} MiB" if self.mib is not None else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `before` makes the same starting point again before each of the two, outside the clock.

    `in_process`: ours runs in this process, so its statements can be counted. `in_python`: both spend their time in this
    process, so their processor times can be compared.
    """

    number: str
    name: str
    target: Target
    limit: Step
    ours: Step
    rounds: int = 25
    warm_up: int = 3
    before: Step | None = None
    in_process: bool = True
    in_python: bool = True
    memory: Callable[[], int] | None = None


@dataclass(frozen=True)
class Measured:
    """Medians in seconds, statements sent to the database by one run of ours, and bytes of memory where they were asked.

    `processor` is the ratio of the processor time of this process alone, without the database: other work on the machine
    does not change it, so it tells whether a bad ratio is ours or the machine's.
    """

    scenario: Scenario
    schools: int
    limit: float
    ours: float
    processor: float | None = None
    queries: int | None = None
    memory: int | None = None

    @property
    def ratio(self) -> float:
        """Ours over the limit."""
        return self.ours / self.limit

    @property
    def reached(self) -> bool:
        """Whether every part of the target holds."""
        target = self.scenario.target
        bounds = (
            (self.ratio, target.ratio),
            (self.queries, target.queries),
            (self.ours, target.seconds),
            (self.memory / MIB if self.memory is not None else None, target.mib),
        )
        return all(value is None or bound is None or value <= bound for value, bound in bounds)


class Request:
    """One GET through the WSGI handler, as a server would call it: middleware, signals and closing included."""

    def __init__(self, path: str, *, status: int = 200, **headers: str) -> None:
        self.path, _, self.query = path.partition("?")
        self.status, self.headers = status, headers
        self.handler = WSGIHandler()
        self.answered: dict[str, str] = {}  # headers of the last answer

    def __call__(self) -> bytes:
        """The body; an answer of another status than expected stops the benchmark, for it would measure nothing."""
        with _failure() as faults:
            status, body = call(self.handler, self.path, self.query, self.headers, self.answered)
        if status != self.status:
            raise RuntimeError(f"{self.path} answered {status} instead of {self.status}") from next(iter(faults), None)
        return body


@contextmanager
def _failure() -> Iterator[list[BaseException]]:
    """Collects what went wrong inside a view: the handler itself turns it into a page."""
    faults: list[BaseException] = []

    def note(**_: Any) -> None:
        if fault := sys.exception():
            faults.append(fault)

    got_request_exception.connect(note)
    try:
        yield faults
    finally:
        got_request_exception.disconnect(note)


def call(
    application: Any, path: str, query: str, headers: dict[str, str], answered: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of one request to a WSGI application; the headers of its answer go into `answered`."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
    }
    statuses: list[str] = []

    def start(status: str, sent: list[tuple[str, str]], *_: Any) -> None:
        statuses.append(status)
        if answered is not None:
            answered.update(sent)

    answer = application(environ, start)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return int(statuses[0].split()[0]), body


def bare(render: Callable[[], bytes]) -> Step:
    """The limit of a page: a WSGI function that does nothing but answer what `render` made."""

    def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [render()]

    return lambda: call(application, "/", "", {})


def fetch(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement by psycopg2 itself, on the connection Django has open."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def measure(scenario: Scenario, *, schools: int, rounds: int | None = None) -> Measured:
    """Interleaved rounds: limit, ours, limit, ours. Other work on the machine then meets both alike."""
    before = scenario.before or (lambda: None)
    count = rounds or scenario.rounds
    for _ in range(min(scenario.warm_up, count)):
        scenario.limit()
        scenario.ours()
    queries = None
    if scenario.in_process:
        before()
        with CaptureQueriesContext(connection) as captured:
            scenario.ours()
        queries = len(captured)
    limits, ours = [], []
    for _ in range(count):
        before()
        limits.append(_timed(scenario.limit))
        before()
        ours.append(_timed(scenario.ours))
    memory = scenario.memory() if scenario.memory else None
    (limit, limit_cpu), (our, our_cpu) = _medians(limits), _medians(ours)
    processor = our_cpu / limit_cpu if scenario.in_python else None
    return Measured(scenario, schools, limit, our, processor, queries, memory)


def _timed(step: Step) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - clock, time.process_time() - processor


def _medians(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    clocks, processors = zip(*rounds, strict=True)
    return median(clocks), median(processors)


HEAD = (
    "",
    "scenario",
    "schools",
    "limit ms",
    "ours ms",
    "ratio",
    "processor",
    "queries",
    "memory",
    "target",
    "reached",
)


def row_of(measured: Measured) -> tuple[str, ...]:
    """One row of the table as text."""
    return (
        measured.scenario.number,
        measured.scenario.name,
        str(measured.schools),
        f"{measured.limit * 1000:.2f}",
        f"{measured.ours * 1000:.2f}",
        f"{measured.ratio:.1f}",
        "" if measured.processor is None else f"{measured.processor:.1f}",
        "" if measured.queries is None else str(measured.queries),
        "" if measured.memory is None else f"{measured.memory / MIB:.0f} MiB",
        str(measured.scenario.target),
        ("yes" if measured.reached else "no") if str(measured.scenario.target) else "",
    )


def table(measured: Iterable[Measured]) -> str:
    """The whole table, readable in a terminal and valid Markdown."""
    rows = [HEAD, *map(row_of, measured)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "| " + " | ".join(cells) + " |"


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
