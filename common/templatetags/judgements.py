"""How a result of the rule check reads on a page (核查意见): level, order, counts. It judges nothing itself."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Level: words, icon; in the order in which a person has to look at them (design language §5).
LEVELS = {
    "bad": ("不合规", "alert-octagon"),
    "warn": ("需留意", "alert-triangle"),
    "ins": ("待补充", "help-circle"),
    "let": ("已放行", "shield-check"),
    "ok": ("符合", "check"),
    "na": ("不适用", "minus"),
}
OUTCOMES = {"insufficient": "ins", "waived": "let", "pass": "ok", "not_applicable": "na"}


@dataclass(frozen=True)
class Shown:
    """One result with the words around it."""

    level: str
    words: str
    icon: str
    result: Any


def fact(result: Any, name: str) -> Any:
    """A part of a result, whether it came as an object or as a dictionary; None when it has no such part."""
    return result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)


def level_of(result: Any) -> str:
    """不合规 stops the next step (severity block); the other failures may go on (需留意)."""
    outcome = str(fact(result, "outcome"))
    if outcome == "fail":
        return "bad" if str(fact(result, "severity")) == "block" else "warn"
    return OUTCOMES[outcome]


def shown(result: Any) -> Shown:
    """The result with its level, Chinese words and icon. An unknown outcome is a bug and raises KeyError."""
    level = level_of(result)
    words, icon = LEVELS[level]
    return Shown(level, words, icon, result)


def in_order(results: Iterable[Any]) -> list[Shown]:
    """All results, worst first; equal levels keep the order in which the engine gave them."""
    ranks = list(LEVELS)
    return sorted((shown(result) for result in results), key=lambda item: ranks.index(item.level))


def counts(results: Iterable[Any]) -> list[tuple[str, str, int]]:
    """(level, words, number) for every level that occurs, 不适用 left out."""
    numbers = Counter(level_of(result) for result in results)
    return [(level, words, numbers[level]) for level, (words, _) in LEVELS.items() if numbers[level] and level != "na"]


def basis_lines(result: Any) -> list[str]:
    """The basis as text, each with document and article: 《文件》条款. Accepts a text or entries with title and text."""
    basis = fact(result, "basis") or []
    if isinstance(basis, str):
        return [basis]
    return [
        entry if isinstance(entry, str) else f"{fact(entry, 'title') or ''}{fact(entry, 'text')}" for entry in basis
    ]
