"""Assembly of the portal: settings, URLs, Celery. No ideas of its own."""

from fenghua_portal.celery import app as celery_app

__all__ = ["celery_app"]
