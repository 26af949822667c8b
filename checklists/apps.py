from django.apps import AppConfig


class ChecklistsConfig(AppConfig):
    name = "checklists"
    verbose_name = "推进清单"

    def ready(self) -> None:
        from attachments.registry import guard, secret
        from checklists import events, selectors

        events.register_kinds()
        guard("checklists.task", selectors.may_read_files)
        secret("checklists.task", selectors.has_secret_files)
