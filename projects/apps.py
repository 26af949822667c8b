from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "书记领雁项目"

    def ready(self) -> None:
        from projects import events

        events.register_kinds()
