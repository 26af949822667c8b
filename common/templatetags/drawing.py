"""The five-segment ring 决策-执行-监督-评价-修正: arcs of the small mark and of the large figure (pure geometry)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

STAGES = ("决策", "执行", "监督", "评价", "修正")
SEGMENT = 72
# Letters of a ring: done, now, to do, stuck (late), skipped.
WORDS = {"d": "已完成", "n": "进行中", "t": "未开始", "x": "超期", "s": "无须"}


@dataclass(frozen=True)
class Label:
    """Name and note of one stage beside the large figure, in its own coordinates (460 × 330)."""

    name: str
    note: str
    x: int
    y: int
    anchor: str
    late: bool


def arc(centre: tuple[float, float], radius: float, start: float, end: float) -> str:
    """SVG path of the arc from `start` to `end` (degrees, clockwise from the right)."""
    (x0, y0), (x1, y1) = point(centre, radius, start), point(centre, radius, end)
    return f"M{x0:.2f} {y0:.2f}A{radius:g} {radius:g} 0 0 1 {x1:.2f} {y1:.2f}"


def point(centre: tuple[float, float], radius: float, angle: float) -> tuple[float, float]:
    """The point at that angle (degrees) on the circle."""
    return centre[0] + radius * cos(radians(angle)), centre[1] + radius * sin(radians(angle))


def ring_arcs(states: str) -> Iterator[tuple[str, str]]:
    """State letter and path of each segment of the small ring (24 × 24), starting at the top."""
    for index, state in enumerate(states):
        start = -90 + index * SEGMENT
        yield state, arc((12, 12), 9, start + 8, start + SEGMENT - 8)


def ring_words(states: str) -> str:
    """The text alternative: “决策已完成、执行进行中…”."""
    return "、".join(f"{name}{WORDS[state]}" for name, state in zip(STAGES, states, strict=True))


FIGURE = (230.0, 165.0)
FIGURE_RADIUS = 98
FIGURE_START = -126


def figure_arcs(states: str) -> Iterator[tuple[str, str]]:
    """State letter and path of each segment of the large figure; 决策 stands at the top."""
    for index, state in enumerate(states):
        start = FIGURE_START + index * SEGMENT
        yield state, arc(FIGURE, FIGURE_RADIUS, start + 4.5, start + SEGMENT - 4.5)


def figure_arrows() -> Iterator[str]:
    """The five arrow heads that lead from one segment to the next."""
    for index in range(1, 6):
        angle = FIGURE_START + index * SEGMENT
        x, y = point(FIGURE, FIGURE_RADIUS, angle)
        along_x, along_y = -sin(radians(angle)), cos(radians(angle))
        across_x, across_y = cos(radians(angle)), sin(radians(angle))
        tip = f"M{x + along_x * 8:.1f} {y + along_y * 8:.1f}"
        outer = f"L{x - along_x * 5 + across_x * 6:.1f} {y - along_y * 5 + across_y * 6:.1f}"
        inner = f"L{x - along_x * 5 - across_x * 6:.1f} {y - along_y * 5 - across_y * 6:.1f}"
        yield f"{tip}{outer}{inner}Z"


def figure_labels(states: str, notes: Sequence[str]) -> Iterator[Label]:
    """Where the name and note of each stage stand: outside the ring, away from it."""
    for index, (name, state, note) in enumerate(zip(STAGES, states, notes, strict=True)):
        angle = FIGURE_START + (index + 0.5) * SEGMENT
        x, y = point(FIGURE, FIGURE_RADIUS + 24, angle)
        down, right = sin(radians(angle)), cos(radians(angle))
        shift = -22 if down < -0.8 else 16 if down > 0.6 else -4
        anchor = "middle" if abs(right) < 0.2 else "start" if right > 0 else "end"
        yield Label(name, note, round(x), round(y + shift), anchor, state == "x")
