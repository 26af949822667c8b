"""What holds for every meeting: checked on random ones (hypothesis), against a second implementation of the contract's table."""

import copy
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.rules.document import parse
from governance.rules.engine import ORDER, judge
from governance.rules.findings import MEETING, Outcome, Result
from governance.rules.load import delivered_reference, read_catalogue, read_workdays
from governance.rules.registry import RULES, MeetingRule
from tests.rules.builders import PARTY, PRINCIPAL, document, faults_of, judged, worked_cases
from tests.rules.oracle import expected
from tests.rules.strategies import documents

CATALOGUE, WORKDAYS = read_catalogue(), read_workdays()
thorough = settings(max_examples=1000, deadline=None, derandomize=True, database=None)
brief = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def results_of(made: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(result.rule, result.subject): result.as_document() for result in judged(made)}


@given(documents())
@thorough
def test_the_engine_agrees_with_the_table_written_a_second_time(made: dict[str, Any]) -> None:
    found = {(result.rule, result.subject): result.outcome.value for result in judged(made)}
    assert found == expected(made, CATALOGUE, WORKDAYS)


@pytest.mark.parametrize("case", worked_cases()["cases"], ids=lambda case: case["name"])
def test_the_second_table_agrees_on_the_worked_cases(case: dict[str, Any]) -> None:
    made = document(case["base"], case["patch"])
    found = {(result.rule, result.subject): result.outcome.value for result in judged(made)}
    assert found == expected(made, CATALOGUE, WORKDAYS)


@given(documents())
@brief
def test_there_is_exactly_one_result_per_rule_and_subject_in_order(made: dict[str, Any]) -> None:
    by_order = [f"items/{item['id']}" for item in sorted(made["items"], key=lambda item: item["order"])]
    wanted = [
        (rule, subject)
        for rule in ORDER
        for subject in ([MEETING] if isinstance(RULES[rule], MeetingRule) else by_order)
    ]
    assert [(result.rule, result.subject) for result in judged(made)] == wanted


@given(documents())
@brief
def test_judging_twice_gives_the_same_and_leaves_the_document_alone(made: dict[str, Any]) -> None:
    before = copy.deepcopy(made)
    meeting, _ = parse(made, delivered_reference())
    assert meeting is not None
    first = judge(meeting, delivered_reference())
    assert judge(meeting, delivered_reference()) == first == judged(made)
    assert made == before


@given(documents(), st.randoms(use_true_random=False))
@brief
def test_the_order_of_lists_does_not_matter(made: dict[str, Any], dice: random.Random) -> None:
    shuffled = copy.deepcopy(made)
    for entries in (shuffled["items"], shuffled["members"], shuffled["attendance"], shuffled["observers"]):
        dice.shuffle(entries)
    assert results_of(shuffled) == results_of(made)


@given(documents())
@brief
def test_an_absent_key_means_the_same_as_null(made: dict[str, Any]) -> None:
    def without_nulls(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_nulls(entry) for key, entry in value.items() if entry is not None}
        return [without_nulls(entry) for entry in value] if isinstance(value, list) else value

    assert results_of(without_nulls(made)) == results_of(made)


@given(documents(), st.text(), st.text())
@brief
def test_titles_reasons_and_proposers_change_nothing(made: dict[str, Any], title: str, name: str) -> None:
    changed = copy.deepcopy(made)
    for item in changed["items"]:
        item["title"], item["proposer"] = title, name
    for row in changed["attendance"]:
        row["reason"] = title
    assert results_of(changed) == results_of(made)


@given(documents())
@brief
def test_an_item_does_not_change_the_results_of_another(made: dict[str, Any]) -> None:
    if not made["items"]:
        return
    fewer = copy.deepcopy(made)
    gone = fewer["items"].pop()["id"]
    kept = {key: value for key, value in results_of(made).items() if key[1] != f"items/{gone}" and key[0] != "R-T20"}
    assert {key: value for key, value in results_of(fewer).items() if key[0] != "R-T20"} == kept


@given(documents(), st.sets(st.sampled_from(ORDER)))
@brief
def test_asking_for_some_rules_gives_just_their_results(made: dict[str, Any], only: set[str]) -> None:
    assert judged(made, only) == [result for result in judged(made) if result.rule in only]


def numbers(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)


def assert_explained(result: Result) -> None:
    assert re.fullmatch(r"[^。]+。", result.message), result
    assert not re.search("非法|失败|有误|请勿|须整改|！|None|null", result.message + (result.remedy or "")), result
    known = numbers(json.dumps(dict(result.facts), ensure_ascii=False))
    for number in numbers(result.message) + numbers(result.remedy or ""):
        assert number in known, (number, result)
    needs_remedy = result.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)
    assert bool(result.remedy) == needs_remedy, result
    assert result.remedy is None or result.remedy.endswith("。")


@given(documents())
@brief
def test_every_message_is_a_sentence_whose_numbers_stand_in_the_facts(made: dict[str, Any]) -> None:
    for result in judged(made):
        assert_explained(result)
        assert json.loads(json.dumps(result.as_document())) == result.as_document()


@pytest.mark.parametrize("base", [PARTY, PRINCIPAL])
def test_no_title_and_no_name_reaches_the_results(base: str) -> None:
    made = document(base)
    secret = "机密"
    for item in made["items"]:
        item |= {"title": secret, "proposer": secret, "urgent_reason": secret}
        item["tasks"] = [{"goal": secret, "measures": secret, "owner": secret, "due_on": None}]
    made["attendance"][1] |= {"status": "leave", "reason": secret}
    made |= {"recorder": secret, "observers": [secret], "chair": {**made["chair"], "delegation_note": secret}}
    made["items"][0]["stances"].append({"member": secret, "stance": "agree", "seq": 0})
    assert secret not in json.dumps([result.as_document() for result in judged(made)], ensure_ascii=False)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\x00", "2026-02-30", "secret_ballot", "P16"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "items", "members", "stances", "member", "\udfff", "", "order"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, entry in entries for place in places(entry, (*here, key)))]


def replaced(made: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    inside = made
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return made


@given(json_values)
@brief
def test_the_parser_never_raises_on_any_json(value: Any) -> None:
    meeting, faults = parse(value, delivered_reference())
    assert faults or meeting
    for fault in faults:
        (fault.path + fault.reason).encode("utf-8")


@given(st.sampled_from([PARTY, PRINCIPAL]), st.data(), json_values)
@brief
def test_any_value_in_any_place_is_judged_or_refused_with_paths(base: str, data: st.DataObject, value: Any) -> None:
    made = document(base)
    made = replaced(made, data.draw(st.sampled_from(places(made))), value)
    meeting, faults = parse(made, delivered_reference())
    if meeting is None:
        assert faults
        json.dumps([fault.path for fault in faults], ensure_ascii=False).encode("utf-8")
    else:
        answer = [result.as_document() for result in judge(meeting, delivered_reference())]
        json.dumps(answer, ensure_ascii=False).encode("utf-8")


def test_deep_nesting_does_no_harm() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    made = document(PARTY)
    made |= {"extra": deep, "members": deep, "chair": deep}
    made["items"][0]["title"] = deep
    assert {"extra", "members[0]", "chair", "items[0].title"} <= set(faults_of(made))


BEYOND = {
    "huge": 10**6000,
    "deep": -(10**6000),
    "long": 10**4299,
    "nan": float("nan"),
    "inf": float("inf"),
    "1e300": 1e300,
}


@pytest.mark.parametrize("value", BEYOND.values(), ids=BEYOND)
def test_numbers_beyond_measure_do_no_harm(value: float) -> None:
    made = document(PARTY)
    made["items"][0] |= {
        "order": value,
        "materials": value,
        "counted_votes": {"agree": value, "disagree": 0, "abstain": 0},
    }
    made["items"][0]["stances"][0]["seq"] = value
    made["items"][0]["title"] = value
    assert "items[0].title" in faults_of(made)
    made["items"][0]["title"] = None
    if value == 10**4299:  # long, but it can be written out again
        assert_all_explained(made)
    else:
        assert "items[0].order" in faults_of(made)


def assert_all_explained(made: dict[str, Any]) -> None:
    for result in judged(made):
        assert_explained(result)
