"""`make test`: the suite on SQLite, on PostgreSQL, and in a browser.

    python -m tools.run_tests [pytest arguments]
    python -m tools.run_tests --soak    only the long ones, on PostgreSQL and Redis (`make soak`)

Servers are found or started by tests/services.py. Each run ends in pytest's own closing line. Without a Chromium the
browser tests are named as not run, and with REQUIRE_BROWSER=1 (.ci/run) that is a failure.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests import services
from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5  # pytest's exit status
PARALLEL = ("-n", "auto", "--dist", "loadgroup", "-m")
ONCE = ("tests/rules", "tests/deploy", "tests/unit/test_static.py", "tests/unit/test_matter_suggestion.py")


def main(arguments: list[str]) -> int:
    """Run all three even when one fails; 1 when any failed."""
    if arguments == ["--soak"]:
        return _with_servers(lambda where, real: [_run(where, real, ["-p", "no:xdist", "-m", "soak"])])
    browser = chromium.provide()
    twice = [f"--ignore={place}" for place in ONCE]  # they ask no database
    on_sqlite = _run(
        "SQLite", {"DATABASE_URL": "", "REDIS_URL": ""}, [*PARALLEL, "not browser and not walk", *arguments]
    )
    on_servers = _with_servers(
        lambda where, real: [
            _run(where, real, [*PARALLEL, "not browser", *twice, *arguments]),
            _run_in_browser(browser, real, arguments),
        ]
    )
    return int(bool(on_sqlite or on_servers))


def _with_servers(runs: Callable[[str, dict[str, str]], list[int]]) -> int:
    """Call `runs` with a title and the environment of PostgreSQL and Redis; 1 when there is none, or when any run failed."""
    try:
        with services.postgres() as database, services.redis() as broker:
            where = f"PostgreSQL ({database.source}), Redis ({broker.source})"
            return int(any(runs(where, {"DATABASE_URL": database.url, "REDIS_URL": "", "TEST_REDIS_URL": broker.url})))
    except services.Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1


def _run_in_browser(browser: str | None, environment: Mapping[str, str], arguments: list[str]) -> int:
    # Without a browser one process collects, so that it can name what did not run.
    spread = ["-n", "auto"] if browser else ["-p", "no:xdist"]
    outcome = _run(f"Browser ({browser or 'none found'})", environment, [*spread, "-m", "browser", *arguments])
    if outcome == NO_TESTS and browser is None and not os.environ.get("REQUIRE_BROWSER"):
        return 0
    return outcome


def _run(title: str, environment: Mapping[str, str], arguments: list[str]) -> int:
    print(f"\n== {title}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    with tempfile.TemporaryDirectory(prefix="portal-tests-") as scratch:
        surroundings = {**os.environ, "TMPDIR": scratch, **environment}
        status = subprocess.run(command, cwd=ROOT, env=surroundings, stdin=subprocess.DEVNULL).returncode
    print(f"== {time.monotonic() - start:.0f} s, exit status {status}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
