"""Pages of plans, of the five foundation works and of evaluations."""

from django.urls import URLPattern, path

from pilots.views import evaluations, foundations, plan_review, plan_text, plans

KINDS = "<str:kind>"
plan_urls: list[URLPattern] = [
    path("plans/", plans.plan_list, name="plans"),
    path(f"plans/export.{KINDS}", plans.plans_export, name="plans-export"),
    path("plans/of/<str:code>/", plans.plan_of_school, name="plan-of-school"),
    path("plans/annotations/<int:pk>/settle/", plan_text.annotation_settle, name="annotation-settle"),
    path("plans/<uuid:pk>/", plans.plan_detail, name="plan"),
    path("plans/<uuid:pk>/edit/", plan_text.plan_edit, name="plan-edit"),
    path("plans/<uuid:pk>/files/", plan_text.files_post, name="plan-files"),
    path("plans/<uuid:pk>/annotate/", plan_text.plan_annotate, name="plan-annotate"),
    path("plans/<uuid:pk>/review/", plan_review.plan_review, name="plan-review"),
    path("plans/<uuid:pk>/compare/", plan_review.plan_compare, name="plan-compare"),
    path("plans/<uuid:pk>/do/<str:name>/", plans.plan_action, name="plan-action"),
    path("foundations/", foundations.foundation_matrix, name="foundation-matrix"),
    path(f"foundations/export.{KINDS}", foundations.foundations_export, name="foundations-export"),
    path("foundations/peers/", foundations.peers, name="foundation-peers"),
    path("foundations/<str:code>/", foundations.foundations, name="foundations"),
    path("foundations/<str:code>/<str:kind>/", foundations.foundation_register, name="foundation-register"),
    path("evaluations/", evaluations.evaluation_list, name="evaluations"),
    path(f"evaluations/export.{KINDS}", evaluations.evaluations_export, name="evaluations-export"),
    path("evaluations/<str:code>/<str:kind>/", evaluations.evaluation, name="evaluation"),
]
