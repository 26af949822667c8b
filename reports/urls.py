"""Routes of overviews."""

from django.urls import path
from django.views import View

app_name = "reports"
V = View.as_view()
urlpatterns = [
    path("", V, name="home"),
    path("search/", V, name="search"),
    path("audit/", V, name="audit"),
    path("me/", V, name="me"),
]
