"""Reading files' entries."""

from collections.abc import Sequence

from django.db import models

from attachments.models import Attachment
from audit.services import subject_of


def files_of(instances: Sequence[models.Model]) -> dict[str, list[Attachment]]:
    """Attachments by subject for many objects, in one query; oldest first."""
    found: dict[str, list[Attachment]] = {subject_of(instance): [] for instance in instances}
    rows = Attachment.objects.filter(subject__in=found).select_related("uploaded_by").order_by("created_at", "pk")
    for row in rows:
        found[row.subject].append(row)
    return found
