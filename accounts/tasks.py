"""Nightly housekeeping."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from oauth2_provider.models import clear_expired


@shared_task(name="accounts.housekeeping")
def housekeeping() -> None:
    """Remove ended sessions and expired API tokens."""
    Session.objects.filter(expire_date__lt=timezone.now() - timedelta(days=1)).delete()
    clear_expired()
