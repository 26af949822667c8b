"""Two editions side by side: what is gone and what is new, by character, figures whole."""

import pytest

from pilots.plan_diff import compare_texts


def shown(old: str, new: str) -> str:
    """Gone in [-], new in [+]."""
    marks = {"same": "{}", "gone": "[-{}]", "new": "[+{}]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in compare_texts(old, new))


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("", "", ""),
        ("", "新写", "[+新写]"),
        ("删去", "", "[-删去]"),
        ("完善学校章程", "完善学校章程", "完善学校章程"),
        ("完成时限2026年", "完成时限2027年", "完成时限[-2026][+2027]年"),
        ("每学期研究一次", "每月研究一次", "每[-学期][+月]研究一次"),
    ],
)
def test_texts_are_compared_by_character(old: str, new: str, result: str) -> None:
    assert shown(old, new) == result


def test_nothing_is_lost() -> None:
    old, new = "书记抓总，校长负责教学。\n分两步实施。", "书记抓总，副书记协助。\n分三步实施，逐项验收。"
    pieces = compare_texts(old, new)
    assert "".join(p.text for p in pieces if p.kind != "new") == old
    assert "".join(p.text for p in pieces if p.kind != "gone") == new
