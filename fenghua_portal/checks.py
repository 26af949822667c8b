"""System checks of the whole installation."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

FORKING_SERVERS = ("gunicorn", "uwsgi", "mod_wsgi", "celery")


@checks.register()
def a_separate_process_has_a_real_broker(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Refuse `memory://` where web, worker and beat are processes of their own: messages would never meet a worker."""
    if not settings.CELERY_BROKER_URL.startswith("memory://") or (server := separate_server()) is None:
        return []
    return [
        checks.Error(
            f"{server} 是多进程部署，不能使用进程内消息代理 memory://。",
            hint="设置 REDIS_URL；单机试用请改用 python manage.py portal。",
            id="fenghua_portal.E001",
        )
    ]


def separate_server() -> str | None:
    """Name of the multi-process server this process belongs to, or None."""
    signs = (os.environ.get("SERVER_SOFTWARE", ""), Path(sys.argv[0]).name)
    return next((name for name in FORKING_SERVERS for sign in signs if sign.startswith(name)), None)
