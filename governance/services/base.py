"""The common opening and closing of each step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from audit.services import record
from common.errors import NotAllowed, Stale, WrongState
from common.transitions import Machine, Transition
from governance.errors import BreaksProcedure
from governance.guards import refusal
from governance.models import Meeting
from governance.rules.findings import Outcome, Result, Severity
from governance.secrecy import hidden_of, kept
from governance.selectors import for_step, read_for_judging
from governance.states import MEETING
from schools import access


def locked(meeting: Meeting, *, with_record: bool = True) -> Meeting:
    """The meeting under its lock, read anew, with what its record needs, or with the agenda alone."""
    # Two statements: a row that was waited for is read anew, but rows joined to it would be those from before the wait.
    # SQLite has no row locks: its transactions begin IMMEDIATE, one writer at a time.
    if connection.features.has_select_for_update:
        Meeting.objects.select_for_update().only("pk").get(pk=meeting.pk)
    rows = Meeting.objects.all()
    found = read_for_judging(rows, meeting.pk) if with_record else for_step(rows).get(pk=meeting.pk)
    if found.deleted_at is not None:
        raise WrongState("这次会议的草稿在回收站里，先恢复再办理。")
    return found


def begin(
    meeting: Meeting,
    name: str,
    by: User,
    version: int | None,
    *,
    with_record: bool = True,
    machine: Machine = MEETING,
) -> tuple[Meeting, Transition]:
    """Lock, check version, state and person. A late second caller hears that things have moved on."""
    meeting = locked(meeting, with_record=with_record)
    if version is not None and version != meeting.version:
        raise Stale("刚才有人办理过这次会议。看过最新情况再办。")
    step = machine.require(name, meeting.status)
    if why := refusal(meeting, step, by):
        raise NotAllowed(why)
    return meeting, step


def finish(meeting: Meeting, step: Transition, by: User, at: datetime, **data: Any) -> Meeting:
    """Set the state, save, record the fact."""
    if step.target is not None:
        meeting.status = step.target
    meeting.commit(at)
    record(step.event, by=by, at=at, on=meeting, school_id=meeting.school_id, url=meeting.get_absolute_url(), **data)
    return meeting


def refuse_blocks(meeting: Meeting, step: Transition, results: Sequence[Result], by: User) -> None:
    """Stop the step when a blocking rule failed or lacks a fact; `by` learns nothing of items he may not read."""
    if blocking := [result for result in results if result.blocks]:
        told = kept(blocking, hidden_of(by, meeting.items.all()))
        withheld = {result.subject for result in blocking} - {result.subject for result in told}
        raise BreaksProcedure(step.label, told, len(withheld))


def count_findings(meeting: Meeting, results: Sequence[Result]) -> None:
    """Keep the numbers of findings in the row: lists and overviews read them without judging again."""
    unmet = [r for r in results if r.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)]
    meeting.findings_block = sum(r.severity is Severity.BLOCK for r in unmet)
    meeting.findings_warn = sum(r.severity is Severity.WARN for r in unmet)
    meeting.findings_waived = sum(r.outcome is Outcome.WAIVED for r in results)


def own_person(by: User) -> UUID:
    """The person behind the account; accounts without one hold no post and never come this far."""
    person = access.person_of(by)
    if person is None:
        raise NotAllowed("这个账号没有任职，不能办理。")
    return person
