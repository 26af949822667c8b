from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    name = "communities"
    verbose_name = "党建共同体"

    def ready(self) -> None:
        from attachments.registry import guard
        from communities import events, guards

        events.register_kinds()
        guard("communities.agreement", guards.may_read_agreement)
        guard("communities.activity", guards.may_read_activity)
