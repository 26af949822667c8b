"""Majorities in whole numbers, never in fractions (rule-check contract, “Words used below”).

`x` is a number of members, `n` the number of members due (应到); both are whole numbers from 0.
"""

from enum import StrEnum


def at_least_half(x: int, n: int) -> bool:
    """半数以上: exactly half is enough."""
    return 2 * x >= n


def more_than_half(x: int, n: int) -> bool:
    """过半数: exactly half is not enough."""
    return 2 * x > n


def at_least_two_thirds(x: int, n: int) -> bool:
    """三分之二以上: exactly two thirds is enough."""
    return 3 * x >= 2 * n


def smallest_at_least_half(n: int) -> int:
    """The smallest x that is 半数以上 of n."""
    return (n + 1) // 2


def smallest_more_than_half(n: int) -> int:
    """The smallest x that is 过半数 of n."""
    return n // 2 + 1


def smallest_at_least_two_thirds(n: int) -> int:
    """The smallest x that is 三分之二以上 of n."""
    return (2 * n + 2) // 3


class Threshold(StrEnum):
    """A majority a rule asks for, as it is written in the rule file."""

    AT_LEAST_HALF = "at_least_half"
    MORE_THAN_HALF = "more_than_half"
    AT_LEAST_TWO_THIRDS = "at_least_two_thirds"

    def said(self, reached: bool) -> str:
        """The half-sentence of a message: 超过应到半数, 未达到应到三分之二 …"""
        return _SAID[self] if reached else f"未{_SAID[self]}"

    def reached(self, x: int, n: int) -> bool:
        """Whether x of n is enough."""
        return _REACHED[self](x, n)

    def smallest(self, n: int) -> int:
        """The smallest number that is enough for n."""
        return _SMALLEST[self](n)


_SAID = {
    Threshold.AT_LEAST_HALF: "达到应到半数",
    Threshold.MORE_THAN_HALF: "超过应到半数",
    Threshold.AT_LEAST_TWO_THIRDS: "达到应到三分之二",
}
_REACHED = {
    Threshold.AT_LEAST_HALF: at_least_half,
    Threshold.MORE_THAN_HALF: more_than_half,
    Threshold.AT_LEAST_TWO_THIRDS: at_least_two_thirds,
}
_SMALLEST = {
    Threshold.AT_LEAST_HALF: smallest_at_least_half,
    Threshold.MORE_THAN_HALF: smallest_more_than_half,
    Threshold.AT_LEAST_TWO_THIRDS: smallest_at_least_two_thirds,
}
