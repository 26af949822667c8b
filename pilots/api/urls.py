"""API routes of pilots."""

from django.urls import URLPattern, path

from pilots.api import plans, policies, rows, selection

urlpatterns: list[URLPattern] = [
    path("pilots/policies/", policies.PolicyList.as_view(), name="policies"),
    path("pilots/policies/<uuid:pk>/", policies.PolicyDetail.as_view(), name="policy"),
    path("pilots/receipts/", policies.ReceiptList.as_view(), name="receipts"),
    path("pilots/receipts/<uuid:pk>/", policies.ReceiptDetail.as_view(), name="receipt"),
    path("pilots/receipts/<uuid:pk>/actions/<str:name>/", policies.ReceiptAction.as_view(), name="receipt-action"),
    path("pilots/batches/", selection.BatchList.as_view(), name="batches"),
    path("pilots/batches/<uuid:pk>/", selection.BatchDetail.as_view(), name="batch"),
    path("pilots/applications/", selection.ApplicationList.as_view(), name="applications"),
    path("pilots/applications/<uuid:pk>/", selection.ApplicationDetail.as_view(), name="application"),
    path(
        "pilots/applications/<uuid:pk>/actions/<str:name>/", selection.ApplicationAction.as_view(),
        name="application-action",
    ),
    path("pilots/plans/", plans.PlanList.as_view(), name="plans"),
    path("pilots/plans/<uuid:pk>/", plans.PlanDetail.as_view(), name="plan"),
    path("pilots/plans/<uuid:pk>/actions/<str:name>/", plans.PlanAction.as_view(), name="plan-action"),
    path("pilots/plans/<uuid:pk>/rows/", rows.PlanRowList.as_view(), name="plan-rows"),
    path("pilots/plans/<uuid:plan>/rows/<uuid:pk>/", rows.PlanRowDetail.as_view(), name="plan-row"),
    path("pilots/coverage/", selection.CoverageView.as_view(), name="coverage"),
]  # fmt: skip
