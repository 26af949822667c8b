"""`judge`: every rule of the rule-check contract against every subject it can apply to, nothing skipped.

The engine judges; what follows from a result (stop, warn, count) is decided elsewhere, see `Result.blocks`.
"""

from collections.abc import Collection, Mapping

from governance.rules import attendance, beforehand, chairing, execution, minutes, quorum, tabling, voting
from governance.rules.counting import RECUSAL, RECUSAL_RULE, SEATS, SEATS_RULE
from governance.rules.facts import MeetingFacts
from governance.rules.findings import Result
from governance.rules.reference import Kind, Reference, ReferenceFault
from governance.rules.registry import RULES
from governance.rules.situation import MeetingSituation

MODULES = (attendance, beforehand, chairing, execution, minutes, quorum, tabling, voting)

# The rows of the contract's table, in its order.
ORDER = (
    *("R-C01", "R-C02", "R-C03", "R-C04", "R-Q01", "R-Q03", "R-Q02", "R-Q05", "R-A02", "R-A06", "R-A09"),
    *("R-T03", "R-T04", "R-T01", "R-T02", "R-T05", "R-T06", "R-T07", "R-T08", "R-T09", "R-T10", "R-T12"),
    *("R-T13", "R-T14", "R-T16", "R-T17", "R-T18", "R-T20"),
    *("R-V02", "R-V03", "R-V04", "R-V06", "R-V10", "R-V12", "R-V13", "R-M02", "R-M03", "R-M04", "R-E01"),
)


def judge(meeting: MeetingFacts, reference: Reference, only: Collection[str] | None = None) -> list[Result]:
    """Exactly one result per rule and subject: rules in the contract's order, items by their `order`.

    `only` narrows the rules asked; an id the engine does not know raises `ValueError`, a rule missing from the reference `KeyError`.
    """
    situation = MeetingSituation(meeting, reference)
    return [
        result for rule_id in _asked(only) for result in RULES[rule_id].results(situation, reference.rules[rule_id])
    ]


def check_reference(reference: Reference) -> None:
    """Raise `ReferenceFault` unless every rule of the engine is in force with the parameters it reads."""
    for rule_id, reads in reads_of_engine().items():
        if rule_id not in reference.rules:
            raise ReferenceFault(f"{rule_id} is missing from rules {reference.rules_version}")
        reference.rules[rule_id].check(reads)


def reads_of_engine() -> dict[str, Mapping[str, Kind]]:
    """The parameters the engine reads, by rule: those of its own rules, and how recusals and vacant seats count."""
    return {rule_id: RULES[rule_id].reads for rule_id in ORDER} | {RECUSAL_RULE: RECUSAL, SEATS_RULE: SEATS}


def _asked(only: Collection[str] | None) -> tuple[str, ...]:
    if only is None:
        return ORDER
    if unknown := set(only).difference(ORDER):
        raise ValueError("no such rules: " + ", ".join(sorted(unknown)))
    return tuple(rule_id for rule_id in ORDER if rule_id in only)
