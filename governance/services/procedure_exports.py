"""Taking the table of rules of procedure away is a fact: who, when, how much."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record


@transaction.atomic
def record_procedures_export(*, rows: int, filters: dict[str, str], kind: str, by: User, at: datetime) -> int:
    """Record the export; returns the number that stands in the file."""
    code = "governance.rules_of_procedure.exported"
    return record(code, by=by, at=at, rows=rows, filters=filters, format=kind).seq
