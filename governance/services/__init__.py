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
from governance.services.preparation import Preparation, Prepared, StepInput, prepare_items, remove_material
from governance.services.signing import lapse_meeting, note_reading, return_meeting, sign_meeting
from governance.services.talks import TalkInput, delete_talk, edit_talk, record_talk
from governance.services.waivers import waive_rule, withdraw_waiver

__all__ = [
    "AgendaInput",
    "ItemInput",
    "Preparation",
    "Prepared",
    "StepInput",
    "TalkInput",
    "call_meeting",
    "cancel_meeting",
    "confirm_agenda",
    "create_meeting",
    "delete_talk",
    "edit_talk",
    "hold_meeting",
    "lapse_meeting",
    "minute_meeting",
    "note_reading",
    "prepare_items",
    "recall_meeting",
    "record_talk",
    "remove_material",
    "return_meeting",
    "save_agenda",
    "save_record",
    "sign_meeting",
    "waive_rule",
    "withdraw_waiver",
]
