"""All routes of the portal."""

from django.conf import settings
from django.urls import include, path

from fenghua_portal import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("accounts.urls")),
    path("files/", include("attachments.urls")),
    path("inbox/", include("notifications.urls")),
    path("schools/", include("schools.urls")),
    path("tasks/", include("checklists.urls")),
    path("governance/", include("governance.urls")),
    path("pilots/", include("pilots.urls")),
    path("projects/", include("projects.urls")),
    path("communities/", include("communities.urls")),
    path("api/v1/", include("fenghua_portal.api_urls")),
    path("", include("common.urls")),
    path("", include("reports.urls")),
]

if settings.DJANGO_ADMIN:
    from django.contrib import admin

    urlpatterns.insert(0, path("django-admin/", admin.site.urls))

handler400 = "common.views.bad_request"
handler403 = "common.views.forbidden"
handler404 = "common.views.not_found"
handler500 = "common.views.server_error"
