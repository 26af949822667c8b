"""The text of a founding document, without a database: from six sections as typed to numbered clauses, and back.

Each section is typed with one clause a line. A clause is cited as “四（二）”: the section's numeral among those that have
text, and its place there; a section with a single clause is cited as “一”.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ELEMENTS = ("guiding_thought", "principles", "scope", "tasks", "requirements", "safeguards")
LONGEST_CLAUSE, MOST_CLAUSES = 4000, 99
DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class ClauseText:
    """One clause: the element it belongs to, its place in the document, what it is cited as, its words."""

    element: str
    order: int
    label: str
    text: str


def numeral(number: int) -> str:
    """1 → 一, 10 → 十, 21 → 二十一; up to 99."""
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def paragraphs(text: str) -> list[str]:
    """The clauses of one section: its lines without blank ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def clauses_of(sections: Mapping[str, str]) -> list[ClauseText]:
    """All clauses in the order of the six elements."""
    found: list[ClauseText] = []
    part = 0
    for element in ELEMENTS:
        lines = paragraphs(sections.get(element, ""))
        part += bool(lines)
        for place, line in enumerate(lines, start=1):
            label = numeral(part) + (f"（{numeral(place)}）" if len(lines) > 1 else "")
            found.append(ClauseText(element, len(found) + 1, label, line))
    return found


def sections_of(clauses: Iterable[tuple[str, str]]) -> dict[str, str]:
    """(element, text) back to what stands in the six fields."""
    lines: dict[str, list[str]] = {element: [] for element in ELEMENTS}
    for element, text in clauses:
        lines[element].append(text)
    return {element: "\n".join(found) for element, found in lines.items()}


def missing_elements(sections: Mapping[str, str]) -> list[str]:
    """Elements without a word."""
    return [element for element in ELEMENTS if not paragraphs(sections.get(element, ""))]
