"""Meetings that were signed before the counts existed wait to be counted like any other."""

from typing import Any

from django.db import migrations

from common.dates import local_day

BATCH = 2000


def note_signed_meetings(apps: Any, schema_editor: Any) -> None:
    meetings = apps.get_model("governance", "Meeting").objects.filter(status__in=["signed", "archived"])
    note = apps.get_model("reports", "SignedNote")
    waiting = meetings.filter(signed_note__isnull=True).order_by("pk").values_list("pk", "scheduled_at")
    notes = [note(meeting_id=pk, month=local_day(at).replace(day=1)) for pk, at in waiting.iterator()]
    note.objects.bulk_create(notes, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_findings")]

    operations = [migrations.RunPython(note_signed_meetings, migrations.RunPython.noop)]
