"""Continuous saving (随时保存): the page sends what stands on it a second after it was typed; what another clerk saved meanwhile is put together."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError, InvalidInput, Stale
from governance import services
from governance.drafts import roster_on
from governance.forms.record import read
from governance.forms.record_merge import Merged, merge, named
from governance.forms.sheet import Sheet, place, posted, written
from governance.guards import may_record
from governance.models import Meeting
from governance.record import record_of
from governance.selectors import names_of
from governance.views.record import find, version_seen
from governance.views.record_secrecy import fill_withheld

TRIES = 3  # when clerks save at the same moment, the later one is put together anew


@login_required
@require_http_methods(["GET", "POST"])
def record_autosave(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Save, or say why not. Answers with the new version, and with other fields only when another clerk's words came in.

    A visit (after signing in again) leads to the record.
    """
    if request.method == "GET":
        return redirect("governance:record", pk=find(request.user, pk).pk)
    refusal: DomainError = Stale()
    for _ in range(TRIES):
        meeting = find(request.user, pk)
        try:
            return JsonResponse(_saved(request.user, meeting, request.POST))
        except InvalidInput as error:
            faults = [{"url": f"#{place(fault.path)}", "text": fault.reason} for fault in error.faults]
            return JsonResponse({"faults": faults}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except Stale as error:
            refusal = error
        except DomainError as error:
            refusal = error
            break
    return JsonResponse({"title": refusal.title, "text": str(refusal)}, status=HTTPStatus.CONFLICT)


def _saved(user: User, meeting: Meeting, data: Mapping[str, str]) -> dict[str, Any]:
    mine, held = posted(data), _texts(data.get("held", ""))
    fill_withheld(user, meeting, mine)
    merged = None
    if may_record(meeting, user) and (version_seen(data) != meeting.version or held):
        merged = _merged(meeting, mine, data, held)
    sheet = merged.stored if merged else mine
    sheet.drop_blank_tasks()
    record, faults = read(sheet)
    if faults:
        raise InvalidInput(faults)
    at = timezone.now()
    saved = services.save_record(meeting=meeting, new=record, version=meeting.version, by=user, at=at)
    answer: dict[str, Any] = {"version": saved.version, "at": f"{timezone.localtime(at):%H:%M:%S}"}
    return answer | (_for_the_page(mine, merged) if merged else {})


def _merged(meeting: Meeting, mine: Sheet, data: Mapping[str, str], held: Mapping[str, str]) -> Merged:
    """`before` holds what the fields that changed on this page said when it was last in step with the server."""
    theirs = written(record_of(meeting))
    base = posted(dict(data.items()) | _texts(data.get("before", "")))
    roster = roster_on(meeting.school, meeting.body, local_day(meeting.scheduled_at))
    return merge(base, mine, theirs, names_of(meeting, roster.people), held.keys())


def _texts(raw: str) -> dict[str, str]:
    """A JSON object of texts; anything else is an empty one."""
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _for_the_page(mine: Sheet, merged: Merged) -> dict[str, Any]:
    """What is stored now, by the names of the page's fields; what of it the page does not show yet; what both changed."""
    stored, rows = named(merged.stored)
    shown, shown_rows = named(merged.shown)
    typed, typed_rows = named(mine)
    clashing = {number for clash in merged.clashes for number in _items_of(clash.path, mine)}
    return {
        "stored": stored,
        "rows": rows,
        "fields": {name: value for name, value in shown.items() if value != typed.get(name, "")},
        "tasks": {n: found for n, found in shown_rows.items() if found != typed_rows[n] or n in clashing},
        "clashes": [asdict(clash) for clash in merged.clashes],
    }


def _items_of(path: str, mine: Sheet) -> list[str]:
    """The number of the item whose tasks a clash is about: their rows are then put into the page in the order meant here."""
    parts = path.split(".")
    if len(parts) < 3 or parts[2] != "tasks":
        return []
    return [str(n) for n, item in enumerate(mine.items, start=1) if str(item) == parts[1]]
