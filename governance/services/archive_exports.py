"""Taking a collection workbook away is a fact: who, of which school, which period."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from schools.models import School


@transaction.atomic
def record_collection(*, school: School, book: str, since: date, until: date, rows: int, by: User, at: datetime) -> int:
    """Returns the number that stands in the file."""
    return record(
        "governance.collection.exported",
        by=by,
        at=at,
        on=school,
        school_id=school.pk,
        book=book,
        since=str(since),
        until=str(until),
        rows=rows,
    ).seq
