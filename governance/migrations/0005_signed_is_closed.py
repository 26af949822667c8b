"""Closed means closed, again: the triggers of 0003 over the columns and tables that came with 0004."""

from django.db import migrations

from common.triggers import refuse

CLOSED = "('signed', 'archived')"
OF_MEETING = f"EXISTS (SELECT 1 FROM governance_meeting m WHERE m.id = {{row}}.meeting_id AND m.status IN {CLOSED})"
OF_ITEM = (
    "EXISTS (SELECT 1 FROM governance_meeting m JOIN governance_agendaitem i ON i.meeting_id = m.id "
    f"WHERE i.id = {{row}}.item_id AND m.status IN {CLOSED})"
)
PARTS = {
    "governance_agendaitem": OF_MEETING,
    "governance_meetingmember": OF_MEETING,
    "governance_ruleresult": OF_MEETING,
    "governance_stance": OF_ITEM,
    "governance_itemmember": OF_ITEM,
    "governance_plannedtask": OF_ITEM,
    "governance_priorstep": OF_ITEM,
    "governance_talkitem": OF_ITEM,
    "governance_waiver": OF_MEETING,
}
HEAD = (
    "body",
    "year",
    "serial",
    "scheduled_at",
    "materials_sent_on",
    "form",
    "chair_id",
    "recorder_id",
    "due",
    "present",
    "signed_at",
    "signed_by_id",
    "seal",
)
CHANGED = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in HEAD)
REOPENED = f"OLD.status IN {CLOSED} AND (NEW.status NOT IN {CLOSED} OR {CHANGED})"
REOPENED_SQLITE = REOPENED.replace("IS DISTINCT FROM", "IS NOT")
SAID = "a signed meeting does not change"


def _parts():
    steps = []
    for table, condition in PARTS.items():
        short = table.removeprefix("governance_")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            name = f"{short}_closed_no_{event.lower()}"
            steps.append(refuse(table, name, event, condition.format(row=row), SAID))
    return steps


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_judged_and_explained")]
    operations = [
        *_parts(),
        refuse("governance_meeting", "meeting_closed_no_update", "UPDATE", REOPENED, SAID, when_sqlite=REOPENED_SQLITE),
        refuse("governance_meeting", "meeting_closed_no_delete", "DELETE", f"OLD.status IN {CLOSED}", SAID),
    ]
