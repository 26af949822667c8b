"""WSGI entry point of the deployment."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenghua_portal.settings.base")

application = get_wsgi_application()
