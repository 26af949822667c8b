"""Routes of overviews."""

from django.urls import path

from reports.views import audit_log, home, me, search

app_name = "reports"
urlpatterns = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("search/", search.search, name="search"),
    path("audit/", audit_log.audit_log, name="audit"),
    path("audit/verify/", audit_log.verify, name="audit-verify"),
]
