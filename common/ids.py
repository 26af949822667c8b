"""Identifiers. Random in daily work; reproducible while the demonstration district is loaded."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_source: ContextVar[random.Random | None] = ContextVar("id_source", default=None)


def new_id() -> uuid.UUID:
    """A version 4 UUID, from the seeded source when one is active."""
    source = _source.get()
    return uuid.uuid4() if source is None else uuid.UUID(int=source.getrandbits(128), version=4)


@contextmanager
def seeded_ids(seed: str) -> Iterator[None]:
    """Same seed, same sequence of ids (contract/api.md: the demonstration data are the same, ids included)."""
    token = _source.set(random.Random(seed))  # noqa: S311  reproducible on purpose; never used for secrets
    try:
        yield
    finally:
        _source.reset(token)
