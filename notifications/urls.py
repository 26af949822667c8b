"""Routes of the inbox."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read"),
    path("<uuid:pk>/", views.open_message, name="open"),
]
