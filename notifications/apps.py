from django.apps import AppConfig

from audit.registry import add_sink


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "提醒"

    def ready(self) -> None:
        from notifications.services import queue

        add_sink(queue)
