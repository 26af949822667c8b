"""修改纪要文字: the clerk's own prose in place of the generated one, as long as the record may still be typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import SHANGHAI
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_record
from governance.minutes_text import closed, convened, heard, long_day, one_line, paragraphs_of
from governance.models import AgendaItem, Meeting, MeetingStatus
from governance.secrecy import hidden_of
from governance.services.base import locked

OPENING_LIMIT, ITEM_LIMIT = 2000, 8000
BALLOTS = re.compile(r"(赞成|反对|弃权|同意|不同意)\s*[0-9０-９〇零一二两三四五六七八九十百]+\s*(票|人)")
NO_BALLOTS = "票数和结论由会议记录自动写出，这里不再写票数"


@dataclass(frozen=True)
class Words:
    """What was typed: the opening, and the prose of items by id. Items that are not named keep theirs."""

    opening: str = ""
    items: Mapping[UUID, str] = field(default_factory=dict)


def generated_opening(meeting: Meeting) -> str:
    """The opening as the record gives it."""
    return convened(meeting)


def generated_prose(item: AgendaItem) -> str:
    """The prose of an item as the record gives it."""
    return closed(heard(item))


@transaction.atomic
def edit_minutes(*, meeting: Meeting, words: Words, version: int | None, by: User, at: datetime) -> Meeting:
    """Store the prose that differs from the generated one; what is the same, or empty, follows the record from now on.

    Items the account may not read are no business of its own: they keep their words.
    """
    meeting = locked(meeting)
    if not may_record(meeting, by):
        raise NotAllowed("纪要文字由书记、校长或党政办修改。")
    if meeting.status != MeetingStatus.HELD:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，纪要文字不能再改。送签以后要改，先退回修改。")
    hidden = hidden_of(by, meeting.items.all())
    typed = {
        item: _kept(words.items[item.pk], generated_prose(item))
        for item in meeting.items.all()
        if item.pk in words.items and item.pk not in hidden
    }
    opening = _kept(one_line(words.opening), generated_opening(meeting))
    if version is not None and version != meeting.version:
        raise Stale(differences=_differences(meeting, opening, typed))
    if faults := [*_opening_faults(meeting, opening), *_item_faults(typed)]:
        raise InvalidInput(faults)
    changed = [item for item, text in typed.items() if item.minutes_text != text]
    if not changed and meeting.minutes_opening == opening:
        return meeting
    meeting.minutes_opening = opening
    for item in changed:
        item.minutes_text = typed[item]
        item.save(update_fields=["minutes_text"])
    meeting.commit(at)
    record(
        "governance.meeting.minutes_edited",
        by=by,
        at=at,
        on=meeting,
        school_id=meeting.school_id,
        items=[item.order for item in changed],
    )
    return meeting


def opening_lacks(meeting: Meeting) -> list[str]:
    """What an opening of the clerk's own has to name and does not: day, meeting and chair are those of the record."""
    return _lacking(meeting, meeting.minutes_opening)


def _kept(text: str, generated: str) -> str:
    """Empty when it is what would be generated anyway: then it goes on following the record."""
    kept = "\n".join(paragraphs_of(text))
    return "" if kept == generated else kept


def _lacking(meeting: Meeting, opening: str) -> list[str]:
    if not opening:
        return []
    day = long_day(meeting.scheduled_at.astimezone(SHANGHAI).date())
    wanted = [day, meeting.title(), *([meeting.chair.name] if meeting.chair else [])]
    return [words for words in wanted if words not in opening]


def _opening_faults(meeting: Meeting, opening: str) -> list[Fault]:
    if len(opening) > OPENING_LIMIT:
        return [Fault("opening", f"开头写到 {OPENING_LIMIT} 字以内")]
    if lacking := _lacking(meeting, opening):
        return [Fault("opening", f"开头要写明{'、'.join(f'“{words}”' for words in lacking)}，与会议记录一致")]
    return [Fault("opening", NO_BALLOTS)] if BALLOTS.search(opening) else []


def _item_faults(typed: Mapping[AgendaItem, str]) -> list[Fault]:
    faults = []
    for item, text in typed.items():
        path = f"item-{item.order}"
        if len(text) > ITEM_LIMIT:
            faults.append(Fault(path, f"第 {item.order} 项的文字写到 {ITEM_LIMIT} 字以内"))
        elif BALLOTS.search(text):
            faults.append(Fault(path, f"第 {item.order} 项：{NO_BALLOTS}"))
    return faults


def _differences(meeting: Meeting, opening: str, typed: Mapping[AgendaItem, str]) -> list[Difference]:
    """Where what is stored now and what was typed differ."""
    pairs = [
        (
            "opening",
            "开头",
            meeting.minutes_opening or generated_opening(meeting),
            opening or generated_opening(meeting),
        )
    ]
    for item, text in typed.items():
        theirs, yours = item.minutes_text or generated_prose(item), text or generated_prose(item)
        pairs.append((f"item-{item.order}", f"第 {item.order} 项", theirs, yours))
    return [Difference(*pair) for pair in pairs if pair[2] != pair[3]]
