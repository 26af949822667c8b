"""The roll-up, a door: reads the clock and loops over the service until nothing waits."""

from celery import shared_task
from django.utils import timezone

from common.dates import local_day
from reports import indexing, services


@shared_task(name="reports.fold")
def fold() -> None:
    """Bring the roll-up rows up to date."""
    year = local_day(timezone.now()).year
    while services.fold_batch(year=year):
        pass
    while services.fold_findings():
        pass


@shared_task(name="reports.recount")
def recount() -> None:
    """Count every school again, so that a row changed by hand in the database is not wrong for longer than a day."""
    services.note_all()
    fold()


@shared_task(name="reports.index")
def index() -> None:
    """Bring the full-text index up to date."""
    while indexing.index_batch():
        pass
