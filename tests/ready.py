"""A migrated database made once, from which every test process copies its own.

Running all migrations takes some twenty seconds. `make test` makes one such database for SQLite and one for PostgreSQL, side by
side, and names them in the environment; plain `pytest` without them migrates as usual.
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper

ON_SQLITE, ON_POSTGRES = "TEST_READY_SQLITE", "TEST_READY_POSTGRES"
ROOT = Path(__file__).resolve().parent.parent


def make_ready(folder: Path, postgres: str | None) -> dict[str, str]:
    """Migrate a file in `folder`, and a database beside that of the URL `postgres`; the environment that names them."""
    file = folder / "ready.sqlite3"
    urls = {ON_SQLITE: (f"sqlite:///{file}", str(file))}
    if postgres:
        name = f"{postgres.rsplit('/', 1)[1]}_ready"
        _create(postgres, name)
        urls[ON_POSTGRES] = (f"{postgres}_ready", name)
    running = {key: (_migrating(url), value) for key, (url, value) in urls.items()}
    done = {key: (process.wait(), value) for key, (process, value) in running.items()}
    return {key: value for key, (status, value) in done.items() if status == 0}


def _migrating(url: str) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ, "DATABASE_URL": url, "REDIS_URL": "", "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.test",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment)


def _create(url: str, name: str) -> None:
    server = url.rsplit("/", 1)[0]
    with contextlib.closing(psycopg2.connect(f"{server}/postgres")) as link, link.cursor() as cursor:
        link.autocommit = True
        cursor.execute(f'CREATE DATABASE "{name}"')


def copy_from_ready(connection: BaseDatabaseWrapper, environment: Mapping[str, str]) -> None:
    """Let the test database of this process be a copy of the ready one, if the environment names one for its server."""
    name = environment.get(ON_POSTGRES if connection.vendor == "postgresql" else ON_SQLITE)
    if name:
        vars(connection.creation)["create_test_db"] = _Copied(connection, name)


class _Copied:
    """Stands for `create_test_db`: as there, but with the tables of the ready database instead of its migrations."""

    def __init__(self, connection: BaseDatabaseWrapper, ready: str) -> None:
        self.connection, self.ready = connection, ready

    def __call__(
        self, verbosity: int = 1, autoclobber: bool = False, serialize: bool = False, keepdb: bool = False
    ) -> str:
        creation: Any = self.connection.creation  # its own helpers are no part of the documented class
        settings = self.connection.settings_dict
        name: str = creation._get_test_db_name()
        if self.connection.vendor == "postgresql":
            settings["TEST"]["TEMPLATE"] = self.ready
            creation._create_test_db(verbosity, autoclobber, keepdb)
        self.connection.close()
        settings["NAME"] = name
        self.connection.ensure_connection()
        if self.connection.vendor == "sqlite":
            with contextlib.closing(sqlite3.connect(self.ready)) as ready:
                ready.backup(self.connection.connection)
        return name
