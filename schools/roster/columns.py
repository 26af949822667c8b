"""The columns of the roster, in the order of the bureau's own file. Words are those of the choices in `schools.models`."""

import dataclasses
from dataclasses import dataclass
from enum import Enum

from django.db.models import TextChoices

from schools.models import Foundation, LeadershipMode, Location, PartyOrgType, Size, Stage

DIRECT = "直属"  # a school under the bureau itself, without an office
YES_NO: dict[str, object] = {"是": True, "否": False}
MAX_PEOPLE = 100_000


class Kind(Enum):
    """How a cell is understood."""

    CODE = "code"
    NAME = "name"
    OFFICE = "office"
    CHOICE = "choice"
    NUMBER = "number"


@dataclass(frozen=True)
class Column:
    """One column: `field` is the attribute of `SchoolRow`, `choices` the words allowed and what they stand for."""

    title: str
    field: str
    kind: Kind
    hint: str
    example: str
    choices: dict[str, object] = dataclasses.field(default_factory=dict)

    def word(self, value: object) -> str:
        """A stored value in the words of the file."""
        if self.kind is Kind.OFFICE and value is None:
            return DIRECT
        return next((word for word, stands_for in self.choices.items() if stands_for == value), str(value))


def _words(choices: type[TextChoices]) -> dict[str, object]:
    return {str(choice.label): str(choice.value) for choice in choices}


def _choice(title: str, name: str, hint: str, example: str, choices: dict[str, object]) -> Column:
    return Column(title, name, Kind.CHOICE, hint, example, choices)


COLUMNS: tuple[Column, ...] = (
    Column("学校代码", "code", Kind.CODE, "字母、数字、短横线，2 至 12 位，至少有一个数字；全区不重复", "示例"),
    Column("学校名称", "name", Kind.NAME, "学校全称；全区不重复", "示例小学"),
    _choice("学段", "stage", "用下拉选一个", "小学", _words(Stage)),
    Column("教办", "office", Kind.OFFICE, f"教办全称；局直属学校填“{DIRECT}”", "城东教办"),
    _choice("区位", "location", "用下拉选一个", "城区", _words(Location)),
    _choice("规模", "size", "用下拉选一个", "中", _words(Size)),
    _choice("基础", "foundation", "用下拉选一个", "中", _words(Foundation)),
    Column("学生数", "students", Kind.NUMBER, "整数，只写数字", "1200"),
    Column("教职工数", "staff", Kind.NUMBER, "整数，只写数字", "90"),
    _choice("党组织类型", "party_org_type", "用下拉选一个", "党支部", _words(PartyOrgType)),
    _choice("已建立党组织委员会", "has_committee", "填“是”或“否”", "是", YES_NO),
    _choice(
        "领导配备模式",
        "leadership_mode",
        "书记、校长由两人担任选“分设”，一人担任选“一人担任”",
        "分设",
        _words(LeadershipMode),
    ),
)
BY_TITLE = {column.title: column for column in COLUMNS}
BY_FIELD = {column.field: column for column in COLUMNS}
EXAMPLE_CODE = COLUMNS[0].example
