"""Keyset pages: a page starts after a row, not after a number of rows, so the last page costs what the first costs."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP


class BadCursor(ValueError):
    """The cursor in the address was not made here, or for another order."""


@dataclass(frozen=True)
class Page:
    """Rows of one page (model instances or dicts), and the cursors of its neighbours (None = there is none)."""

    rows: list[Any]
    next: str | None
    previous: str | None


def encode(order: str, backwards: bool, values: Sequence[Any]) -> str:
    """A cursor: the order it belongs to, the direction, and the values of the row it starts after."""
    text = json.dumps(
        [order, int(backwards), [str(value) for value in values]], ensure_ascii=False, separators=(",", ":")
    )
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")


def decode(cursor: str, order: str) -> tuple[bool, list[str]]:
    """Direction and values; raises `BadCursor`."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        made_for, backwards, values = json.loads(raw.decode("utf-8"))
    except (UnicodeError, binascii.Error, ValueError, TypeError, RecursionError) as fault:
        raise BadCursor(cursor[:40]) from fault
    sound = made_for == order and isinstance(values, list) and len(values) == 2 and "\x00" not in str(values)
    if not sound or not all(isinstance(value, str) for value in values):
        raise BadCursor(cursor[:40])
    return bool(backwards), values


def page_of(queryset: QuerySet[Any], *, order: str, size: int, cursor: str = "") -> Page:
    """One page of at most `size` rows, ordered by `order` (a field, `-` in front = descending) and then by id.

    The field must not be null. `queryset` may use `values()`; then the rows are dicts and must contain field and id.
    """
    backwards, start = decode(cursor, order) if cursor else (False, None)
    name = order.lstrip("-")
    descending = order.startswith("-") != backwards
    rows_query = queryset.order_by(f"-{name}" if descending else name, "-pk" if descending else "pk")
    if start is not None:
        try:
            rows_query = rows_query.filter(_after(name, start, descending=descending))
        except (ValueError, ValidationError, OverflowError) as fault:
            raise BadCursor(cursor[:40]) from fault
    rows = list(rows_query[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    return Page(
        rows,
        encode(order, False, _values(rows[-1], name)) if rows and has_next else None,
        encode(order, True, _values(rows[0], name)) if rows and has_previous else None,
    )


def _after(name: str, start: Sequence[str], *, descending: bool) -> Q:
    """Rows beyond (value, id). Written as one range and one exclusion, so that the index on the field is used."""
    beyond, same = ("lte", "gte") if descending else ("gte", "lte")
    return Q(**{f"{name}__{beyond}": start[0]}) & ~Q(**{name: start[0], f"pk__{same}": start[1]})


def _values(row: Any, name: str) -> tuple[Any, Any]:
    if isinstance(row, dict):
        return _text(row[name]), row["id"]
    value = row
    for part in name.split(LOOKUP_SEP):
        value = getattr(value, part)
    return _text(value), row.pk if isinstance(row, Model) else row.id


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
