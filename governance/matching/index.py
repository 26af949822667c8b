"""The index of one catalogue version: from a title to the matters it may belong to.

What counts, in this order: phrases that say a matter (the catalogue's keywords and the bureau's phrase book, longest first),
whether the wording is that of a draft or of a decision, and, faintly, which pairs of characters the title shares with a matter.
Words that no agenda uses take from the score. What stays below the threshold is not proposed: nothing rather than a guess.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from governance.matching.book import Pattern, PhraseBook
from governance.matching.plain import Plain, Span, pairs
from governance.matching.reading import Lexicon, Spans, bare, places

MOST = 5
WEIGHT = {"certain": 4.5, "sure": 3.0, "likely": 2.0, "hint": 1.0}
# Each further phrase adds less than the one before.
ADDED = (1.0, 0.5, 0.3, 0.15)
PER_SIGN, LONGEST_COUNTED = 0.12, 8  # a longer phrase says more
LATER = 0.3  # the head of a Chinese title stands last
LIKENESS = 1.2  # the most that shared pairs of characters add
STAGE, FIRST = 0.8, 0.3  # draft or decision; without a word of either, the matter of the Party meeting comes first
OFF_TOPIC = {"strong": 3.0, "elsewhere": 2.0, "mild": 1.2}
THRESHOLD = 2.3  # points a proposal needs when UNDERSTOOD of the title stands in the lexicon; more when less does
UNDERSTOOD, DOUBT = 0.6, 1.6
NEAR_BEST = 0.3  # what scores below this share of the best is no proposal
OTHER_BODY = 0.6  # with a meeting given: below this share of the best of both meetings it is a guess
SCALE = 4.0  # raw points to a score between 0 and 1
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BETWEEN = re.compile(r"[、,，。;；()（）“”\"]|以及|和|与|及")

STAGE_BODY = {"prepared": "principal", "decided": "party"}


@dataclass(frozen=True)
class MatterText:
    """What the index reads of a matter. `linked`: the matters it feeds or is fed by, which are about the same thing."""

    code: str
    body: str
    title: str
    scope: str
    keywords: tuple[str, ...]
    linked: frozenset[str]


@dataclass(frozen=True)
class Suggestion:
    """One proposal: the matter, how well it fits (0 to 1), and the phrases of the title that say so."""

    code: str
    title: str
    score: float
    matched: tuple[str, ...]


@dataclass(frozen=True)
class _Hit:
    weight: float
    spans: tuple[Span, ...]

    def signs(self) -> set[int]:
        return {place for start, end in self.spans for place in range(start, end)}


class Index:
    """Built once for a catalogue version and a phrase book; asking changes nothing."""

    def __init__(self, matters: Sequence[MatterText], book: PhraseBook) -> None:
        self._matters = {matter.code: matter for matter in matters}
        self._gap = book.gap
        self._synonyms = book.synonyms
        self._strengths: dict[Pattern, dict[str, float]] = defaultdict(dict)
        self._lexicon = Lexicon(masked=book.masked, openers=book.openers, large_sum_from=book.large_sum_from)
        for pattern, code, strength in chain(self._of_book(book), self._of_catalogue(book.vague)):
            known = self._strengths[pattern]
            known[code] = max(WEIGHT[strength], known.get(code, 0.0))
        self._fill(book)
        self._by_first: dict[str, list[Pattern]] = defaultdict(list)
        for pattern in self._strengths:
            self._by_first[pattern[0]].append(pattern)
        self._profiles = self._profiles_of()
        self._rarity = self._rarities()

    def suggest(self, title: str, body: str = "") -> list[Suggestion]:
        """At most 5 matters, best first; of one meeting when `body` is given; empty when nothing fits."""
        read = Plain(title, self._synonyms)
        if not _HAN.search(read.text):
            return []
        whole, pieces = self._lexicon.read(read)
        hits = self._hits(whole, pieces)
        penalty = sum(
            OFF_TOPIC[name.split(":")[1]] * len(spans) for name, spans in whole.items() if name.startswith("off:")
        )
        leaning = {STAGE_BODY[kind] for kind in STAGE_BODY if pieces.get(f"stage:{kind}")}
        likeness = self._likeness(read.text)
        raw = {code: self._points(found, len(read.text)) + LIKENESS * likeness[code] for code, found in hits.items()}
        if not body:
            raw = {code: points + self._stage(code, leaning) for code, points in raw.items()}
        best = max(raw.values(), default=0.0)
        own = {code: points for code, points in raw.items() if body in ("", self._matters[code].body)}
        floor = max(self._needed(read.text, whole, pieces) + penalty, NEAR_BEST * max(own.values(), default=0.0))
        if max(own.values(), default=0.0) < OTHER_BODY * best:
            return []
        ranked = sorted((-points, code) for code, points in own.items() if points >= floor)
        return [self._suggestion(code, -points - penalty, hits[code], read) for points, code in ranked[:MOST]]

    # ---- building ----
    def _of_book(self, book: PhraseBook) -> Iterator[tuple[Pattern, str, str]]:
        for entry in book.entries:
            for code in entry.codes:
                if code in self._matters:
                    yield entry.pattern, code, entry.strength

    def _of_catalogue(self, vague: frozenset[str]) -> Iterator[tuple[Pattern, str, str]]:
        owners: dict[str, set[str]] = defaultdict(set)
        for matter in self._matters.values():
            for keyword in matter.keywords:
                owners[self._plain(keyword)].add(matter.code)
        for matter in self._matters.values():
            words = [(word, self._standing(matter, owners[word])) for word in map(self._plain, matter.keywords)]
            words += [(part, "likely") for part in self._parts(matter.title, 3)]
            words += [(part, "hint") for part in self._parts(matter.scope, 4)]
            for word, strength in filter(lambda pair: pair[0], words):
                yield (word,), matter.code, "hint" if word in vague else strength

    def _standing(self, matter: MatterText, owners: set[str]) -> str:
        """A keyword that other matters have too says less; matters about the same thing share theirs."""
        return "sure" if owners <= {matter.code, *matter.linked} else "likely"

    def _parts(self, text: str, shortest: int) -> list[str]:
        """The words of a title or scope between its commas and conjunctions."""
        return [part for part in map(self._plain, _BETWEEN.split(text)) if len(part) >= shortest]

    def _plain(self, word: str) -> str:
        return self._synonyms.plain(word)

    def _fill(self, book: PhraseBook) -> None:
        for pattern in self._strengths:
            for piece in pattern:
                if piece[0] != "<":
                    self._lexicon.add(bare(piece), [piece], whole=len(pattern) == 1)
        for name, words in book.lists.items():
            self._add(words, name, whole=(name,) in self._strengths)
        for kind, words in book.off_topic.items():
            for word in words:
                self._lexicon.add(bare(word), [f"off:{kind}:{word}"], whole=True)
        self._add(book.formal, "formal")
        for kind, words in book.stage.items():
            self._add(words, f"stage:{kind}")
        self._lexicon.close()

    def _add(self, words: frozenset[str], name: str, *, whole: bool = False) -> None:
        for word in words:
            self._lexicon.add(word, [name], whole=whole)

    def _profiles_of(self) -> dict[str, set[str]]:
        profiles = {}
        for code, matter in self._matters.items():
            texts = [matter.title, matter.scope, *matter.keywords]
            profiles[code] = set().union(*(pairs(self._plain(text)) for text in texts))
        for pattern, codes in self._strengths.items():
            for code in codes:
                profiles[code] |= set().union(*(pairs(bare(piece)) for piece in pattern if piece[0] != "<"))
        return profiles

    def _rarities(self) -> dict[str, float]:
        seen = Counter(pair for profile in self._profiles.values() for pair in profile)
        return {pair: math.log((1 + len(self._profiles)) / count) for pair, count in seen.items()}

    # ---- asking ----
    def _hits(self, whole: Spans, pieces: Spans) -> dict[str, list[_Hit]]:
        hits: dict[str, list[_Hit]] = defaultdict(list)
        for first in pieces:
            for pattern in self._by_first.get(first, ()):
                alone: list[tuple[Span, ...]] = [(span,) for span in whole.get(first, ())]
                for spans in alone if len(pattern) == 1 else places(pattern, pieces, self._gap):
                    for code, weight in self._strengths[pattern].items():
                        hits[code].append(_Hit(weight, spans))
        return hits

    def _points(self, hits: Sequence[_Hit], length: int) -> float:
        return sum(
            share * self._weight(hit, length)
            for share, hit in zip((*ADDED, *[0.05] * len(hits)), self._apart(hits), strict=False)
        )

    def _weight(self, hit: _Hit, length: int) -> float:
        signs = min(LONGEST_COUNTED, sum(end - start for start, end in hit.spans))
        return hit.weight + PER_SIGN * signs + LATER * hit.spans[-1][1] / length

    def _apart(self, hits: Sequence[_Hit]) -> list[_Hit]:
        """The strongest phrases that do not share characters."""
        taken: set[int] = set()
        kept = []
        for hit in sorted(hits, key=lambda hit: (-hit.weight, -len(hit.signs()), len(hit.spans), hit.spans)):
            if not hit.signs() & taken:
                kept.append(hit)
                taken |= hit.signs()
        return kept

    def _likeness(self, text: str) -> dict[str, float]:
        rarity = {pair: self._rarity.get(pair, self._rarity_of_unknown) for pair in pairs(text)}
        total = sum(rarity.values()) or 1.0
        return {
            code: sum(value for pair, value in rarity.items() if pair in profile) / total
            for code, profile in self._profiles.items()
        }

    @property
    def _rarity_of_unknown(self) -> float:
        return math.log(1 + len(self._profiles))

    def _stage(self, code: str, leaning: set[str]) -> float:
        """Only matters that both meetings deal with have a stage."""
        matter = self._matters[code]
        if not matter.linked:
            return 0.0
        if len(leaning) == 1:
            return STAGE if matter.body in leaning else 0.0
        return FIRST if matter.body == "party" else 0.0

    def _needed(self, text: str, whole: Spans, pieces: Spans) -> float:
        """Points a proposal needs: small talk has few words of an agenda around the one that looks like a matter."""
        known = {
            place
            for name, spans in (*whole.items(), *pieces.items())
            if not name.startswith("off:")
            for start, end in spans
            for place in range(start, end)
        }
        share = len(known) / (len(text) or 1)
        return THRESHOLD * (1 + DOUBT * (UNDERSTOOD - share))

    def _suggestion(self, code: str, points: float, hits: Sequence[_Hit], read: Plain) -> Suggestion:
        spans = sorted({span for hit in self._apart(hits) for span in hit.spans})
        telling = [
            span for span in spans if span[1] - span[0] > 1
        ] or spans  # 与, 节 and the like only tell beside others
        matched = tuple(dict.fromkeys(read.typed(span) for span in telling))
        return Suggestion(code, self._matters[code].title, round(1 - math.exp(-points / SCALE), 3), matched)
