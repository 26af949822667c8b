"""What the buttons of the record page do to the sheet before anything is saved; with scripts the page does the same by itself."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from governance.forms.record import speaking
from governance.forms.sheet import MOST_TASKS, VOTES, ItemSheet, Sheet, identity
from governance.models import Attendance, Stance
from governance.models.items import ADOPTED
from governance.proposing import Proposal

_BUTTON = re.compile(r"(agree|clear|up|down|task|drop|count|propose|recuse)-([0-9]{1,3})(?:-([0-9]{1,3}))?")
OF_A_PERSON = frozenset({"up", "down", "recuse"})
NOTHING_PROPOSED: Mapping[UUID, Proposal] = {}
STANCE = ("stance", "seq", "opinion", "together")
PRESENCE = {"离席": "left", "回避": "recused", "应回避": "conflict"}


def press(sheet: Sheet, button: str, head: UUID | None, proposals: Mapping[UUID, Proposal] = NOTHING_PROPOSED) -> None:
    """Change the sheet as the button says; a button that does not exist changes nothing. `head` speaks last; `proposals` are
    what the agenda proposes for each item.
    """
    found = _BUTTON.fullmatch(button)
    if found is None:
        if button == "all-present":
            all_present(sheet)
        return
    items, members = list(sheet.items.values()), list(sheet.members)
    number, row = int(found[2]), int(found[3]) if found[3] else None
    if 1 <= number <= len(items):
        person = members[row - 1] if row is not None and 1 <= row <= len(members) else None
        if found[1] in ("agree", "propose"):
            propose(items[number - 1], proposals.get(list(sheet.items)[number - 1]))
        _press_item(sheet, items[number - 1], found[1], person, row, head)


def _press_item(
    sheet: Sheet, item: ItemSheet, name: str, person: UUID | None, row: int | None, head: UUID | None
) -> None:
    members = list(sheet.members)
    if name == "agree":
        all_agree(sheet, item, head)
    elif name == "count":
        count_votes(sheet, item)
    elif name == "clear":
        clear(item, members if row is None else [person] if person else [])
    elif name == "recuse" and person is not None:
        item.of(person).update(conflict="1", recused="1")
    elif name in OF_A_PERSON and person is not None:
        move(item, members, person, -1 if name == "up" else 1, sheet.in_room(item))
    elif name in {"task", "drop"}:
        _change_tasks(item, name, row)


def all_present(sheet: Sheet) -> None:
    """全部到会: those who have no attendance yet; when everybody has one, everybody. Leave that was typed stays."""
    still_open = [typed for typed in sheet.members.values() if not typed.get("status")]
    for typed in still_open or sheet.members.values():
        typed["status"] = Attendance.PRESENT


def all_agree(sheet: Sheet, item: ItemSheet, head: UUID | None) -> None:
    """套用“一致同意”: everybody in the room agrees, in the order of speaking with the head last, marked as put in together."""
    room = sheet.in_room(item)
    order = head_last(speaking_order(item, list(sheet.members)), head if head in room else None)
    for seq, person in enumerate(order, start=1):
        typed = item.of(person)
        typed["seq"] = str(seq)
        if person in room:
            typed |= {"stance": Stance.Choice.AGREE, "together": "1"}
    if item.fields.get("method") != "secret_ballot":
        count_votes(sheet, item)


def propose(item: ItemSheet, proposal: Proposal | None) -> None:
    """按议程拟填: into the fields that are still blank. A task is proposed for what is adopted."""
    if proposal is None:
        return
    for name in ("method", "outcome", "decision_text"):
        if not item.fields.get(name):
            item.fields[name] = getattr(proposal, name)
    if proposal.task and item.fields["outcome"] in ADOPTED and not any(any(row.values()) for row in item.tasks):
        item.tasks = [dict(proposal.task)]


def count_votes(sheet: Sheet, item: ItemSheet) -> None:
    """按表态计票: the stances of those in the room."""
    stances = [item.of(person).get("stance") for person in sheet.in_room(item)]
    item.fields |= {name: str(stances.count(name)) for name in VOTES}


def clear(item: ItemSheet, people: Sequence[UUID]) -> None:
    """清空表态: stance and opinion go, the place in the order stays."""
    for person in people:
        for name in ("stance", "opinion", "together"):
            item.of(person).pop(name, None)


def move(item: ItemSheet, members: list[UUID], person: UUID, step: int, room: set[UUID]) -> None:
    """上移、下移: one place among those in the room."""
    order = speaking_order(item, members)
    there = [p for p in order if p in room or p == person]
    at = there.index(person)
    if 0 <= at + step < len(there):
        other = there[at + step]
        first, second = order.index(person), order.index(other)
        order[first], order[second] = order[second], order[first]
    for seq, each in enumerate(order, start=1):
        item.of(each)["seq"] = str(seq)


def _change_tasks(item: ItemSheet, name: str, row: int | None) -> None:
    if name == "task" and len(item.tasks) < MOST_TASKS:
        item.tasks.append({})
    elif name == "drop" and row is not None and row < len(item.tasks):
        del item.tasks[row]


def speaking_order(item: ItemSheet, members: list[UUID]) -> list[UUID]:
    """The order shown on the page: as numbered; who has no number yet speaks before a head that speaks last.

    Members stand in the list with the head first, then by rank, so the opening order is the list from its end.
    """
    backwards = members[::-1]
    numbered = [person for person in speaking(item, backwards) if item.people.get(person, {}).get("seq")]
    if not numbered:
        return backwards
    rest = [person for person in backwards if person not in numbered]
    head = members[0]
    if numbered[-1] == head:
        return [*numbered[:-1], *rest, head]
    return [*numbered, *rest]


def take(sheet: Sheet, stored: Sheet, path: str) -> None:
    """取他人的: put one field that differs (a path of `record.differences`) as the other clerk saved it."""
    first, _, rest = path.partition(".")
    key, _, name = rest.partition(".")
    one = identity(key)
    if first in sheet.head:
        sheet.head[first] = stored.head.get(first, "")
    elif first == "members" and one is not None and one in stored.members:
        sheet.members[one] = dict(stored.members[one])
    elif first == "items" and one is not None and one in sheet.items and one in stored.items:
        _take_of_item(sheet.items[one], stored.items[one], name)


def _take_of_item(item: ItemSheet, stored: ItemSheet, name: str) -> None:
    part, _, last = name.partition(".")
    if part in PRESENCE:
        for known in {*item.people, *stored.people}:
            item.of(known)[PRESENCE[part]] = stored.of(known).get(PRESENCE[part], "")
    elif part == "stances" and (person := identity(last)) is not None:
        item.of(person).update(
            {key: stored.of(person).get(key, "") for key in ("stance", "seq", "opinion", "together")}
        )
    elif part == "tasks" and last.isdecimal():
        at = int(last) - 1
        item.tasks[at : at + 1] = stored.tasks[at : at + 1]
    else:
        for key in VOTES if part == "votes" else (part,):
            item.fields[key] = stored.fields.get(key, "")


def head_last(order: list[UUID], head: UUID | None) -> list[UUID]:
    """The same order with the head at the end."""
    return order if head is None else [*(person for person in order if person != head), head]
