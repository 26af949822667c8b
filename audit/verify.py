"""Walking the hash chain of facts."""

from dataclasses import dataclass

from audit.models import Event
from audit.services import GENESIS


@dataclass(frozen=True)
class Broken:
    """The first fact whose place in the chain does not fit."""

    seq: int
    why: str


def first_break(after: str = GENESIS, from_seq: int = 0) -> tuple[int, str, Broken | None]:
    """Walk the chain; returns rows walked, the last digest, and the first bad row if any."""
    count, last = 0, after
    for event in Event.objects.filter(seq__gt=from_seq).order_by("seq").iterator(chunk_size=2000):
        if event.prev_hash != last:
            return count, last, Broken(event.seq, "与上一条记录接不上")
        if event.digest() != event.hash:
            return count, last, Broken(event.seq, "内容与摘要不符")
        count, last = count + 1, event.hash
    return count, last, None
