"""Clauses beside each other: numbers, relations, places of what is missing, marks word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.rules.clauses import Change, Relation, Wording, clause_number, compare, count, marks, same_wording


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (48, "四十八"),
        (100, "一百"),
        (105, "一百〇五"),
        (110, "一百一十"),
        (199, "一百九十九"),
    ],
)
def test_places_are_written_as_in_a_regulation(place: int, said: str) -> None:
    assert clause_number(place) == f"第{said}条"


def test_numbers_are_all_different() -> None:
    assert len({clause_number(place) for place in range(1, 1000)}) == 999
    with pytest.raises(ValueError, match="numbered"):
        clause_number(0)


MODEL = [Wording(key, f"第{key}条", f"条文{key}。") for key in "abcd"]


def test_every_clause_of_both_texts_stands_once() -> None:
    own = [
        Wording("d", "第一条", "条文d。"),
        Wording("a", "第二条", "改过的a。"),
        Wording(None, "第三条", "自己的。"),
    ]
    pairs = compare(MODEL, own)
    said = [(pair.relation, pair.shown.text) for pair in pairs]
    assert said == [
        (Relation.ADOPTED, "条文d。"),
        (Relation.ADAPTED, "改过的a。"),
        (Relation.MISSING, "条文b。"),
        (Relation.MISSING, "条文c。"),
        (Relation.ADDED, "自己的。"),
    ]
    assert count(pairs) == {
        Relation.ADOPTED: 1,
        Relation.ADAPTED: 1,
        Relation.ADDED: 1,
        Relation.MISSING: 2,
    }


def test_what_is_missing_at_the_head_stands_at_the_head() -> None:
    pairs = compare(MODEL, [Wording("c", "第一条", "条文c。")])
    assert [pair.shown.key for pair in pairs] == ["a", "b", "c", "d"]
    assert [pair.relation for pair in compare(MODEL, [])] == [Relation.MISSING] * 4


def test_a_source_that_is_none_is_an_addition() -> None:
    assert compare(MODEL, [Wording("z", "第一条", "条文z。")])[-1].relation in (Relation.ADDED, Relation.MISSING)
    assert count(compare(MODEL, [Wording("z", "第一条", "条文z。")]))[Relation.ADDED] == 1


def test_blanks_and_width_are_no_change_but_a_word_is() -> None:
    assert same_wording("会前2日，提交。", " 会前２日, 提交。\n")
    assert not same_wording("会前2日提交。", "会前3日提交。")


def test_marks_show_whole_words() -> None:
    assert marks("在会前至少2日提交。", "在会前至少10日提交。") == [
        (Change.SAME, "在会前至少"),
        (Change.REMOVED, "2"),
        (Change.ADDED, "10"),
        (Change.SAME, "日提交。"),
    ]
    assert marks("不变。", "不变。") == [(Change.SAME, "不变。")]


@given(
    st.text(alphabet="会议应当半数以上到会2 3日。", max_size=40),
    st.text(alphabet="会议须有三分之二到会2 3日。", max_size=40),
)
def test_marks_hold_both_texts(before: str, after: str) -> None:
    found = marks(before, after)
    assert "".join(text for change, text in found if change is not Change.REMOVED) == after
    assert "".join(text for change, text in found if change is not Change.ADDED) == before
    assert all(text for _, text in found)


@given(st.lists(st.sampled_from("abcdef"), unique=True, max_size=6), st.lists(st.sampled_from("abcdef"), unique=True))
def test_no_clause_is_lost_and_none_is_shown_twice(model: list[str], own: list[str]) -> None:
    pairs = compare([Wording(k, k, k) for k in model], [Wording(k, k, k) for k in own])
    assert sorted(pair.model.text for pair in pairs if pair.model) == sorted(model)
    assert [pair.own.text for pair in pairs if pair.own] == own
