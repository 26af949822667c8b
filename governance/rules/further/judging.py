"""`judge_stored` and `judge_month`: the further rules against everything they can apply to, nothing skipped."""

from collections.abc import Collection

from governance.rules.findings import Result
from governance.rules.further import deciding, following, keeping, meetings, months, preparing
from governance.rules.further.facts import SchoolMonthFacts, StoredMeetingFacts
from governance.rules.further.registry import MONTHS, STORED
from governance.rules.further.situation import SchoolMonth, StoredMeeting
from governance.rules.reference import Reference, ReferenceFault

MODULES = (deciding, following, keeping, meetings, months, preparing)

# By topic, as the rule file has them.
ORDER = (
    *("R-C05", "R-C06", "R-Q04", "R-Q06", "R-A01", "R-A03", "R-A05", "R-T11", "R-T19", "R-T21"),
    *("R-V05", "R-V07", "R-V08", "R-V09", "R-V11", "R-V14", "R-V15"),
    *("R-M01", "R-M05", "R-M06", "R-M07", "R-E02", "R-E04"),
)
MONTH_ORDER = ("R-F01", "R-F02", "R-F03")


def judge_stored(
    meeting: StoredMeetingFacts, reference: Reference, only: Collection[str] | None = None
) -> list[Result]:
    """Exactly one result per rule and subject (`meeting`, `items/<id>`): rules in `ORDER`, items by their `order`."""
    situation = StoredMeeting(meeting, reference)
    asked = ORDER if only is None else tuple(rule_id for rule_id in ORDER if rule_id in only)
    return [result for rule_id in asked for result in STORED[rule_id].results(situation, reference.rules[rule_id])]


def judge_month(month: SchoolMonthFacts, reference: Reference, only: Collection[str] = MONTH_ORDER) -> list[Result]:
    """One result per rule of `MONTH_ORDER`; the subject is `school/<code>/<YYYY-MM>`."""
    situation = SchoolMonth(month, reference)
    subject = f"school/{month.school}/{situation.name}"
    return [
        MONTHS[rule_id].result(subject, situation, reference.rules[rule_id])
        for rule_id in MONTH_ORDER
        if rule_id in only
    ]


def check_further(reference: Reference) -> None:
    """Raise `ReferenceFault` unless every further rule is in force with the parameters it reads."""
    for rule_id, rule in {**STORED, **MONTHS}.items():
        if rule_id not in reference.rules:
            raise ReferenceFault(f"{rule_id} is missing from rules {reference.rules_version}")
        reference.rules[rule_id].check(rule.reads)
