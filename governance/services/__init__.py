"""Every change of a meeting. The meeting row is the lock of all its items."""

from governance.services.agenda import (
    AgendaInput,
    ItemInput,
    call_meeting,
    cancel_meeting,
    confirm_agenda,
    create_meeting,
    recall_meeting,
    save_agenda,
)
from governance.services.minutes import hold_meeting, minute_meeting, save_record
from governance.services.signing import lapse_meeting, note_reading, return_meeting, sign_meeting

__all__ = [
    "AgendaInput",
    "ItemInput",
    "call_meeting",
    "cancel_meeting",
    "confirm_agenda",
    "create_meeting",
    "hold_meeting",
    "lapse_meeting",
    "minute_meeting",
    "note_reading",
    "recall_meeting",
    "return_meeting",
    "save_agenda",
    "save_record",
    "sign_meeting",
]
