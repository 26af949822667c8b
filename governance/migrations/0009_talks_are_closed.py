"""A talk that stands in the record of a signed meeting stays as it is; a deleted one keeps its row as a tombstone."""

from django.db import migrations, models

from common.triggers import refuse

OF_TALK = (
    "EXISTS (SELECT 1 FROM governance_talkitem l JOIN governance_agendaitem i ON i.id = l.item_id "
    "JOIN governance_meeting m ON m.id = i.meeting_id WHERE l.talk_id = OLD.id AND m.status IN ('signed', 'archived'))"
)
SAID = "a signed meeting does not change"


class Migration(migrations.Migration):
    dependencies = [("governance", "0008_clauses_by_code")]
    operations = [
        migrations.AddField(
            "talk", "deleted_at", models.DateTimeField("删去时间", null=True, blank=True, editable=False)
        ),
        refuse("governance_talk", "talk_closed_no_update", "UPDATE", OF_TALK, SAID),
        refuse("governance_talk", "talk_closed_no_delete", "DELETE", OF_TALK, SAID),
    ]
