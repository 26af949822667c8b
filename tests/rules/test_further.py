"""The further rules: every outcome of each, with its boundary cases. Patches are those of the worked meetings' second item."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.rules.facts import Body, LeadershipMode
from governance.rules.further.facts import NumberFacts, ReconsideredFacts, RunningTaskFacts
from governance.rules.further.judging import MODULES, MONTH_ORDER, ORDER, judge_month, judge_stored
from governance.rules.further.registry import MONTHS, STORED, StoredMeetingRule, month_rule, stored_item_rule
from governance.rules.load import delivered_reference, read_rules
from governance.rules.registry import RULES
from tests.rules.builders import PARTY, PRINCIPAL
from tests.rules.stored import HELD_AT, month, month_outcomes, outcomes_of, read, stored

NA, INS, PASS, FAIL = "not_applicable", "insufficient", "pass", "fail"
LATER = HELD_AT + timedelta(hours=2)


def said(*stances: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"member": who, "stance": stance, "seq": seq} for seq, (who, stance) in enumerate(stances)]


def step(stage: str, day: str = "2026-09-09") -> list[dict[str, Any]]:
    return [{"stage": stage, "done_on": day}]


def agreeing(*people: str) -> tuple[tuple[str, str], ...]:
    return tuple((who, "agree") for who in people)


def against(*people: str) -> tuple[tuple[str, str], ...]:
    return tuple((who, "disagree") for who in people)


def task(day: int, is_open: bool = True) -> RunningTaskFacts:
    return RunningTaskFacts(date(2026, 9, day), is_open)


BOTH = {"stage": "secretary_principal_talk", "done_on": "2026-09-09", "result": "agreed"}
MAJORITY_AGAINST = {".outcome": "approved", ".stances": said(*against("v2", "v3", "a4"), *agreeing("sec", "prin"))}
REASONS = {"decision_text": "鉴于工期紧，由校长决定先行实施。"}

# outcome, base, patch of the document, other values
TABLE: dict[str, list[tuple[str, str, dict[str, Any], dict[str, Any]]]] = {
    "R-C05": [
        (NA, PARTY, {}, {}),
        (PASS, PARTY, {}, {"other_body_at": (LATER,)}),
        (FAIL, PRINCIPAL, {"scheduled_at": "2026-09-10T14:00:00+08:00"}, {"other_body_at": (LATER, HELD_AT)}),
    ],
    "R-C06": [
        (PASS, PARTY, {}, {}),
        (FAIL, PARTY, {}, {"org_type": ""}),
        (FAIL, PARTY, {"school": None}, {}),
    ],
    "R-Q04": [
        (NA, PARTY, {}, {"held": False, "in_office": ()}),
        (PASS, PARTY, {"attendance[6].status": "leave"}, {}),
        (FAIL, PARTY, {}, {"in_office": read(PARTY).members[1:]}),
        (FAIL, PARTY, {}, {"in_office": (*read(PARTY).members, *read(PRINCIPAL).members[:2])}),
    ],
    "R-Q06": [
        (NA, PARTY, {}, {}),
        (PASS, PARTY, {".recused": ["c7"], ".stances": said(*agreeing("sec"))}, {}),
        (FAIL, PARTY, {".recused": ["sec"], ".stances": said(*agreeing("sec"))}, {}),
    ],
    "R-A01": [
        (NA, PRINCIPAL, {}, {}),
        (INS, PARTY, {"members": [], "attendance": None, "items": [], "chair": None, "minutes": None}, {}),
        (PASS, PARTY, {}, {}),
        (FAIL, PARTY, {"members[3].posts": ["vice_principal"]}, {}),
    ],
    "R-A03": [
        (NA, PARTY, {}, {}),
        (INS, PRINCIPAL, {"members": [], "attendance": None, "items": [], "chair": None, "minutes": None}, {}),
        (PASS, PRINCIPAL, {}, {}),
        (PASS, PRINCIPAL, {"members[1].posts": ["committee_member"]}, {}),
        (FAIL, PRINCIPAL, {"members[1].posts": []}, {}),
    ],
    "R-A05": [
        (NA, PARTY, {"attendance[6].status": "absent"}, {}),
        (PASS, PARTY, {"attendance[6]": {"member": "c7", "status": "leave", "reason": "外出培训"}}, {}),
        (FAIL, PARTY, {"attendance[6]": {"member": "c7", "status": "leave", "reason": "　"}}, {}),
    ],
    "R-T11": [
        (NA, PARTY, {}, {}),
        (NA, PRINCIPAL, {"school.leadership_mode": "combined", ".catalogue": "A07"}, {}),
        (NA, PRINCIPAL, {".catalogue": None}, {}),
        (NA, PRINCIPAL, {".catalogue": "A03"}, {}),  # P13, which it feeds, is not important
        (INS, PRINCIPAL, {".catalogue": "A07", "school": None}, {}),
        (PASS, PRINCIPAL, {".catalogue": "A07", ".steps": [BOTH]}, {}),
        (FAIL, PRINCIPAL, {".catalogue": "A07", ".steps": []}, {}),
        (FAIL, PRINCIPAL, {".catalogue": "A07", ".steps": [{**BOTH, "done_on": "2026-09-11"}]}, {}),
    ],
    "R-T19": [
        (NA, PARTY, {".catalogue": None}, {}),
        (NA, PARTY, {".catalogue": "P16"}, {}),
        (PASS, PARTY, {".catalogue": "P20", ".steps": step("finance_review")}, {}),
        (PASS, PARTY, {".catalogue": "P11", ".steps": step("legal_review")}, {}),
        (PASS, PARTY, {".catalogue": "P23", ".steps": [*step("legal_review"), *step("finance_review")]}, {}),
        (FAIL, PARTY, {".catalogue": "P23", ".steps": step("finance_review")}, {}),
        (FAIL, PRINCIPAL, {".catalogue": "A18", ".steps": step("finance_review", "2026-09-11")}, {}),
    ],
    "R-T21": [
        (NA, PARTY, {}, {}),
        (NA, PARTY, {".catalogue": None}, {"item": {"amount": Decimal(5)}}),
        (INS, PARTY, {".catalogue": "P21"}, {"item": {"amount": Decimal(5)}}),
        (PASS, PARTY, {".catalogue": "P21"}, {"item": {"amount": Decimal(20000)}, "limit": Decimal(20000)}),
        (PASS, PRINCIPAL, {".catalogue": "A08"}, {"item": {"amount": Decimal(20000)}, "limit": Decimal(20000)}),
        (PASS, PRINCIPAL, {".catalogue": "A18"}, {"item": {"amount": Decimal("19999.99")}, "limit": Decimal(20000)}),
        (PASS, PRINCIPAL, {".catalogue": "A12"}, {"item": {"amount": Decimal(1)}, "limit": Decimal(20000)}),
        (FAIL, PRINCIPAL, {".catalogue": "A18"}, {"item": {"amount": Decimal(20000)}, "limit": Decimal(20000)}),
        (FAIL, PARTY, {".catalogue": "P22"}, {"item": {"amount": Decimal("19999.99")}, "limit": Decimal(20000)}),
    ],
    "R-V05": [
        (NA, PRINCIPAL, {}, {}),
        (NA, PARTY, {".outcome": "deferred"}, {}),
        (INS, PARTY, {".outcome": "approved", ".stances": [], ".counted_votes": None}, {}),
        (PASS, PARTY, {".outcome": "rejected", ".stances": said(*agreeing("sec")), ".counted_votes": None}, {}),
        (PASS, PARTY, {".stances": [], ".counted_votes": {"agree": 1, "disagree": 0, "abstain": 0}}, {}),
    ],
    "R-V07": [
        (NA, PARTY, {}, {}),
        (NA, PRINCIPAL, {".outcome": "withdrawn"}, {}),
        (PASS, PRINCIPAL, {".outcome": "proposed_to_party", ".stances": said(*agreeing("v2"))}, {}),
        (PASS, PRINCIPAL, {".stances": [], ".counted_votes": {"agree": 1, "disagree": 0, "abstain": 0}}, {}),
        (FAIL, PRINCIPAL, {".stances": said(*agreeing("prin")), ".counted_votes": None}, {}),
    ],
    "R-V08": [
        (NA, PARTY, {}, {}),
        (NA, PRINCIPAL, {".outcome": None}, {}),
        (NA, PRINCIPAL, {".outcome": "approved", ".stances": []}, {}),
        (PASS, PRINCIPAL, {".outcome": "approved", ".stances": said(*against("v2"), *agreeing("prin"))}, {}),
        (PASS, PRINCIPAL, MAJORITY_AGAINST, {"item": REASONS}),
        (PASS, PRINCIPAL, {**MAJORITY_AGAINST, ".outcome": "rejected"}, {}),
        (FAIL, PRINCIPAL, MAJORITY_AGAINST, {"item": {"decision_text": "会议同意。"}}),
        (FAIL, PRINCIPAL, {".outcome": "rejected", ".stances": said(*agreeing("v2", "v3"), ("prin", "abstain"))}, {}),
    ],
    "R-V09": [
        (NA, PRINCIPAL, {}, {}),
        (NA, PARTY, {".outcome": "withdrawn"}, {}),
        (PASS, PARTY, {".method": "oral"}, {}),
        (FAIL, PARTY, {".method": None}, {}),
    ],
    "R-V11": [
        (NA, PRINCIPAL, {".outcome": "deferred"}, {}),
        (NA, PARTY, {}, {}),
        (PASS, PARTY, {".outcome": "deferred"}, {"item": {"decision_text": "补充调研后再议。"}}),
        (FAIL, PARTY, {".outcome": "deferred"}, {"item": {"decision_text": " "}}),
    ],
    "R-V14": [
        (NA, PARTY, {".method": "secret_ballot", ".stances": []}, {}),
        (NA, PARTY, {".stances": said(*agreeing("sec"))}, {}),
        (PASS, PARTY, {".stances": said(*against("c4"))}, {"item": {"with_words": frozenset({"c4"})}}),
        (FAIL, PRINCIPAL, {".stances": said(*against("v2", "v3"))}, {"item": {"with_words": frozenset({"v2"})}}),
    ],
    "R-V15": [
        (NA, PRINCIPAL, {}, {}),
        (NA, PARTY, {".outcome": "deferred"}, {}),
        (PASS, PARTY, {".counted_votes": {"agree": 5, "disagree": 1, "abstain": 1}}, {}),
        (FAIL, PARTY, {".counted_votes": None}, {}),
    ],
    "R-M01": [
        (NA, PARTY, {}, {"held": False}),
        (PASS, PARTY, {".stances": [], ".tasks": [], "recorder": None}, {}),  # asked by R-V04, R-E01, R-A09
        (PASS, PRINCIPAL, {".method": None}, {}),
        (PASS, PARTY, {"attendance[6].status": "leave"}, {}),  # asked by R-A05
        (FAIL, PARTY, {}, {"place": " "}),
        (FAIL, PARTY, {}, {"serial": None}),
        (FAIL, PARTY, {"attendance[6].status": "absent"}, {}),
        (FAIL, PARTY, {".method": None}, {}),
    ],
    "R-M05": [
        (NA, PARTY, {}, {}),
        (PASS, PARTY, {}, {"signed_on": date(2026, 9, 11), "sealed": True}),
        (FAIL, PARTY, {}, {"signed_on": date(2026, 9, 11)}),
        (FAIL, PARTY, {}, {"signed_on": date(2026, 9, 11), "sealed": True, "changed_after_signature": 1}),
    ],
    "R-M06": [
        (NA, PARTY, {}, {}),
        (NA, PARTY, {}, {"signed_on": date(2026, 9, 11), "today": date(2027, 2, 28)}),
        (PASS, PARTY, {}, {"signed_on": date(2026, 9, 11), "today": date(2027, 9, 1), "archived": True}),
        (FAIL, PARTY, {}, {"signed_on": date(2026, 9, 11), "today": date(2027, 3, 1)}),
    ],
    "R-M07": [
        (NA, PARTY, {}, {"serial": None, "year": None}),
        (PASS, PARTY, {}, {}),
        (PASS, PARTY, {}, {"serial": 1, "numbers": (NumberFacts(1, HELD_AT), NumberFacts(2, HELD_AT))}),
        (FAIL, PARTY, {}, {"serial": 3, "numbers": (NumberFacts(1, HELD_AT - timedelta(1)), NumberFacts(3, HELD_AT))}),
        (FAIL, PARTY, {}, {"serial": 1, "numbers": (NumberFacts(1, HELD_AT), NumberFacts(2, HELD_AT - timedelta(1)))}),
    ],
    "R-E02": [
        (NA, PARTY, {}, {}),
        (NA, PARTY, {}, {"item": {"tasks": ()}}),
        (PASS, PARTY, {}, {"item": {"tasks": (task(15), task(1, is_open=False))}}),
        (FAIL, PARTY, {}, {"item": {"tasks": (task(14), task(16))}}),
    ],
    "R-E04": [
        (NA, PARTY, {}, {}),
        (PASS, PARTY, {}, {"item": {"reconsiders": ReconsideredFacts(Body.PARTY, date(2026, 9, 10))}}),
        (FAIL, PRINCIPAL, {}, {"item": {"reconsiders": ReconsideredFacts(Body.PARTY, date(2026, 5, 8))}}),
        (FAIL, PARTY, {}, {"item": {"reconsiders": ReconsideredFacts(Body.PARTY, date(2026, 9, 11))}}),
        (FAIL, PARTY, {}, {"item": {"reconsiders": ReconsideredFacts(Body.PARTY, date(2026, 5, 8), False)}}),
    ],
}
WEEKS = month().talks
EARLIER = stored().numbers[:2]
MONTH_TABLE: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "R-F01": [
        (NA, {"month": 7, "party": ()}),
        (NA, {"today": date(2026, 8, 31), "party": ()}),
        (NA, {"since": date(2026, 10, 1), "party": ()}),
        (NA, {"today": date(2026, 9, 30), "party": ()}),  # the last day is not over
        (INS, {"since": None}),
        (PASS, {}),
        (PASS, {"today": date(2026, 9, 12)}),
        (FAIL, {"party": ()}),
        (FAIL, {"today": date(2026, 10, 1), "party": (), "since": date(2026, 9, 30)}),
    ],
    "R-F02": [
        (NA, {"month": 1, "principal": ()}),
        (INS, {"since": None}),
        (PASS, {}),
        (FAIL, {"principal": ()}),
    ],
    "R-F03": [
        (NA, {"leadership_mode": LeadershipMode.COMBINED}),
        (INS, {"leadership_mode": None}),
        (NA, {"month": 8}),
        (NA, {"today": date(2026, 9, 6), "talks": ()}),
        (PASS, {}),
        (PASS, {"talks": WEEKS[:4]}),  # 28 September to 4 October belongs to October
        (PASS, {"talks": (WEEKS[0] + timedelta(days=6), *WEEKS[1:])}),
        (PASS, {"today": date(2026, 9, 14), "talks": WEEKS[:2]}),
        (PASS, {"since": date(2026, 9, 8), "talks": WEEKS[2:]}),
        (FAIL, {"talks": (WEEKS[0] + timedelta(days=7), *WEEKS[1:])}),
        (FAIL, {"talks": WEEKS[1:]}),
    ],
}
ROWS = [(rule, *row) for rule, rows in TABLE.items() for row in rows]


@pytest.mark.parametrize(("rule", "outcome", "base", "patch", "values"), ROWS)
def test_the_rule_answers_as_its_statement_says(
    rule: str, outcome: str, base: str, patch: dict[str, Any], values: dict[str, Any]
) -> None:
    full = {f"items[1]{path}" if path.startswith(".") else path: value for path, value in patch.items()}
    results = outcomes_of(stored(base, full, **values))
    subject = "meeting" if isinstance(STORED[rule], StoredMeetingRule) else "items/i2"
    assert results[rule, subject].outcome.value == outcome, results[rule, subject]


@pytest.mark.parametrize(
    ("rule", "outcome", "values"), [(rule, *row) for rule, rows in MONTH_TABLE.items() for row in rows]
)
def test_the_month_is_judged_as_the_statement_says(rule: str, outcome: str, values: dict[str, Any]) -> None:
    result = month_outcomes(month(**values))[rule]
    assert result.outcome.value == outcome, result
    assert result.subject.startswith("school/FH001/2026-")


@pytest.mark.parametrize(
    ("rule", "values", "message"),
    [
        ("R-Q04", {"in_office": read(PARTY).members[1:]}, "应到7人，会议当日在任6人：多1人，少0人。"),
        ("R-M07", {"serial": 4, "numbers": (*EARLIER, NumberFacts(4, HELD_AT))}, "2026年第4次，按日期先后应是第3次。"),
        ("R-M01", {"place": "", "serial": None}, "会议记录还缺届次、地点。"),
        (
            "R-M05",
            {"signed_on": date(2026, 9, 11), "changed_after_signature": 2},
            "没有校验码，2项议题在签发之后有改动。",
        ),
    ],
)
def test_messages_say_what_is_the_case(rule: str, values: dict[str, Any], message: str) -> None:
    facts = stored(**values)
    assert outcomes_of(facts)[rule, "meeting"].message == message


def test_leave_does_not_lower_the_number_due_and_the_message_says_so() -> None:
    facts = stored(PARTY, {"attendance[6].status": "leave"})
    assert outcomes_of(facts)["R-Q04", "meeting"].message == "应到7人，与会议当日任职一致，请假1人仍计入应到。"


@pytest.mark.parametrize(("amount", "said"), [("20000", "20000"), ("20000.00", "20000"), ("20000.50", "20000.5")])
def test_amounts_are_written_without_noughts_after_the_point(amount: str, said: str) -> None:
    facts = stored(PARTY, {"items[1].catalogue": "P21"}, item={"amount": Decimal(amount)}, limit=Decimal("5000.00"))
    message = outcomes_of(facts)["R-T21", "items/i2"].message
    assert message == f"金额{said}元，本校大额标准5000元，议题归入P21，归类与金额相符。"


def test_a_week_without_a_working_day_is_no_week_of_term() -> None:
    """The Spring Festival of 2026 takes the whole week from 16 February."""
    reference = delivered_reference()
    law = replace(reference.rules["R-F03"], parameters={"min_per_week": 1, "excused_months": []})
    changed = replace(reference, rules={**reference.rules, "R-F03": law})
    february = month(month=2, since=date(2025, 9, 1), talks=(date(2026, 2, 3), date(2026, 2, 11), date(2026, 2, 25)))
    (result,) = judge_month(february, changed, ("R-F03",))
    assert (result.outcome.value, result.facts["weeks"]) == (PASS, 3)


def test_every_further_rule_is_registered_once_and_is_no_rule_of_the_engine() -> None:
    assert tuple(TABLE) == ORDER and tuple(MONTH_TABLE) == MONTH_ORDER
    assert set(STORED) == set(ORDER) and set(MONTHS) == set(MONTH_ORDER)
    assert not set(RULES) & (set(STORED) | set(MONTHS))
    assert {rule["id"] for rule in read_rules()["rules"]} >= set(ORDER) | set(MONTH_ORDER)
    assert len(MODULES) == 6
    for register in (stored_item_rule, month_rule):
        with pytest.raises(ValueError, match="R-F01 is registered twice"):
            register("R-F01")(lambda situation, law: pytest.fail("never asked"))


def test_a_rule_the_bureau_does_not_use_still_answers() -> None:
    reference = delivered_reference()
    unused = replace(reference.rules["R-M01"], in_use=False)
    changed = replace(reference, rules={**reference.rules, "R-M01": unused})
    (result,) = judge_stored(stored(place=""), changed, ("R-M01",))
    assert result.outcome.value == NA


def test_the_bureau_may_change_months_and_numbers_without_code() -> None:
    reference = delivered_reference()
    law = replace(reference.rules["R-F01"], parameters={"min_per_month": 2, "excused_months": [9]})
    changed = replace(reference, rules={**reference.rules, "R-F01": law})
    assert judge_month(month(), changed, ("R-F01",))[0].outcome.value == NA
    law = replace(law, parameters={"min_per_month": 2, "excused_months": []})
    changed = replace(reference, rules={**reference.rules, "R-F01": law})
    assert judge_month(month(month=8, party=()), changed, ("R-F01",))[0].outcome.value == FAIL
    assert judge_month(month(), changed, ("R-F01",))[0].message == "2026-09召开党组织会议1次（须2次）。"
