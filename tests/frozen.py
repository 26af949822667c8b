"""Rows that many tests begin with, made once a process through the services and put back as rows afterwards.

Making a school with its cast takes a tenth of a second, and two thousand tests begin with one. What is put back are the very rows the
services wrote, facts and groups included; only the times of rows that are not facts move along, so that they are as new as the test.
"""

import pickle
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from audit.models import Event

T = TypeVar("T")
STAMPS = ("created_at", "updated_at")


@dataclass
class Snapshot:
    """What one call made: its value, and the rows by table in the order of their keys."""

    at: datetime
    value: bytes
    rows: list[tuple[type[models.Model], list[str], list[tuple[Any, ...]]]]


_kept: dict[Hashable, Snapshot] = {}


def made_once(key: Hashable, make: Callable[[], T]) -> T:
    """The value of `make`, whose rows are written anew from the second test on.

    Only in an empty district and inside a test's transaction: tests that commit are followed by a flush, which gives the permissions
    new numbers.
    """
    if not connection.in_atomic_block or Event.objects.exists():
        return make()
    key = (connection.vendor, timezone.localdate(), Permission.objects.aggregate(Max("pk"))["pk__max"], key)
    if key not in _kept:
        before = _all_rows()
        value = make()
        _kept[key] = Snapshot(timezone.now(), pickle.dumps(value), _added(before))
        return value
    return _put_back(_kept[key])


def _tables() -> list[type[models.Model]]:
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]


def _columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]


def _all_rows() -> dict[type[models.Model], set[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for model in _tables():
            cursor.execute(f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}"')  # noqa: S608
            found[model] = {row[0] for row in cursor.fetchall()}
    return found


def _added(
    before: dict[type[models.Model], set[Any]],
) -> list[tuple[type[models.Model], list[str], list[tuple[Any, ...]]]]:
    added = []
    with connection.cursor() as cursor:
        for model in _tables():
            columns = _columns(model)
            key = columns.index(model._meta.pk.column)
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}"')  # noqa: S608
            rows = [row for row in cursor.fetchall() if row[key] not in before[model]]
            if rows:
                added.append((model, columns, sorted(rows, key=lambda row: row[key])))
    return added


def _put_back(snapshot: Snapshot) -> Any:
    moved = timezone.now() - snapshot.at
    with transaction.atomic(), connection.cursor() as cursor:
        for model, columns, rows in snapshot.rows:
            names = ", ".join(f'"{name}"' for name in columns)
            one = f"({', '.join(['%s'] * len(columns))})"
            stamps = [] if model is Event else [columns.index(name) for name in STAMPS if name in columns]
            newer = [_moved(row, stamps, moved) for row in rows]
            marks = ", ".join([one] * len(newer))
            values = [cell for row in newer for cell in row]
            cursor.execute(f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {marks}', values)  # noqa: S608
        for statement in connection.ops.sequence_reset_sql(no_style(), [model for model, _, _ in snapshot.rows]):
            cursor.execute(statement)
    return pickle.loads(snapshot.value)  # noqa: S301  pickled by this very process


def _moved(row: tuple[Any, ...], stamps: list[int], by: timedelta) -> tuple[Any, ...]:
    cells = list(row)
    for place in stamps:
        value = cells[place]
        cells[place] = value + by if isinstance(value, datetime) else str(datetime.fromisoformat(value) + by)
    return tuple(cells)
