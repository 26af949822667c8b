"""Closed means closed, once more: the triggers of 0005 and 0009 over what came with 0010.

Who may read an item (secrecy) can change after the signature, and a meeting goes from signed to archived; its words do not change.
A sealed version of the minutes stays as it is.
"""

from django.db import migrations

from common.triggers import refuse

CLOSED = "('signed', 'archived')"
OF_MEETING = f"EXISTS (SELECT 1 FROM governance_meeting m WHERE m.id = {{row}}.meeting_id AND m.status IN {CLOSED})"
OF_ITEM = (
    "EXISTS (SELECT 1 FROM governance_meeting m JOIN governance_agendaitem i ON i.meeting_id = m.id "
    f"WHERE i.id = {{row}}.{{key}} AND m.status IN {CLOSED})"
)
OF_MEMBER = (
    "EXISTS (SELECT 1 FROM governance_meeting m JOIN governance_meetingmember p ON p.meeting_id = m.id "
    f"WHERE p.id = {{row}}.member_id AND m.status IN {CLOSED})"
)
OF_TALK = (
    "EXISTS (SELECT 1 FROM governance_talkitem l JOIN governance_agendaitem i ON i.id = l.item_id "
    f"JOIN governance_meeting m ON m.id = i.meeting_id WHERE l.talk_id = OLD.id AND m.status IN {CLOSED})"
)
PARTS = {
    "governance_meetingmember": OF_MEETING,
    "governance_ruleresult": OF_MEETING,
    "governance_waiver": OF_MEETING,
    "governance_observer": OF_MEETING,
    "governance_confirmation": OF_MEMBER,
    "governance_stance": OF_ITEM,
    "governance_itemmember": OF_ITEM,
    "governance_plannedtask": OF_ITEM,
    "governance_priorstep": OF_ITEM,
    "governance_talkitem": OF_ITEM,
    "governance_observer_items": OF_ITEM,
}
KEYS = {"governance_observer_items": "agendaitem_id"}
WORDS = (
    *(
        "meeting_id",
        "order",
        "title",
        "matter_id",
        "summary",
        "proposer_id",
        "proposed_on",
        "confirmed_by_id",
        "urgent",
    ),
    *("urgent_reason", "urgent_consent", "materials", "amount", "reconsiders_id", "topic_id", "presenter_id"),
    *("supplement", "method", "agree", "disagree", "abstain", "outcome", "decision_text", "minutes_text"),
)
HEAD = (
    *("body", "year", "serial", "scheduled_at", "place", "materials_sent_on", "form", "chair_id", "delegation_note"),
    *("recorder_id", "due", "present", "signed_at", "signed_by_id", "seal", "minutes_opening", "school_id"),
)


def changed(names, word):
    return " OR ".join(f'NEW."{name}" {word} OLD."{name}"' for name in names)


POSTGRES, SQLITE = "IS DISTINCT FROM", "IS NOT"
REWRITTEN = f"{OF_MEETING.format(row='OLD')} AND ({{}})"
REOPENED = f"OLD.status IN {CLOSED} AND (NEW.status NOT IN {CLOSED} OR {{}})"
SAID = "a signed meeting does not change"
SEALED = "a sealed version of the minutes does not change"


def _parts():
    steps = []
    for table, condition in PARTS.items():
        short = table.removeprefix("governance_")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            when = condition.format(row=row, key=KEYS.get(table, "item_id"))
            steps.append(refuse(table, f"{short}_closed_no_{event.lower()}", event, when, SAID))
    return steps


class Migration(migrations.Migration):
    dependencies = [("governance", "0010_topics_to_minutes")]
    operations = [
        *_parts(),
        refuse("governance_agendaitem", "agendaitem_closed_no_insert", "INSERT", OF_MEETING.format(row="NEW"), SAID),
        refuse(
            "governance_agendaitem",
            "agendaitem_closed_no_update",
            "UPDATE",
            REWRITTEN.format(changed(WORDS, POSTGRES)),
            SAID,
            when_sqlite=REWRITTEN.format(changed(WORDS, SQLITE)),
        ),
        refuse("governance_agendaitem", "agendaitem_closed_no_delete", "DELETE", OF_MEETING.format(row="OLD"), SAID),
        refuse(
            "governance_meeting",
            "meeting_closed_no_update",
            "UPDATE",
            REOPENED.format(changed(HEAD, POSTGRES)),
            SAID,
            when_sqlite=REOPENED.format(changed(HEAD, SQLITE)),
        ),
        refuse("governance_meeting", "meeting_closed_no_delete", "DELETE", f"OLD.status IN {CLOSED}", SAID),
        refuse("governance_talk", "talk_closed_no_update", "UPDATE", OF_TALK, SAID),
        refuse("governance_talk", "talk_closed_no_delete", "DELETE", OF_TALK, SAID),
        refuse("governance_minutesversion", "version_sealed_no_update", "UPDATE", "OLD.state = 'sealed'", SEALED),
        refuse("governance_minutesversion", "version_sealed_no_delete", "DELETE", "OLD.state = 'sealed'", SEALED),
    ]
