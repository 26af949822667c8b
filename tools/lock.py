"""Pin requirements*.in with hashes, for Python 3.11 and every platform: `make lock`, `make lock UPGRADE=1`."""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "var" / "lock-tool"
RESOLVER = "uv==0.13.*"
HEADER = "make lock"


def main(arguments: list[str]) -> int:
    """Resolve both files in order; the second is constrained by the first, so both hold the same pins."""
    uv = TOOL / "bin" / "uv"
    if not uv.exists():
        venv.create(TOOL, with_pip=True, clear=True)
        subprocess.run([TOOL / "bin" / "pip", "install", "-q", "--disable-pip-version-check", RESOLVER], check=True)
    environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": HEADER}
    for name in ("requirements", "requirements-dev"):
        command: list[str | Path] = [
            uv,
            "pip",
            "compile",
            "-q",
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
        ]
        command += [*arguments, f"{name}.in", "-o", f"{name}.txt"]
        if status := subprocess.run(command, cwd=ROOT, env=environment).returncode:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
