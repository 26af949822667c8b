from django.apps import AppConfig

from audit.registry import EventKind, register


class AttachmentsConfig(AppConfig):
    name = "attachments"
    verbose_name = "附件"

    def ready(self) -> None:
        register(
            EventKind("attachments.file.added", "上传文件"),
            EventKind("attachments.file.removed", "移除文件"),
            EventKind("attachments.file.words_read", "读取附件文字"),
        )
