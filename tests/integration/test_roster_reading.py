"""Reading a roster file (A100): what a file may look like, and what is said about every cell that cannot be taken."""

import random
import time
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from schools.roster import table as limits
from schools.roster.columns import COLUMNS
from schools.roster.reading import Reading, RowFault, read, read_roster
from schools.roster.table import Unreadable
from schools.roster.template import template
from tests.workbooks import HEADER, as_csv, as_xls, as_xlsx, school, table

TWO = table(school(1), school(2))


def faults_of(*rows: list[object]) -> list[RowFault]:
    return read(as_csv(table(*rows))).faults


def only_fault(**values: object) -> RowFault:
    faults = faults_of(school(1, **values))
    assert len(faults) == 1, faults
    return faults[0]


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data)
    return str(caught.value)


def names(reading: Reading) -> list[str]:
    assert reading.faults == []
    return [row.name for row in reading.rows]


# ---- files that can be read ----


def test_the_columns_are_those_of_the_bureaus_roster():
    assert tuple(column.title for column in COLUMNS) == HEADER


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_text_files_are_read_in_every_usual_encoding(encoding):
    assert names(read(as_csv(TWO, encoding))) == ["第1小学", "第2小学"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_separator_is_found(delimiter):
    assert names(read(as_csv(TWO, "utf-16", delimiter))) == ["第1小学", "第2小学"]


@pytest.mark.parametrize("make", [as_xlsx, as_xls, as_csv])
def test_xlsx_xls_and_csv_say_the_same(make):
    reading = read(make(TWO))
    assert reading.faults == []
    assert reading.lines == [2, 3]
    first = reading.rows[0]
    assert (first.code, first.stage, first.office, first.students, first.has_committee) == (
        "FH001",
        "primary",
        "城东教办",
        800,
        True,
    )
    assert (first.location, first.size, first.foundation, first.party_org_type) == (
        "urban",
        "medium",
        "strong",
        "branch",
    )


def test_read_roster_gives_rows_and_faults():
    rows, faults = read_roster(as_csv(table(school(1), school(2, 学段="大学"))), "名册.csv")
    assert [row.code for row in rows] == ["FH001"]
    assert [(fault.row, fault.column, fault.value) for fault in faults] == [(3, "学段", "大学")]


def test_a_school_under_the_bureau_has_no_office():
    assert read(as_csv(table(school(1, 教办="直属")))).rows[0].office is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1835.0", 1835),
        (1835.0, 1835),
        ("１８３５", 1835),
        ("1,835", 1835),
        (" 1835 ", 1835),
        ("0", 0),
        ("01835", 1835),
    ],
)
def test_numbers_come_in_many_forms(written, meant):
    for make in (as_csv, as_xlsx):
        assert read(make(table(school(1, 学生数=written)))).rows[0].students == meant


def test_codes_and_words_are_narrowed_and_trimmed():
    row = read(
        as_csv(table(school(1, 学校代码=" ｆｈ００１ ", 学段=" 小 学 ", 学校名称="　云上实验学校（东校区） ")))
    ).rows[0]
    assert (row.code, row.stage, row.name) == ("FH001", "primary", "云上实验学校（东校区）")


def test_columns_may_stand_in_any_order_and_more_of_them_are_left_out():
    order = [11, 3, 0, 7, 1, 2, 10, 4, 5, 6, 8, 9]
    rows = [[*(row[place] for place in order), extra] for row, extra in zip(TWO, ("备注", "x", "y"), strict=True)]
    reading = read(as_csv(rows))
    assert names(reading) == ["第1小学", "第2小学"]
    assert reading.notes == ["这些列不导入：备注"]


def test_titles_above_the_header_blank_lines_and_empty_rows_behind_do_no_harm():
    empty = [""] * 12
    rows = [["学校名册"], [], HEADER, school(1), empty, [], school(2), *[empty] * 3000]
    reading = read(as_csv(rows))
    assert names(reading) == ["第1小学", "第2小学"]
    assert reading.lines == [4, 7]


def test_header_cells_may_have_line_breaks_and_spaces():
    header = ["学校\n代码", " 学校名称*", *HEADER[2:]]
    assert names(read(as_xlsx([header, school(1)]))) == ["第1小学"]


def test_the_first_visible_sheet_with_the_header_is_taken_and_named():
    def before(book):
        book.add_worksheet("说明").write("A1", "先看这里")
        hidden = book.add_worksheet("旧的")
        for line, row in enumerate(table(school(9))):
            hidden.write_row(line, 0, row)
        hidden.hide()

    reading = read(as_xlsx(TWO, before=before))
    assert names(reading) == ["第1小学", "第2小学"]
    assert reading.notes == ["文件有 3 张工作表，读的是“名册”"]


def test_styled_empty_rows_far_below_are_no_rows():
    def after(book, sheet):
        look = book.add_format({"bg_color": "#ff0000"})
        sheet.write_blank(1_048_575, 30, None, look)

    assert names(read(as_xlsx(TWO, after=after))) == ["第1小学", "第2小学"]


def test_the_template_is_read_and_its_example_is_left_out():
    assert "表头下面没有学校" in refusal(template(["城东教办", "=cmd()"]))
    with zipfile.ZipFile(BytesIO(template(["城东教办"]))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<dataValidation ") == 10
        assert "xl/comments1.xml" in archive.namelist()
    reading = read(as_csv([HEADER, school(1, 学校代码="示例"), school(2)]))
    assert names(reading) == ["第2小学"]
    assert reading.notes == ["第 2 行是模板里的示例，不导入"]


# ---- cells that cannot be taken: named by row, column, value, reason and how to mend ----


def test_a_fault_says_where_what_why_and_how():
    fault = only_fault(学生数="八百")
    assert (fault.row, fault.column, fault.value) == (2, "学生数", "八百")
    assert str(fault) == "第 2 行“学生数”“八百”：不是整数。只写数字，如 1200，不写单位"


@pytest.mark.parametrize("column", HEADER)
def test_every_column_has_to_be_filled(column):
    assert (only_fault(**{column: "  "}).column, only_fault(**{column: ""}).reason) == (column, "没有填")


@pytest.mark.parametrize("column", ["学段", "区位", "规模", "基础", "党组织类型", "已建立党组织委员会", "领导配备模式"])
def test_words_that_are_no_choice_are_named_with_the_choices(column):
    fault = only_fault(**{column: "随便"})
    assert (fault.reason, fault.column) == ("不在选项里", column)
    assert "可选：" in fault.mend


def test_a_near_word_is_suggested():
    assert only_fault(学段="九年一贯制").mend.startswith("是不是“九年一贯”？")


@pytest.mark.parametrize("value", ["-3", "12.5", "1e3", "约800", "99999999999", "100001", "1,83,5"])
def test_numbers_that_are_none(value):
    assert only_fault(教职工数=value).column == "教职工数"


@pytest.mark.parametrize("code", ["roster", "F", "FH-" * 5 + "1", "FH/01", "学校1", "FH 001 x!", "..1"])
def test_codes_that_are_none_or_would_hide_a_page(code):
    assert only_fault(学校代码=code).reason == "不是学校代码"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_text_that_would_compute_elsewhere_is_refused(sign):
    assert "像是公式" in only_fault(学校名称=f"{sign}1+1").reason


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\u200b", "\ufeff", "\u202e", "\x7f", "\ufffd"])
def test_invisible_and_unknown_letters_are_refused(letter):
    fault = only_fault(学校名称=f"云{letter}上小学")
    assert fault.reason == "有看不见或认不出的字符"
    assert letter not in fault.value or letter == "\ufffd"


def test_a_broken_byte_spoils_one_cell_and_not_the_file():
    data = as_csv(TWO, "gb18030").replace("第2小学".encode("gb18030"), b"\xb5\xda\xff2")
    assert [(fault.row, fault.column) for fault in read(data).faults] == [(3, "学校名称")]


def test_names_have_a_limit():
    assert only_fault(学校名称="长" * 31).reason == "有 31 个字"
    assert only_fault(教办="长" * 31).reason == "有 31 个字"


def test_repeated_codes_and_names_are_named_with_the_first_row():
    faults = faults_of(school(1), school(1, 学校名称="另一小学"), school(3, 学校名称="第1小学"))
    assert [(f.row, f.column, f.reason) for f in faults] == [
        (3, "学校代码", "与第 2 行重复"),
        (4, "学校名称", "与第 2 行重复"),
    ]


def test_formula_cells_are_refused_whatever_they_show():
    def after(book, sheet):
        sheet.write_formula("H2", "=400+400", None, 800)
        sheet.write_formula("B3", '=HYPERLINK("http://x.example/","第2小学")', None, "第2小学")

    faults = read(as_xlsx(TWO, after=after)).faults
    assert [(f.row, f.column, f.reason) for f in faults] == [
        (2, "学生数", "单元格里是公式"),
        (3, "学校名称", "单元格里是公式"),
    ]


def test_merged_cells_are_named_with_what_to_write_into_each_row():
    def after(book, sheet):
        sheet.merge_range(1, 3, 3, 3, "城东教办")

    faults = read(as_xlsx(table(school(1), school(2, 教办=""), school(3, 教办="")), after=after)).faults
    assert [(f.row, f.column, f.mend) for f in faults] == [
        (3, "教办", "取消合并，每一行都填上“城东教办”"),
        (4, "教办", "取消合并，每一行都填上“城东教办”"),
    ]


def test_missing_renamed_and_doubled_columns_are_named():
    header = [*HEADER[:7], "学生人数", *HEADER[8:10], "规模", HEADER[11]]
    faults = read(as_csv([header, school(1)])).faults
    said = {(fault.row, fault.column, fault.reason, fault.mend) for fault in faults}
    assert (1, "学生数", "缺少这一列", "把表头“学生人数”改成“学生数”") in said
    assert (1, "规模", "这一列有两列", "删掉多余的“规模”列") in said
    assert (1, "已建立党组织委员会", "缺少这一列", "补上这一列，或把内容贴进模板") in said


def test_fifty_faults_of_many_kinds_are_all_named():
    rows = [school(number) for number in range(1, 401)]
    wrong = [(place * 7, place % 12) for place in range(50)]
    for line, column in wrong:
        rows[line][column] = "＝错"
    faults = read(as_xlsx(table(*rows))).faults
    assert [(f.row, f.column) for f in faults] == [(line + 2, HEADER[column]) for line, column in wrong]


# ---- files that cannot be read at all ----

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def _zip(**parts: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/"), text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "文件是空的"),
        (b"\r\n \t\n", "文件是空的"),
        (b"\x00" * 5000, "文件是空的"),
        (PICTURE, "这不是电子表格"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "这不是电子表格"),
        (b"just some words\nand more\n", "没有找到表头"),
        (as_csv([["姓名", "年龄"], ["王", 3]]), "没有找到表头"),
        (as_xlsx([["姓名", "年龄"], ["王", 3]]), "没有找到表头"),
        (as_csv([HEADER]), "表头下面没有学校"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "网页格式"),
        ("\ufeff<?xml version='1.0'?><Workbook/>".encode(), "网页格式"),
        (_zip(**{"word__document.xml": "<a/>"}), "这不是电子表格"),
        (as_xlsx(TWO)[:-200], "打不开"),
        (as_xlsx(TWO)[:300], "打不开"),
        (as_xls(TWO)[:700], "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "打不开"),
        (b"x" * (limits.MAX_BYTES + 1), "不超过 10 MB"),
        (('"' + "a" * 200_000).encode(), "没有找到表头"),
    ],
)  # fmt: skip
def test_what_is_no_roster_is_refused_with_a_way_on(data, said):
    assert said in refusal(data)


def test_a_document_type_with_entities_is_refused():
    data = as_xlsx(TWO)
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            text = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                text = text.replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "bbb">]><worksheet', 1)
            new.writestr(entry.filename, text)
    assert "打不开" in refusal(out.getvalue())


def test_a_hundred_thousand_rows_are_refused_at_once_and_cheaply():
    row = ",".join(str(cell) for cell in school(1))
    long_csv = "\n".join([",".join(HEADER), *[row] * 100_000]).encode()
    sheet = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 100_001))
    book = as_xlsx(TWO)
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry).decode()
            if entry.filename == "xl/worksheets/sheet1.xml":
                text = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>'
            new.writestr(entry.filename, text)
    for data in (long_csv, out.getvalue()):
        tracemalloc.start()
        started = time.perf_counter()
        assert "名册最多 5,000 行" in refusal(data)
        spent, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert spent < 5
        assert peak < 150 * 1024 * 1024


def test_a_long_sheet_beside_the_roster_does_not_stop_it():
    def before(book):
        other = book.add_worksheet("流水")
        for line in range(6000):
            other.write(line, 0, line)

    reading = read(as_xlsx(TWO, before=before))
    assert names(reading) == ["第1小学", "第2小学"]
    assert reading.notes == ["文件有 2 张工作表，读的是“名册”"]


def test_a_zip_bomb_is_stopped_while_it_unpacks():
    blank = "<row>" + " " * (64 * 1024) + "</row>"
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{blank * 2000}</sheetData></worksheet>'
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(as_xlsx(TWO))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, sheet if entry.filename == "xl/worksheets/sheet1.xml" else old.read(entry))
    bomb = out.getvalue()
    assert len(bomb) < 1024 * 1024
    started = time.perf_counter()
    assert "内容太多" in refusal(bomb)
    assert time.perf_counter() - started < 5


def test_two_cells_at_the_far_corners_do_not_take_the_memory_between_them():
    far_down = [*TWO, *[[]] * 60_000, [*[None] * 255, "x"]]
    wide = as_xlsx(TWO, after=lambda book, sheet: sheet.write(1_048_575, 16_383, "x"))
    for data in (as_xls(far_down), wide):
        started = time.perf_counter()
        assert refusal(data)
        assert time.perf_counter() - started < 5


def test_damaged_workbooks_never_break_the_reader():
    """Random damage, the same each time: either it is read or refused; nothing else comes out."""
    chance = random.Random(7)
    for make in (as_xls, as_xlsx):
        whole = make(TWO)
        for _ in range(12):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 40)):
                data[chance.randrange(8, len(data))] = chance.randrange(256)
            try:
                read(bytes(data))
            except Unreadable as said:
                assert "file" in said.faults[0].path


def test_the_reader_runs_in_a_process_without_the_portal():
    source = (Path(limits.__file__).parent / "reader.py").read_text("utf-8")
    assert "import django" not in source
    assert "from schools" not in source
