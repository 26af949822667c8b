"""Taking the list of schools, or that of accounts, away is a fact: who, when, how much."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record


@transaction.atomic
def record_export(
    *, rows: int, filters: dict[str, str], kind: str, what: str = "register", by: User, at: datetime
) -> int:
    """Record the export of a list (`what`: register, accounts); returns the number that stands in the file."""
    return record(f"schools.{what}.exported", by=by, at=at, rows=rows, filters=filters, format=kind).seq
