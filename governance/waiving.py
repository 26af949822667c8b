"""放行: what the rules hold against a meeting now, and which of it the head of the body may let pass (R-D03)."""

from collections.abc import Sequence

from accounts.models import User
from common.dates import local_day
from common.transitions import Transition
from governance.further import further_results
from governance.guards import refusal
from governance.models import NEVER_WAIVED, Meeting, MeetingStatus, Waiver
from governance.record import Record
from governance.rules.findings import Outcome, Result
from governance.rules.reference import Reference
from governance.selectors import BEFORE_CALLING, judge_meeting, subject_of_waiver
from governance.states import WAIVING

Place = tuple[str, str]  # rule and subject (`meeting` or `items/<id>`)
# What can be answered before anybody has come, of the rules that stop a step.
BEFORE_HELD = (*BEFORE_CALLING, "R-C01", "R-C03", "R-A09")


def results_now(meeting: Meeting, reference: Reference) -> list[Result]:
    """What the rules say at this stage of the meeting, waivers included. Expects what `read_for_judging` or `for_record` read."""
    if meeting.status in (MeetingStatus.DRAFT, MeetingStatus.CALLED):
        nothing_yet = Record(meeting.chair_id, meeting.delegation_note, meeting.recorder_id)
        return judge_meeting(meeting, nothing_yet, only=BEFORE_HELD, reference=reference)
    results = judge_meeting(meeting, reference=reference)
    return results + further_results(meeting, today=local_day(meeting.scheduled_at), reference=reference)


def is_waivable(rule: str, reference: Reference) -> bool:
    """Whether the rule may ever be let pass: the rule file allows it, and it is none of the six."""
    return rule in reference.rules and reference.rules[rule].waivable and rule not in NEVER_WAIVED


def may_pass(result: Result, reference: Reference) -> bool:
    """Whether this finding can be let pass now: it blocks, and its rule may be waived."""
    return result.blocks and is_waivable(result.rule, reference)


def why_not(rule: str, result: Result | None, reference: Reference) -> str:
    """Why this finding cannot be let pass (in Chinese), or an empty text."""
    if rule in NEVER_WAIVED:
        return f"{rule} 是法定要件，任何人都不能放行。按“怎么办”补齐，或改期再议。"
    if not is_waivable(rule, reference):
        return f"规则文件规定 {rule} 不能放行。按“怎么办”补齐后再办。"
    if result is None:
        return f"{rule} 在会议的这个阶段不核查，不须放行。"
    if result.outcome is Outcome.WAIVED:
        return f"{rule} 在这里已经放行，不用再办一次。"
    if not result.blocks:
        return f"{rule} 现在不拦下一步，不须放行。刚改过记录的，先保存再看。"
    return ""


def waivers_of(meeting: Meeting) -> dict[Place, Waiver]:
    """Who let what pass at this meeting, and why. One query."""
    rows = Waiver.objects.filter(meeting=meeting).select_related("waived_by")
    return {(waiver.rule, subject_of_waiver(waiver)): waiver for waiver in rows}


def standing(meeting: Meeting, user: User) -> list[Transition]:
    """The rows of `WAIVING` that this account may use in this state, whatever the rules say."""
    return [step for step in WAIVING.open_from(meeting.status) if refusal(meeting, step, user) is None]


def open_waiving(meeting: Meeting, user: User, results: Sequence[Result], reference: Reference) -> list[Transition]:
    """`actions` of 放行: only what there is something for. `results` are those of `results_now`."""
    there = {
        "waive_rule": any(may_pass(result, reference) for result in results),
        "withdraw_waiver": any(result.outcome is Outcome.WAIVED for result in results),
    }
    return [step for step in standing(meeting, user) if there[step.name]]
