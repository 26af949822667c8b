"""What this app and its neighbours above ask of apps they may not import: those register their answers in `AppConfig.ready()`.

`rules_adopted_on` is known by the app that keeps rules of procedure, `batches_of` by the one that keeps the rollout.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from uuid import UUID

AdoptionDay = Callable[[UUID], date | None]
BatchCodes = Callable[[Iterable[UUID]], Mapping[UUID, str]]

_adoption: list[AdoptionDay] = []
_batches: list[BatchCodes] = []


def provide_adoption(answer: AdoptionDay) -> None:
    """`answer(school)`: since when both rules of procedure of that school are adopted, or None."""
    _adoption[:] = [answer]


def rules_adopted_on(school: UUID) -> date | None:
    """Since when both rules of procedure are adopted; None when one is missing, or nobody knows."""
    return _adoption[0](school) if _adoption else None


def provide_batches(answer: BatchCodes) -> None:
    """`answer(schools)`: code of the batch of each school that has one, in one query for all."""
    _batches[:] = [answer]


def batches_of(schools: Iterable[UUID]) -> Mapping[UUID, str]:
    """The code of the batch each of these schools is in; schools without one are left out."""
    return _batches[0](schools) if _batches else {}
