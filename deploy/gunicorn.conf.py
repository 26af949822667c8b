"""gunicorn in the web container: threads, because requests wait for the database; nginx in front buffers slow clients."""

import os
from typing import Any

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_tmp_dir = "/dev/shm"  # noqa: S108  heartbeat file in memory: the root file system is read-only
loglevel = "warning"
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
preload_app = True
forwarded_allow_ips = "*"  # the port is published to nginx alone; Django counts TRUSTED_PROXIES


def on_starting(server: Any) -> None:
    """Refuse a set-up that looks alive but loses work, such as an in-process broker under several processes."""
    from django.core import checks

    if faults := [str(fault) for fault in checks.run_checks() if fault.is_serious()]:
        raise SystemExit("\n".join(faults))
