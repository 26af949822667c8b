"""The database a run measures on."""

import logging
import os

import django
from django.db import connection


def prepare() -> None:
    """An empty database with all tables. Log lines are still made, as in daily work, and written to nowhere."""
    django.setup()
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open as long as the process
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(nowhere)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
