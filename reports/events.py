"""Facts about reading: the auditor is recorded too (等保 2.0, 三员), and who takes a list of findings away."""

from audit.registry import EventKind, register


def register_kinds() -> None:
    """What the auditor's page and the overview of findings record."""
    register(
        EventKind("audit.log.read", "查阅日志"),
        EventKind("audit.log.verified", "核对记录链"),
        EventKind("audit.log.exported", "日志导出"),
        EventKind("reports.findings.exported", "导出核查意见"),
        EventKind("reports.meetings.exported", "导出已签发会议"),
    )
