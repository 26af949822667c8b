"""The picture of help: givers left, takers right, a line for each pair with its number at the end. Pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from communities.helping import Flow

WIDTH, LEFT, RIGHT, TOP, STEP, GAP = 760, 200, 560, 30, 24, 14
THINNEST, THICKEST = 1.5, 9.0


@dataclass
class Node:
    """A school, or a kind of place, with its ports one below the other."""

    words: str
    y: int
    height: int
    used: int = 0

    @property
    def middle(self) -> int:
        """Where its name stands."""
        return self.y + self.height // 2

    def port(self) -> int:
        """Where the next line begins or ends."""
        self.used += 1
        return self.y + STEP * (self.used - 1) + STEP // 2


@dataclass(frozen=True)
class Stroke:
    """One line with its number."""

    path: str
    width: str
    y: int
    flow: Flow


@dataclass
class Picture:
    """Everything the template prints."""

    height: int = 0
    givers: list[Node] = field(default_factory=list)
    takers: list[Node] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT


def picture_of(flows: Sequence[Flow]) -> Picture:
    """The flows drawn."""
    givers = _nodes([flow.giver for flow in flows])
    takers = _nodes([flow.taker for flow in flows])
    most = max((flow.count for flow in flows), default=1)
    picture = Picture(givers=list(givers.values()), takers=list(takers.values()))
    picture.height = max((node.y + node.height for node in (*picture.givers, *picture.takers)), default=0) + GAP
    for flow in sorted(flows, key=lambda one: (one.giver, one.taker)):
        y0, y1 = givers[flow.giver[0]].port(), takers[flow.taker[0]].port()
        middle = (LEFT + RIGHT) // 2
        path = f"M{LEFT + 6} {y0}C{middle} {y0} {middle} {y1} {RIGHT - 34} {y1}"
        width = THINNEST + (THICKEST - THINNEST) * flow.count / most
        picture.strokes.append(Stroke(path, f"{width:.1f}", y1, flow))
    picture.strokes.sort(key=lambda stroke: stroke.flow.crossing)  # what crosses is drawn on top
    return picture


def _nodes(ends: Sequence[tuple[str, str]]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    y = TOP
    for key, words in sorted(set(ends)):
        height = STEP * sum(end == (key, words) for end in ends)
        found[key] = Node(words, y, height)
        y += height + GAP
    return found
