"""Words as the full-text index keeps them, and what is asked of it. Pure: no database, no Django.

Chinese has no spaces. Each run of characters becomes its overlapping pairs (招生方案 → 招生 生方 方案), and what is asked for becomes
pairs that must follow each other: that finds exactly the runs that contain it. The last character stands alone as well, so
that a single one can be asked for by the beginning of a pair. Letters and digits are kept as words and found by their beginning.
Pinyin of titles is kept as triples of letters (py…), the initials alike (pi…), so that any part of either is found.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

RUNS = re.compile(r"(?P<han>[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)|(?P<word>[0-9a-z]+)")
MOST_WORDS = 8
LONGEST_WORD = 40


def plain(text: str) -> str:
    """Wide letters made narrow, small letters: as texts and questions are compared."""
    return unicodedata.normalize("NFKC", text).lower()


def grams_of(text: str) -> Iterator[str]:
    """The words of the index for a text."""
    for run in RUNS.finditer(plain(text)):
        if word := run["word"]:
            yield word[:LONGEST_WORD]
            continue
        han = run["han"]
        yield from (han[at : at + 2] for at in range(len(han)))


def sound_grams(sound: str, mark: str) -> Iterator[str]:
    """Triples of a string of letters, each with `mark` before it; the last two are shorter."""
    letters = "".join(ch for ch in sound if ch.isascii() and ch.isalnum())
    yield from (mark + letters[at : at + 3] for at in range(len(letters)))


@dataclass(frozen=True)
class Phrase:
    """Words of the index that follow each other; the last may be a mere beginning."""

    words: tuple[str, ...]
    open_end: bool = False


Asked = tuple[Phrase, ...]  # any of these


def asked(term: str) -> list[Asked]:
    """What a search term asks of the index: all of these, each in one of its ways."""
    return [_ways(run) for run in list(RUNS.finditer(plain(term)))[:MOST_WORDS]]


def _ways(run: "re.Match[str]") -> Asked:
    if word := run["word"]:
        word = word[:LONGEST_WORD]
        ways = [Phrase((word,), open_end=True)]
        if len(word) > 1 and word.isalpha():
            ways += [_sounding(word, "py"), _sounding(word, "pi")]
        return tuple(ways)
    han = run["han"]
    if len(han) == 1:
        return (Phrase((han,), open_end=True),)
    return (Phrase(tuple(han[at : at + 2] for at in range(len(han) - 1))),)


def _sounding(word: str, mark: str) -> Phrase:
    if len(word) <= 3:
        return Phrase((mark + word,), open_end=True)
    return Phrase(tuple(mark + word[at : at + 3] for at in range(len(word) - 2)))


def for_fts5(wanted: Iterable[Asked]) -> str:
    """The question in the language of SQLite's FTS5. Words are letters, digits and Chinese characters only."""

    def said(phrase: Phrase) -> str:
        return f'"{" ".join(phrase.words)}"' + ("*" if phrase.open_end else "")

    return " AND ".join(f"({' OR '.join(map(said, ways))})" for ways in wanted)


def for_tsquery(wanted: Iterable[Asked]) -> str:
    """The question as a tsquery of PostgreSQL."""

    def said(phrase: Phrase) -> str:
        end = ":*" if phrase.open_end else ""
        words = [f"'{word}'" for word in phrase.words]
        return f"({' <-> '.join(words)}{end})"

    return " & ".join(f"({' | '.join(map(said, ways))})" for ways in wanted)


@dataclass(frozen=True)
class Snippet:
    """A piece of a text, and whether it is what was asked for."""

    text: str
    hit: bool = False


AROUND = 36


def snippet(text: str, term: str, length: int = 2 * AROUND) -> list[Snippet]:
    """The place of the first hit with its surroundings, hits apart; the beginning of the text where there is none."""
    flat = " ".join(text.split())
    wanted = [run.group() for run in RUNS.finditer(plain(term))]
    low = flat.lower()
    if len(low) != len(flat):  # a letter that grows when made small: compare as it stands
        low = flat
    places = [at for word in wanted if (at := low.find(word)) >= 0]
    start = max(0, min(places, default=0) - AROUND)
    end = min(len(flat), max(start + length, min(places, default=0) + AROUND))
    pieces = [Snippet("…")] if start else []
    pieces += marked(flat[start:end], wanted)
    return [*pieces, Snippet("…")] if end < len(flat) else pieces


def marked(text: str, wanted: list[str]) -> list[Snippet]:
    """The text cut so that each of the words stands apart."""
    if not wanted or not text:
        return [Snippet(text)] if text else []
    pattern = re.compile("|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True)), re.IGNORECASE)
    pieces, at = [], 0
    for found in pattern.finditer(text):
        if found.start() > at:
            pieces.append(Snippet(text[at : found.start()]))
        pieces.append(Snippet(found.group(), hit=True))
        at = found.end()
    return [*pieces, Snippet(text[at:])] if at < len(text) else pieces


def words_in(term: str) -> list[str]:
    """The words of a term, for marking them in a title."""
    return [run.group() for run in RUNS.finditer(plain(term))]
