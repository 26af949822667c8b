"""Facts about who may read an item, and who read it."""

from audit.registry import EventKind


def secrecy_kinds() -> tuple[EventKind, ...]:
    """What `events.register_kinds` adds for them. Nobody is told: the meeting's page shows them to the school."""
    return (
        EventKind("governance.item.secrecy_changed", "设定知悉范围"),
        EventKind("governance.item.read", "查看限定人员议题"),
    )
