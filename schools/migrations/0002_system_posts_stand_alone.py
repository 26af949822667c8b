"""三员: two system posts, or a system post and any other post, never meet in one account at the same time."""

from django.db import migrations

from common.triggers import refuse

SYSTEM = "('system_admin', 'security_admin', 'auditor')"
CLASH = (
    "EXISTS (SELECT 1 FROM schools_appointment other WHERE other.person_id = NEW.person_id AND other.id <> NEW.id "
    "AND other.post <> NEW.post "
    f"AND (other.post IN {SYSTEM} OR NEW.post IN {SYSTEM}) "
    "AND (other.ends_on IS NULL OR other.ends_on >= NEW.starts_on) "
    "AND (NEW.ends_on IS NULL OR NEW.ends_on >= other.starts_on))"
)
SAID = "a system post stands alone in one account"


class Migration(migrations.Migration):
    dependencies = [("schools", "0001_initial")]
    operations = [
        refuse("schools_appointment", "appointment_alone_insert", "INSERT", CLASH, SAID),
        refuse("schools_appointment", "appointment_alone_update", "UPDATE", CLASH, SAID),
    ]
