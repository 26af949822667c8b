from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    name = "deadlines"
    verbose_name = "时限"

    def ready(self) -> None:
        from deadlines import events

        events.register_kinds()
