"""Dockerfile, nginx and the locks, without an engine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX = ROOT / "deploy" / "nginx"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text("utf-8")))


def test_hadolint_finds_nothing():
    done = subprocess.run([str(BIN / "hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_from_pinned_parts_and_does_not_run_as_root():
    assert re.search(r"^FROM python:3\.11-slim-bookworm$", DOCKERFILE, re.MULTILINE)
    assert "pip install --require-hashes -r requirements.txt" in DOCKERFILE
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)


def test_neither_secrets_nor_history_get_into_the_image():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {".git", ".env", ".venv", "var", "media", "tls"} <= set(ignored)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes(lock: str):
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert not [block.split()[0] for block in blocks if not PIN.match(block) or "--hash=sha256:" not in block]


def test_development_uses_the_same_pins_as_deployment():
    deployed, developed = pins("requirements.txt"), pins("requirements-dev.txt")
    assert deployed.items() <= developed.items()


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_dependency_says_what_it_is_for(name: str):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith(("#", "-"))]
    assert [line for line in named if "#" not in line] == []
    locked = pins(name.replace(".in", ".txt"))
    assert {re.match(r"[a-z0-9-]+", line)[0] for line in named} <= set(locked)


def test_nginx_says_where_a_request_comes_from_and_believes_nobody_else():
    proxy = (NGINX / "proxy.conf").read_text("utf-8")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in proxy
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in proxy
    assert not [path.name for path in NGINX.iterdir() if "proxy_add_x_forwarded_for" in path.read_text("utf-8")]
    for scheme in ("http", "https"):
        assert "include /etc/nginx/portal/proxy.conf;" in (NGINX / f"{scheme}.conf").read_text("utf-8")


def test_nginx_lets_the_largest_upload_through(settings):
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", (NGINX / "nginx.conf").read_text("utf-8"))[1])
    assert settings.UPLOAD_LIMIT < megabytes * 1024 * 1024 <= 2 * settings.UPLOAD_LIMIT
