"""Rules of procedure clause by clause: numbers of clauses, what a school did with each, and the marks of a comparison."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_TENS = "〇一二三四五六七八九"
# A number or a foreign word is one word; every other character stands alone, as Chinese has no spaces.
_WORD = re.compile(r"[0-9A-Za-z.%-]+|\s+|.", re.DOTALL)
# Fewer characters in common than this between two changes are no resemblance, only noise to the reader.
_NOISE = 2


class Relation(StrEnum):
    """What a school did with a clause of the model text."""

    ADOPTED = "adopted"
    ADAPTED = "adapted"
    ADDED = "added"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Wording:
    """One clause: `key` names what it is compared by (for a school's clause, the model clause it comes from, or None)."""

    key: Hashable | None
    number: str
    text: str
    chapter: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A clause of the model text beside the school's: one of the two may be absent."""

    relation: Relation
    model: Wording | None
    own: Wording | None

    @property
    def shown(self) -> Wording:
        """The school's clause, or the model's where the school has none."""
        found = self.own or self.model
        if found is None:
            raise ValueError("a pair has at least one clause")
        return found


class Change(StrEnum):
    """A stretch of text in a comparison."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


Mark = tuple[Change, str]


def clause_number(place: int) -> str:
    """“第十二条” for the twelfth clause; places run from 1 to 99 and on."""
    return f"第{_in_words(place)}条"


def _in_words(number: int) -> str:
    if not 0 < number < 1000:
        raise ValueError("clauses are numbered from 1 to 999")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = f"{_TENS[hundreds]}百" if hundreds else ""
    if tens:
        words += ("" if tens == 1 and not hundreds else _TENS[tens]) + "十"
    elif hundreds and ones:
        words += "〇"
    return words + (_TENS[ones] if ones else "")


def same_wording(one: str, other: str) -> bool:
    """Whether two texts differ in blanks, line ends and width of signs alone."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def compare(model: Sequence[Wording], own: Sequence[Wording]) -> list[Pair]:
    """Every clause of both, in the school's order; what is missing stands behind the model clause before it."""
    by_key = {clause.key: clause for clause in model}
    pairs = [_pair(by_key, clause) for clause in own]
    there = {clause.key for clause in own}
    for place, clause in enumerate(model):
        if clause.key not in there:
            before = model[place - 1].key if place else None
            pairs.insert(_after(pairs, before), Pair(Relation.MISSING, clause, None))
    return pairs


def _pair(by_key: dict[Hashable | None, Wording], clause: Wording) -> Pair:
    source = None if clause.key is None else by_key.get(clause.key)
    if source is None:
        return Pair(Relation.ADDED, None, clause)
    same = same_wording(source.text, clause.text)
    return Pair(Relation.ADOPTED if same else Relation.ADAPTED, source, clause)


def _after(pairs: Sequence[Pair], key: Hashable | None) -> int:
    if key is None:
        return 0
    return next(n for n, pair in enumerate(pairs) if pair.model is not None and pair.model.key == key) + 1


def count(pairs: Iterable[Pair]) -> dict[Relation, int]:
    """How many of each relation."""
    numbers = dict.fromkeys(Relation, 0)
    for pair in pairs:
        numbers[pair.relation] += 1
    return numbers


def marks(before: str, after: str) -> list[Mark]:
    """The text with what was taken out and what was put in, word by word; joined without REMOVED it is `after`."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    parts: list[Mark] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            parts.append((Change.SAME, gone))
        else:
            parts += [(change, text) for change, text in ((Change.REMOVED, gone), (Change.ADDED, come)) if text]
    return _joined(_without_noise(parts))


def _without_noise(parts: Sequence[Mark]) -> list[Mark]:
    """Very short stretches in common between two changes count as changed, so that the reader sees whole words."""
    calm: list[Mark] = []
    for place, (change, text) in enumerate(parts):
        inside = 0 < place < len(parts) - 1
        if change is Change.SAME and inside and len(text) < _NOISE:
            calm += [(Change.REMOVED, text), (Change.ADDED, text)]
        else:
            calm.append((change, text))
    return calm


def _joined(parts: Iterable[Mark]) -> list[Mark]:
    """Neighbouring changes as one removal and one addition."""
    made: list[Mark] = []
    waiting = {Change.REMOVED: "", Change.ADDED: ""}
    for change, text in [*parts, (Change.SAME, "")]:
        if change is not Change.SAME:
            waiting[change] += text
            continue
        made += [(kind, words) for kind, words in waiting.items() if words]
        waiting = dict.fromkeys(waiting, "")
        if text:
            made.append((change, text))
    return made
