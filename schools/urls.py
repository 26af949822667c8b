"""Routes of schools and people."""

from django.urls import path
from django.views import View

app_name = "schools"
V = View.as_view()
urlpatterns = [
    path("", V, name="list"),
    path("roster/", V, name="roster"),
    path("roster/template/", V, name="roster-template"),
    path("roster/<uuid:pk>/", V, name="roster-check"),
    path("roster/<uuid:pk>/confirm/", V, name="roster-confirm"),
    path("accounts/", V, name="accounts"),
    path("permissions/", V, name="permissions"),
    path("<slug:code>/", V, name="detail"),
    path("<slug:code>/appointments/", V, name="appointments"),
]
