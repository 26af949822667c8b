"""The states of a task are those of roles_and_states.md §2; words and colours of a row follow from day and state. No database."""

from datetime import date

import pytest

from audit.registry import kind_of
from checklists import showing
from checklists.actions import STEPS
from checklists.filters import TaskFilter
from checklists.models import OPEN, TaskStatus
from checklists.states import TASK
from common.errors import WrongState
from schools.permissions import SchoolPerm

TODAY = date(2026, 11, 20)
WORKING = frozenset({"not_started", "in_progress"})
PAPER = {  # name: words, from, to, permission, reason asked
    "progress": ("登记进展", WORKING, "in_progress", SchoolPerm.WORK_TASK, False),
    "submit": ("标为完成", WORKING, "submitted", SchoolPerm.WORK_TASK, False),
    "close": ("确认销号", frozenset({"submitted"}), "closed", SchoolPerm.CONFIRM_CLOSING, False),
    "return": ("退回补充", frozenset({"submitted"}), "in_progress", SchoolPerm.CONFIRM_CLOSING, True),
    "reschedule": ("调整时限", frozenset(OPEN), None, SchoolPerm.ASSIGN_TASK, True),
    "hand_to": ("转交他人", frozenset(OPEN), None, SchoolPerm.ASSIGN_TASK, False),
    "cancel": ("终止任务", frozenset(OPEN), "cancelled", SchoolPerm.ASSIGN_TASK, True),
    "reopen": ("重新办理", frozenset({"closed"}), "in_progress", SchoolPerm.CONFIRM_CLOSING, True),
}


def test_the_table_is_that_of_the_paper() -> None:
    assert {
        step.name: (step.label, step.sources, step.target, step.permission, step.needs_reason) for step in TASK
    } == PAPER


def test_each_step_has_a_form_and_a_registered_fact() -> None:
    assert set(STEPS) == set(PAPER)
    assert {kind_of(step.event).label for step in TASK} == {words[0] for words in PAPER.values()}


@pytest.mark.parametrize("name", sorted(PAPER))
@pytest.mark.parametrize("state", TaskStatus.values)
def test_a_step_leaves_only_its_own_states(name: str, state: str) -> None:
    if state in PAPER[name][1]:
        assert TASK.require(name, state).name == name
    else:
        with pytest.raises(WrongState, match=TaskStatus(state).label):
            TASK.require(name, state)


@pytest.mark.parametrize(
    ("status", "due_on", "words", "kind"),
    [
        ("in_progress", date(2026, 11, 12), "应 11-12 完成，逾期 8 天", "bad"),
        ("submitted", date(2026, 11, 12), "应 11-12 完成，逾期 8 天", "bad"),
        ("not_started", date(2026, 11, 20), "11-20 今天到期", "warn"),
        ("not_started", date(2026, 11, 27), "11-27 到期，还有 7 天", "warn"),
        ("not_started", date(2026, 12, 10), "12-10 到期，还有 20 天", ""),
        ("not_started", date(2027, 1, 3), "2027-01-03 到期，还有 44 天", ""),
        ("closed", date(2026, 11, 12), "时限 2026-11-12", ""),
        ("cancelled", date(2026, 11, 12), "时限 2026-11-12", ""),
    ],
)
def test_day_and_state_give_words_and_colour(status: str, due_on: date, words: str, kind: str) -> None:
    assert showing.due_words(status, due_on, TODAY) == words
    assert showing.urgency(status, due_on, TODAY) == kind


def test_what_cannot_be_read_does_not_filter() -> None:
    given = {
        "status": "gone",
        "overdue": "x",
        "due_after": "2026-13-01",
        "due_before": "morgen",
        "q": "\x00",
        "school": " ",
    }
    assert TaskFilter.read(given) == TaskFilter()
    assert TaskFilter().address() == "?"


def test_filters_survive_in_the_address() -> None:
    filters = TaskFilter(status="all", q="换届 & 批复", due_after=TODAY, responsible="lxz")
    assert filters.narrowed
    assert (
        filters.address()
        == "?status=all&responsible=lxz&due_after=2026-11-20&q=%E6%8D%A2%E5%B1%8A+%26+%E6%89%B9%E5%A4%8D"
    )
    assert filters.address(status="open", overdue=True, q="") == "?overdue=1&responsible=lxz&due_after=2026-11-20"


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ({}, "due_on"),
        ({"overdue": "1"}, "due_on"),
        ({"status": "submitted"}, "due_on"),
        ({"status": "closed"}, "-due_on"),
        ({"status": "all"}, "-due_on"),
    ],
)
def test_open_tasks_come_oldest_first_and_past_ones_newest_first(given: dict[str, str], order: str) -> None:
    assert TaskFilter.read(given).order == order
