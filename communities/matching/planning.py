"""Demands to resources as an assignment: a transport problem, solved exactly by a flow of least cost.

The objective, in order: as many places met as possible; then subjects that fit; then short distances; then schools that have
had least so far. A place may come from several resources, for demands that are met wholly or not at all would make the problem
NP-hard (set packing). Each slot has its own places, so no slot is ever given more than is free. Same input, same plan.
"""

from collections import defaultdict
from collections.abc import Sequence

from communities.matching.fitting import GATES, Refused, distance, fitting, reasons, subject_gap
from communities.matching.flow import Network
from communities.matching.plain import Demand, Line, Plan, Slot, Unmet

Pair = tuple[Demand, Slot]


def match(demands: Sequence[Demand], slots: Sequence[Slot], refused: Refused = frozenset()) -> Plan:
    """The best plan for what is missing. `refused`: pairs of demand and resource that the lead school turned down."""
    demands = sorted(demands, key=lambda demand: demand.key)
    slots = sorted(slots, key=lambda slot: slot.key)
    ranks = advantage(demands)
    gates: dict[Demand, str] = {}
    pairs: list[Pair] = []
    for demand in demands:
        found, gates[demand] = fitting(demand, slots, refused)
        pairs += [(demand, slot) for slot in found]
    given = _assign(demands, slots, pairs, ranks)
    lines = tuple(
        Line(
            demand.key, slot.key, amount, subject_gap(demand, slot) or 0, distance(demand, slot), reasons(demand, slot)
        )
        for (demand, slot), amount in given.items()
    )
    return Plan(lines, tuple(_unmet(demands, pairs, given, gates)), worth(given, ranks))


def advantage(demands: Sequence[Demand]) -> dict[str, int]:
    """How many schools of these have had less so far; 0 for the school that comes first."""
    had = {demand.school: demand.met for demand in demands}
    levels = sorted(set(had.values()))
    return {school: levels.index(met) for school, met in had.items()}


def worth(given: dict[Pair, int], ranks: dict[str, int]) -> tuple[int, int, int, int]:
    """The objective of an assignment; the greater the better, compared in order."""
    return (
        sum(given.values()),
        -sum(amount * (subject_gap(demand, slot) or 0) for (demand, slot), amount in given.items()),
        -sum(amount * distance(demand, slot) for (demand, slot), amount in given.items()),
        -sum(amount * ranks[demand.school] for (demand, _), amount in given.items()),
    )


def _assign(
    demands: Sequence[Demand], slots: Sequence[Slot], pairs: Sequence[Pair], ranks: dict[str, int]
) -> dict[Pair, int]:
    """Source → demands → slots → sink. One number holds the three costs: a step of one outweighs all steps of the next."""
    source, sink = 0, 1
    places = {demand.key: number for number, demand in enumerate(demands, start=2)}
    places |= {slot.key: number for number, slot in enumerate(slots, start=2 + len(demands))}
    network = Network(2 + len(demands) + len(slots))
    total = sum(demand.missing for demand in demands)
    step = total * max(*ranks.values(), 2) + 1 if ranks else 1
    for demand in demands:
        network.add(source, places[demand.key], demand.missing, ranks[demand.school])
    for slot in slots:
        network.add(places[slot.key], sink, max(slot.free, 0))
    arcs = {
        (demand, slot): network.add(
            places[demand.key],
            places[slot.key],
            demand.missing,
            ((subject_gap(demand, slot) or 0) * step + distance(demand, slot)) * step,
        )
        for demand, slot in pairs
    }
    network.fill(source, sink)
    return {pair: network.through(arc) for pair, arc in arcs.items() if network.through(arc)}


def _unmet(
    demands: Sequence[Demand], pairs: Sequence[Pair], given: dict[Pair, int], gates: dict[Demand, str]
) -> list[Unmet]:
    met: dict[Demand, int] = defaultdict(int)
    for (demand, _), amount in given.items():
        met[demand] += amount
    fits = {demand for demand, _ in pairs}
    found = []
    for demand in demands:
        missing = demand.missing - met[demand]
        if missing > 0:
            gate = "capacity" if demand in fits else gates[demand]
            found.append(Unmet(demand.key, missing, gate, GATES[gate]))
    return found
