"""Health checks of the containers, in Python because the slim image has no curl: `python deploy/healthcheck.py web|worker|beat`.

Exit status 0 when healthy, 1 with a reason when not, 2 for a wrong call.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PORT = 8000
BEAT_SILENT_FOR = 420.0  # seconds; beat writes its schedule file every three minutes


def web() -> str | None:
    """The process answers /livez. Readiness is /readyz, for operators: a sick database is not mended by a restart."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/livez", headers={"Host": host, "X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return None if answer.status == 200 else f"/livez answered {answer.status}"


def worker() -> str | None:
    """The worker of this container answers through the broker."""
    name = f"celery@{socket.gethostname()}"
    command = [sys.executable, "-m", "celery", "-A", "fenghua_portal", "inspect", "ping", "--timeout", "10", "-d", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=40)
    return None if done.returncode == 0 else done.stderr.strip() or "no answer"


def beat() -> str | None:
    """Beat keeps writing its schedule file."""
    files = list(Path(os.environ.get("VAR_DIR", "var")).glob("celerybeat-schedule*"))
    age = min((time.time() - file.stat().st_mtime for file in files), default=None)
    if age is None:
        return "no schedule file"
    return None if age < BEAT_SILENT_FOR else f"schedule file is {age:.0f} s old"


CHECKS = {"web": web, "worker": worker, "beat": beat}


def main(arguments: list[str]) -> int:
    """Run one check."""
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        print("usage: healthcheck.py web|worker|beat", file=sys.stderr)
        return 2
    try:
        fault = CHECKS[arguments[0]]()
    except (OSError, subprocess.SubprocessError) as error:
        fault = str(error)
    if fault:
        print(fault)
    return int(fault is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
