"""What the record may take over from the agenda: how an item is decided, what is resolved and what follows, proposed and never decided."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from common.dates import local_day
from governance.models import AgendaItem, Meeting, Method, Outcome
from governance.rules.reference import Nature, Reference
from governance.rules.workdays import is_working_day
from schools.permissions import Body

BALLOT_RULE = "R-V10"
WITHIN = 30  # days; from then on the next working day
LONGEST_GOAL, LONGEST_MEASURES = 300, 2000
_BEFORE_IT = re.compile(r"^(审议|讨论|研究|审定|审核)+(并通过)?")


@dataclass(frozen=True)
class Proposal:
    """What stands in the fields of one item unless the recorder types something else. `task` is empty when none is to follow."""

    method: str
    outcome: str
    decision_text: str
    task: dict[str, str] = field(default_factory=dict)


def proposal_for(meeting: Meeting, item: AgendaItem, reference: Reference, people: Collection[UUID]) -> Proposal:
    """Method by the rules on ballots, outcome by the nature of the matter, words and task from the item itself.

    `people` are those in office that day: nobody else is proposed as responsible.
    """
    matter = reference.matters.get(item.matter.code) if item.matter else None
    subject = _BEFORE_IT.sub("", item.title) or item.title
    if meeting.body == Body.PRINCIPAL and matter is not None and matter.nature is Nature.DELIBERATE:
        return Proposal(Method.SHOW_OF_HANDS, Outcome.PROPOSED_TO_PARTY, f"同意将{subject}报党组织会议研究决定。")
    balloted = meeting.body == Body.PARTY and matter and matter.code in reference.rules[BALLOT_RULE].codes("catalogue")
    responsible = next((who for who in (item.presenter_id, item.proposer_id) if who in people), None)
    task = {
        "goal": f"落实{subject}"[:LONGEST_GOAL],
        "measures": item.summary.strip()[:LONGEST_MEASURES],
        "due_on": due_on(local_day(meeting.scheduled_at), reference).isoformat(),
        "responsible": str(responsible) if responsible else "",
        "units": "",
    }
    method = Method.SIGNED_BALLOT if balloted else Method.SHOW_OF_HANDS
    return Proposal(method, Outcome.APPROVED, f"同意{subject}。", task)


def due_on(day: date, reference: Reference) -> date:
    """Thirty days after the meeting, or the working day that follows; in years whose days off are not announced, that day itself."""
    due = day + timedelta(days=WITHIN)
    while due.year in reference.known_years and not is_working_day(due, reference):
        due += timedelta(days=1)
    return due
