"""What holds for every stored meeting and every month: checked on random ones (hypothesis)."""

import json
import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.rules.facts import ItemFacts
from governance.rules.findings import MEETING, Result
from governance.rules.further.facts import SchoolMonthFacts, StoredMeetingFacts
from governance.rules.further.judging import MONTH_ORDER, ORDER, judge_month, judge_stored
from governance.rules.further.registry import STORED, StoredMeetingRule
from governance.rules.load import delivered_reference
from tests.rules.stored import random_month, random_stored
from tests.rules.test_properties import assert_explained

brief = settings(max_examples=150, deadline=None, derandomize=True, database=None)
REFERENCE = delivered_reference()
SECRET = "机密姓名"


def meetings() -> st.SearchStrategy[StoredMeetingFacts]:
    return st.integers(0, 2**40).map(random_stored)


def months() -> st.SearchStrategy[SchoolMonthFacts]:
    return st.integers(0, 2**40).map(random_month)


def judged(facts: StoredMeetingFacts) -> list[Result]:
    return judge_stored(facts, REFERENCE)


@given(meetings())
@brief
def test_there_is_exactly_one_result_per_rule_and_subject_in_order(facts: StoredMeetingFacts) -> None:
    items = [f"items/{item.id}" for item in sorted(facts.meeting.items, key=lambda item: item.order)]
    wanted = [
        (rule, subject)
        for rule in ORDER
        for subject in ([MEETING] if isinstance(STORED[rule], StoredMeetingRule) else items)
    ]
    assert [(result.rule, result.subject) for result in judged(facts)] == wanted


@given(meetings(), st.sets(st.sampled_from(ORDER)))
@brief
def test_judging_twice_and_asking_for_some_rules_gives_the_same(facts: StoredMeetingFacts, only: set[str]) -> None:
    assert judged(facts) == judged(facts)
    assert judge_stored(facts, REFERENCE, only) == [result for result in judged(facts) if result.rule in only]


@given(meetings(), st.randoms(use_true_random=False))
@brief
def test_the_order_of_lists_does_not_matter(facts: StoredMeetingFacts, dice: random.Random) -> None:
    def mixed(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dice.sample(values, len(values)))

    meeting = facts.meeting
    meeting = replace(
        meeting, items=mixed(meeting.items), members=mixed(meeting.members), attendance=mixed(meeting.attendance)
    )
    shuffled = replace(
        facts,
        meeting=meeting,
        items=mixed(facts.items),
        in_office=mixed(facts.in_office),
        numbers=mixed(facts.numbers),
        other_body_at=mixed(facts.other_body_at),
    )
    assert judged(shuffled) == judged(facts)


@given(meetings(), st.text())
@brief
def test_titles_proposers_and_goals_change_nothing(facts: StoredMeetingFacts, text: str) -> None:
    def renamed(item: ItemFacts) -> ItemFacts:
        tasks = tuple(replace(task, goal=text, measures=text, owner=text) for task in item.tasks)
        return replace(item, title=text, proposer=text, urgent_reason=text, tasks=tasks)

    meeting = replace(
        facts.meeting, items=tuple(map(renamed, facts.meeting.items)), observers=(), materials_sent_on=None
    )
    assert judged(replace(facts, meeting=meeting)) == judged(facts)


@given(meetings())
@brief
def test_every_message_is_a_sentence_whose_numbers_stand_in_the_facts(facts: StoredMeetingFacts) -> None:
    for result in judged(facts):
        assert_explained(result)
        assert json.loads(json.dumps(result.as_document())) == result.as_document()


@given(meetings())
@brief
def test_no_text_of_the_record_reaches_the_results(facts: StoredMeetingFacts) -> None:
    attendance = tuple(replace(row, reason=SECRET) for row in facts.meeting.attendance)
    items = tuple(replace(item, title=SECRET, proposer=SECRET) for item in facts.meeting.items)
    hidden = replace(
        facts,
        meeting=replace(facts.meeting, attendance=attendance, items=items, recorder=SECRET, observers=(SECRET,)),
        place=SECRET,
        items=tuple(replace(item, decision_text=SECRET) for item in facts.items),
    )
    assert SECRET not in json.dumps([result.as_document() for result in judged(hidden)], ensure_ascii=False)


@given(months())
@brief
def test_months_have_one_explained_result_per_rule_whatever_the_order_of_days(facts: SchoolMonthFacts) -> None:
    results = judge_month(facts, REFERENCE)
    assert [result.rule for result in results] == list(MONTH_ORDER)
    assert {result.subject for result in results} == {f"school/FH001/{facts.year}-{facts.month:02d}"}
    turned = replace(facts, party=facts.party[::-1], principal=facts.principal[::-1], talks=facts.talks[::-1])
    assert judge_month(turned, REFERENCE) == results
    for result in results:
        assert_explained(result)


@given(months())
@brief
def test_one_more_meeting_or_talk_never_turns_a_pass_into_a_fail(facts: SchoolMonthFacts) -> None:
    day = facts.today.replace(year=facts.year, month=facts.month, day=14)
    more = replace(facts, party=(*facts.party, day), principal=(*facts.principal, day), talks=(*facts.talks, day))
    for before, after in zip(judge_month(facts, REFERENCE), judge_month(more, REFERENCE), strict=True):
        assert before.outcome == after.outcome or after.outcome.value == "pass" or before.outcome.value == "fail"


def test_random_meetings_and_months_reach_the_outcomes_of_the_tables() -> None:
    seen = {(result.rule, result.outcome.value) for seed in range(400) for result in judged(random_stored(seed))}
    for rule in ORDER:
        assert (rule, "pass") in seen, rule
        assert (rule, "insufficient" if rule == "R-V05" else "fail") in seen, rule
    seen = {(r.rule, r.outcome.value) for seed in range(400) for r in judge_month(random_month(seed), REFERENCE)}
    assert {(rule, outcome) for rule in MONTH_ORDER for outcome in ("pass", "fail", "not_applicable")} <= seen
