"""Maximum flow at least cost, in whole numbers: successive cheapest paths.

The network of a community has some hundred arcs, for which this is quick. Among the cheapest paths one with the fewest arcs
is taken, so that within one cost the number of paths does not grow with the capacities (as with Edmonds and Karp).
"""

from collections import deque
from dataclasses import dataclass

Cost = int


@dataclass
class Arc:
    """One way through the network; arcs stand in pairs, each beside its way back."""

    head: int
    room: int
    cost: Cost


class Network:
    """Nodes are numbers; `add` gives the number of the arc, whose flow `through` tells after `fill`."""

    def __init__(self, nodes: int) -> None:
        self.arcs: list[Arc] = []
        self.leaving: list[list[int]] = [[] for _ in range(nodes)]

    def add(self, tail: int, head: int, room: int, cost: Cost = 0) -> int:
        """An arc with room for that much at that cost each."""
        number = len(self.arcs)
        self.arcs += [Arc(head, room, cost), Arc(tail, 0, -cost)]
        self.leaving[tail].append(number)
        self.leaving[head].append(number + 1)
        return number

    def through(self, number: int) -> int:
        """How much flows through the arc."""
        return self.arcs[number ^ 1].room

    def fill(self, source: int, sink: int) -> int:
        """As much as possible from source to sink, and of all ways to do so the cheapest; returns how much."""
        total = 0
        while path := self._cheapest(source, sink):
            amount = min(self.arcs[number].room for number in path)
            for number in path:
                self.arcs[number].room -= amount
                self.arcs[number ^ 1].room += amount
            total += amount
        return total

    def _cheapest(self, source: int, sink: int) -> list[int]:
        """The arcs of the cheapest path with room, fewest arcs first; empty when there is none (Bellman and Ford with a queue)."""
        best: dict[int, tuple[Cost, int]] = {source: (0, 0)}
        came: dict[int, int] = {}
        queue, waiting = deque([source]), {source}
        while queue:
            node = queue.popleft()
            waiting.discard(node)
            cost, length = best[node]
            for number in self.leaving[node]:
                arc = self.arcs[number]
                reached = (cost + arc.cost, length + 1)
                if arc.room and (arc.head not in best or reached < best[arc.head]):
                    best[arc.head], came[arc.head] = reached, number
                    if arc.head not in waiting:
                        queue.append(arc.head)
                        waiting.add(arc.head)
        return self._back(source, sink, came) if sink in best else []

    def _back(self, source: int, sink: int, came: dict[int, int]) -> list[int]:
        path, node = [], sink
        while node != source:
            path.append(came[node])
            node = self.arcs[came[node] ^ 1].head
        return path[::-1]
