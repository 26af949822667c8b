from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    name = "communities"
    verbose_name = "党建共同体"

    def ready(self) -> None:
        from communities import events

        events.register_kinds()
