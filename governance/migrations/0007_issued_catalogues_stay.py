"""An issued catalogue and its matters stay as they are (R-D02): meetings of its time are judged by it for ever.

Closed is a version that somebody issued, and a delivered one once the digest of its file is set: the load writes the
matters first.
"""

from django.db import migrations

from common.triggers import refuse

CLOSED = "status = 'issued' AND (issued_at IS NOT NULL OR sha256 <> '')"
OLD_CLOSED = "OLD.status = 'issued' AND (OLD.issued_at IS NOT NULL OR OLD.sha256 <> '')"
OF_MATTER = f"EXISTS (SELECT 1 FROM governance_catalogue c WHERE c.id IN ({{rows}}) AND {CLOSED})"
SAID = "an issued catalogue does not change"


class Migration(migrations.Migration):
    dependencies = [("governance", "0006_replay")]
    operations = [
        refuse("governance_catalogue", "catalogue_issued_no_update", "UPDATE", OLD_CLOSED, SAID),
        refuse("governance_catalogue", "catalogue_issued_no_delete", "DELETE", OLD_CLOSED, SAID),
        *(
            refuse("governance_matter", f"matter_issued_no_{event.lower()}", event, OF_MATTER.format(rows=rows), SAID)
            for event, rows in (
                ("INSERT", "NEW.catalogue_id"),
                ("UPDATE", "OLD.catalogue_id, NEW.catalogue_id"),
                ("DELETE", "OLD.catalogue_id"),
            )
        ),
    ]
