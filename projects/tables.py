"""The two tables that are imported, 项目 and 成果: their columns, and cells read one by one. Every fault names row, column and remedy."""

import dataclasses
import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from projects.models import Area, FlagshipStatus, Grade, Kind, Level
from schools.roster.files import Found, find_table
from schools.roster.table import Unreadable

MOST_ROWS = 1000
FORMULA_SIGNS = ("=", "+", "-", "@")
SHOWN = 60
EXAMPLE = "示例"
NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,19}")
S = FlagshipStatus
STATUSES = {S.LISTED: "已立项", S.RUNNING: "实施中", S.MID_CHECKED: "已过中期", S.CONCLUDED: "已结题"}


class Fault(Exception):
    """Why a cell cannot be taken, and how to mend it."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


@dataclass(frozen=True)
class Column:
    """One column: `read` understands a filled cell; an empty one is `""` where it may be empty."""

    title: str
    field: str
    hint: str
    example: str
    read: Callable[["Column", str], Any]
    needed: bool = True
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _plain(most: int) -> Callable[[Column, str], str]:
    def read(column: Column, text: str) -> str:
        if len(text) > most:
            raise Fault(f"有 {len(text)} 个字", f"不超过 {most} 个字")
        return " ".join(text.split())

    return read


def _code(column: Column, text: str) -> str:
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if column.field == "number" and NUMBER.fullmatch(code) is None:
        raise Fault("不是项目编号", column.hint)
    return code[:20]


def _choice(column: Column, text: str) -> str:
    said = "".join(text.split())
    if said in column.words:
        return column.words[said]
    near = difflib.get_close_matches(said[:20], column.words, n=1, cutoff=0.5)
    offered = "、".join(column.words)
    raise Fault("不在选项里", f"是不是“{near[0]}”？可选：{offered}" if near else f"可选：{offered}")


def _choices(column: Column, text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[、，,;；]", text) if part.strip()]
    unknown = [part for part in parts if part not in column.words]
    if unknown:
        raise Fault(f"“{unknown[0][:20]}”不在选项里", f"可选：{'、'.join(column.words)}，用顿号分开")
    return sorted({column.words[part] for part in parts})


def _day(column: Column, text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text).strip()
    narrow = re.sub(r"[年月/.]", "-", narrow).replace("日", "").split(" ")[0].split("T")[0].strip("-")
    try:
        return datetime.strptime(narrow, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  a day, no moment
    except ValueError:
        raise Fault("不是日期", "写成 2024-03-18") from None


def _year(column: Column, text: str) -> int:
    narrow = unicodedata.normalize("NFKC", text).strip().removesuffix("年").removesuffix(".0")
    if not re.fullmatch(r"20[0-9]{2}", narrow):
        raise Fault("不是年份", "写四位年份，如 2024")
    return int(narrow)


def _money(column: Column, text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text).replace(",", "").strip().removesuffix("元")
    if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2}0*)?", narrow):
        raise Fault("不是金额", "只写数字，单位是元，最多两位小数")
    return f"{float(narrow):.2f}"


def _labels(choices: Any) -> dict[str, str]:
    return {str(choice.label): str(choice.value) for choice in choices}


def _levels() -> dict[str, str]:
    words = _labels(Level)
    return words | {label.removesuffix("级"): value for label, value in words.items()}


def _kinds() -> dict[str, str]:
    words = _labels(Kind)
    return words | {label.removeprefix("党建+"): value for label, value in words.items()}


PROJECTS = (
    Column("编号", "number", "字母、数字、短横线，4 至 20 位；全区不重复", EXAMPLE, _code),
    Column("项目名称", "title", "80 字以内；同一学校不重名", "山海课堂", _plain(80)),
    Column("学校代码", "school", "学校档案里的代码", "FH001", _code),
    Column("类别", "kind", "党建+育人、教学、文化、管理", "党建+教学", _choice, words=_kinds()),
    Column("主持人", "leader", "书记的姓名；在本校人员里有的会对上", "沈国良", _plain(40)),
    Column("立项日期", "listed_on", "写成 2024-03-18", "2024-03-18", _day),
    Column("核定经费", "budget", "单位是元，没有写 0", "32000", _money),
    Column("状态", "status", "、".join(STATUSES.values()), "实施中", _choice, words={v: str(k) for k, v in STATUSES.items()}),
    Column("完成期限", "ends_on", "写成 2026-03-18；可以空", "2026-03-18", _day, needed=False),
    Column("结题等次", "grade", "已结题的写优秀或合格", "", _choice, needed=False, words=_labels(Grade)),
    Column("涉及领域", "areas", "、".join(Area.labels), "课堂教学、德育思政", _choices, needed=False, words=_labels(Area)),
)  # fmt: skip
AWARDS = (
    Column("项目编号", "number", "已立项项目的编号", EXAMPLE, _code),
    Column("级别", "level", "国家级、省级、市级、区级", "省级", _choice, words=_levels()),
    Column("奖项或名单", "name", "写全称，100 字以内", "省“双减”优秀实践案例", _plain(100)),
    Column("年份", "year", "四位年份", "2024", _year),
    Column("等次", "prize", "可以空", "", _plain(20), needed=False),
    Column("授予单位", "issuer", "可以空", "", _plain(60), needed=False),
    Column("证书编号", "certificate", "可以空", "", _plain(60), needed=False),
)
TABLES = {"projects": PROJECTS, "awards": AWARDS}


@dataclass
class Reading:
    """What a file says: rows with their line, faults, remarks."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, row: int, column: str, value: str, reason: str, mend: str) -> None:
        """Keep one fault. `row` counts as the spreadsheet does, from 1."""
        self.faults.append({"row": row, "column": column, "value": value[:SHOWN], "reason": reason, "mend": mend})


def read_table(data: bytes, what: str) -> Reading:
    """The rows of a file and its faults. Raises `Unreadable` when it is no such table."""
    columns = TABLES[what]
    found = find_table(data, [column.title for column in columns])
    reading = Reading(notes=list(found.notes))
    places = _places(found, columns, reading)
    if reading.faults:
        return reading
    for number in range(found.header + 1, len(found.sheet.rows)):
        _read_row(found, columns, places, number, reading)
    if len(reading.rows) > MOST_ROWS:
        raise Unreadable(f"超过 {MOST_ROWS} 行。分成几个文件")
    if not reading.rows and not reading.faults:
        raise Unreadable("表头下面没有内容。填好再上传")
    return reading


def _places(found: Found, columns: tuple[Column, ...], reading: Reading) -> dict[str, int]:
    places: dict[str, int] = {}
    row = found.header + 1
    for column in columns:
        at = [place for place, title in enumerate(found.titles) if title == column.title]
        if len(at) > 1:
            reading.wrong(row, column.title, "", "这一列有两列", f"删掉多余的“{column.title}”列")
        elif at:
            places[column.title] = at[0]
        elif column.needed:
            reading.wrong(row, column.title, "", "缺少这一列", "补上这一列，或把内容贴进模板")
    return places


def _read_row(found: Found, columns: tuple[Column, ...], places: dict[str, int], number: int, reading: Reading) -> None:
    cells = {title: found.sheet.cell(number, place).strip() for title, place in places.items()}
    if not any(cells.values()):
        return
    if cells[columns[0].title] == EXAMPLE:
        reading.notes.append(f"第 {number + 1} 行是模板里的示例，不导入")
        return
    before = len(reading.faults)
    values: dict[str, Any] = {"line": number + 1}
    for column in columns:
        said = cells.get(column.title, "")
        try:
            if (number, places.get(column.title, -1)) in found.sheet.formulas:
                raise Fault("单元格里是公式", "复制这一列，用“粘贴为数值”贴回，再上传")
            values[column.field] = _understand(column, said)
        except Fault as fault:
            reading.wrong(number + 1, column.title, said, fault.reason, fault.mend)
    if len(reading.faults) == before:
        reading.rows.append(values)


def _understand(column: Column, said: str) -> Any:
    if not said:
        if column.needed:
            raise Fault("没有填", column.hint)
        return [] if column.read is _choices else ""
    if any((unicodedata.category(char)[0] == "C" and char not in "\t\n\r") or char == "\ufffd" for char in said):
        raise Fault("有看不见或认不出的字符", "清空这一格，重新输入")
    if unicodedata.normalize("NFKC", said).startswith(FORMULA_SIGNS):
        raise Fault(f"以“{said[0]}”开头，像是公式", "去掉开头的符号，只写内容")
    return column.read(column, said)


def as_day(text: str) -> date | None:
    """A day as kept with the upload."""
    return date.fromisoformat(text) if text else None
