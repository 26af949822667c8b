"""Taking a list away is a fact: who, when, how much."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record


@transaction.atomic
def record_export(*, what: str, rows: int, filters: dict[str, str], kind: str, by: User, at: datetime) -> int:
    """Record the export of a list; returns the number that stands in the file."""
    return record(f"pilots.{what}.exported", by=by, at=at, rows=rows, filters=filters, format=kind).seq
