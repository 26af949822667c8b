"""Pages of the selection, its coverage and its documents."""

from django.urls import URLPattern, path

from pilots.views import applications, batches, bulk, coverage, policies, receipts

KINDS = "<str:kind>"
selection_urls: list[URLPattern] = [
    path("applications/", applications.application_list, name="applications"),
    path(f"applications/export.{KINDS}", applications.applications_export, name="applications-export"),
    path("applications/decide/", bulk.decide_together, name="applications-decide"),
    path("applications/<str:code>/", applications.application_detail, name="application"),
    path("applications/<str:code>/edit/", applications.application_edit, name="application-edit"),
    path("applications/<str:code>/implement/", applications.implement, name="application-implement"),
    path("batches/", batches.batch_list, name="batches"),
    path(f"batches/export.{KINDS}", batches.batches_export, name="batches-export"),
    path("batches/new/", batches.batch_new, name="batch-new"),
    path("batches/<str:code>/", batches.batch_detail, name="batch"),
    path("batches/<str:code>/edit/", batches.batch_edit, name="batch-edit"),
    path("coverage/", coverage.coverage, name="coverage"),
    path("coverage/schools/", coverage.coverage_schools, name="coverage-schools"),
    path(f"coverage/export.{KINDS}", coverage.coverage_export, name="coverage-export"),
]
policy_urls: list[URLPattern] = [
    path("policies/", policies.policy_list, name="policies"),
    path(f"policies/export.{KINDS}", policies.policies_export, name="policies-export"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/mine/", receipts.my_receipts, name="receipts-mine"),
    path("policies/<uuid:pk>/", policies.policy_detail, name="policy"),
    path("policies/<uuid:pk>/edit/", policies.policy_edit, name="policy-edit"),
    path("policies/<uuid:pk>/publish/", policies.policy_publish, name="policy-publish"),
    path("policies/<uuid:pk>/discard/", policies.policy_discard, name="policy-discard"),
    path("policies/<uuid:pk>/files/remove/", policies.policy_file_remove, name="policy-file-remove"),
    path("policies/<uuid:pk>/sign/", policies.policy_sign, name="policy-sign"),
    path("policies/<uuid:pk>/receipts/", receipts.receipt_list, name="receipts"),
    path(f"policies/<uuid:pk>/receipts/export.{KINDS}", receipts.receipts_export, name="receipts-export"),
    path("policies/<uuid:pk>/remind/", receipts.remind, name="policy-remind"),
]
