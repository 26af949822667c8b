"""Loading history: what lies before the loading of the demonstration district counts as already told."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_told: ContextVar[bool] = ContextVar("already_told", default=False)
_moment: ContextVar[datetime | None] = ContextVar("moment_of_history", default=None)


def already_told() -> bool:
    """Whether facts recorded now are history that nobody is to be notified of."""
    return _told.get()


@contextmanager
def as_history() -> Iterator[None]:
    """Record facts without telling anybody."""
    token = _told.set(True)
    try:
        yield
    finally:
        _told.reset(token)


def now() -> datetime:
    """The time by which rights are asked: that of the act being loaded, in daily work the present."""
    return _moment.get() or timezone.now()


def is_loading() -> bool:
    """Whether history is being loaded, told or not."""
    return _moment.get() is not None


@contextmanager
def moment(at: datetime) -> Iterator[None]:
    """Let people act with the posts they held at `at`."""
    token = _moment.set(at)
    try:
        yield
    finally:
        _moment.reset(token)
