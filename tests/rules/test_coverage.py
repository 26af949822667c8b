"""The page of rule coverage: every rule has one class, judged rules are registered, and the page is not stale."""

import copy
from pathlib import Path

import pytest

from governance.rules.coverage import DECLARED, Coverage, coverage, page
from governance.rules.engine import ORDER
from governance.rules.further.registry import MONTHS, STORED
from governance.rules.load import read_rules
from governance.rules.registry import RULES

PAGE = Path(__file__).parents[2] / "docs" / "rule-coverage.md"


def test_each_of_the_eighty_three_rules_has_one_class_and_its_sources() -> None:
    lines = coverage(read_rules())
    assert len({line.id for line in lines}) == len(lines) == 83
    assert all(line.sources and line.statement for line in lines)
    counts = {kind: sum(line.coverage is kind for line in lines) for kind in Coverage}
    assert counts[Coverage.ENGINE] == len(ORDER) == 39
    assert counts[Coverage.RECORDS] == len(STORED) + len(MONTHS) == 26
    assert counts[Coverage.RECORDED] + counts[Coverage.DECLARATORY] == len(DECLARED) == 18


def test_a_judged_rule_is_registered_and_says_what_it_is_asked_of() -> None:
    for line in coverage(read_rules()):
        judged = line.coverage in (Coverage.ENGINE, Coverage.RECORDS)
        assert judged == (line.id in RULES or line.id in STORED or line.id in MONTHS)
        assert bool(line.subject) == judged
        assert bool(line.why) != judged, "what is not judged says why"


def test_a_rule_without_a_class_or_with_two_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = copy.deepcopy(read_rules())
    rules["rules"].append({**rules["rules"][0], "id": "R-X01"})
    with pytest.raises(ValueError, match="R-X01 needs exactly one class"):
        coverage(rules)
    monkeypatch.setitem(DECLARED, "R-C01", (Coverage.DECLARATORY, "…"))
    with pytest.raises(ValueError, match="R-C01 needs exactly one class"):
        coverage(read_rules())


def test_what_rests_on_recall_or_design_is_not_shown_as_a_document() -> None:
    rows = {
        row.split(" | ")[0].removeprefix("| "): row for row in page(read_rules()).splitlines() if row.startswith("| R-")
    }
    assert len(rows) == 83
    for rule in read_rules()["rules"]:
        only_ours = rows[rule["id"]].endswith("| 本平台建议 |")
        assert only_ours == (rule["evidence"] in ("recall", "design") or rule["sources"] == ["DESIGN"])
    assert not any("本项目" in row for row in rows.values())
    assert rows["R-T19"].endswith("| 本平台建议 |")


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_rules()), "run manage.py rule_coverage --write"
