"""A title made plain for comparing, with the way back to what was typed."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

_MONEY = re.compile(r"(\d+(?:\.\d+)?|[一二三四五六七八九十百千两]+)(?:多|余)?(万|千)?(?:多|余)?元")
_UNIT = {"": 1, "千": 1_000, "万": 10_000}
_DIGIT = {**{sign: value for value, sign in enumerate("零一二三四五六七八九")}, "两": 2}
_PLACE = {"十": 10, "百": 100, "千": 1_000}

Span = tuple[int, int]


class Synonyms:
    """Words that mean the same and are read as one."""

    def __init__(self, same: Mapping[str, Iterable[str]]) -> None:
        self._for = {other: word for word, others in same.items() for other in others}
        longest_first = sorted(self._for, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def plain(self, word: str) -> str:
        """A word of the book or the catalogue as it stands in a plain title."""
        signs = (sign for sign in unicodedata.normalize("NFKC", word).lower() if sign.isalnum() or sign in "+.")
        return self._any.sub(lambda found: self._for[found[0]], "".join(signs))

    def replaced(self, text: str) -> Iterator[tuple[Span, str]]:
        """Each piece of the text with what it is read as."""
        place = 0
        for found in self._any.finditer(text):
            yield from (((at, at + 1), text[at]) for at in range(place, found.start()))
            yield found.span(), self._for[found[0]]
            place = found.end()
        yield from (((at, at + 1), text[at]) for at in range(place, len(text)))


class Plain:
    """Half-width, lower case, without spaces and punctuation, one word for synonyms.

    `typed` gives the piece of the title that a span of the plain text was made of.
    """

    def __init__(self, title: str, synonyms: Synonyms) -> None:
        signs = [
            (place, sign)
            for place, typed in enumerate(title)
            for sign in unicodedata.normalize("NFKC", typed).lower()
            if sign.isalnum() or sign in "+."
        ]
        self._title = title
        self._of: list[Span] = []
        text: list[str] = []
        for (start, end), word in synonyms.replaced("".join(sign for _, sign in signs)):
            text.append(word)
            self._of += [(signs[start][0], signs[end - 1][0] + 1)] * len(word)
        self.text = "".join(text)

    def typed(self, span: Span) -> str:
        """The piece of the title as it was typed."""
        return self._title[self._of[span[0]][0] : self._of[span[1] - 1][1]]

    def sums(self) -> Iterator[tuple[Span, float]]:
        """Amounts of money, in yuan."""
        for found in _MONEY.finditer(self.text):
            yield found.span(), _number(found[1]) * _UNIT[found[2] or ""]


def _number(written: str) -> float:
    if written[0].isdigit():
        return float(written)
    total, digit = 0, 0
    for sign in written:
        if sign in _PLACE:
            total, digit = total + (digit or 1) * _PLACE[sign], 0
        else:
            digit = _DIGIT[sign]
    return total + digit


def pairs(text: str) -> set[str]:
    """Neighbouring characters (character bigrams)."""
    return {text[place : place + 2] for place in range(len(text) - 1)}
