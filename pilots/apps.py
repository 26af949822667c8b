from django.apps import AppConfig


class PilotsConfig(AppConfig):
    name = "pilots"
    verbose_name = "试点推进"

    def ready(self) -> None:
        from attachments.registry import guard
        from checklists.models import SourceKind
        from checklists.sources import register_source
        from pilots import events, foundations, plan_panels, plans, policy_guards, selection_figures, selection_panels
        from pilots.row_notes import notes_on
        from schools.panels import add_panel
        from schools.providers import provide_batches

        events.register_kinds()
        guard("pilots.policy", policy_guards.may_read_policy_files)
        guard("pilots.plan", plans.may_read_plan_files)
        guard("pilots.foundationtext", foundations.may_read_text_files)
        provide_batches(selection_figures.batch_codes)
        add_panel("pilots/_partials/school_pilot.html", selection_panels.panel_of)
        add_panel("pilots/_partials/school_plan.html", plan_panels.panel_of, "side")
        register_source(SourceKind.PLAN, notes_on)
