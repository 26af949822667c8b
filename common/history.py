"""Loading history: what lies before the loading of the demonstration district counts as already told."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[bool] = ContextVar("already_told", default=False)


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
