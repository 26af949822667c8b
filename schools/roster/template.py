"""The template (.xlsx) in which the roster is filled in: header with remarks, drop-downs, an example row, a sheet of notes."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from common.exports import OPTIONS, neutral
from schools.roster.columns import COLUMNS, DIRECT, MAX_PEOPLE, Column, Kind
from schools.roster.table import MAX_ROWS

SHEET, NOTES, LISTS = "学校名册", "填写说明", "选项"
LAST_ROW = MAX_ROWS  # rows from 1 (below the header) that carry drop-downs
WIDTHS = {"code": 12, "name": 26, "office": 14, "party_org_type": 13, "has_committee": 20, "leadership_mode": 15}


def template(offices: Sequence[str]) -> bytes:
    """The file. `offices` are the names offered for 教办; others may be typed in."""
    import xlsxwriter  # as in common.exports: at the first file

    out = BytesIO()
    with xlsxwriter.Workbook(out, {**OPTIONS, "constant_memory": False}) as book:
        looks = {
            "head": book.add_format({"bold": True, "bg_color": "#e8eff6", "border": 1, "text_wrap": True}),
            "bold": book.add_format({"bold": True, "bottom": 1}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "example": book.add_format({"font_color": "#69645c"}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheet = book.add_worksheet(SHEET)
        notes = book.add_worksheet(NOTES)
        lists = book.add_worksheet(LISTS)
        _roster(sheet, looks)
        _lists(lists, sheet, [*(neutral(name) for name in offices), DIRECT])
        _notes(notes, looks)
        lists.hide()
        sheet.activate()
    return out.getvalue()


def _roster(sheet: Any, looks: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 2)
    for place, column in enumerate(COLUMNS):
        look = looks["text"] if column.kind is Kind.CODE else None
        sheet.set_column(place, place, WIDTHS.get(column.field, 9), look)
        sheet.write_string(0, place, column.title, looks["head"])
        sheet.write_comment(0, place, _hint(column), {"x_scale": 1.6})
        if column.kind is Kind.NUMBER:
            sheet.write_number(1, place, int(column.example), looks["example"])
            sheet.data_validation(1, place, LAST_ROW, place, _whole_number())
        else:
            sheet.write_string(1, place, column.example, looks["example"])


def _whole_number() -> dict[str, Any]:
    return {
        "validate": "integer",
        "criteria": "between",
        "minimum": 0,
        "maximum": MAX_PEOPLE,
        "error_title": "只写数字",
        "error_message": "写整数，如 1200，不写单位",
    }


def _lists(lists: Any, sheet: Any, offices: list[str]) -> None:
    """One hidden column of words for each drop-down; an office that is not listed may be typed all the same."""
    for place, column in enumerate(COLUMNS):
        words = offices if column.kind is Kind.OFFICE else list(column.choices)
        if not words:
            continue
        lists.write_column(0, place, words)
        letter = chr(ord("A") + place)
        choice = {
            "validate": "list",
            "source": f"={LISTS}!${letter}$1:${letter}${len(words)}",
            "error_title": "选一个",
            "error_message": column.hint,
            "error_type": "warning" if column.kind is Kind.OFFICE else "stop",
        }
        sheet.data_validation(1, place, LAST_ROW, place, choice)


def _notes(notes: Any, looks: dict[str, Any]) -> None:
    notes.set_column(0, 0, 20)
    notes.set_column(1, 1, 52)
    notes.set_column(2, 2, 52)
    for place, title in enumerate(("列", "怎么填", "可选")):
        notes.write_string(0, place, title, looks["bold"])
    for row, column in enumerate(COLUMNS, start=1):
        notes.write_string(row, 0, column.title)
        notes.write_string(row, 1, column.hint, looks["wrap"])
        notes.write_string(row, 2, "、".join(column.choices), looks["wrap"])
    advice = (
        "列的次序可以换，列名不要改；多出来的列不导入。",
        f"第 2 行是示例，不导入，可以删掉。最多 {MAX_ROWS:,} 行，不合并单元格，不写公式。",
        "按学校代码对照：代码已有的学校更新资料，没有的新增；文件里没有的学校保持不变。",
        "上传后先核对，看过要新增和要改的内容，确认以后才写入。",
    )
    for row, text in enumerate(advice, start=len(COLUMNS) + 2):
        notes.write_string(row, 0, text)


def _hint(column: Column) -> str:
    return column.hint + (f"\n可选：{'、'.join(column.choices)}" if column.choices else "")
