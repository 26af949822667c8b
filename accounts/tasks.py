"""Nightly housekeeping."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from oauth2_provider.models import clear_expired

from accounts.models import KeptAnswer


@shared_task(name="accounts.housekeeping")
def housekeeping() -> None:
    """Remove ended sessions, expired API tokens, and answers kept for an Idempotency-Key longer than three days."""
    Session.objects.filter(expire_date__lt=timezone.now() - timedelta(days=1)).delete()
    KeptAnswer.objects.filter(at__lt=timezone.now() - timedelta(days=3)).delete()
    clear_expired()
