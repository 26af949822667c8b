"""Words and how they stand on paper, before any file is made of them. Pure values."""

import unicodedata
from dataclasses import dataclass, field

from governance.documents import layout
from governance.documents.layout import FANG, Font

DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Run:
    """Words in one font."""

    text: str
    font: Font = FANG
    size: float = layout.BODY_PT
    colour: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Shape:
    """How a paragraph stands: indents in characters of the body, distances in millimetres, line height in points.

    `height` 0 keeps the pitch of the grid; `hanging` is how far the first line stands out to the left of `left`; `inset`
    (twips) narrows both sides; `right_tab` (twips) is a stop at the right, counted from the left edge; `lines` are
    borders by edge: width in millimetres, colour, distance in millimetres.
    """

    align: str = "both"
    first: float = 0
    left: float = 0
    hanging: float = 0
    inset: int = 0
    before: float = 0
    after: float = 0
    height: float = 0
    keep: bool = False
    right_tab: int = 0
    frame: str = ""
    lines: dict[str, tuple[float, str, float]] = field(default_factory=dict)


PLAIN = Shape(first=2)


def clean(text: str) -> str:
    """Without what XML forbids (control letters, half characters) and without marks that turn the reading direction."""
    return "".join(
        char
        for char in text
        if char in "\t\n"
        or not (unicodedata.category(char) in ("Cc", "Cs") or char in DIRECTIONS or ord(char) & 0xFFFE == 0xFFFE)
    )
