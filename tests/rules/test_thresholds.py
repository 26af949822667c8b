"""Majorities against counting people one by one, and the rules that use them, for up to 60 members."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import pytest

from governance.rules import thresholds
from governance.rules.document import parse
from governance.rules.engine import check_reference, judge
from governance.rules.facts import MeetingFacts
from governance.rules.findings import Result
from governance.rules.load import delivered_reference
from governance.rules.reference import Reference, ReferenceFault
from governance.rules.thresholds import Base, Threshold
from tests.rules.builders import meeting_of, outcomes
from tests.rules.test_properties import assert_explained

# What the words mean, as a share of the people and whether exactly that share is enough; nothing here is shared with the product.
MEANT = {
    "半数以上": (Fraction(1, 2), True),
    "过半数": (Fraction(1, 2), False),
    "三分之二以上": (Fraction(2, 3), True),
    "四分之三以上": (Fraction(3, 4), True),
    "全体": (Fraction(1), True),
}


def enough(word: str, for_it: list[str], of_them: list[str]) -> bool:
    """Counts people: those for it among those who count."""
    share, exactly = MEANT[word]
    counted = Fraction(len([*for_it]), len([*of_them]))
    return counted > share or (exactly and counted == share)


@cache
def people(n: int) -> list[str]:
    return [f"m{i}" for i in range(n)]


def test_every_majority_of_the_portal_has_its_word() -> None:
    assert [threshold.label for threshold in Threshold] == list(MEANT)


@pytest.mark.parametrize("threshold", Threshold)
@pytest.mark.parametrize("n", range(1, 61))
def test_the_comparison_and_the_smallest_number_agree_with_counting(threshold: Threshold, n: int) -> None:
    reached = [x for x in range(n + 1) if enough(threshold.label, people(n)[:x], people(n))]
    assert [x for x in range(n + 1) if threshold.reached(x, n)] == reached
    assert threshold.smallest(n) == reached[0]


def test_the_named_functions_are_the_thresholds() -> None:
    for threshold in Threshold:
        plain = getattr(thresholds, threshold.value)
        smallest = getattr(thresholds, f"smallest_{threshold.value}")
        for n in range(1, 61):
            assert smallest(n) == threshold.smallest(n)
            assert [plain(x, n) for x in range(n + 1)] == [threshold.reached(x, n) for x in range(n + 1)]


def test_the_words_of_a_message_follow_what_is_counted() -> None:
    assert Threshold.MORE_THAN_HALF.said(True) == "超过应到半数"
    assert Threshold.AT_LEAST_THREE_QUARTERS.said(False, Base.PRESENT) == "未达到实到四分之三"
    assert Threshold.EVERYONE.said(False) == "未达到应到全体"


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 9, 11, 200])
def test_quorum_and_majority_turn_exactly_at_the_smallest_number(n: int) -> None:
    for x in {max(0, n // 2 - 1), n // 2, n // 2 + 1, (n + 1) // 2, 2 * n // 3, (2 * n + 2) // 3, n}:
        votes = {"agree": x, "disagree": 0, "abstain": 0}
        item: dict[str, Any] = {
            "catalogue": "P16",
            "method": "secret_ballot",
            "outcome": "approved",
            "counted_votes": votes,
        }
        party = outcomes(meeting_of(n, min(x, n), **item))
        principal = outcomes(meeting_of(n, min(x, n), body="principal"))
        there = people(n)[:x]
        expected = {
            ("R-Q01", "meeting"): enough("半数以上", there, people(n)),
            ("R-Q02", "items/i1"): enough("三分之二以上", there, people(n)),
            ("R-Q05", "items/i1"): enough("半数以上", there, people(n)),
            ("R-V06", "items/i1"): enough("过半数", there, people(n)),
        }
        if x <= n:
            assert {key: party[key] == "pass" for key in expected} == expected, (x, n)
            assert (principal["R-Q03", "meeting"] == "pass") == expected["R-Q01", "meeting"]


def test_votes_of_a_secret_ballot_need_no_members() -> None:
    item: dict[str, Any] = {
        "method": "secret_ballot",
        "outcome": "rejected",
        "counted_votes": {"agree": 0, "disagree": 0, "abstain": 0},
    }
    assert outcomes(meeting_of(0, 0, **item))["R-V06", "items/i1"] == "pass"


class Room(NamedTuple):
    """A meeting, and the same as lists of people."""

    meeting: MeetingFacts
    due: list[str]
    recused: list[str]
    in_room: list[str]
    agreeing: list[str]


# --- as configured -------------------------------------------------------------------------------------------------


def configured(**parameters: dict[str, Any]) -> Reference:
    """The delivered rules with other parameters: `configured(R_Q06={"recused_in_due": False})`."""
    reference = delivered_reference()
    rules = dict(reference.rules)
    for name, values in parameters.items():
        law = rules[name.replace("_", "-")]
        rules[law.id] = replace(law, parameters={**law.parameters, **values})
    changed = replace(reference, rules=rules)
    check_reference(changed)
    return changed


def judged_by(reference: Reference, made: dict[str, Any], *rules: str) -> list[Result]:
    meeting, faults = parse(made, reference)
    assert meeting is not None, faults
    return judge(meeting, reference, rules)


CONFIGURATIONS = [
    (threshold, base, recused_in_due, recused_in_present, vacant)
    for threshold in Threshold
    for base in Base
    for recused_in_due in (True, False)
    for recused_in_present in (False, True)
    for vacant in (0, 2)
]


@cache
def rooms(n: int) -> list[Room]:
    """Meetings of n members: nobody, one, two or all recused or on leave, and the numbers agreeing around each majority."""
    found = []
    few = n <= 12
    for away, out in sorted({(0, 0), (0, 1), (1, 0), (1, 2), (0, n), (n, 0)} if few else {(0, 0), (1, 2)}):
        if away + out > n:
            continue
        due = people(n)
        in_room = due[away + out :]
        around = [0, n // 2, n // 2 + 1, (2 * n + 2) // 3, (3 * n + 3) // 4, len(in_room) // 2, len(in_room)]
        for agree in sorted({number for number in around if number <= len(in_room)}):
            made = meeting_with(due, due[:away], due[away : away + out], in_room[:agree], in_room)
            if not few:  # many members vote by ballot: the same count, and quicker to judge
                votes = {"agree": agree, "disagree": 0, "abstain": 0}
                made["items"][0] |= {"method": "secret_ballot", "stances": None, "counted_votes": votes}
            meeting, faults = parse(made, delivered_reference())
            assert meeting is not None, faults
            found.append(Room(meeting, due, due[away : away + out], in_room, in_room[:agree]))
    return found


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda value: "-".join(map(str, value)))
def test_quorum_and_majority_agree_with_counting_people_however_configured(configuration: Any) -> None:
    threshold, base, recused_in_due, recused_in_present, vacant = configuration
    for n in range(1, 61):
        reference = configured(
            R_V06={"threshold": threshold.value, "base": base.value},
            R_Q05={"threshold": threshold.value},
            R_Q06={"recused_in_due": recused_in_due, "recused_in_present": recused_in_present},
            R_Q04={"seats": n + vacant, "vacant_seats_in_due": True},
        )
        seats = [f"vacant{i}" for i in range(vacant)]
        for room in rooms(n):
            due = [who for who in room.due + seats if recused_in_due or who not in room.recused]
            there = room.in_room + (room.recused if recused_in_present else [])
            of_them = due if base is Base.DUE else there
            quorum, vote = judge(room.meeting, reference, ("R-Q05", "R-V06"))
            reached = bool(due) and enough(threshold.label, there, due)
            assert (quorum.outcome.value == "pass") == reached, (n, quorum)
            adopted = bool(of_them) and enough(threshold.label, room.agreeing, of_them)
            expected = "insufficient" if not room.in_room else "pass" if adopted else "fail"
            assert vote.outcome.value == expected, (n, vote)
            if n < 6:
                assert_explained(quorum)
                assert_explained(vote)


def meeting_with(
    due: list[str], absent: list[str], recused: list[str], for_it: list[str], in_room: list[str]
) -> dict[str, Any]:
    said = [
        {"member": who, "stance": "agree" if who in for_it else "abstain", "seq": i} for i, who in enumerate(in_room)
    ]
    return {
        "body": "party",
        "scheduled_at": "2026-09-10T14:00:00+08:00",
        "members": [{"id": who} for who in due],
        "attendance": [{"member": who, "status": "leave" if who in absent else "present"} for who in due],
        "items": [{"id": "i1", "order": 1, "recused": recused, "stances": said, "outcome": "approved"}],
    }


@pytest.mark.parametrize("n", range(1, 61))
@pytest.mark.parametrize("vacant", [0, 1, 5])
def test_vacant_seats_raise_the_quorum_of_the_whole_meeting_where_they_count(n: int, vacant: int) -> None:
    seats = [*people(n), *(f"vacant{i}" for i in range(vacant))]
    counting = configured(R_Q04={"seats": n + vacant, "vacant_seats_in_due": True})
    registered = configured(R_Q04={"seats": n + vacant})
    for there in {0, n // 2, (n + 1) // 2, (n + vacant + 1) // 2, n}:
        for body, rule in (("party", "R-Q01"), ("principal", "R-Q03")):
            made = meeting_of(n, min(there, n), body=body)
            present = people(n)[:there]
            (result,) = judged_by(counting, made, rule)
            assert (result.outcome.value == "pass") == enough("半数以上", present, seats)
            assert ("含空缺" in result.message) == bool(vacant)
            (result,) = judged_by(registered, made, rule)
            assert (result.outcome.value == "pass") == enough("半数以上", present, people(n))


@pytest.mark.parametrize(
    ("parameters", "rule", "message"),
    [
        ({}, "R-V06", "应到4人，赞成2人，未超过应到半数（须3人）。"),
        ({"R_V06": {"base": "present_members"}}, "R-V06", "实到3人，赞成2人，超过实到半数（须2人）。"),
        ({"R_V06": {"threshold": "everyone"}}, "R-V06", "应到4人，赞成2人，未达到应到全体（须4人）。"),
        ({"R_Q06": {"recused_in_due": False}}, "R-V06", "应到3人（不含回避1人），赞成2人，超过应到半数（须2人）。"),
        (
            {"R_V06": {"base": "present_members"}, "R_Q06": {"recused_in_present": True}},
            *("R-V06", "实到4人（含回避1人），赞成2人，未超过实到半数（须3人）。"),
        ),
        (
            {"R_Q04": {"seats": 6, "vacant_seats_in_due": True}, "R_Q06": {"recused_in_due": False}},
            *("R-Q05", "应到5人（含空缺2席，不含回避1人），议题讨论时在场3人，达到应到半数（须3人）。"),
        ),
        (
            {"R_Q06": {"recused_in_present": True}},
            *("R-Q05", "应到4人，议题讨论时连同1名回避成员在场4人，达到应到半数（须2人）。"),
        ),
    ],
)
def test_messages_say_what_was_counted(parameters: dict[str, Any], rule: str, message: str) -> None:
    made = meeting_with(people(4), [], ["m3"], ["m0", "m1"], ["m0", "m1", "m2"])
    (result,) = judged_by(configured(**parameters), made, rule)
    assert result.message == message
    assert_explained(result)


def test_when_all_are_recused_and_left_out_nobody_can_decide() -> None:
    reference = configured(R_Q06={"recused_in_due": False})
    made = meeting_with(people(2), [], people(2), [], [])
    made["items"][0] |= {"method": "secret_ballot", "stances": None, "counted_votes": dict.fromkeys(VOTES, 0)}
    quorum, vote = judged_by(reference, made, "R-Q05", "R-V06")
    assert quorum.outcome.value == vote.outcome.value == "fail"
    assert quorum.message == "2名应到成员都回避了，没有人可以讨论决定。"
    assert_explained(quorum)


VOTES = ("agree", "disagree", "abstain")


def test_a_vote_over_those_present_waits_for_the_attendance() -> None:
    made = meeting_with(people(3), [], [], people(3), people(3))
    made["attendance"] = []
    assert judged_by(configured(R_V06={"base": "present_members"}), made, "R-V06")[0].outcome.value == "insufficient"
    assert judged_by(delivered_reference(), made, "R-V06")[0].outcome.value == "fail"


@pytest.mark.parametrize(
    "parameters",
    [
        {"R_Q01": {"base": "present_members"}},
        {"R_Q02": {"base": "present_members"}},
        {"R_Q05": {"base": "admin_team"}},
        {"R_V06": {"base": None}},
        {"R_Q06": {"recused_in_due": "yes"}},
        {"R_Q06": {"recused_in_present": 0}},
        {"R_Q04": {"seats": -1}},
        {"R_Q04": {"vacant_seats_in_due": None}},
    ],
)
def test_a_configuration_nobody_can_count_by_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ReferenceFault):
        configured(**parameters)


def test_as_delivered_everything_is_counted_as_the_contract_says() -> None:
    rules = delivered_reference().rules
    assert {rules[rule].base("base") for rule in ("R-Q01", "R-Q02", "R-Q03", "R-Q05", "R-V06")} == {Base.DUE}
    assert rules["R-Q06"].flag("recused_in_due") and not rules["R-Q06"].flag("recused_in_present")
    assert rules["R-Q04"].whole("seats") == 0 and not rules["R-Q04"].flag("vacant_seats_in_due")
