"""Majorities in whole numbers, never in fractions (rule-check contract, “Words used below”).

`x` is a number of members, `n` the number it is measured against (应到 or 实到); both are whole numbers from 0.
"""

from enum import StrEnum


class Base(StrEnum):
    """What a majority is measured against, as the rule file writes it."""

    DUE = "due_members"
    PRESENT = "present_members"

    @property
    def label(self) -> str:
        """应到 or 实到."""
        return _BASE_LABELS[self]


def at_least_half(x: int, n: int) -> bool:
    """半数以上: exactly half is enough."""
    return 2 * x >= n


def more_than_half(x: int, n: int) -> bool:
    """过半数: exactly half is not enough."""
    return 2 * x > n


def at_least_two_thirds(x: int, n: int) -> bool:
    """三分之二以上: exactly two thirds is enough."""
    return 3 * x >= 2 * n


def at_least_three_quarters(x: int, n: int) -> bool:
    """四分之三以上: exactly three quarters is enough."""
    return 4 * x >= 3 * n


def everyone(x: int, n: int) -> bool:
    """全体: nobody is missing."""
    return x >= n


def smallest_at_least_half(n: int) -> int:
    """The smallest x that is 半数以上 of n."""
    return (n + 1) // 2


def smallest_more_than_half(n: int) -> int:
    """The smallest x that is 过半数 of n."""
    return n // 2 + 1


def smallest_at_least_two_thirds(n: int) -> int:
    """The smallest x that is 三分之二以上 of n."""
    return (2 * n + 2) // 3


def smallest_at_least_three_quarters(n: int) -> int:
    """The smallest x that is 四分之三以上 of n."""
    return (3 * n + 3) // 4


def smallest_everyone(n: int) -> int:
    """The smallest x that is 全体 of n."""
    return n


class Threshold(StrEnum):
    """A majority a rule asks for, as it is written in the rule file."""

    AT_LEAST_HALF = "at_least_half"
    MORE_THAN_HALF = "more_than_half"
    AT_LEAST_TWO_THIRDS = "at_least_two_thirds"
    AT_LEAST_THREE_QUARTERS = "at_least_three_quarters"
    EVERYONE = "everyone"

    @property
    def label(self) -> str:
        """半数以上, 过半数, 三分之二以上, 四分之三以上, 全体."""
        return _LABELS[self]

    def said(self, reached: bool, base: Base = Base.DUE) -> str:
        """The half-sentence of a message: 超过应到半数, 未达到实到三分之二 …"""
        words = _SAID[self].format(base.label)
        return words if reached else f"未{words}"

    def reached(self, x: int, n: int) -> bool:
        """Whether x of n is enough."""
        return _REACHED[self](x, n)

    def smallest(self, n: int) -> int:
        """The smallest number that is enough for n."""
        return _SMALLEST[self](n)


_BASE_LABELS = {Base.DUE: "应到", Base.PRESENT: "实到"}
_LABELS = {
    Threshold.AT_LEAST_HALF: "半数以上",
    Threshold.MORE_THAN_HALF: "过半数",
    Threshold.AT_LEAST_TWO_THIRDS: "三分之二以上",
    Threshold.AT_LEAST_THREE_QUARTERS: "四分之三以上",
    Threshold.EVERYONE: "全体",
}
_SAID = {
    Threshold.AT_LEAST_HALF: "达到{}半数",
    Threshold.MORE_THAN_HALF: "超过{}半数",
    Threshold.AT_LEAST_TWO_THIRDS: "达到{}三分之二",
    Threshold.AT_LEAST_THREE_QUARTERS: "达到{}四分之三",
    Threshold.EVERYONE: "达到{}全体",
}
_REACHED = {
    Threshold.AT_LEAST_HALF: at_least_half,
    Threshold.MORE_THAN_HALF: more_than_half,
    Threshold.AT_LEAST_TWO_THIRDS: at_least_two_thirds,
    Threshold.AT_LEAST_THREE_QUARTERS: at_least_three_quarters,
    Threshold.EVERYONE: everyone,
}
_SMALLEST = {
    Threshold.AT_LEAST_HALF: smallest_at_least_half,
    Threshold.MORE_THAN_HALF: smallest_more_than_half,
    Threshold.AT_LEAST_TWO_THIRDS: smallest_at_least_two_thirds,
    Threshold.AT_LEAST_THREE_QUARTERS: smallest_at_least_three_quarters,
    Threshold.EVERYONE: smallest_everyone,
}
