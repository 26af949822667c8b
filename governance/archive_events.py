"""Facts about what is put aside, taken away and looked through: recycle bin, dossiers, collection workbooks, exports."""

from uuid import UUID

from audit.models import Event
from audit.registry import EventKind


def _requester(event: Event) -> list[UUID]:
    return [UUID(account) for account in event.data.get("accounts", [])]


def _ready(event: Event) -> str:
    return f"检查卷宗已生成，7 天内可以下载：{event.subject_text}"


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def archive_kinds() -> list[EventKind]:
    """All kinds of this subject."""
    return [
        EventKind("governance.meeting.deleted", "会议草稿移入回收站"),
        EventKind("governance.meeting.restored", "会议草稿恢复"),
        EventKind("governance.meeting.purged", "会议草稿到期清除"),
        EventKind("governance.topic.deleted", "议题草稿移入回收站"),
        EventKind("governance.topic.restored", "议题草稿恢复"),
        EventKind("governance.topic.purged", "议题草稿到期清除"),
        EventKind("governance.dossier.requested", "要求生成检查卷宗"),
        EventKind("governance.dossier.made", "检查卷宗生成", _requester, _ready, _url),
        EventKind("governance.dossier.failed", "检查卷宗没有生成"),
        EventKind("governance.dossier.downloaded", "下载检查卷宗"),
        EventKind("governance.dossier.expired", "检查卷宗到期清除"),
        EventKind("governance.collection.exported", "下载三重一大采集表"),
        EventKind("governance.decisions.exported", "决议列表导出"),
        EventKind("governance.matters.exported", "议事目录导出"),
        EventKind("governance.declarations.exported", "利益关系申报情况导出"),
    ]
