"""Facts about the papers of a meeting: their words changed, or they were taken away."""

from audit.registry import EventKind


def document_kinds() -> list[EventKind]:
    """All kinds of this subject."""
    return [
        EventKind("governance.meeting.minutes_edited", "修改纪要文字"),
        EventKind("governance.meeting.minutes_exported", "下载纪要"),
        EventKind("governance.meeting.votes_exported", "下载表决票汇总"),
        EventKind("governance.meeting.attendance_exported", "下载签到表"),
        EventKind("governance.meeting.publication_exported", "下载公开稿"),
        EventKind("governance.meeting.publication_masked", "设定公开稿隐去的姓名"),
        EventKind("governance.meeting.published", "公开纪要"),
        EventKind("governance.decision.excerpt_exported", "下载决议摘录"),
    ]
