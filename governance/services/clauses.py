"""Clauses in their order: places and numbers (第N条) follow from the order alone, chapters hold together."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import F

from common.errors import Fault, InvalidInput, WrongState, one_fault
from governance.models import Clause, SchoolClause
from governance.rules.clauses import clause_number

MOST_CLAUSES = 200
MOST_LETTERS = 2000
_ASIDE = 1000
AnyClause = TypeVar("AnyClause", Clause, SchoolClause)


def found(clauses: Sequence[AnyClause], pk: UUID) -> int:
    """The place of a clause in its version, from 0; somebody may have taken it out meanwhile."""
    for place, clause in enumerate(clauses):
        if clause.pk == pk:
            return place
    raise WrongState("这一条已被别人去掉了。看过最新的条文再改。")


def checked_text(text: str) -> str:
    """The wording of a clause, trimmed; refused when there is none or too much of it."""
    words = text.strip()
    if not words:
        raise one_fault("text", "写条文；不要这一条的，用“去掉”")
    if len(words) > MOST_LETTERS:
        raise one_fault("text", f"条文最多 {MOST_LETTERS} 个字，现在 {len(words)} 个字")
    return words


def inserted(clauses: Sequence[AnyClause], new: AnyClause, after: UUID | None) -> list[AnyClause]:
    """With the new clause behind `after` (None: in front), in the chapter of its neighbour unless it names one."""
    if len(clauses) >= MOST_CLAUSES:
        raise InvalidInput([Fault("text", f"一份议事规则最多 {MOST_CLAUSES} 条")])
    place = 0 if after is None else found(clauses, after) + 1
    if clauses and not new.chapter:
        new.chapter = clauses[max(place - 1, 0)].chapter
    rows = list(clauses)
    rows.insert(place, new)
    return together(rows)


def moved(clauses: Sequence[AnyClause], pk: UUID, *, up: bool) -> list[AnyClause]:
    """One place up or down; at the edge of a chapter the clause first steps into the neighbouring chapter."""
    place = found(clauses, pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(clauses):
        raise WrongState("这一条已经在最前面了。" if up else "这一条已经在最后面了。")
    rows = list(clauses)
    if rows[place].chapter != rows[other].chapter:
        rows[place].chapter = rows[other].chapter
    else:
        rows[place], rows[other] = rows[other], rows[place]
    return rows


def together(clauses: Sequence[AnyClause]) -> list[AnyClause]:
    """The same clauses with each chapter in one piece: chapters in the order of their first clause."""
    chapters = list(dict.fromkeys(clause.chapter for clause in clauses))
    return sorted(clauses, key=lambda clause: chapters.index(clause.chapter))


def arrange(clauses: Sequence[AnyClause], at: datetime) -> None:
    """Store places and numbers as in this order; clauses that are new are saved, the others are put where they belong."""
    if not clauses:
        return
    model = type(clauses[0])
    kept = [clause for clause in clauses if not clause._state.adding]
    # Places are unique at every moment of a statement: first everybody steps aside.
    model._default_manager.filter(pk__in=[clause.pk for clause in kept]).update(order=F("order") + _ASIDE)
    for place, clause in enumerate(clauses, start=1):
        clause.order, clause.number = place, clause_number(place)
        if clause._state.adding:
            clause.commit(at)
    model._default_manager.bulk_update(kept, ["order", "number", "chapter"])
