"""放行: the head of the body lets one rule pass for one subject, with a reason, in view of the bureau (R-D03)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from common.errors import WrongState, one_fault, require_reason
from governance.models import AgendaItem, Meeting, Waiver
from governance.reference import reference_for
from governance.rules.findings import MEETING, Result
from governance.services.base import begin, count_findings, finish
from governance.states import WAIVING
from governance.waiving import results_now, why_not


@transaction.atomic
def waive_rule(
    *,
    meeting: Meeting,
    rule: str,
    item: UUID | None = None,
    reason: str,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Meeting:
    """放行: `rule` at the meeting (`item` None) or at one item, before the signature, with a reason of 4–500 characters.

    Only what blocks now can be let pass, never the six rules nor what the rule file excepts; `WrongState` says why not.
    The waiver keeps what the engine had said, and the result becomes `waived`.
    """
    meeting, step = begin(meeting, "waive_rule", by, version, machine=WAIVING)
    reason = require_reason(reason)
    about = _item(meeting, item)
    reference = reference_for(meeting)
    if rule not in reference.rules:
        raise one_fault("rule", "没有这条规则，从会议页的核查意见里选")
    results = results_now(meeting, reference)
    found = _found(results, rule, item)
    if (why := why_not(rule, found, reference)) or found is None:
        raise WrongState(why)
    Waiver.objects.create(
        meeting=meeting, item=about, rule=rule, reason=reason, message=found.message, waived_by=by, waived_at=at
    )
    _count(meeting, [result.as_waived() if result is found else result for result in results])
    return finish(meeting, step, by, at, **_told(rule, about), reason=reason, message=found.message)


@transaction.atomic
def withdraw_waiver(
    *, meeting: Meeting, rule: str, item: UUID | None = None, version: int | None = None, by: User, at: datetime
) -> Meeting:
    """撤回放行, by the head of the body, before the signature: the rule holds again."""
    meeting, step = begin(meeting, "withdraw_waiver", by, version, machine=WAIVING)
    about = _item(meeting, item)
    waiver = Waiver.objects.filter(meeting=meeting, rule=rule, item=about).first()
    if waiver is None:
        raise WrongState("这里没有放行过这条规则，不用撤回。刷新页面看最新情况。")
    waiver.delete()
    _count(meeting, results_now(meeting, reference_for(meeting)))
    return finish(meeting, step, by, at, **_told(rule, about))


def _item(meeting: Meeting, item: UUID | None) -> AgendaItem | None:
    if item is None:
        return None
    for found in meeting.items.all():
        if found.pk == item:
            return found
    raise one_fault("item", "这次会议没有这个议题，刷新页面再选")


def _found(results: Sequence[Result], rule: str, item: UUID | None) -> Result | None:
    subject = f"items/{item}" if item else MEETING
    return next((result for result in results if (result.rule, result.subject) == (rule, subject)), None)


def _count(meeting: Meeting, results: Sequence[Result]) -> None:
    """The row counts findings from 登记召开 on, when there is a record."""
    if meeting.held_at is not None:
        count_findings(meeting, results)


def _told(rule: str, item: AgendaItem | None) -> dict[str, str | int | None]:
    return {"rule": rule, "item": str(item.pk) if item else None, "order": item.order if item else None}
