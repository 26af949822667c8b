"""Where the phrases of a book stand in a title."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from governance.matching.book import AT_END, AT_START, LARGE_SUM, SMALL_SUM, Pattern
from governance.matching.plain import Plain, Span

Spans = Mapping[str, Sequence[Span]]


class Lexicon:
    """All words that are looked for, each with the names (itself, lists) under which patterns call it."""

    def __init__(self, *, masked: Iterable[str], openers: Iterable[str], large_sum_from: int) -> None:
        self._openers = sorted(openers, key=len, reverse=True)
        self._names: dict[str, list[str]] = defaultdict(list)
        self._masked = frozenset(masked)
        self._whole: set[str] = set(self._masked)
        self._large_sum_from = large_sum_from
        for word in self._masked:
            self.add(word, [])

    def add(self, word: str, names: Iterable[str], *, whole: bool = False) -> None:
        """Look for a word. `whole`: it is a phrase by itself, so shorter ones inside it are not read."""
        self._names[word] += [name for name in names if name not in self._names[word]]
        if whole:
            self._whole.add(word)

    def close(self) -> None:
        """No more words: the longest is known."""
        self._longest = max(map(len, self._names), default=0)

    def read(self, title: Plain) -> tuple[Spans, Spans]:
        """(whole phrases, pieces of patterns) by name. The longest phrase wins; nothing is read inside a masked word."""
        found = [(span, title.text[slice(*span)]) for span in self._occurrences(title.text)]
        longest = _Cover(span for span, word in found if word in self._whole)
        masks = _Cover(span for span, word in found if word in self._masked)
        whole: dict[str, list[Span]] = defaultdict(list)
        pieces: dict[str, list[Span]] = defaultdict(list)
        opening = self._opening(title.text)
        for span, word in found:
            for name in self._names[word]:
                if not _stands(name, span, opening, len(title.text)):
                    continue
                if not masks.hides(span):
                    pieces[name].append(span)
                if not longest.hides(span):
                    whole[name].append(span)
        for span, amount in title.sums():
            name = LARGE_SUM if amount >= self._large_sum_from else SMALL_SUM
            whole[name].append(span)
            pieces[name].append(span)
        return whole, pieces

    def _opening(self, text: str) -> int:
        """Where the title begins once 关于, 研究, 审议 and the like are left out."""
        place = 0
        while opener := next((word for word in self._openers if text.startswith(word, place)), ""):
            place += len(opener)
        return place

    def _occurrences(self, text: str) -> Iterator[Span]:
        for start in range(len(text)):
            for end in range(start + 1, min(start + self._longest, len(text)) + 1):
                if text[start:end] in self._names:
                    yield start, end


def bare(piece: str) -> str:
    """The word of a piece, without the signs that bind it to the beginning or end of the title."""
    return piece.removeprefix(AT_START).removesuffix(AT_END)


def _stands(name: str, span: Span, opening: int, length: int) -> bool:
    """Whether a word stands where its name wants it."""
    piece = name.rpartition(":")[2]
    if piece.startswith(AT_START) and span[0] not in (0, opening):
        return False
    return not piece.endswith(AT_END) or span[1] == length


class _Cover:
    """Answers whether a span stands strictly inside one of the given ones."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._reach: dict[int, int] = {}
        for start, end in spans:
            for place in range(start, end):
                self._reach[place] = max(end, self._reach.get(place, 0))

    def hides(self, span: Span) -> bool:
        """Strictly inside a longer one."""
        start, end = span
        reach = self._reach.get(start, 0)
        return reach > end or (reach == end and self._reach.get(start - 1, 0) >= end)


def places(pattern: Pattern, pieces: Spans, gap: int) -> list[tuple[Span, ...]]:
    """Where the pieces of a pattern stand, in order and near each other: the first place, or none."""
    for first in pieces.get(pattern[0], ()):
        spans = [first]
        for piece in pattern[1:]:
            after = spans[-1][1]
            near = (span for span in pieces.get(piece, ()) if 0 <= span[0] - after <= gap)
            following = min(near, default=None)
            if following is None:
                break
            spans.append(following)
        if len(spans) == len(pattern):
            return [tuple(spans)]
    return []
