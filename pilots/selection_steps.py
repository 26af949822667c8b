"""Order and words of the selection, without a database: the four steps of the page, the sample, what a bulk decision says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

STEPS = ("nomination", "recommendation", "review", "implementation")
NAMES = {"nomination": "学校自荐", "recommendation": "教办推荐", "review": "局级审核", "implementation": "公布实施"}
SIZES = {"large": "规模大", "medium": "规模中等", "small": "规模小"}
FOUNDATIONS = {"strong": "基础强", "medium": "基础中等", "weak": "基础弱"}
LOCATIONS = {"urban": "城区", "town": "镇区", "rural": "农村"}


@dataclass(frozen=True)
class Passed:
    """A step that was taken: by whom and on what day."""

    by: str
    on: date


def current_step(status: str, *, implemented: bool = False) -> int:
    """Which of the four steps is to be taken next, counted from 1; 5 when all are done.

    A returned application is at the first step again, whatever it had reached.
    """
    if status in ("draft", "returned"):
        return 1
    if status == "nominated":
        return 2
    if status == "recommended":
        return 3
    return 5 if implemented else 4


def step_rows(current: int, passed: Mapping[str, Passed], *, exempt: bool) -> list[dict[str, object]]:
    """The steps as `_components/steps.html` takes them; what lies before the current one says who and when."""
    rows: list[dict[str, object]] = []
    for number, step in enumerate(STEPS, start=1):
        done = passed.get(step)
        note = f"{done.on:%Y-%m-%d} {done.by}" if done is not None and number < current else ""
        label = "免教办推荐" if step == "recommendation" and exempt else NAMES[step]
        rows.append({"label": label, "note": note})
    return rows


def sample_of(size: str, foundation: str, location: str) -> str:
    """What sample a school is by the register: “城区、规模大、基础强”."""
    return "、".join((LOCATIONS[location], SIZES[size], FOUNDATIONS[foundation]))
