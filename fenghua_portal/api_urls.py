"""The REST API under /api/v1/, put together from the apps."""

from django.urls import include, path, re_path

from checklists.api.urls import urlpatterns as checklists
from communities.api.urls import urlpatterns as communities
from fenghua_portal import api
from governance.api.urls import urlpatterns as governance
from pilots.api.urls import urlpatterns as pilots
from projects.api.urls import urlpatterns as projects
from reports.api.urls import urlpatterns as reports
from schools.api.urls import urlpatterns as schools

app_name = "api"
urlpatterns = [
    path("oauth/token/", api.Token.as_view(), name="token"),
    path("schema/", api.Schema.as_view(), name="schema"),
    path("docs/", api.Docs.as_view(), name="docs"),
    path("", include(schools)),
    path("", include(governance)),
    path("", include(pilots)),
    path("", include(projects)),
    path("", include(communities)),
    path("", include(checklists)),
    path("", include(reports)),
    re_path(r"^.*$", api.nothing_here),
]
