"""Taking a paper of a meeting away is a fact: who, when, which."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from governance.models import Decision, Meeting


@transaction.atomic
def record_paper(*, meeting: Meeting, what: str, by: User, at: datetime) -> int:
    """Record that `what` (minutes, publication, votes, attendance) left as a file; returns the number that stands in it."""
    code = f"governance.meeting.{what}_exported"
    return record(code, by=by, at=at, on=meeting, school_id=meeting.school_id, format="docx").seq


@transaction.atomic
def record_excerpt(*, decision: Decision, by: User, at: datetime) -> int:
    """Record that the excerpt of a decision left as a file; returns the number that stands in it."""
    code = "governance.decision.excerpt_exported"
    return record(code, by=by, at=at, on=decision, school_id=decision.school_id, format="docx").seq
