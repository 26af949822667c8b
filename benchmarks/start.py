"""P11: from the start of `manage.py portal` to its first page, and the memory it holds then."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Scenario, Target
from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds
FIRST_PAGE = "/accounts/sign-in/"
BARE = """
import sys, waitress
def page(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [b"<!doctype html>"]
waitress.serve(page, listen="127.0.0.1:" + sys.argv[1], _quiet=True)
"""


@dataclass
class Starts:
    """Starts processes, waits for their first page and stops them; remembers the memory of the portal."""

    environment: dict[str, str]
    resident: list[int] = field(default_factory=list)

    def limit(self) -> None:
        """A bare WSGI function under the same web server."""
        port = free_port()
        self._first_page([sys.executable, "-c", BARE, str(port)], port)

    def ours(self) -> None:
        """The whole portal: web server, worker and beat in one process."""
        port = free_port()
        command = [sys.executable, "manage.py", "portal", "--no-demo", "--port", str(port)]
        self.resident.append(self._first_page(command, port))

    def memory(self) -> int:
        """The most any of the starts held at its first page, in bytes."""
        return max(self.resident)

    def _first_page(self, command: list[str], port: int) -> int:
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}{FIRST_PAGE}")
            return _resident(process.pid)
        finally:
            process.send_signal(
                signal.SIGKILL
            )  # the clock runs to the first page; stopping in good order is tested elsewhere
            process.wait()


def scenario(*, database_url: str, var_dir: Path, rounds: int = 5) -> Scenario:
    """Warm starts on a database that is already there, with byte code kept as any installation keeps it (here in `var_dir`)."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": str(var_dir / "bytecode"),
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "VAR_DIR": str(var_dir),
        "HOST": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.base",
    }
    starts = Starts(environment)
    return Scenario(
        "P11", "start of the portal to the first page", Target(seconds=2, mib=160), starts.limit, starts.ours,
        rounds=rounds, warm_up=1, in_process=False, in_python=False, memory=starts.memory,
    )  # fmt: skip


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                return
        except (urllib.error.URLError, OSError) as fault:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the process did not answer {url}") from fault
            time.sleep(0.005)


def _resident(pid: int) -> int:
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(said) * 1024
