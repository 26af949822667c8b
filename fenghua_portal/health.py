"""For operators: /livez (the process answers) and /readyz (it can serve)."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from deadlines.models import JobRun


@require_GET
def livez(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return JsonResponse({"status": "alive"})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations, age of the last sweep. A stale sweep or a missing broker degrades but does not unready."""
    try:
        pending = bool(_pending())
        last = (
            JobRun.objects.filter(name="deadlines.sweep").values_list("at", flat=True).first() if not pending else None
        )
    except DatabaseError:
        return JsonResponse({"status": "unready", "database": "away"}, status=503)
    if pending:
        return JsonResponse({"status": "unready", "database": "ok", "migrations": "pending"}, status=503)
    age = None if last is None else int((timezone.now() - last).total_seconds())
    fresh = age is not None and age <= settings.BEAT_STALE_AFTER.total_seconds()
    broker = _broker()
    body: dict[str, Any] = {
        "status": "ready" if fresh and broker != "away" else "degraded",
        "database": "ok",
        "broker": broker,
        "migrations": "applied",
        "last_sweep_seconds_ago": age,
    }
    return JsonResponse(body)


def _broker() -> str:
    """`ok`, `away`, or `embedded`. A third of a second at most: this is the only place where the web asks the broker."""
    if not settings.REDIS_URL:
        return "embedded"
    import redis  # only where there is one: the embedded portal starts without it

    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3) as link:
            link.ping()
    except redis.RedisError:
        return "away"
    return "ok"


def _pending() -> list[Any]:
    executor = MigrationExecutor(connection)
    plan: list[Any] = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return plan
