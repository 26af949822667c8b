"""Facts are append-only: the database refuses UPDATE and DELETE."""

from django.db import migrations

from common.triggers import refuse

TABLE, SAID = "audit_event", "audit_event is append-only"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        refuse(TABLE, "audit_event_no_update", "UPDATE", "OLD.seq IS NOT NULL", SAID),
        refuse(TABLE, "audit_event_no_delete", "DELETE", "OLD.seq IS NOT NULL", SAID),
    ]
