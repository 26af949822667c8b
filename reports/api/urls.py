"""API routes of overviews."""

from django.urls import path

from reports.api import calendar, findings

urlpatterns = [
    path("reports/findings/", findings.FindingCounts.as_view(), name="findings"),
    path("calendar/<str:token>.ics", calendar.CalendarFeed.as_view(), name="calendar"),
]
