"""From cells to checked rows: every fault is named with row, column, value, reason and how to mend it."""

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from schools.roster.columns import BY_TITLE, COLUMNS, DIRECT, EXAMPLE_CODE, MAX_PEOPLE, Column, Kind
from schools.roster.files import Found, find_roster
from schools.roster.table import MAX_ROWS, TOO_MANY_ROWS, Unreadable
from schools.services.schools import SchoolRow

CODE = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9-]{1,11}")
NUMBER = re.compile(r"([0-9]{1,9})(\.0*)?")
THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")
MAX_NAME = 30
MAX_OFFICE = 30
FORMULA_SIGNS = ("=", "+", "-", "@")
SHOWN = 60  # letters of a faulty value that are kept


@dataclass(frozen=True)
class RowFault:
    """One fault. `row` counts as the spreadsheet does, from 1."""

    row: int
    column: str
    value: str
    reason: str
    mend: str

    def __str__(self) -> str:
        value = f"“{self.value}”" if self.value else ""
        return f"第 {self.row} 行“{self.column}”{value}：{self.reason}。{self.mend}"


@dataclass
class Reading:
    """What a file says: good rows with their row numbers, faults, and remarks that are no faults."""

    rows: list[SchoolRow] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_roster(data: bytes, filename: str) -> tuple[list[SchoolRow], list[RowFault]]:
    """The rows of a roster file and its faults. Raises `Unreadable` when it is no table at all.

    `filename` is what people call the file; how it is read depends on its content alone.
    """
    reading = read(data)
    return reading.rows, reading.faults


def read(data: bytes) -> Reading:
    """The same with row numbers and remarks."""
    found = find_roster(data)
    reading = Reading(notes=found.notes)
    places = _places(found, reading)
    if reading.faults:
        return reading
    for number in range(found.header + 1, len(found.sheet.rows)):
        _read_row(found, places, number, reading)
    if len(reading.rows) > MAX_ROWS:
        raise Unreadable(TOO_MANY_ROWS)
    if not reading.rows and not reading.faults:
        raise Unreadable("表头下面没有学校。填好再上传")
    _repeated(reading)
    return reading


def _places(found: Found, reading: Reading) -> dict[str, int]:
    """Where each column stands; missing and doubled columns are faults, surplus ones a remark."""
    row = found.header + 1
    surplus = [title for title in found.titles if title and title not in BY_TITLE]
    places: dict[str, int] = {}
    for column in COLUMNS:
        at = [place for place, title in enumerate(found.titles) if title == column.title]
        if len(at) > 1:
            mend = f"删掉多余的“{column.title}”列"
            reading.faults.append(RowFault(row, column.title, "", "这一列有两列", mend))
        elif not at:
            near = difflib.get_close_matches(column.title, surplus, n=1, cutoff=0.5)
            mend = f"把表头“{near[0]}”改成“{column.title}”" if near else "补上这一列，或把内容贴进模板"
            reading.faults.append(RowFault(row, column.title, near[0] if near else "", "缺少这一列", mend))
        else:
            places[column.title] = at[0]
    if surplus and not reading.faults:
        reading.notes.append("这些列不导入：" + "、".join(title[:20] for title in surplus[:10]))
    return places


def _read_row(found: Found, places: dict[str, int], number: int, reading: Reading) -> None:
    cells = {title: found.sheet.cell(number, place) for title, place in places.items()}
    if not any(cell.strip() for cell in cells.values()):
        return
    if cells[COLUMNS[0].title].strip() == EXAMPLE_CODE:
        reading.notes.append(f"第 {number + 1} 行是模板里的示例，不导入")
        return
    values: dict[str, object] = {}
    faults: list[RowFault] = []
    for column in COLUMNS:
        said = cells[column.title]
        try:
            if (number, places[column.title]) in found.sheet.formulas:
                raise Fault("单元格里是公式", "复制这一列，用“粘贴为数值”贴回，再上传")
            if not said.strip() and (above := found.sheet.merged_value(number, places[column.title])) is not None:
                raise Fault("这是合并单元格，本行没有值", f"取消合并，每一行都填上“{above}”")
            values[column.field] = understand(column, said)
        except Fault as fault:
            faults.append(RowFault(number + 1, column.title, _shown(said), fault.reason, fault.mend))
    reading.faults += faults
    if not faults:
        reading.rows.append(SchoolRow(**values))  # type: ignore[arg-type]
        reading.lines.append(number + 1)


class Fault(Exception):
    """Why a cell cannot be taken, and how to mend it."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


def understand(column: Column, said: str) -> object:
    """The value of a cell. Raises `Fault`."""
    text = said.strip()
    if not text:
        raise Fault("没有填", column.hint)
    if any(unicodedata.category(char)[0] == "C" or char == "\ufffd" for char in text):
        raise Fault("有看不见或认不出的字符", "清空这一格，重新输入")
    narrow = unicodedata.normalize("NFKC", text)
    if narrow.startswith(FORMULA_SIGNS):
        raise Fault(f"以“{narrow[0]}”开头，像是公式", "去掉开头的符号，只写内容")
    return READERS[column.kind](column, text, "".join(narrow.split()))


def _code(column: Column, text: str, narrow: str) -> str:
    code = narrow.upper()
    code = code.removesuffix(".0") if NUMBER.fullmatch(code) else code
    if CODE.fullmatch(code) is None:
        raise Fault("不是学校代码", column.hint)
    return code


def _name(column: Column, text: str, narrow: str) -> str:
    return _limited(text, MAX_NAME)


def _office(column: Column, text: str, narrow: str) -> str | None:
    return None if narrow == DIRECT else _limited(text, MAX_OFFICE)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Fault(f"有 {len(text)} 个字", f"不超过 {limit} 个字")
    return text


def _choice(column: Column, text: str, narrow: str) -> object:
    if narrow in column.choices:
        return column.choices[narrow]
    near = difflib.get_close_matches(narrow[:20], column.choices, n=1, cutoff=0.5)
    words = "、".join(column.choices)
    raise Fault("不在选项里", f"是不是“{near[0]}”？可选：{words}" if near else f"可选：{words}")


def _number(column: Column, text: str, narrow: str) -> int:
    match = NUMBER.fullmatch(THOUSANDS.sub("", narrow))
    if match is None:
        raise Fault("不是整数", "只写数字，如 1200，不写单位")
    if int(match[1]) > MAX_PEOPLE:
        raise Fault("数字太大", f"不超过 {MAX_PEOPLE:,}")
    return int(match[1])


READERS: dict[Kind, Callable[[Column, str, str], object]] = {
    Kind.CODE: _code,
    Kind.NAME: _name,
    Kind.OFFICE: _office,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
}


def _repeated(reading: Reading) -> None:
    """Codes and names that stand twice among the good rows; those rows are taken out."""
    bad: set[int] = set()
    for column in COLUMNS[:2]:
        first: dict[str, int] = {}
        for place, (line, row) in enumerate(zip(reading.lines, reading.rows, strict=True)):
            value = getattr(row, column.field)
            if value in first:
                bad.add(place)
                said = f"与第 {first[value]} 行重复"
                mend = f"核对两行，改正“{column.title}”或删掉多余的一行"
                reading.faults.append(RowFault(line, column.title, value, said, mend))
            first.setdefault(value, line)
    reading.faults.sort(key=lambda fault: fault.row)
    reading.rows = [row for place, row in enumerate(reading.rows) if place not in bad]
    reading.lines = [line for place, line in enumerate(reading.lines) if place not in bad]


def _shown(said: str) -> str:
    """The faulty value as it can be shown: without control letters, cut short."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else "�" for char in said.strip())
    return kept if len(kept) <= SHOWN else kept[:SHOWN] + "…"
