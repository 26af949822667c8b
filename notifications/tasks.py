"""Doors of the notices: read the clock, loop over the service."""

from celery import shared_task
from django.utils import timezone

from notifications import services


@shared_task(name="notifications.dispatch")
def dispatch(limit: int = services.BATCH) -> None:
    """Tell every fact that is still to be told, `limit` at a time."""
    while services.dispatch_batch(at=timezone.now(), limit=limit):
        pass


@shared_task(name="notifications.deliver")
def deliver() -> None:
    """Send every notice that waits for an outside channel."""
    while services.deliver_one(at=timezone.now()):
        pass
