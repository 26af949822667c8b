"""Facts of pilots, and who hears of them."""

from pilots.plan_events import register_plan_kinds
from pilots.policy_events import register_policy_kinds
from pilots.row_events import register_row_kinds
from pilots.selection_events import register_selection_kinds


def register_kinds() -> None:
    """Called once at start."""
    register_selection_kinds()
    register_policy_kinds()
    register_plan_kinds()
    register_row_kinds()
