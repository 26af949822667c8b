from django.apps import AppConfig


class PilotsConfig(AppConfig):
    name = "pilots"
    verbose_name = "试点推进"

    def ready(self) -> None:
        from pilots import events

        events.register_kinds()
