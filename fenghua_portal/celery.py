"""The Celery application of the portal."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenghua_portal.settings.base")

app = Celery("fenghua_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
