"""Facts about the record while it is kept: who sat in, and the yearly declarations of interest."""

from audit.registry import EventKind


def record_kinds() -> tuple[EventKind, ...]:
    """What `events.register_kinds` adds for them."""
    return (
        EventKind("governance.meeting.observer_added", "登记列席"),
        EventKind("governance.meeting.observer_removed", "去掉列席"),
        EventKind("governance.declaration.declared", "申报利益关系"),
        EventKind("governance.declaration.amended", "更正利益申报"),
    )
