"""When a reading leaves a trace (permission table, note 2)."""

from accounts.models import User
from governance.models import MeetingStatus
from schools import access
from schools.permissions import BUREAU_POSTS

WITH_MINUTES = (MeetingStatus.HELD, MeetingStatus.MINUTED, MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


def is_bureau_reading(status: str, user: User) -> bool:
    """A person of the bureau opens a meeting that has a record."""
    return status in WITH_MINUTES and access.holds_post(user, *BUREAU_POSTS)
