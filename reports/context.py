"""What the shell of every page shows."""

from typing import Any

from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """Navigation, counters and names for the shell."""
    return {"portal": {}}
