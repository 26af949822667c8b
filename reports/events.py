"""Facts about reading the log: the auditor is recorded too (等保 2.0, 三员)."""

from audit.registry import EventKind, register


def register_kinds() -> None:
    """What the auditor's page records."""
    register(
        EventKind("audit.log.read", "查阅日志"),
        EventKind("audit.log.verified", "核对记录链"),
    )
