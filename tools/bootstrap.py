"""Make .venv hold exactly what a lock file names; called by make with any Python from 3.11 on.

    python tools/bootstrap.py run     what the portal needs        (requirements.txt)
    python tools/bootstrap.py dev     the tools and tests as well  (requirements-dev.txt)

Standard library only. A stamp with the lock's hash makes the second call return at once, and is written only after a
complete installation, so an interrupted one is taken up again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("VENV") or ROOT / ".venv")
LOCKS = {"run": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Return 0 when the environment fits the lock, 1 with a reason when it cannot be made to, 2 for a wrong call."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: bootstrap.py run|dev", file=sys.stderr)
        return 2
    if sys.version_info < OLDEST:
        return _fail(f"需要 Python 3.11 或更高版本 (Python 3.11 or later is needed), 现为 {sys.version.split()[0]}。")
    wanted = arguments[0]
    if _is_current(wanted):
        return 0
    return _create() or _install(wanted)


def _is_current(wanted: str) -> bool:
    stamp = VENV / f".installed-{wanted}"
    return _python().exists() and stamp.exists() and stamp.read_text() == _digest(wanted)


def _digest(wanted: str) -> str:
    """What the stamp holds: the lock's bytes and the place, since an environment that was moved does not work."""
    return hashlib.sha256(LOCKS[wanted].read_bytes() + str(VENV.resolve()).encode()).hexdigest()


def _python() -> Path:
    return VENV / "bin" / "python"


def _create() -> int:
    """Build the environment when there is none, or when the Python below it has gone."""
    works = _python().exists() and subprocess.run([_python(), "-m", "pip", "--version"], capture_output=True)
    if works and works.returncode == 0:
        return 0
    print(f"创建 Python 环境 (creating the environment): {VENV.name}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        reason = (made.stdout + made.stderr).strip()
        return _fail(f"无法创建 {VENV.name}; Debian/Ubuntu 请先安装 python3-venv。\n{reason}")
    return 0


def _install(wanted: str) -> int:
    print("安装依赖, 首次约一两分钟 (installing dependencies, a minute or two the first time)", flush=True)
    pip: list[str | Path] = [_python(), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    lock = LOCKS[wanted]
    if subprocess.run([*pip, "--require-hashes", "-r", lock], stdin=subprocess.DEVNULL).returncode:
        return _fail(f"依赖没有装全 (dependencies are incomplete): {lock.name}。请检查网络或软件源后重试。")
    for also in ("run", wanted):  # the development lock holds every pin of the other one
        (VENV / f".installed-{also}").write_text(_digest(also))
    return 0


def _fail(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
