"""知悉范围: whose words of which items an account may read, and in which words the others stand on pages (note 3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from accounts.models import User
from common import history
from common.dates import local_day
from governance.guards import is_head, may_record
from governance.models import AgendaItem, ItemReader, Meeting, RuleResult, Secrecy, TalkItem
from governance.models.items import only_sits_in, readable
from governance.rules.findings import Result
from schools import access
from schools.models import Appointment, Person
from schools.permissions import BODY_POSTS, BUREAU_POSTS, HEAD_POST, TABLE, Post, SchoolPerm

WITHHELD = "限定人员议题，无权查看"
SHORT = "限定人员议题"
MEMO = "_hidden_from"
# Matters whose items start as restricted: personnel, discipline and the like (the bureau's list).
RESTRICTED_MATTERS = frozenset({"P05", "P16", "P17", "P19", "A14"})


def hidden_of(user: User, items: Iterable[AgendaItem]) -> set[UUID]:
    """Of these items (of meetings the account may see) those whose words it may not read. One query, or none when all are open;
    the answer stays with the items, so that the parts of a page may each ask.
    """
    items = list(items)
    if not all(getattr(item, MEMO, (None,))[0] == user.pk for item in items):
        asked = [item for item in items if item.secrecy == Secrecy.RESTRICTED or _may_only_sit_in(user, item)]
        hidden = _not_readable(user, {item.pk for item in asked})
        for item in items:
            setattr(item, MEMO, (user.pk, item.pk in hidden))
    return {item.pk for item in items if getattr(item, MEMO)[1]}


def hidden_among(user: User, items: Mapping[UUID, str]) -> set[UUID]:
    """The same for items known by id and level."""
    asked = set(items) if only_sits_in(user) else {pk for pk, level in items.items() if level == Secrecy.RESTRICTED}
    return _not_readable(user, asked)


def _not_readable(user: User, asked: set[UUID]) -> set[UUID]:
    if not asked:
        return asked
    return asked - set(AgendaItem.objects.filter(readable(user), pk__in=asked).values_list("pk", flat=True))


def _may_only_sit_in(user: User, item: AgendaItem) -> bool:
    """Whether the account may see the item's meeting as an observer alone: told without a query when the meeting was read with it."""
    if not only_sits_in(user):
        return False
    meeting: Meeting | None = item._state.fields_cache.get("meeting")
    if meeting is None or access.can(user, SchoolPerm.VIEW_MEETINGS, meeting.school_id):
        return meeting is None
    return not access.posts_at(user, meeting.school_id) & BODY_POSTS[meeting.body]


def reads_all(user: User, meeting: Meeting) -> bool:
    """Whether no word of the meeting is withheld from the account. One query."""
    return not AgendaItem.objects.filter(~readable(user), meeting=meeting).exists()


def is_of(result: Result | RuleResult, items: Collection[UUID]) -> bool:
    """Whether the result, live or stored, is about one of those items."""
    if isinstance(result, RuleResult):
        return result.item_id in items
    return result.subject.startswith("items/") and UUID(result.subject.partition("/")[2]) in items


R = TypeVar("R", Result, RuleResult, "Result | RuleResult")


def kept(results: Iterable[R], hidden: Collection[UUID]) -> list[R]:
    """The results without those about hidden items."""
    return [result for result in results if not hidden or not is_of(result, hidden)]


def hidden_talks(user: User, talks: Iterable[UUID]) -> set[UUID]:
    """Of these talks those about an item whose words the account may not read: what was talked about says what the item is."""
    links = TalkItem.objects.filter(~readable(user, "item__"), talk__in=list(talks))
    return set(links.values_list("talk_id", flat=True))


# ---- who is named ----


@dataclass(frozen=True)
class Candidate:
    """Somebody who can be named as reader. `fixed`: the head of the body, who is never locked out."""

    person: Person
    words: str
    fixed: bool = False


def candidates(meeting: Meeting, named: Iterable[UUID] = ()) -> list[Candidate]:
    """The school's people in office today, the bureau's holders of `view_restricted`, and who is named already."""
    today = local_day(history.now())
    posts = [post for post in TABLE[SchoolPerm.VIEW_RESTRICTED] if post in BUREAU_POSTS]
    bureau = Appointment.objects.on(today).holding(*posts).select_related("person").order_by("rank", "pk")
    words: dict[UUID, list[str]] = {}
    people: dict[UUID, Person] = {}
    rows = (
        Appointment.objects.on(today).filter(school=meeting.school_id).select_related("person").order_by("rank", "pk")
    )
    for row in (*rows, *bureau):
        people.setdefault(row.person_id, row.person)
        words.setdefault(row.person_id, []).append(Post(row.post).label)
    gone = Person.objects.filter(pk__in=set(named) - people.keys()).order_by("py", "pk")
    heads = set(head_of(meeting))
    found = [Candidate(person, "、".join(dict.fromkeys(words[pk])), pk in heads) for pk, person in people.items()]
    return [*found, *(Candidate(person, "已不在任") for person in gone)]


def head_of(meeting: Meeting) -> list[UUID]:
    """The person in the head's post today."""
    held = Appointment.objects.on(local_day(history.now())).filter(school=meeting.school_id)
    return list(held.filter(post=HEAD_POST[meeting.body]).order_by("rank", "pk").values_list("person_id", flat=True))


def readers_of(item: AgendaItem) -> list[UUID]:
    """The named readers."""
    return list(ItemReader.objects.filter(item=item).order_by("pk").values_list("person_id", flat=True))


def why_not_set(item: AgendaItem, meeting: Meeting, user: User) -> str:
    """Why this account may not change who reads the item (in Chinese), or an empty text. The head may always, even before he is named."""
    if is_head(meeting, user):
        return ""
    if not may_record(meeting, user):
        return f"知悉范围由书记、校长、党政办或{HEAD_POST[meeting.body].label}设定。"
    return WITHHELD if hidden_of(user, [item]) else ""


def opened_of(items: Iterable[AgendaItem], hidden: Collection[UUID]) -> dict[UUID, int]:
    """The restricted items whose words are shown, with their order: what `services.note_opened` records."""
    return {item.pk: item.order for item in items if item.secrecy == Secrecy.RESTRICTED and item.pk not in hidden}
