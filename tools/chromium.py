"""Find a Chromium for the browser tests, or let the system's package manager install one."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")  # without a Chinese font every page is full of boxes
FLAGS = (  # --headless is Playwright's own
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """Path of the browser named by CHROMIUM, or of the first one on the path."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def provide() -> str | None:
    """The same, after installing browser and font through apt when we are root and one of them is missing."""
    found = find()
    if (found and _draws_chinese()) or os.geteuid() or not shutil.which("apt-get"):
        return found
    print("installing for the browser tests:", *PACKAGES, flush=True)
    apt = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            print(f"{command[-1]}: {done.stdout.strip()[-500:]}", flush=True)
            break
    return find()


def _draws_chinese() -> bool:
    listing = shutil.which("fc-list")
    return listing is not None and bool(subprocess.run([listing, ":lang=zh-cn"], capture_output=True).stdout)
