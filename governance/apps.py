from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "议事"

    def ready(self) -> None:
        from attachments.registry import guard, secret, trace
        from governance import adopted, events, procedures, selectors, topic_guards
        from governance.services import invitations, secrecy, topics
        from schools import adoptions
        from schools.panels import add_panel
        from schools.providers import provide_adoption

        events.register_kinds()
        guard("governance.meeting", selectors.may_read_files)
        guard("governance.decision", selectors.may_read_decision)
        guard("governance.agendaitem", selectors.may_read_item)
        guard("governance.topic", topic_guards.may_read_topic_files)
        for label, is_secret in selectors.SECRET_FILES.items():
            secret(label, is_secret)
        trace("governance.meeting", secrecy.note_file_of_meeting)
        trace("governance.decision", secrecy.note_file_of_decision)
        trace("governance.agendaitem", secrecy.note_file_of_item)
        trace("governance.topic", topics.note_file_of_topic)
        trace("governance.agendaitem", invitations.note_material_taken)
        provide_adoption(procedures.both_adopted_on)
        adoptions.register(adopted.adoptions_for)
        add_panel("governance/_partials/school_rules_panel.html", procedures.panel_of, "side")
