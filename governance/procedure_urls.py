"""Routes of the rules of procedure (议事规则). `limits/` is no meeting, so it stands before the two texts."""

from django.urls import path

from governance.views import limits, model_texts, procedures, school_rules, school_rules_draft

urlpatterns = [
    path("model-texts/", model_texts.model_text_list, name="model-texts"),
    path("model-texts/<uuid:pk>/", model_texts.model_text, name="model-text"),
    path("model-texts/<uuid:pk>/issue/", model_texts.model_text_issue, name="model-text-issue"),
    path("procedures/", procedures.procedure_table, name="procedures"),
    path("procedures/export.<slug:kind>", procedures.procedures_export, name="procedures-export"),
    path("procedures/<slug:code>/limits/", limits.school_limits, name="school-limits"),
    path("procedures/<slug:code>/<slug:body>/", school_rules.school_rules, name="school-rules"),
    path("procedures/<slug:code>/<slug:body>/draft/", school_rules_draft.draft, name="school-rules-draft"),
    path("procedures/<slug:code>/<slug:body>/stricter/", school_rules_draft.stricter, name="school-rules-stricter"),
    path("procedures/<slug:code>/<slug:body>/adopt/", school_rules_draft.adopt, name="school-rules-adopt"),
    path(
        "procedures/<slug:code>/<slug:body>/versions/<int:number>/",
        school_rules.school_rules_version,
        name="school-rules-version",
    ),
]
