"""Daily projection of appointments onto guardian's groups."""

from celery import shared_task
from django.utils import timezone

from common.dates import local_day
from schools.services.projection import refresh_all


@shared_task(name="schools.refresh_appointments")
def refresh_appointments() -> None:
    """Appointments that begin or ended today change groups; access itself is read from appointments at once."""
    refresh_all(local_day(timezone.now()))
