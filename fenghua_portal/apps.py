from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "fenghua_portal"
    verbose_name = "治理平台"

    def ready(self) -> None:
        from fenghua_portal import checks  # noqa: F401  registers the system checks
