"""Reading a decoded JSON document strictly: JSON types only, nothing converted, every fault noted with its path."""

import re
import sys
from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from common.dates import local_day
from common.errors import Fault

Choice = TypeVar("Choice", bound=StrEnum)

REQUIRED = "必填，补上这一项。"
UNKNOWN_KEY = "没有这个字段，删去或改正字段名。"
NOT_OBJECT = "应为对象（{ }）。"
NOT_LIST = "应为列表（[ ]）。"
NULL_IN_LIST = "列表里不能有 null，删去这一项。"
NOT_TEXT = "应为文字。"
NOT_UNICODE = "含有不成对的代理字符，改用正常文字。"
NOT_FLAG = "应为 true 或 false。"
NOT_WHOLE = "应为整数。"
NOT_DAY = "应为真实的日期，写作 YYYY-MM-DD。"
NOT_TIME = "应为带时区的日期时间，例如 2026-09-10T14:00:00+08:00。"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OFFSET = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r"|[0-9]{8}T[0-9]{4}([0-9]{2}([.,][0-9]+)?)?)" + _OFFSET
)
# A longer whole number could not be written out again (CPython refuses more digits than this).
_MOST_BITS = int(sys.int_info.default_max_str_digits * 3.3219)


class Entry(NamedTuple):
    """One text of a list, with its path."""

    path: str
    value: str


def moment(value: object) -> datetime | None:
    """An ISO 8601 date-time with an offset, or None."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value)
        local_day(at)
    except (ValueError, OverflowError):  # 30 February, 25 o'clock; a day that Shanghai's calendar cannot hold
        return None
    return at


class Node:
    """One object of the document. Each reader returns None (or an empty list) for what is absent, null or faulty."""

    __slots__ = ("_faults", "_values", "path")

    def __init__(self, value: dict[str, object], path: str, keys: Collection[str], faults: list[Fault]) -> None:
        self._values = value
        self._faults = faults
        self.path = path
        for key in value:
            if key not in keys:
                self.fault(key, UNKNOWN_KEY)

    def at(self, key: str) -> str:
        """The path of a key; lone surrogates are escaped, for the path is written into the answer."""
        shown = str(key).encode("utf-8", "backslashreplace").decode("utf-8")
        return f"{self.path}.{shown}" if self.path else shown

    def fault(self, key: str, reason: str) -> None:
        """Note that something is wrong with this key."""
        self._faults.append(Fault(self.at(key), reason))

    def text(self, key: str) -> str:
        """A text; absent counts as blank."""
        value = self._value(key, required=False)
        if value is None or isinstance(value, str):
            return value or ""
        self.fault(key, NOT_TEXT)
        return ""

    def identifier(self, key: str, *, required: bool = False) -> str | None:
        """A text that may be written into the answer, hence real Unicode."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if reason := _not_identifier(value):
            self.fault(key, reason)
            return None
        return str(value)

    def identifiers(self, key: str) -> list[Entry]:
        """A list of identifiers."""
        found = []
        for path, value in self._list(key):
            if reason := _not_identifier(value):
                self._faults.append(Fault(path, reason))
            else:
                found.append(Entry(path, str(value)))
        return found

    def flag(self, key: str) -> bool:
        """Yes or no; absent counts as no."""
        value = self._value(key, required=False)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fault(key, NOT_FLAG)
        return False

    def whole(self, key: str, *, required: bool = False, least: int | None = None) -> int | None:
        """A whole number, from `least` on where that is given. true is none, nor is 2.0."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if type(value) is not int or value.bit_length() > _MOST_BITS:
            self.fault(key, NOT_WHOLE)
        elif least is not None and value < least:
            self.fault(key, f"应为不小于 {least} 的整数。")
        else:
            return value
        return None

    def day(self, key: str) -> date | None:
        """A real day written YYYY-MM-DD."""
        value = self._value(key, required=False)
        if value is None:
            return None
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:  # 30 February
            pass
        self.fault(key, NOT_DAY)
        return None

    def moment(self, key: str) -> datetime | None:
        """A required ISO 8601 date-time with an offset."""
        value = self._value(key, required=True)
        at = moment(value)
        if value is not None and at is None:
            self.fault(key, NOT_TIME)
        return at

    def choice(self, key: str, choices: type[Choice], *, required: bool = False) -> Choice | None:
        """One of the listed values."""
        value = self._value(key, required=required)
        return None if value is None else self._chosen(self.at(key), value, choices)

    def choices(self, key: str, choices: type[Choice]) -> list[tuple[str, Choice]]:
        """A list of listed values, each with its path."""
        found = []
        for path, value in self._list(key):
            chosen = self._chosen(path, value, choices)
            if chosen is not None:
                found.append((path, chosen))
        return found

    def one_of(self, key: str, known: Collection[str], reason: str, *, required: bool = False) -> str | None:
        """One of the codes the catalogue knows."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if isinstance(value, str) and value in known:
            return value
        self.fault(key, reason)
        return None

    def child(self, key: str, keys: Collection[str]) -> "Node | None":
        """An object inside this one."""
        value = self._value(key, required=False)
        if value is None:
            return None
        return self._node(self.at(key), value, keys)

    def children(self, key: str, keys: Collection[str]) -> list["Node"]:
        """A list of objects; what is no object is noted and left out."""
        nodes = (self._node(path, value, keys) for path, value in self._list(key))
        return [node for node in nodes if node is not None]

    def length(self, key: str) -> int | None:
        """How many entries stand in a list, faulty ones included; 0 when it is absent, None when it is no list."""
        value = self._values.get(key)
        if value is None:
            return 0
        return len(value) if isinstance(value, list) else None

    def _value(self, key: str, *, required: bool) -> object:
        value = self._values.get(key)
        if value is None and required:
            self.fault(key, REQUIRED)
        return value

    def _list(self, key: str) -> list[tuple[str, object]]:
        value = self._value(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(key, NOT_LIST)
            return []
        at = self.at(key)
        entries = [(f"{at}[{position}]", entry) for position, entry in enumerate(value)]
        self._faults.extend(Fault(path, NULL_IN_LIST) for path, entry in entries if entry is None)
        return [(path, entry) for path, entry in entries if entry is not None]

    def _node(self, path: str, value: object, keys: Collection[str]) -> "Node | None":
        if isinstance(value, dict):
            return Node(value, path, keys, self._faults)
        self._faults.append(Fault(path, NOT_OBJECT))
        return None

    def _chosen(self, path: str, value: object, choices: type[Choice]) -> Choice | None:
        try:
            if isinstance(value, str):
                return choices(value)
        except ValueError:  # a text, but none of these
            pass
        self._faults.append(Fault(path, "应为 " + "、".join(choice.value for choice in choices) + " 之一。"))
        return None


def _not_identifier(value: object) -> str:
    if not isinstance(value, str):
        return NOT_TEXT
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return NOT_UNICODE
    return ""
