"""签发: the signature makes decisions, tasks and deadlines, stores the results, and seals the record."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from checklists.models import SourceKind
from checklists.services import NewTask, open_checklist
from common.bulk import insert_rows
from common.dates import local_day
from common.errors import NotAllowed, WrongState, require_reason
from common.ids import new_id
from governance.further import further_results
from governance.keeping import seal_of
from governance.models import AgendaItem, Decision, DecisionStage, Meeting, RuleResult
from governance.models.items import ADOPTED
from governance.reference import reference_for
from governance.rules import facts as f
from governance.rules.findings import Outcome, Result
from governance.rules.reference import Reference
from governance.secrecy import hidden_of
from governance.selectors import judge_meeting, post_labels
from governance.services.base import begin, count_findings, finish, own_person, refuse_blocks
from governance.services.confirming import drop_confirmations, settle_by_signing
from governance.services.secrecy import named_for
from governance.services.topic_hooks import conclude_topics, release_topics
from governance.services.versions_of_minutes import seal_first_version
from schools.permissions import Body

MARK = {Body.PARTY: "党", Body.PRINCIPAL: "校"}
QUORUM_RULES = ("R-Q01", "R-Q03")


@transaction.atomic
def sign_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """签发: judged with signed_by = me and signed_on = today; a blocking rule stops it.

    Stores every result with the versions it was judged by, makes a decision with its running tasks for each adopted
    item, seals the record with a SHA-256 checksum, and keeps the words of the minutes as their first sealed version.
    """
    meeting, step = begin(meeting, "sign", by, version)
    if withheld := hidden_of(by, meeting.items.all()):
        places = "、".join(str(item.order) for item in meeting.items.all() if item.pk in withheld)
        raise NotAllowed(
            f"第 {places} 项是限定人员议题，你不在知悉人里，不能签发。先在那一项的“知悉范围”里列入签发人。"
        )
    me = own_person(by)
    due = {member.person_id for member in meeting.members.all()}
    minutes = f.MinutesFacts(str(me) if me in due else None, local_day(at))
    reference = reference_for(meeting)
    results = judge_meeting(meeting, minutes=minutes, reference=reference)
    results += further_results(meeting, today=local_day(at), reference=reference)
    refuse_blocks(meeting, step, results, by)
    settle_by_signing(meeting, by, at)
    count_findings(meeting, results)
    _store_results(meeting, results, reference, at)
    meeting.rules_version = reference.rules_version
    meeting.signed_by, meeting.signed_at = by, at
    adopted = [item for item in meeting.items.all() if item.outcome in ADOPTED]
    decisions = _decide(meeting, adopted, by, at)
    meeting.seal = seal_of(meeting, [result.as_document() for result in results])
    told = sorted({str(member.person.account_id) for member in meeting.members.all() if member.person.account_id})
    meeting = finish(meeting, step, by, at, decisions=[d.number for d in decisions], accounts=told, seal=meeting.seal)
    seal_first_version(meeting, reference, by, at)
    conclude_topics(meeting=meeting, by=by, at=at)
    return meeting


RESULT = (
    *("id", "meeting_id", "item_id", "order", "rule", "outcome", "severity", "message", "facts", "basis", "remedy"),
    *("rules_version", "catalogue_version", "judged_at"),
)


def _store_results(meeting: Meeting, results: Sequence[Result], reference: Reference, at: datetime) -> None:
    """A hundred rows a meeting and more, hence without an instance for each. The basis of a rule is written out once."""
    items = {f"items/{item.pk}": item.pk for item in meeting.items.all()}
    basis: dict[str, str] = {}
    for result in results:
        if result.rule not in basis:
            basis[result.rule] = json.dumps([{"source": b.source, "text": b.text} for b in result.basis])
    versions = (reference.rules_version, reference.catalogue_version, at)
    rows = [
        (
            *(new_id(), meeting.pk, items.get(result.subject), order, result.rule, result.outcome.value),
            *(result.severity.value, result.message, json.dumps(dict(result.facts)), basis[result.rule], result.remedy),
            *versions,
        )
        for order, result in enumerate(results, start=1)
    ]
    insert_rows(RuleResult, RESULT, rows)


def _decide(meeting: Meeting, adopted: Sequence[AgendaItem], by: User, at: datetime) -> list[Decision]:
    labels = post_labels(meeting.school, local_day(meeting.scheduled_at))
    decisions = []
    for item in adopted:
        number = f"{meeting.year}-{MARK[Body(meeting.body)]}-{meeting.serial:03d}-{item.order:02d}"
        decision = Decision(
            school=meeting.school,
            meeting=meeting,
            item=item,
            number=number,
            title=item.title,
            text=item.decision_text or item.title,
            outcome=item.outcome,
            stage=DecisionStage.EXECUTION,
            decided_on=local_day(meeting.scheduled_at),
        )
        decision.stamp(at)
        title, readers = named_for(decision, item)
        decision.checklist = open_checklist(
            school=meeting.school,
            source=decision,
            kind=SourceKind.DECISION,
            title=title,
            url=decision.get_absolute_url(),
            tasks=_tasks(item, labels),
            readers=readers,
            by=by,
            at=at,
        )
        decision.save()
        record(
            "governance.decision.adopted", by=by, at=at, on=decision, school_id=meeting.school_id,
            url=decision.get_absolute_url(),
        )  # fmt: skip
        decisions.append(decision)
    return decisions


def _tasks(item: AgendaItem, labels: dict[UUID, str]) -> list[NewTask]:
    """The planned tasks; R-E01 has made sure that each has its 四明确."""
    return [
        NewTask(
            target=task.goal,
            measures=task.measures,
            due_on=task.due_on,
            responsible=task.responsible,
            responsible_post=labels.get(task.responsible.pk, "")[:40],
            units=task.units,
        )
        for task in item.planned_tasks.all()
        if task.due_on is not None and task.responsible is not None
    ]


@transaction.atomic
def return_meeting(*, meeting: Meeting, reason: str, version: int | None = None, by: User, at: datetime) -> Meeting:
    """退回修改: back to the recorder, with a reason. What the members said of this record is asked anew after the next 送签."""
    meeting, step = begin(meeting, "return", by, version)
    reason = require_reason(reason)
    recorder = meeting.minuted_by
    meeting.minuted_by = meeting.minuted_at = None
    meeting.return_reason = reason
    drop_confirmations(meeting)
    return finish(meeting, step, by, at, reason=reason, accounts=[str(recorder.pk)] if recorder else [])


@transaction.atomic
def lapse_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """登记流会: only when the attendance on record does not reach the quorum (R-Q01, R-Q03). Attendance is kept."""
    meeting, step = begin(meeting, "fail_quorum", by, version)
    results = judge_meeting(meeting, only=QUORUM_RULES)
    if not any(result.outcome is Outcome.FAIL for result in results):
        said = next((r.message for r in results if r.outcome is not Outcome.NOT_APPLICABLE), "")
        raise WrongState(f"到会人数够数，或到会情况还没登记完，不能登记流会。{said}")
    meeting.cancelled_by, meeting.cancelled_at, meeting.lapsed = by, at, True
    meeting.minuted_by = meeting.minuted_at = None
    release_topics(meeting=meeting, by=by, at=at)
    told = sorted({str(m.person.account_id) for m in meeting.members.all() if m.person.account_id})
    return finish(meeting, step, by, at, accounts=told)


@transaction.atomic
def note_reading(*, meeting: Meeting, by: User, at: datetime) -> None:
    """Each opening of minutes by the bureau is recorded and shown to the school (permission table, note 2; R-M08)."""
    record("governance.meeting.read", by=by, at=at, on=meeting, school_id=meeting.school_id)
