"""Facts are looked for by day and by person; those of the system stand in no index of persons.

The old index goes by its name and not by altering the field: SQLite would make the table anew, and its triggers would go.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAME = "audit_event_actor_id_fdb5de2b"


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="event",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="人员",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX IF EXISTS "{NAME}"', f'CREATE INDEX "{NAME}" ON "audit_event" ("actor_id")'
                )
            ],
        ),
        migrations.AddIndex(model_name="event", index=models.Index(fields=["at"], name="event_at")),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)), fields=["actor", "seq"], name="event_actor"
            ),
        ),
    ]
