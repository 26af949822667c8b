"""“Input errors” of the contract, sentence by sentence: what is refused, at which path, and what is not."""

from datetime import date
from typing import Any

import pytest

from governance.rules.document import day_of, parse
from governance.rules.facts import AttendanceStatus, Body, Conclusion, Form, LeadershipMode, Method, Post, Stance
from governance.rules.load import delivered_reference
from tests.rules.builders import ABSENT, PARTY, PRINCIPAL, document, faults_of, judged, outcomes

SMALLEST = {"body": "party", "scheduled_at": "2026-09-10T14:00:00+08:00"}
REQUIRED = [
    *("body", "scheduled_at", "members[0].id", "items[0].id", "items[0].order", "attendance[0].member"),
    *("items[0].stances[0].member", "items[0].stances[0].stance", "items[0].stances[0].seq", "items[1].steps[0].stage"),
    *("items[0].counted_votes.agree", "items[0].counted_votes.disagree", "items[0].counted_votes.abstain"),
]


@pytest.mark.parametrize("path", REQUIRED)
@pytest.mark.parametrize("missing", [None, ABSENT], ids=["null", "absent"])
def test_a_required_key_is_missing(path: str, missing: object) -> None:
    assert faults_of(document(PARTY, {path: missing})) == [path]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "school",
            "school.leadership_mode",
            "form",
            "materials_sent_on",
            "chair",
            "chair.member",
            "chair.delegation_note",
        ),
        *(
            "recorder",
            "members[6].posts",
            "attendance",
            "attendance[0].status",
            "attendance[0].reason",
            "observers",
            "items",
        ),
        *("minutes", "minutes.signed_by", "minutes.signed_on", "items[1].title", "items[1].catalogue"),
        *(
            "items[1].proposed_on",
            "items[1].proposer",
            "items[1].confirmed_by",
            "items[1].urgent",
            "items[1].urgent_reason",
        ),
        *("items[1].urgent_consent", "items[1].materials", "items[1].steps", "items[1].steps[0].done_on"),
        *("items[1].steps[0].result", "items[1].left", "items[1].recused", "items[1].conflicts", "items[1].stances"),
        *(
            "items[1].absent_opinions",
            "items[1].counted_votes",
            "items[1].method",
            "items[1].outcome",
            "items[1].tasks",
        ),
        *(f"items[1].tasks[0].{key}" for key in ("goal", "measures", "due_on", "owner")),
    ],
)
@pytest.mark.parametrize("missing", [None, ABSENT], ids=["null", "absent"])
def test_every_other_key_may_be_unknown(path: str, missing: object) -> None:
    assert faults_of(document(PARTY, {path: missing})) == []


def test_without_members_everybody_named_is_a_stranger() -> None:
    assert {"chair.member", "attendance[6].member", "minutes.signed_by"} <= set(
        faults_of(document(PARTY, {"members": None}))
    )
    assert faults_of(SMALLEST) == []


@pytest.mark.parametrize(
    "path",
    [
        *("members[7]", "attendance[7]", "observers[1]", "items[2]", "members[0].posts[1]", "items[0].steps[0]"),
        *("items[0].left[0]", "items[0].recused[0]", "items[0].conflicts[0]", "items[0].absent_opinions[0]"),
        *("items[0].stances[7]", "items[0].tasks[1]"),
    ],
)
def test_a_list_holds_a_null(path: str) -> None:
    assert faults_of(document(PARTY, {path: None})) == [path]


@pytest.mark.parametrize(
    "place",
    [
        *("", "school.", "chair.", "members[1].", "attendance[1].", "items[1].", "items[1].steps[0].", "minutes."),
        *("items[1].stances[0].", "items[1].counted_votes.", "items[1].tasks[0]."),
    ],
)
@pytest.mark.parametrize("value", [None, 1, {"deep": []}])
def test_an_unknown_key_at_any_depth(place: str, value: object) -> None:
    assert faults_of(document(PARTY, {f"{place}Extra": value})) == [f"{place}Extra"]


def test_the_answers_of_a_meeting_are_no_keys_of_a_request() -> None:
    assert faults_of({**SMALLEST, "leadership_mode": "separate"}) == ["leadership_mode"]


@pytest.mark.parametrize("made", [None, [], [SMALLEST], "x", 1, 2.5, True])
def test_the_document_is_no_object(made: object) -> None:
    assert faults_of(made) == ["$"]


OBJECTS = ["school", "chair", "minutes", "items[1].counted_votes", "members[7]", "items[2]", "items[0].steps[0]"]
LISTS = ["attendance", "observers", "items", "members[6].posts", "items[1].stances", "items[1].left", "items[1].tasks"]
TEXTS = ["chair.delegation_note", "recorder", "attendance[0].reason", "items[1].title", "items[1].tasks[0].owner"]
FLAGS = ["items[1].urgent", "items[1].urgent_consent"]
WHOLES = ["items[1].order", "items[1].materials", "items[1].stances[0].seq", "items[1].counted_votes.agree"]
DAYS = [
    "materials_sent_on",
    "minutes.signed_on",
    "items[1].proposed_on",
    "items[1].steps[0].done_on",
    "items[1].tasks[0].due_on",
]
CHOICES = [
    *("school.leadership_mode", "body", "form", "members[6].posts[0]", "attendance[0].status", "items[1].outcome"),
    *("items[1].steps[0].result", "items[1].stances[0].stance", "items[1].method"),
]


def rows(paths: list[str], values: list[object]) -> list[tuple[str, object]]:
    return [(path, value) for path in paths for value in values]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *rows(OBJECTS, [[], "x", 1, False]),
        *rows(LISTS, [{}, "x", 0, False]),
        *rows(TEXTS, [[], {}, 1, False]),
        *rows(FLAGS, ["true", 0, 1, "", []]),
        *rows(WHOLES, ["2", True, False, 2.0, 2.5, float("nan"), float("inf"), [], {}]),
        *rows(
            DAYS,
            [20260910, "2026-9-1", "2026-02-30", "2026-13-01", "10.09.2026", "2026-09-10T00:00:00+08:00", "", True],
        ),
        *rows(
            DAYS[:1],
            ["0000-01-01", "20260910", "2026-W37-4", " 2026-09-10", "2026-09-10\n", "２０２６-09-10", "2025-02-29"],
        ),
        *rows(CHOICES, ["Meeting", "", "unknown", 1, True, [], {}, " party", "\ud800"]),
        *rows(["items[1].catalogue"], ["P26", "p01", "", "A00", 16, [], {}, "R-C01"]),
        *rows(["items[1].steps[0].stage"], ["", "talk", "Staff_congress", 1, {}]),
        *rows(["items[1].materials", "items[1].counted_votes.abstain"], [-1]),
        *rows(["members[7].id", "observers[0]", "items[1].id", "items[1].proposer"], [7, False, {}]),
    ],
)
def test_a_wrong_type_or_value_is_refused_and_nothing_is_converted(path: str, value: object) -> None:
    patch = {"members[7]": {"id": "c8"}} if path == "members[7].id" else {}
    assert faults_of(document(PARTY, {**patch, path: value})) == [path]


@pytest.mark.parametrize("path", ["items[0].order", "items[0].stances[0].seq"])
@pytest.mark.parametrize("value", [-5, 0, 10**30])
def test_order_and_seq_are_any_whole_numbers(path: str, value: int) -> None:
    assert faults_of(document(PARTY, {path: value})) == []


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-09-10T14:00:00+08:00", date(2026, 9, 10)),
        ("2026-09-10T14:00+08:00", date(2026, 9, 10)),
        ("2026-09-10T14:00:00.123456789+08:00", date(2026, 9, 10)),
        ("2026-09-10T14:00:00,5+08", date(2026, 9, 10)),
        ("20260910T140000+0800", date(2026, 9, 10)),
        ("2026-09-09T15:59:59Z", date(2026, 9, 9)),
        ("2026-09-09T16:00:00Z", date(2026, 9, 10)),
        ("2026-09-10T00:30:00+14:00", date(2026, 9, 9)),
        ("2026-09-09T23:00:00-05:00", date(2026, 9, 10)),
        ("1988-07-01T23:30:00+08:00", date(1988, 7, 2)),  # Shanghai kept summer time then
    ],
)
def test_the_meetings_date_is_the_day_in_shanghai(written: str, day: date) -> None:
    meeting, faults = parse({**SMALLEST, "scheduled_at": written}, delivered_reference())
    assert meeting is not None, faults
    assert meeting.held_on == day == day_of({"scheduled_at": written})


@pytest.mark.parametrize(
    "written",
    [
        *("2026-09-10T14:00:00", "2026-09-10", "2026-09-10 14:00:00+08:00", "2026-09-10T14:00:00 +08:00", "now", ""),
        *(
            "2026-02-30T14:00:00+08:00",
            "2026-09-10T25:00:00+08:00",
            "2026-09-10T14:60:00+08:00",
            "2026-09-10T14:00:00z",
        ),
        *("2026-09-10T14:00:00+24:00", "2026-09-10T14:00:00+08:60", "2026-09-10T14:00:00+08:00\n", "T14:00:00+08:00"),
        *(
            "９026-09-10T14:00:00+08:00",
            "2026-W37-4T14:00:00Z",
            20260910,
            1757484000.0,
            True,
            ["2026-09-10T14:00:00Z"],
            {},
        ),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-08:00"),  # days that no calendar of Shanghai holds
    ],
)
def test_a_date_time_without_offset_or_sense_is_refused(written: object) -> None:
    assert faults_of({**SMALLEST, "scheduled_at": written}) == ["scheduled_at"]
    assert day_of({"scheduled_at": written}) is None


def test_there_is_no_day_in_what_is_no_document() -> None:
    documents: list[object] = [None, [], "x", {}, {"scheduled_at": None}]
    assert [day_of(made) for made in documents] == [None] * 5


@pytest.mark.parametrize(
    "path",
    [
        *("chair.member", "attendance[0].member", "items[1].confirmed_by", "minutes.signed_by"),
        *("items[1].left[0]", "items[1].recused[0]", "items[1].conflicts[0]", "items[1].absent_opinions[0]"),
    ],
)
@pytest.mark.parametrize("who", ["ghost", "guest", "", "SEC", "sec "])
def test_only_members_stand_here(path: str, who: str) -> None:
    assert faults_of(document(PARTY, {path: who})) == [path]


def test_a_stance_comes_from_a_member_or_an_observer() -> None:
    assert faults_of(document(PARTY, {"items[0].stances[0].member": "guest"})) == []
    assert faults_of(document(PARTY, {"items[0].stances[0].member": "clerk"})) == ["items[0].stances[0].member"]
    assert faults_of(document(PARTY, {"items[0].stances[0].member": "guest", "observers": None})) == [
        "items[0].stances[0].member"
    ]


@pytest.mark.parametrize("path", ["recorder", "items[1].proposer", "observers[1]", "items[1].tasks[0].owner"])
def test_anybody_may_stand_here(path: str) -> None:
    assert faults_of(document(PARTY, {path: "ghost"})) == []


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"members[7]": {"id": "c4"}}, "members[7].id"),
        ({"items[1].id": "i1"}, "items[1].id"),
        ({"items[1].order": 1}, "items[1].order"),
        ({"observers": ["guest", "x", "guest"]}, "observers[2]"),
        ({"observers": ["guest", "c4"]}, "observers[1]"),
        ({"attendance[7]": {"member": "sec"}}, "attendance[7].member"),
        ({"items[0].left": ["c4", "c5", "c4"]}, "items[0].left[2]"),
        ({"items[0].recused": ["c4", "c4"]}, "items[0].recused[1]"),
        ({"items[0].conflicts": ["c4", "c4"]}, "items[0].conflicts[1]"),
        ({"items[0].absent_opinions": ["c4", "c4"]}, "items[0].absent_opinions[1]"),
        ({"members[3].posts": ["committee_member", "secretary"]}, "members[3].posts[1]"),
        ({"members[6].posts": ["principal"]}, "members[6].posts[0]"),
    ],
)
def test_what_stands_twice_is_reported_at_its_second_place(patch: dict[str, Any], path: str) -> None:
    assert faults_of(document(PARTY, patch)) == [path]


def test_a_third_place_is_reported_too() -> None:
    assert faults_of(document(PARTY, {"items[0].left": ["c4", "c4", "c4"]})) == ["items[0].left[1]", "items[0].left[2]"]


@pytest.mark.parametrize(
    "patch",
    [
        {
            "items[0].left": ["c4"],
            "items[0].recused": ["c4"],
            "items[0].conflicts": ["c4"],
            "items[0].absent_opinions": ["c4"],
        },
        {"items[0].stances[7]": {"member": "c4", "stance": "disagree", "seq": 3}},  # R-V04 judges that
        {"members[3].posts": ["committee_member", "committee_member"]},
        {"members[3].posts": ["deputy_secretary"]},
        {"members[0].posts": ["secretary", "secretary", "principal"], "members[1].posts": []},
        {"items[1].steps[2]": {"stage": "cadre_consultation"}},
        {"items[0].left": ["c4"], "items[1].left": ["c4"]},
    ],
)
def test_this_may_stand_twice(patch: dict[str, Any]) -> None:
    assert faults_of(document(PARTY, patch)) == []


def test_a_secret_ballot_carries_no_stances() -> None:
    assert faults_of(document(PARTY, {"items[1].method": "secret_ballot"})) == ["items[1].stances"]
    for empty in ([], None, ABSENT):
        assert faults_of(document(PARTY, {"items[1].method": "secret_ballot", "items[1].stances": empty})) == []


def crowd(n: int) -> dict[str, Any]:
    return {
        **SMALLEST,
        "members": [{"id": f"m{i}"} for i in range(n)],
        "items": [{"id": f"i{i}", "order": i} for i in range(n)],
    }


def test_two_hundred_members_and_items_are_allowed_and_no_more() -> None:
    assert faults_of(crowd(200)) == []
    assert len({result.subject for result in judged(crowd(200), ["R-T05"])}) == 200
    assert sorted(faults_of(crowd(201))) == ["items", "members"]


def test_all_faults_are_told_at_once() -> None:
    made = document(
        PARTY,
        {
            "body": "council",
            "scheduled_at": "2026-09-10",
            "school.leadership_mode": 1,
            "members[2].id": None,
            "chair.member": "ghost",
            "colour": "red",
            "items[0].stances[1].member": "nobody",
            "items[1].materials": -1,
            "items[1].tasks[0].due_on": "soon",
        },
    )
    assert {
        *("body", "scheduled_at", "school.leadership_mode", "members[2].id", "chair.member", "colour"),
        *("items[0].stances[1].member", "items[1].materials", "items[1].tasks[0].due_on"),
    } <= set(faults_of(made))


@pytest.mark.parametrize("value", [5, None, [], {}])
def test_an_unreadable_member_is_one_fault_and_not_many(value: object) -> None:
    """“dep” is named in many places; its own entry is what has to be put right."""
    assert faults_of(document(PARTY, {"members[2].id": value})) == ["members[2].id"]
    assert faults_of(document(PARTY, {"members": "x"})) == ["members"]


def test_reasons_are_chinese_and_say_what_to_do() -> None:
    made = document(PARTY, {"body": None, "form": "x", "items[0].order": 1.5, "items[1].catalogue": "P99", "extra": 1})
    _, faults = parse(made, delivered_reference())
    assert {fault.path: fault.reason for fault in faults} == {
        "extra": "没有这个字段，删去或改正字段名。",
        "body": "必填，补上这一项。",
        "form": "应为 meeting、circulation、countersign、one_by_one 之一。",
        "items[0].order": "应为整数。",
        "items[1].catalogue": "目录里没有这个编号，改用目录里的编号。",
    }


def test_odd_texts_are_taken_as_they_are_but_names_must_be_writable() -> None:
    odd = "a\x00b\ud800"
    free = dict.fromkeys(
        ("items[0].title", "items[0].tasks[0].goal", "chair.delegation_note", "attendance[0].reason"), odd
    )
    assert faults_of(document(PARTY, free)) == []
    assert faults_of(document(PARTY, {"items[0].id": "i\x00"})) == []
    assert faults_of(document(PARTY, {"items[0].id": odd, "recorder": odd})) == ["recorder", "items[0].id"]
    assert faults_of({**SMALLEST, "\ud800": 1}) == ["\\ud800"]


def test_the_facts_are_those_of_the_document() -> None:
    meeting, _ = parse(document(PARTY), delivered_reference())
    assert meeting is not None
    assert (meeting.body, meeting.form, meeting.leadership_mode) == (Body.PARTY, Form.MEETING, LeadershipMode.SEPARATE)
    assert (meeting.held_on, meeting.materials_sent_on) == (date(2026, 9, 10), date(2026, 9, 8))
    assert meeting.chair is not None and (meeting.chair.member, meeting.chair.delegation_note) == ("sec", "")
    assert meeting.members[1].posts == {Post.PRINCIPAL, Post.COMMITTEE_MEMBER}
    assert (meeting.attendance[0].member, meeting.attendance[0].status) == ("sec", AttendanceStatus.PRESENT)
    assert (meeting.recorder, meeting.observers) == ("clerk", ("guest",))
    item = meeting.items[1]
    assert (item.id, item.order, item.catalogue, item.proposer, item.confirmed_by) == ("i2", 2, "P16", "prin", "sec")
    assert (item.method, item.outcome, item.materials) == (Method.SIGNED_BALLOT, Conclusion.APPROVED, 2)
    assert (item.stances[6].member, item.stances[6].stance, item.stances[6].seq) == ("sec", Stance.AGREE, 7)
    assert (item.steps[1].stage, item.steps[1].done_on) == ("secretary_principal_talk", date(2026, 9, 7))
    assert item.counted_votes is not None and item.counted_votes.agree == 7
    assert (item.tasks[0].owner, item.tasks[0].due_on) == ("党政办", date(2026, 10, 15))
    assert meeting.minutes is not None and (meeting.minutes.signed_by, meeting.minutes.signed_on) == (
        "sec",
        date(2026, 9, 15),
    )


def test_the_smallest_document_is_judged() -> None:
    assert set(outcomes(SMALLEST).values()) == {"not_applicable", "insufficient", "fail"}
    assert faults_of(document(PRINCIPAL)) == []
