"""Routes of the inbox."""

from django.urls import path
from django.views import View

app_name = "notifications"
V = View.as_view()
urlpatterns = [
    path("", V, name="inbox"),
    path("read/", V, name="read"),
    path("<uuid:pk>/", V, name="open"),
]
