"""The sweep, a door: reads the clock and loops over the service until nothing is due."""

from celery import shared_task
from django.utils import timezone

from deadlines import services


@shared_task(name="deadlines.sweep")
def sweep(limit: int = services.BATCH) -> None:
    """Speak of every deadline whose moment has come, `limit` at a time."""
    at = timezone.now()
    services.note_run(name="deadlines.sweep", at=at)
    while services.sweep_batch(at=at, limit=limit):
        pass
