"""Routes of overviews."""

from django.urls import path

from reports.views import audit_log, findings, findings_list, home, me, search

app_name = "reports"
urlpatterns = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("search/", search.search, name="search"),
    path("findings/", findings.overview, name="findings"),
    path("findings/list/", findings_list.findings_list, name="findings-list"),
    path("findings/list/export.<slug:kind>", findings_list.findings_export, name="findings-export"),
    path("findings/meetings/", findings_list.findings_meetings, name="findings-meetings"),
    path("findings/meetings/export.<slug:kind>", findings_list.meetings_export, name="findings-meetings-export"),
    path("audit/", audit_log.audit_log, name="audit"),
    path("audit/export.<slug:kind>", audit_log.audit_export, name="audit-export"),
    path("audit/verify/", audit_log.verify, name="audit-verify"),
]
