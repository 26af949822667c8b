"""The engine as a whole: the table is complete, results say where they come from, it is quick, and it knows no Django."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from governance.rules.document import parse
from governance.rules.engine import MODULES, ORDER, judge
from governance.rules.findings import Outcome, Result, Severity
from governance.rules.load import delivered_reference, read_rules
from governance.rules.registry import RULES, meeting_rule
from tests.rules import test_item_rules, test_meeting_rules
from tests.rules.builders import PARTY, document, judged
from tests.rules.strategies import random_document

# The columns of the contract's table that can decide: n = not applicable, i = insufficient; every rule can pass and fail.
COLUMNS = {
    **{"R-C01": "ni", "R-C02": "ni", "R-C03": "ni", "R-C04": "ni", "R-Q01": "ni", "R-Q03": "ni", "R-Q02": "ni"},
    **{"R-Q05": "ni", "R-A02": "n", "R-A06": "n", "R-A09": "", "R-T03": "ni", "R-T04": "i", "R-T01": "ni"},
    **{"R-T02": "ni", "R-T05": "", "R-T06": "ni", "R-T07": "n", "R-T08": "n", "R-T09": "ni", "R-T10": "ni"},
    **{"R-T12": "n", "R-T13": "n", "R-T14": "ni", "R-T16": "n", "R-T17": "n", "R-T18": "n", "R-T20": "n"},
    **{"R-V02": "ni", "R-V03": "ni", "R-V04": "ni", "R-V06": "ni", "R-V10": "ni", "R-V12": "n", "R-V13": "i"},
    **{"R-M02": "ni", "R-M03": "ni", "R-M04": "i", "R-E01": "n"},
}
WORDS = {"n": "not_applicable", "i": "insufficient"}


def possible(rule: str) -> set[str]:
    return {"pass", "fail", *(WORDS[column] for column in COLUMNS[rule])}


def test_every_rule_of_the_table_is_registered_in_its_order() -> None:
    assert tuple(COLUMNS) == ORDER
    assert set(RULES) == set(ORDER)
    assert len(MODULES) == 8


@pytest.mark.parametrize("rule", ORDER)
def test_our_tables_show_every_outcome_a_rule_can_have(rule: str) -> None:
    rows = {**test_meeting_rules.TABLE, **test_item_rules.TABLE}[rule]
    assert {row[0] for row in rows} == possible(rule)


def test_random_meetings_reach_every_outcome_and_no_other() -> None:
    seen: dict[str, set[str]] = {rule: set() for rule in ORDER}
    for seed in range(600):
        for result in judged(random_document(seed)):
            seen[result.rule].add(result.outcome.value)
    assert seen == {rule: possible(rule) for rule in ORDER}


def test_a_rule_id_is_registered_once() -> None:
    with pytest.raises(ValueError, match="R-C01 is registered twice"):
        meeting_rule("R-C01")(lambda meeting, law: pytest.fail("never asked"))


def test_an_unknown_rule_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="R-X99"):
        judged(document(PARTY), ["R-C01", "R-X99"])


def test_severity_and_basis_are_those_of_the_rule_file() -> None:
    delivered = {rule["id"]: rule for rule in read_rules()["rules"]}
    titles = {source["id"]: source["title"] for source in read_rules()["sources"]}
    for result in judged(document(PARTY)):
        rule = delivered[result.rule]
        assert result.severity == rule["severity"]
        assert [(basis.source, basis.text) for basis in result.basis] == [(key, titles[key]) for key in rule["sources"]]
        assert result.basis


def test_the_bureau_may_change_severity_and_thresholds_without_code() -> None:
    reference = delivered_reference()
    stricter = replace(
        reference.rules["R-Q01"], severity=Severity.WARN, parameters={"threshold": "at_least_two_thirds"}
    )
    changed = replace(reference, rules={**reference.rules, "R-Q01": stricter})
    meeting, _ = parse(document(PARTY, {f"attendance[{n}].status": "leave" for n in (4, 5, 6)}), reference)
    assert meeting is not None
    before, after = (judge(meeting, known, ["R-Q01"])[0] for known in (reference, changed))
    assert (before.outcome, before.severity, before.facts["needed"]) == (Outcome.PASS, Severity.BLOCK, 4)
    assert (after.outcome, after.severity, after.facts["needed"]) == (Outcome.FAIL, Severity.WARN, 5)
    assert not after.blocks


@pytest.mark.parametrize(
    ("severity", "outcome", "blocks"),
    [
        ("block", "fail", True),
        ("block", "insufficient", True),
        ("block", "pass", False),
        ("block", "not_applicable", False),
        ("block", "waived", False),
        ("warn", "fail", False),
        ("record", "insufficient", False),
    ],
)
def test_what_blocks_is_severe_and_unmet(severity: str, outcome: str, blocks: bool) -> None:
    result = Result("R-C01", "meeting", Outcome(outcome), Severity(severity), "", {}, (), None)
    assert result.blocks is blocks


def test_the_example_of_the_contract() -> None:
    stances = [{"member": who, "stance": "agree", "seq": seq} for seq, who in enumerate(("prin", "dep", "sec"))]
    result = next(
        result
        for result in judged(document(PARTY, {"items[1].stances": stances}), ["R-V06"])
        if result.subject == "items/i2"
    )
    assert result.message == "应到7人，赞成3人，未超过应到半数（须4人）。"
    assert result.facts == {"due": 7, "agree": 3, "needed": 4}
    assert result.as_document() == {
        "rule": "R-V06",
        "subject": "items/i2",
        "outcome": "fail",
        "severity": "block",
        "message": result.message,
        "facts": {"due": 7, "agree": 3, "needed": 4},
        "basis": [{"source": basis.source, "text": basis.text} for basis in result.basis],
        "remedy": "结论改为不通过，或暂缓后再议。",
    }


@pytest.mark.parametrize(
    ("rule", "patch", "message"),
    [
        ("R-Q01", {"attendance": None}, "应到7人，还有7人没有登记到会情况。"),
        (
            "R-T03",
            {"items[1].proposed_on": "2026-09-10"},
            "议题提出日期2026-09-10，会议日期2026-09-10，只提前0天（须提前2天）。",
        ),
        (
            "R-T03",
            {"items[1].proposed_on": "2026-09-11"},
            "议题提出日期2026-09-11，会议日期2026-09-10，在会议之后（须提前2天）。",
        ),
        ("R-C02", {"chair": {"member": "c4"}, "members[3].posts": []}, "代为主持的不是副书记或委员，没有登记委托。"),
        ("R-V02", {"items[1].stances[5].seq": 8}, "书记没有最后表态。"),
        ("R-V12", {"items[1].conflicts": ["c4", "c5"]}, "2名有利害关系的成员没有回避。"),
        ("R-E01", {"items[1].tasks": [{}, {}]}, "2项会后任务中有2项缺目标、措施、时限或责任人。"),
    ],
)
def test_messages_say_what_is_the_case_with_the_numbers(rule: str, patch: dict[str, Any], message: str) -> None:
    assert judged(document(PARTY, patch), [rule])[-1].message == message


def test_without_members_the_message_says_so() -> None:
    made = {"body": "party", "scheduled_at": "2026-09-10T14:00:00+08:00"}
    assert judged(made, ["R-Q01"])[0].message == "还没有应到成员，无法核对人数。"


def test_a_waived_result_no_longer_blocks_and_keeps_all_else() -> None:
    failing = judged(document(PARTY, {"recorder": None}), ["R-A09"])[0]
    assert failing.blocks and not failing.as_waived().blocks
    assert failing.as_waived().as_document() == {**failing.as_document(), "outcome": "waived"}


def large_meeting() -> dict[str, Any]:
    """20 items, 9 members, 180 stances."""
    made = document(PARTY)
    members = [member["id"] for member in made["members"]] + ["c8", "c9"]
    made["members"] += [{"id": who, "posts": ["committee_member"]} for who in members[7:]]
    made["attendance"] = [{"member": who, "status": "present"} for who in members]
    said = [{"member": who, "stance": "agree", "seq": seq} for seq, who in enumerate(reversed(members))]
    made["items"] = [{**made["items"][1], "id": f"i{n}", "order": n, "stances": said} for n in range(20)]
    return made


def test_a_meeting_of_twenty_items_is_judged_whole() -> None:
    """How long that takes is measured by the benchmark P9, where nothing else runs beside it."""
    meeting, _ = parse(large_meeting(), delivered_reference())
    assert meeting is not None
    assert len(judge(meeting, delivered_reference())) == 12 + 20 * 27


def test_the_rules_import_no_framework() -> None:
    code = (
        "import sys; import governance.rules.load, governance.rules.document;"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'rest_framework', 'celery', 'guardian')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
