"""API routes of overviews."""

from django.urls import path

from reports.api import findings

urlpatterns = [path("reports/findings/", findings.FindingCounts.as_view(), name="findings")]
