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
from governance.services.archiving import archive_meeting, attach_scans, remove_scan
from governance.services.confirming import confirm_record, object_to_record, settle_objection
from governance.services.handing_over import hand_over
from governance.services.minutes import hold_meeting, minute_meeting, save_record
from governance.services.preparation import Preparation, Prepared, StepInput, prepare_items, remove_material
from governance.services.secrecy import note_opened, set_secrecy
from governance.services.signing import lapse_meeting, note_reading, return_meeting, sign_meeting
from governance.services.talks import TalkInput, delete_talk, edit_talk, record_talk
from governance.services.topic_files import attach_to_topic, detach_from_topic
from governance.services.topic_input import TopicInput
from governance.services.topic_scheduling import schedule_topic
from governance.services.topic_templates import delete_template, new_from_template, save_template
from governance.services.topics import (
    assign_topic,
    confirm_topic,
    create_topic,
    edit_topic,
    note_topic_reading,
    postpone_topic,
    return_topic,
    screen_topic,
    submit_topic,
    withdraw_topic,
)
from governance.services.versions_of_minutes import (
    Correction,
    agree_correction,
    ask_correction,
    refuse_correction,
)
from governance.services.waivers import waive_rule, withdraw_waiver

__all__ = [
    "AgendaInput",
    "Correction",
    "ItemInput",
    "Preparation",
    "Prepared",
    "StepInput",
    "TalkInput",
    "TopicInput",
    "agree_correction",
    "archive_meeting",
    "ask_correction",
    "assign_topic",
    "attach_scans",
    "attach_to_topic",
    "call_meeting",
    "cancel_meeting",
    "confirm_agenda",
    "confirm_record",
    "confirm_topic",
    "create_meeting",
    "create_topic",
    "delete_talk",
    "delete_template",
    "detach_from_topic",
    "edit_talk",
    "edit_topic",
    "hand_over",
    "hold_meeting",
    "lapse_meeting",
    "minute_meeting",
    "new_from_template",
    "note_opened",
    "note_reading",
    "note_topic_reading",
    "object_to_record",
    "postpone_topic",
    "prepare_items",
    "recall_meeting",
    "record_talk",
    "refuse_correction",
    "remove_material",
    "remove_scan",
    "return_meeting",
    "return_topic",
    "save_agenda",
    "save_record",
    "save_template",
    "schedule_topic",
    "screen_topic",
    "set_secrecy",
    "settle_objection",
    "sign_meeting",
    "submit_topic",
    "waive_rule",
    "withdraw_topic",
    "withdraw_waiver",
]
