"""修改纪要文字: prose to be typed, above each piece the sentences that follow from the record and cannot be changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.errors import Difference, DomainError, InvalidInput, Stale
from governance.forms.minutes_edit import OPENING, RESET, Typed, place_of, read
from governance.guards import may_record
from governance.minutes_text import came, chinese, heading_of, result_words, tasks_of
from governance.models import AgendaItem, Meeting, MeetingStatus
from governance.reference import reference_for
from governance.secrecy import WITHHELD
from governance.services.minutes_edit import (
    ITEM_LIMIT,
    OPENING_LIMIT,
    edit_minutes,
    generated_opening,
    generated_prose,
    opening_lacks,
)
from governance.views.documents import find, note_read


@dataclass
class Answer:
    """What the page says beside the words."""

    status: int = 200
    title: str = ""
    text: str = ""
    problems: Sequence[dict[str, str]] = ()
    differences: Sequence[Difference] = field(default_factory=tuple)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The words of the minutes, for who may type the record; after 送签 the members confirm them as they are."""
    meeting = find(request, pk)
    open_now = meeting.status == MeetingStatus.HELD and may_record(meeting, request.user)
    if request.method != "POST" and not open_now:
        return redirect("governance:minutes" if meeting.held_at else "governance:meeting", pk=pk)
    items = _readable(request, meeting)
    if request.method != "POST":
        return _show(request, meeting, items, None, Answer())
    typed = read(request.POST, items)
    if typed.button.startswith(RESET):
        return _show(request, meeting, items, typed.without(typed.button.removeprefix(RESET)), Answer())
    words = typed.words(items)
    try:
        edit_minutes(meeting=meeting, words=words, version=typed.version, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _refused(request, typed, refusal, pk)
    messages.success(request, "纪要文字已保存")
    return redirect("governance:minutes", pk=pk)


def _readable(request: SignedInRequest, meeting: Meeting) -> list[AgendaItem]:
    hidden = note_read(request, meeting)
    return [item for item in meeting.items.all() if str(item.pk) not in hidden]


def _refused(request: SignedInRequest, typed: Typed, refusal: DomainError, pk: UUID) -> HttpResponse:
    """The page again with all that was typed, read anew for its version."""
    meeting = find(request, pk)
    if isinstance(refusal, InvalidInput):
        problems = [{"text": fault.reason, "target": f"id_{fault.path}"} for fault in refusal.faults]
        answer = Answer(422, f"有 {len(problems)} 处要改，还没有保存", problems=problems)
    else:
        found = refusal.differences if isinstance(refusal, Stale) else ()
        answer = Answer(refusal.status, refusal.title, str(refusal), differences=found)
    return _show(request, meeting, _readable(request, meeting), typed, answer)


def _show(
    request: SignedInRequest, meeting: Meeting, items: Sequence[AgendaItem], typed: Typed | None, answer: Answer
) -> HttpResponse:
    texts = typed.texts if typed else {}
    lacking = opening_lacks(meeting) if typed is None else []
    opening = texts.get(OPENING, "" if typed else meeting.minutes_opening) or generated_opening(meeting)
    errors = {str(problem["target"]): problem["text"] for problem in answer.problems}
    context = {
        "meeting": meeting,
        "answer": answer,
        "opening": {
            "text": opening,
            "own": opening != generated_opening(meeting),
            "locked": came(meeting, reference_for(meeting)),
            "limit": OPENING_LIMIT,
            "error": errors.get(f"id_{OPENING}", ""),
            "lacking": "、".join(f"“{words}”" for words in lacking),
        },
        "rows": [_row(item, item in items, texts, typed is not None, errors) for item in meeting.items.all()],
        "closed": meeting.status != MeetingStatus.HELD or not may_record(meeting, request.user),
    }
    return render(request, "governance/minutes_edit.html", context, status=answer.status)


def _row(
    item: AgendaItem, readable: bool, texts: Mapping[str, str], posted: bool, errors: dict[str, str]
) -> dict[str, Any]:
    """One item: what is generated and stays, and the prose; of a withheld one its number."""
    if not readable:
        return {"order": item.order, "heading": f"{chinese(item.order)}、{WITHHELD}", "withheld": True}
    place, generated = place_of(item), generated_prose(item)
    text = texts.get(place, "" if posted else item.minutes_text) or generated
    return {
        "order": item.order,
        "place": place,
        "heading": heading_of(item),
        "text": text,
        "own": text != generated,
        "locked": [result_words(item), *tasks_of(item)],
        "limit": ITEM_LIMIT,
        "error": errors.get(f"id_{place}", ""),
    }
