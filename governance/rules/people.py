"""Who is named where in a document: whether each of them is due or observing, and nobody stands twice."""

from collections.abc import Hashable, Iterable
from math import inf

from common.errors import Fault
from governance.rules.reading import Entry, Node

NOT_A_MEMBER = "应到成员里没有这个人，改正编号或补进应到成员。"
NOT_AT_THE_MEETING = "应到成员和列席人员里都没有这个人，改正编号或补进名单。"
MEMBER_TWICE = "这名成员已经登记过，只留一处。"
OBSERVER_TWICE = "这名列席人员已经登记过，只留一处。"
OBSERVER_IS_MEMBER = "应到成员不再列为列席人员，删去这一处。"
NAMED_TWICE = "这名成员在这个列表里已经有了，只留一处。"


def no_twice(entries: Iterable[tuple[str, Hashable]], reason: str, faults: list[Fault]) -> None:
    """Note every entry (path, value) whose value stood before."""
    seen: set[Hashable] = set()
    for path, value in entries:
        if value in seen:
            faults.append(Fault(path, reason))
        seen.add(value)


class People:
    """Collects members, observers and everybody who is named, then checks the names in `check`.

    An entry of `members` that cannot be read may be anybody. As long as there are enough such entries to explain all names that are
    nowhere else, those names are no faults of their own: one fault is told once.
    """

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._members: list[Entry] = []
        self._observers: list[Entry] = []
        self._named: list[Entry] = []
        self._stating: list[Entry] = []
        self._unread_members: float = 0
        self._unread_observers: float = 0

    def add_member(self, entry: Entry) -> None:
        """A member due whose id could be read."""
        self._members.append(entry)

    def count_members(self, entries: int | None) -> None:
        """How many entries `members` has in all; None when it is no list."""
        self._unread_members = inf if entries is None else entries - len(self._members)

    def add_observers(self, observers: list[Entry], entries: int | None) -> None:
        """The observers that could be read, and how many entries the list has in all."""
        self._observers = observers
        self._unread_observers = inf if entries is None else entries - len(observers)

    def named(self, node: Node, key: str, *, required: bool = False) -> str | None:
        """The id at this key, which has to be a member's."""
        value = node.identifier(key, required=required)
        if value is not None:
            self._named.append(Entry(node.at(key), value))
        return value

    def listed(self, node: Node, key: str) -> tuple[str, ...]:
        """The ids of a list, which have to be members' and different."""
        entries = node.identifiers(key)
        self._named.extend(entries)
        no_twice(entries, NAMED_TWICE, self._faults)
        return tuple(entry.value for entry in entries)

    def stating(self, node: Node, key: str) -> str | None:
        """The id of somebody who states a position, which has to be a member's or an observer's."""
        value = node.identifier(key, required=True)
        if value is not None:
            self._stating.append(Entry(node.at(key), value))
        return value

    def check(self) -> None:
        """Note members and observers that stand twice, and names that are nowhere due."""
        members = {entry.value for entry in self._members}
        no_twice(self._members, MEMBER_TWICE, self._faults)
        no_twice(self._observers, OBSERVER_TWICE, self._faults)
        self._faults.extend(Fault(path, OBSERVER_IS_MEMBER) for path, who in self._observers if who in members)
        self._note_unknown(self._named, members, self._unread_members, NOT_A_MEMBER)
        self._note_unknown(
            self._stating,
            members.union(entry.value for entry in self._observers),
            self._unread_members + self._unread_observers,
            NOT_AT_THE_MEETING,
        )

    def _note_unknown(self, entries: list[Entry], known: set[str], unread: float, reason: str) -> None:
        unknown = [entry for entry in entries if entry.value not in known]
        if len({entry.value for entry in unknown}) > unread:
            self._faults.extend(Fault(entry.path, reason) for entry in unknown)
