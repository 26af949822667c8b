"""Documents to judge: the two base meetings of the worked cases, and patches on fresh copies of them."""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from governance.rules.document import parse
from governance.rules.engine import judge
from governance.rules.findings import Result
from governance.rules.load import delivered_reference

CASES = Path(__file__).parent / "cases"
PARTY, PRINCIPAL = "party_meeting", "principal_meeting"
ABSENT = object()  # patch value: take the key away


@cache
def worked_cases() -> dict[str, Any]:
    return yaml.safe_load((CASES / "rule_cases.yaml").read_text(encoding="utf-8"))


@cache
def arithmetic() -> list[dict[str, int]]:
    return yaml.safe_load((CASES / "arithmetic.yaml").read_text(encoding="utf-8"))["smallest"]


def document(base: str, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """A fresh copy of a base meeting with each path of `patch` set (or taken away)."""
    made = copy.deepcopy(worked_cases()["bases"][base])
    for path, value in (patch or {}).items():
        *way, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
        place = made
        for step in way:
            place = place[step]
        if value is ABSENT:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(copy.deepcopy(value))
        else:
            place[last] = copy.deepcopy(value)
    return made


def judged(made: dict[str, Any], only: Any = None) -> list[Result]:
    """The results of a document that has no faults."""
    meeting, faults = parse(made, delivered_reference())
    assert meeting is not None, faults
    return judge(meeting, delivered_reference(), only)


def outcomes(made: dict[str, Any]) -> dict[tuple[str, str], str]:
    """(rule, subject) → outcome."""
    return {(result.rule, result.subject): result.outcome.value for result in judged(made)}


def faults_of(made: object) -> list[str]:
    """The paths of a document's faults."""
    meeting, faults = parse(made, delivered_reference())
    assert (meeting is None) == bool(faults)
    return [fault.path for fault in faults]


def meeting_of(n: int, there: int, *, body: str = "party", **item: Any) -> dict[str, Any]:
    """n members are due, the first `there` of them present, with one item of the given fields."""
    return {
        "body": body,
        "scheduled_at": "2026-09-10T14:00:00+08:00",
        "members": [{"id": f"m{i}"} for i in range(n)],
        "attendance": [{"member": f"m{i}", "status": "present" if i < there else "leave"} for i in range(n)],
        "items": [{"id": "i1", "order": 1, **item}],
    }
