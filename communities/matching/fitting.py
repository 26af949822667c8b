"""Which slot fits which demand, how well, and in which words."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from communities.matching.plain import Demand, Slot

SAME_SUBJECT, GENERAL = 0, 1
SAME_OFFICE, SAME_LOCATION, FAR = 0, 1, 2
DISTANCES = {SAME_OFFICE: "同一教办", SAME_LOCATION: "不同教办，区位相同", FAR: "不同教办，区位不同"}
GATES = {
    "kind": "别的成员校没有提供这一类资源",
    "subject": "有这一类资源，但学科（领域）不符",
    "period": "有相符的资源，但开放时段与需要的时段没有重合",
    "refused": "相符的资源已由牵头校退回",
    "capacity": "相符的资源容量已经约满",
}
Refused = Collection[tuple[UUID, UUID]]  # (demand, resource)


def subject_gap(demand: Demand, slot: Slot) -> int | None:
    """0 the same subject or none asked for; 1 a general resource; None another subject."""
    if not demand.subject or demand.subject == slot.subject:
        return SAME_SUBJECT
    return None if slot.subject else GENERAL


def distance(demand: Demand, slot: Slot) -> int:
    """0 the same education office, 1 the same kind of place, 2 neither. Schools of no office are near to none by office."""
    if demand.office and demand.office == slot.office:
        return SAME_OFFICE
    return SAME_LOCATION if demand.location and demand.location == slot.location else FAR


def overlap(demand: Demand, slot: Slot) -> tuple[date, date] | None:
    """The days that both have in common."""
    first, last = max(demand.starts_on, slot.starts_on), min(demand.ends_on, slot.ends_on)
    return (first, last) if first <= last else None


def fitting(demand: Demand, slots: Sequence[Slot], refused: Refused) -> tuple[list[Slot], str]:
    """The slots that fit the demand, full ones too; when there is none, the gate at which the last ones fell."""
    left = [slot for slot in slots if slot.kind == demand.kind and slot.school != demand.school]
    gates = (
        ("subject", lambda slot: subject_gap(demand, slot) is not None),
        ("period", lambda slot: overlap(demand, slot) is not None),
        ("refused", lambda slot: (demand.key, slot.resource) not in refused),
    )
    gate = "kind"
    for name, passes in gates:
        if not left:
            return [], gate
        left, gate = [slot for slot in left if passes(slot)], name
    return left, gate


def reasons(demand: Demand, slot: Slot) -> tuple[str, ...]:
    """Subject, distance, period, capacity and fairness of one proposal, each a short sentence."""
    both = overlap(demand, slot)
    if not demand.subject:
        subject = "需求没有限定学科（领域）"
    elif slot.subject:
        subject = f"学科（领域）相符：{slot.subject}"
    else:
        subject = f"不分学科（领域）的资源，可用于{demand.subject}"
    days = f"{both[0]:%Y-%m-%d} 至 {both[1]:%Y-%m-%d} 双方都有时间" if both else ""
    share = f"该校此前已落实 {demand.met}，落实少的学校优先" if demand.met else "该校此前还没有落实过，优先安排"
    return (subject, DISTANCES[distance(demand, slot)], days, f"容量 {slot.capacity}，还可约 {slot.free}", share)
