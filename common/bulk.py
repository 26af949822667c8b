"""Many rows at once without a model instance for each: COPY on PostgreSQL, one prepared statement elsewhere."""

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Func
from django.db.models.expressions import RawSQL

Row = Sequence[Any]


class KeyText(Func):
    """A UUID as its usual text with hyphens, made by the database: many ids that are only passed on need no objects."""

    output_field = models.CharField()
    template = "CAST(%(expressions)s AS varchar)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite keeps 32 digits."""
        parts = " || '-' || ".join(
            f"substr(%(expressions)s, {first}, {length})"
            for first, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        )
        return self.as_sql(compiler, connection, template=parts, **context)


def among(keys: Iterable[str]) -> RawSQL:
    """For `pk__in` with thousands of ids in text (`KeyText`): one parameter instead of one for each."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", ["{" + ",".join(keys) + "}"])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([key.replace("-", "") for key in keys])])


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert `rows` into the table of `model`; each holds the values of the fields `names` (`school_id`, not `school`).

    Every column is named, for defaults of the model do not apply. A JSONField is given as its JSON text. Constraints hold as
    ever (`IntegrityError`); no signal is sent and no key comes back. Runs in the caller's transaction.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in names]
    if connection.vendor == "postgresql":
        _copy(model._meta.db_table, fields, rows)
    else:
        _execute_many(model._meta.db_table, fields, rows)


def _copy(table: str, fields: Sequence[Any], rows: Sequence[Row]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    text = io.StringIO("".join(["\t".join(map(_escaped, row)) + "\n" for row in rows]))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {quote(table)} ({columns}) FROM STDIN", text)


def _escaped(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def _execute_many(table: str, fields: Sequence[Any], rows: Sequence[Row]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    prepared = [
        [
            value if isinstance(field, models.JSONField) else field.get_db_prep_save(value, connection)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        # Names of our own tables and columns; every value is a parameter.
        cursor.executemany(f"INSERT INTO {quote(table)} ({columns}) VALUES ({marks})", prepared)  # noqa: S608
