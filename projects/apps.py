from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "书记领雁项目"

    def ready(self) -> None:
        from attachments.registry import guard
        from projects import events, guards, library, results

        events.register_kinds()
        guard("projects.flagship", guards.may_read_files)
        guard("projects.award", results.may_read_certificate)
        guard("projects.selectedcase", library.may_read_case_files)
