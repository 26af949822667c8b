"""The measures of GB/T 9704—2012 come out in Word's units."""

import pytest

from governance.documents import layout
from governance.documents.shapes import clean
from governance.minutes_text import lead_of, one_line, paragraphs_of


def test_margins_and_type_area_fill_the_sheet() -> None:
    assert layout.LEFT + layout.TYPE_WIDTH + layout.RIGHT == layout.PAGE_WIDTH
    assert layout.TOP + layout.TYPE_HEIGHT + layout.BOTTOM == layout.PAGE_HEIGHT


def test_22_lines_fill_a_page_and_a_23rd_does_not_fit() -> None:
    height = layout.twips(layout.PAGE_HEIGHT) - layout.twips(layout.TOP) - layout.twips(layout.BOTTOM)
    assert height // layout.LINE_PITCH == 22
    assert abs(layout.LINE_PITCH / 20 - 28.99) < 0.05


def test_28_characters_fill_a_line_and_a_29th_does_not_fit() -> None:
    width = layout.twips(layout.PAGE_WIDTH) - layout.twips(layout.LEFT) - layout.twips(layout.RIGHT)
    body = layout.BODY_PT * 20 + layout.spacing(layout.BODY_PT)
    assert width // body == 28
    # What Word's page settings show: the width over a character of the Normal style, widened by the grid.
    assert width // (layout.NORMAL_PT * 20 + layout.CHARACTER_SPACE / 4096 * 20) == 28
    assert layout.spacing(layout.TITLE_PT) == 0


def test_the_page_number_stands_7_millimetres_below_the_type_area() -> None:
    height = layout.NOTE_PT * layout.MM_AN_INCH / layout.POINTS_AN_INCH
    assert layout.BOTTOM - layout.FOOTER_DISTANCE - height == pytest.approx(7)


def test_lines_of_the_foot_have_their_width() -> None:
    assert layout.eighths(layout.FOOT_LINE_MM) == 8


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("会议\x00决\x0b定\x1f", "会议决定"),
        ("甲\ud800乙\ufffe丙\uffff", "甲乙丙"),
        ("同意\u202e意不\u202c", "同意意不"),
        ("一\t二\n三<w:b/>&", "一\t二\n三<w:b/>&"),
        ("𠮷田\U0001fffe", "𠮷田"),
    ],
)
def test_what_no_word_file_may_hold_is_left_out(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_the_lead_of_a_numbered_paragraph_ends_before_its_first_stop() -> None:
    assert lead_of("（十二）完成招标：公开询价；由甲负责。") == ("（十二）完成招标", "：公开询价；由甲负责。")
    assert lead_of("会议决定，同意（一）方案。") == ("", "会议决定，同意（一）方案。")


def test_lines_of_a_text_become_paragraphs() -> None:
    assert paragraphs_of(" 一是。\r\n\n 二是。 ") == ["一是。", "二是。"]
    assert one_line(" 一是。\r\n 二是。 ") == "一是。二是。"
