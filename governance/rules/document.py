"""The request of the rule-check contract: from a decoded JSON document to `MeetingFacts`, or to all its faults (“Input errors”)."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from functools import cache

from common.dates import local_day
from common.errors import Fault
from governance.rules.facts import (
    AttendanceFacts,
    AttendanceStatus,
    Body,
    ChairFacts,
    Conclusion,
    Form,
    ItemFacts,
    LeadershipMode,
    MeetingFacts,
    MemberFacts,
    Method,
    MinutesFacts,
    Post,
    Stance,
    StanceFacts,
    StepFacts,
    StepResult,
    TaskFacts,
    VoteCounts,
)
from governance.rules.people import People, no_twice
from governance.rules.reading import NOT_OBJECT, Entry, Node, moment
from governance.rules.reference import Reference

MOST = 200  # members, and items


@cache
def _keys(facts: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(facts))


MEETING_KEYS = _keys(MeetingFacts) - {"leadership_mode"} | {"school"}

UNKNOWN_MATTER = "目录里没有这个编号，改用目录里的编号。"
UNKNOWN_STAGE = "目录里没有这个环节，改用目录里的环节代码。"
TOO_MANY = f"最多 {MOST} 个，分开核对。"
BALLOT_WITH_STANCES = "无记名投票不登记个人表态，清空这个列表。"


def day_of(document: object) -> date | None:
    """The meeting's date, to choose the reference in force by; None when the document does not tell it."""
    at = moment(document.get("scheduled_at")) if isinstance(document, dict) else None
    return local_day(at) if at else None


def parse(document: object, reference: Reference) -> tuple[MeetingFacts | None, list[Fault]]:
    """The facts and no faults, or None and every fault. `document` is what a JSON decoder returned; it is not changed."""
    if not isinstance(document, dict):
        return None, [Fault("$", NOT_OBJECT)]
    faults: list[Fault] = []
    meeting = _meeting(Node(document, "", MEETING_KEYS, faults), reference, faults)
    return (None, faults) if faults else (meeting, [])


def _meeting(node: Node, reference: Reference, faults: list[Fault]) -> MeetingFacts | None:
    people = People(faults)
    school = node.child("school", {"leadership_mode"})
    leadership_mode = school.choice("leadership_mode", LeadershipMode) if school else None
    body = node.choice("body", Body, required=True)
    scheduled_at = node.moment("scheduled_at")
    form = node.choice("form", Form)
    materials_sent_on = node.day("materials_sent_on")
    recorder = node.identifier("recorder")
    for key in ("members", "items"):
        if (node.length(key) or 0) > MOST:
            node.fault(key, TOO_MANY)
    members = _members(node, people, faults)
    observers = _observers(node, people, faults)
    chair = _chair(node, people)
    attendance = _attendance(node, people, faults)
    items = _items(node, people, reference, faults)
    minutes = _minutes(node, people)
    people.check()
    if body is None or scheduled_at is None:
        return None
    return MeetingFacts(
        body=body,
        scheduled_at=scheduled_at,
        leadership_mode=leadership_mode,
        form=form,
        materials_sent_on=materials_sent_on,
        chair=chair,
        recorder=recorder,
        members=members,
        attendance=attendance,
        observers=observers,
        items=items,
        minutes=minutes,
    )


def _members(node: Node, people: People, faults: list[Fault]) -> tuple[MemberFacts, ...]:
    members: list[MemberFacts] = []
    held: list[tuple[str, Post]] = []
    for child in node.children("members", _keys(MemberFacts)):
        member = child.identifier("id", required=True)
        posts: dict[Post, str] = {}
        for path, post in child.choices("posts", Post):
            posts.setdefault(post, path)
        held.extend((path, post) for post, path in posts.items() if post in {Post.SECRETARY, Post.PRINCIPAL})
        if member is not None:
            people.add_member(Entry(child.at("id"), member))
            members.append(MemberFacts(member, frozenset(posts)))
    no_twice(held, "书记、校长各只有一人，改正职务。", faults)
    people.count_members(node.length("members"))
    return tuple(members)


def _observers(node: Node, people: People, faults: list[Fault]) -> tuple[str, ...]:
    observers = node.identifiers("observers")
    people.add_observers(observers, node.length("observers"))
    return tuple(entry.value for entry in observers)


def _chair(node: Node, people: People) -> ChairFacts | None:
    chair = node.child("chair", _keys(ChairFacts))
    if chair is None:
        return None
    return ChairFacts(people.named(chair, "member"), chair.text("delegation_note"))


def _minutes(node: Node, people: People) -> MinutesFacts | None:
    minutes = node.child("minutes", _keys(MinutesFacts))
    if minutes is None:
        return None
    return MinutesFacts(people.named(minutes, "signed_by"), minutes.day("signed_on"))


def _attendance(node: Node, people: People, faults: list[Fault]) -> tuple[AttendanceFacts, ...]:
    rows: list[AttendanceFacts] = []
    entries: list[Entry] = []
    for child in node.children("attendance", _keys(AttendanceFacts)):
        member = people.named(child, "member", required=True)
        row = AttendanceFacts(member or "", child.choice("status", AttendanceStatus), child.text("reason"))
        if member is not None:
            entries.append(Entry(child.at("member"), member))
            rows.append(row)
    no_twice(entries, "这名成员的到会情况已登记过，只留一行。", faults)
    return tuple(rows)


def _items(node: Node, people: People, reference: Reference, faults: list[Fault]) -> tuple[ItemFacts, ...]:
    items: list[ItemFacts] = []
    ids: list[tuple[str, object]] = []
    orders: list[tuple[str, object]] = []
    for child in node.children("items", _keys(ItemFacts)):
        item_id = child.identifier("id", required=True)
        order = child.whole("order", required=True)
        if item_id is not None:
            ids.append((child.at("id"), item_id))
        if order is not None:
            orders.append((child.at("order"), order))
        items.append(_item(child, item_id or "", order or 0, people, reference, faults))
    no_twice(ids, "这个议题编号已经用过，换一个。", faults)
    no_twice(orders, "这个序号已经用过，换一个。", faults)
    return tuple(items)


def _item(node: Node, item_id: str, order: int, people: People, reference: Reference, faults: list[Fault]) -> ItemFacts:
    method = node.choice("method", Method)
    if method is Method.SECRET_BALLOT and node.length("stances"):
        node.fault("stances", BALLOT_WITH_STANCES)
    return ItemFacts(
        id=item_id,
        order=order,
        title=node.text("title"),
        catalogue=node.one_of("catalogue", reference.matters, UNKNOWN_MATTER),
        proposed_on=node.day("proposed_on"),
        proposer=node.identifier("proposer"),
        confirmed_by=people.named(node, "confirmed_by"),
        urgent=node.flag("urgent"),
        urgent_reason=node.text("urgent_reason"),
        urgent_consent=node.flag("urgent_consent"),
        materials=node.whole("materials", least=0),
        steps=tuple(_steps(node, reference)),
        left=people.listed(node, "left"),
        recused=people.listed(node, "recused"),
        conflicts=people.listed(node, "conflicts"),
        stances=tuple(_stances(node, people)),
        absent_opinions=people.listed(node, "absent_opinions"),
        counted_votes=_votes(node),
        method=method,
        outcome=node.choice("outcome", Conclusion),
        tasks=tuple(_tasks(node)),
    )


def _steps(node: Node, reference: Reference) -> Iterable[StepFacts]:
    for child in node.children("steps", _keys(StepFacts)):
        stage = child.one_of("stage", reference.stages, UNKNOWN_STAGE, required=True)
        yield StepFacts(stage or "", child.day("done_on"), child.choice("result", StepResult))


def _stances(node: Node, people: People) -> Iterable[StanceFacts]:
    for child in node.children("stances", _keys(StanceFacts)):
        member = people.stating(child, "member")
        stance = child.choice("stance", Stance, required=True)
        seq = child.whole("seq", required=True)
        if member is not None and stance is not None and seq is not None:
            yield StanceFacts(member, stance, seq)


def _votes(node: Node) -> VoteCounts | None:
    child = node.child("counted_votes", _keys(VoteCounts))
    if child is None:
        return None
    agree, disagree, abstain = (
        child.whole(key, required=True, least=0) or 0 for key in ("agree", "disagree", "abstain")
    )
    return VoteCounts(agree, disagree, abstain)


def _tasks(node: Node) -> Iterable[TaskFacts]:
    for child in node.children("tasks", _keys(TaskFacts)):
        yield TaskFacts(child.text("goal"), child.text("measures"), child.day("due_on"), child.text("owner"))
