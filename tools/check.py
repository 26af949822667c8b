"""`make check-static`: everything of `make check` but the tests (docker-compose.yml and Dockerfile are checked by tests/deploy). Quiet unless something is wrong; says how long each step took."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AT_ONCE = 2

# As in production, so that `check --deploy` judges what will run there. No server is asked.
PRODUCTION = {
    "SECRET_KEY": "for-the-check-only-5d1f0b6c2e7a49838f9a1c7d3b5e6f70-ABCDEFGHIJ",
    "ALLOWED_HOSTS": "portal.example.edu.cn",
    "DATABASE_URL": "postgres://portal:unused@db.example/portal",
    "REDIS_URL": "redis://redis.example/0",
    "SECURE_COOKIES": "1",
    "TRUSTED_PROXIES": "1",
    "DEBUG": "0",
}
EMBEDDED = {"SECRET_KEY": PRODUCTION["SECRET_KEY"], "DATABASE_URL": "", "REDIS_URL": ""}


@dataclass(frozen=True)
class Step:
    """A command that exits 0 when all is well."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


STEPS = (  # the slowest first, since two run at a time
    Step("mypy", ("mypy",), EMBEDDED),
    Step("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
    Step("ruff", ("ruff", "check", "--quiet", ".")),
    Step("import contracts", ("lint-imports", "--no-logo"), EMBEDDED),
    Step("templates", ("djlint", "--lint", "--quiet", "templates")),
    Step("check --deploy", ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    Step("migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run"), EMBEDDED),
)


def main() -> int:
    """Run all steps, two at a time; 1 when any failed."""
    with tempfile.TemporaryDirectory(prefix="portal-check-") as scratch, ThreadPoolExecutor(AT_ONCE) as pool:
        return int(any(list(pool.map(lambda step: _run(step, scratch), STEPS))))


def _run(step: Step, scratch: str) -> bool:
    """Run one step and print its line, with its output when it failed. True when it failed."""
    start = time.monotonic()
    program, *arguments = step.command
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": scratch, **step.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    failed = done.returncode != 0
    outcome = f"FAILED\n{done.stdout.strip()}" if failed else "ok"
    print(f"{step.name:<18}{time.monotonic() - start:6.1f} s  {outcome}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
