from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "议事"

    def ready(self) -> None:
        from attachments.registry import guard
        from governance import events, procedures, selectors
        from schools.panels import add_panel

        events.register_kinds()
        guard("governance.meeting", selectors.may_read_files)
        guard("governance.decision", selectors.may_read_decision)
        guard("governance.agendaitem", selectors.may_read_item)
        add_panel("governance/_partials/school_rules_panel.html", procedures.panel_of, "side")
