"""`make test`: the suite on SQLite, on PostgreSQL, and in a browser.

    python -m tools.run_tests [pytest arguments]

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
from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5  # pytest's exit status
WITHOUT_DATABASE = ("tests/rules", "tests/deploy")  # once, on SQLite, is enough


def main(arguments: list[str]) -> int:
    """Run all three even when one fails; 1 when any failed."""
    browser = chromium.provide()
    with tempfile.TemporaryDirectory(prefix="portal-tests-") as scratch, contextlib.ExitStack() as stack:
        common = {"TMPDIR": scratch, "DATABASE_URL": "", "REDIS_URL": "", "CHROMIUM": browser or ""}
        outcomes = [_run("SQLite", common, ["-n", "auto", "-m", "not browser", *arguments])]
        try:
            database = stack.enter_context(services.postgres())
            broker = stack.enter_context(services.redis())
        except services.Unavailable as reason:
            print(reason, file=sys.stderr)
            return 1
        real = common | {"DATABASE_URL": database.url, "TEST_REDIS_URL": broker.url}
        where = f"PostgreSQL ({database.source}), Redis ({broker.source})"
        twice = [f"--ignore={folder}" for folder in WITHOUT_DATABASE]
        outcomes.append(_run(where, real, ["-n", "auto", "-m", "not browser", *twice, *arguments]))
        outcomes.append(_run_in_browser(browser, real, arguments))
    return int(any(outcomes))


def _run_in_browser(browser: str | None, environment: Mapping[str, str], arguments: list[str]) -> int:
    outcome = _run(f"Browser ({browser or 'none found'})", environment, ["-p", "no:xdist", "-m", "browser", *arguments])
    if outcome == NO_TESTS and browser is None and not os.environ.get("REQUIRE_BROWSER"):
        return 0
    return outcome


def _run(title: str, environment: Mapping[str, str], arguments: list[str]) -> int:
    print(f"\n== {title}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL).returncode
    print(f"== {time.monotonic() - start:.0f} s, exit status {status}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
