"""`make test`: the suite on SQLite, on PostgreSQL, and in a browser.

    python -m tools.run_tests [pytest arguments]
    python -m tools.run_tests --soak    only the long ones, on PostgreSQL and Redis (`make soak`)

Servers are found or started by tests/services.py. Each run ends in pytest's own closing line. Without a Chromium the
browser tests are named as not run, and with REQUIRE_BROWSER=1 (.ci/run) that is a failure.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests import services
from tests.ready import make_ready
from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5  # pytest's exit status
PARALLEL = ("-n", "auto", "--dist", "loadgroup", "-m")
ONCE = ("tests/rules", "tests/deploy", "tests/unit/test_static.py", "tests/unit/test_matter_suggestion.py")


def main(arguments: list[str]) -> int:
    """Run all three even when one fails; 1 when any failed."""
    if arguments == ["--soak"]:
        return _soak()
    browser = chromium.provide()
    twice = [f"--ignore={place}" for place in ONCE]  # they ask no database
    with contextlib.ExitStack() as stack:
        servers = _servers(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-ready-")))
        ready = make_ready(folder, servers and servers[1]["DATABASE_URL"])
        on_sqlite = {"DATABASE_URL": "", "REDIS_URL": "", **ready}
        outcomes = [_run("SQLite", on_sqlite, [*PARALLEL, "not browser and not walk", *arguments])]
        if servers is None:
            return 1
        where, real = servers[0], {**servers[1], **ready}
        outcomes.append(_run(where, real, [*PARALLEL, "not browser", *twice, *arguments]))
        outcomes.append(_run_in_browser(browser, real, arguments))
    return int(any(outcomes))


def _soak() -> int:
    with contextlib.ExitStack() as stack:
        servers = _servers(stack)
        return 1 if servers is None else _run(*servers, ["-p", "no:xdist", "-m", "soak"])


def _servers(stack: contextlib.ExitStack) -> tuple[str, dict[str, str]] | None:
    """PostgreSQL and Redis until the stack closes: a title and the environment that names them. None, and a word, when there are none."""
    try:
        database, broker = stack.enter_context(services.postgres()), stack.enter_context(services.redis())
    except services.Unavailable as reason:
        print(reason, file=sys.stderr)
        return None
    where = f"PostgreSQL ({database.source}), Redis ({broker.source})"
    return where, {"DATABASE_URL": database.url, "REDIS_URL": "", "TEST_REDIS_URL": broker.url}


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
