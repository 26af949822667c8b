from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "总览"

    def ready(self) -> None:
        from audit.registry import add_sink
        from reports import events, indexing, panels, services

        events.register_kinds()
        panels.register_panels()
        add_sink(services.note)
        add_sink(indexing.note)
