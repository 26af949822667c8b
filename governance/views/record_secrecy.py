"""Items of a record whose words this account may not read: shown as withheld, and never touched by what it saves."""

from uuid import UUID

from accounts.models import User
from governance.forms.sheet import Sheet, written
from governance.models import Meeting
from governance.record import record_of
from governance.secrecy import hidden_of


def fill_withheld(user: User, meeting: Meeting, sheet: Sheet) -> set[UUID]:
    """Put what is stored of withheld items in place of whatever was sent for them; answers which ones they are."""
    hidden = hidden_of(user, meeting.items.all())
    if hidden:
        stored = written(record_of(meeting))
        for item in hidden & sheet.items.keys():
            sheet.items[item] = stored.items[item]
    return hidden
