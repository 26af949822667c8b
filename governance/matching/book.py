"""The bureau's phrase book (事项推荐用语), read from a versioned file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import yaml

from governance.matching.plain import Synonyms
from governance.rules.load import SAFE_LOADER

DELIVERED = Path(__file__).resolve().parent.parent / "data" / "phrases-2026-11-22.yaml"
GAP = "…"
AT_START, AT_END = "^", "$"
STRENGTHS = ("certain", "sure", "likely", "hint")
# Lists that are no words of the file: an amount of money below, or from, `large_sum_from` yuan.
SMALL_SUM, LARGE_SUM = "<small_sum>", "<large_sum>"

Pattern = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One phrase: its pieces in order, how strong it is, and the matters it speaks for."""

    pattern: Pattern
    strength: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class PhraseBook:
    """How schools put matters into words; lists are named as in the patterns, with angle brackets."""

    version: str
    synonyms: Synonyms
    gap: int
    large_sum_from: int
    lists: Mapping[str, frozenset[str]]
    entries: Sequence[Entry]
    vague: frozenset[str]
    masked: frozenset[str]
    openers: frozenset[str]
    formal: frozenset[str]
    off_topic: Mapping[str, frozenset[str]]
    stage: Mapping[str, frozenset[str]]


@lru_cache(maxsize=1)
def delivered_book() -> PhraseBook:
    """The book that is delivered with the portal."""
    return read_book(yaml.load(DELIVERED.read_bytes(), Loader=SAFE_LOADER))  # noqa: S506


def read_book(content: Mapping[str, Any]) -> PhraseBook:
    """A book from its file. Raises ValueError when a pattern names a list that does not exist."""
    synonyms = Synonyms({word: others.split() for word, others in content["synonyms"].items()})
    words = partial(_words, synonyms)
    book = PhraseBook(
        version=content["version"],
        synonyms=synonyms,
        gap=content["gap"],
        large_sum_from=content["large_sum_from"],
        lists={f"<{name}>": words(of_list) for name, of_list in content["lists"].items()},
        entries=tuple(_entries(content["phrases"], synonyms)),
        vague=words(content["vague"]),
        masked=words(content["masked"]),
        openers=words(content["openers"]),
        formal=words(content["formal"]),
        off_topic={name: words(of_kind) for name, of_kind in content["off_topic"].items()},
        stage={name: words(of_stage) for name, of_stage in content["stage"].items()},
    )
    known = {*book.lists, SMALL_SUM, LARGE_SUM}
    if unknown := {piece for entry in book.entries for piece in entry.pattern if piece[0] == "<"} - known:
        raise ValueError(f"unknown lists: {sorted(unknown)}")
    return book


def _words(synonyms: Synonyms, text: str) -> frozenset[str]:
    return frozenset(filter(None, (_piece(word, synonyms) for word in text.split())))


def _piece(written: str, synonyms: Synonyms) -> str:
    """Made plain; the name of a list, and signs that bind to the beginning or end of a title, stay."""
    if written[0] == "<":
        return written
    start = AT_START if written[0] == AT_START else ""
    return start + synonyms.plain(written) + (AT_END if written[-1] == AT_END else "")


def _entries(groups: Sequence[Mapping[str, Any]], synonyms: Synonyms) -> Iterator[Entry]:
    for group in groups:
        for strength in STRENGTHS:
            for phrase in group.get(strength, "").split():
                pieces = tuple(_piece(piece, synonyms) for piece in phrase.split(GAP))
                yield Entry(pieces, strength, tuple(group["codes"]))
